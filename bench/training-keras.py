"""Keras's side of bench/training.ts: milliseconds of each epoch of one network on the CPU, as one JSON object on standard output.

    python training-keras.py NETWORK EPOCHS
"""

import json
import os
import sys
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras
import numpy as np
from keras import layers

WINDOWS = 512
BATCH = 32


def separable(filters):
    return [
        layers.DepthwiseConv2D(3, padding="same", use_bias=False),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.Conv2D(filters, 1, use_bias=False),
        layers.BatchNormalization(),
        layers.ReLU(),
    ]


NETWORKS = {
    "dense": (
        (33,),
        3,
        [layers.Dense(20, activation="relu"), layers.Dense(10, activation="relu"), layers.Dense(3, activation="softmax")],
    ),
    "conv1d": (
        (128, 3),
        4,
        [
            layers.Conv1D(16, 5, activation="relu"),
            layers.MaxPooling1D(2),
            layers.Conv1D(32, 5, activation="relu"),
            layers.GlobalAveragePooling1D(),
            layers.Dense(4, activation="softmax"),
        ],
    ),
    "conv2d": (
        (49, 40, 1),
        4,
        [
            layers.Conv2D(8, (10, 8), strides=2, padding="same", activation="relu"),
            layers.Flatten(),
            layers.Dense(4, activation="softmax"),
        ],
    ),
    "ds-cnn": (
        (49, 40, 1),
        4,
        [
            layers.Conv2D(16, (10, 4), strides=2, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            *separable(16),
            *separable(16),
            layers.GlobalAveragePooling2D(),
            layers.Dense(4, activation="softmax"),
        ],
    ),
}


class Clock(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.epochs = []

    def on_epoch_begin(self, epoch, logs=None):
        self.began = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append((time.perf_counter() - self.began) * 1000)


def main():
    only, epochs = sys.argv[1], int(sys.argv[2])
    shape, classes, stack = NETWORKS[only]
    random = np.random.default_rng(1)
    features = random.standard_normal((WINDOWS, *shape)).astype(np.float32)
    labels = random.integers(0, classes, WINDOWS)
    model = keras.Sequential([keras.Input(shape), *stack])
    model.compile(optimizer=keras.optimizers.Adam(0.001), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    clock = Clock()
    model.fit(features, labels, batch_size=BATCH, epochs=epochs, verbose=0, callbacks=[clock])
    print(json.dumps({"version": keras.__version__, "epochs": clock.epochs}))


main()
