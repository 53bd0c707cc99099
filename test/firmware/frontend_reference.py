"""Feature blocks once more, from docs/model-package.md, with NumPy and SciPy in float64: what the firmware's front end is held to.

Reads {"cases": [{"rateHz", "channels", "samples", "block": {...}, "frame", "stride", "fftLength", "window": [...]}]} and writes the
features of each case as JSON.
"""
import json
import sys

import numpy as np
from scipy import fft, signal, stats

FLOOR = 1e-10


def decimated(window, block):
    """[samples, channels] averaged by n and scaled."""
    n = block["decimation"]
    count = len(window) // n
    return window[: count * n].reshape(count, n, -1).mean(axis=1) * block["scale"]


def raw(case, window):
    return decimated(window, case["block"]).ravel()


def shape_of(values, weights=None):
    mean = np.average(values, weights=weights)
    m2, m3, m4 = (np.average((values - mean) ** k, weights=weights) for k in (2, 3, 4))
    return [m3 / m2**1.5, m4 / m2**2 - 3]


def spectral_channel(x, case):
    block = case["block"]
    rate = case["rateHz"] / block["decimation"]
    x = x - x.mean()
    filter_ = block["filter"]
    if filter_["kind"] != "none":
        kind = {"low-pass": "lowpass", "high-pass": "highpass"}[filter_["kind"]]
        x = signal.sosfilt(signal.butter(filter_["order"], filter_["cutoffHz"], kind, output="sos", fs=rate), x)
    length = block["fftLength"]
    hop = max(1, round(length * (1 - block["overlap"])))
    padded = np.pad(x, (0, max(0, length - len(x))))
    _, density = signal.welch(padded, rate, "hann", length, length - hop, detrend=False)
    power = (density * rate / length)[1:]
    out = []
    if block["statistics"]:
        out.append(0.5 * np.log(max(np.mean(x**2), FLOOR)))
        out += [stats.skew(x), stats.kurtosis(x)]
        out += shape_of(np.arange(1, length // 2 + 1) / (length // 2), power)
    edges = np.arange(block["bands"] + 1) * (length // 2) // block["bands"]
    bands = np.add.reduceat(power, edges[:-1])
    return np.concatenate([out, np.log(np.maximum(bands, FLOOR)) if block["log"] else np.sqrt(bands)])


def spectral(case, window):
    signals = decimated(window, case["block"])
    return np.concatenate([spectral_channel(x, case) for x in signals.T])


def mel_filters(block, rate, length):
    mel = lambda hz: 1127 * np.log(1 + hz / 700)
    high = block["highHz"] or rate / 2
    edges = 700 * (np.exp(np.linspace(mel(block["lowHz"]), mel(high), block["filters"] + 2) / 1127) - 1)
    bins = np.arange(length // 2 + 1) * rate / length
    rows = []
    for low, middle, high in zip(edges, edges[1:], edges[2:]):
        row = np.interp(bins, [low, middle, high], [0, 1, 0], left=0, right=0)
        if not row.any():
            row[max(1, int(np.floor(middle / (rate / length) + 0.5)))] = 1
        rows.append(row)
    return np.array(rows)


def mel_channel(x, case):
    block = case["block"]
    frame, length = case["frame"], case["fftLength"]
    count = 1 if len(x) < frame else 1 + (len(x) - frame) // case["stride"]
    frames = np.array([x[f * case["stride"] :][:frame] for f in range(count)])
    before = np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    hann = signal.get_window("hann", frame)
    windowed = (frames - block["preEmphasis"] * before) * hann[: frames.shape[1]]
    power = np.abs(np.fft.rfft(windowed, length)) ** 2 * 4 / hann.sum() ** 2
    energy = power @ mel_filters(block, case["rateHz"], length).T
    floor = 10 ** (block["noiseFloorDb"] / 10)
    if block["pcen"]:
        smoothed = signal.lfilter([0.025], [1, -0.975], energy, axis=0, zi=energy[:1] * 0.975)[0]
        values = np.sqrt(energy / (floor + smoothed) ** 0.98 + 2) - np.sqrt(2)
    else:
        values = np.log(np.maximum(energy, floor))
    if block["block"] == "mfcc":
        values = fft.dct(values, 2, norm="ortho", axis=1)[:, : block["coefficients"]]
    if block["windowNormalisation"] == "range":
        depth = block["dynamicRangeDb"] * np.log(10) / 10
        return np.maximum(0, 1 + (values - values.max()) / depth).ravel()
    if block["windowNormalisation"] != "none":
        values = values - values.mean(axis=0)
    if block["windowNormalisation"] == "mean-variance":
        values = values / np.sqrt((values**2).mean(axis=0) + 1e-6)
    return values.ravel()


def mel(case, window):
    return np.concatenate([mel_channel(x, case) for x in window.T])


BLOCKS = {"raw": raw, "spectral": spectral, "log-mel": mel, "mfcc": mel}


def main():
    answers = []
    for case in json.load(sys.stdin)["cases"]:
        window = np.array(case["window"], dtype=np.float64).reshape(case["samples"], case["channels"])
        answers.append(BLOCKS[case["block"]["block"]](case, window).tolist())
    json.dump(answers, sys.stdout)


main()
