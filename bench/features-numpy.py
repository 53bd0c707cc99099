"""NumPy's and librosa's side of bench/features.ts: the same features of the same windows, as fast as these libraries do it.

    python features-numpy.py FOLDER REPEATS

FOLDER has job.json and windows.f32 ([windows, samples, channels], little-endian); features.f32 is written, and one JSON object on standard output:
milliseconds of all windows one by one, and of all at once as one array, each the best of REPEATS. What does not depend on a window (filters, Hann window) is made before.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

FLOOR = np.float32(1e-10)


def moments(values, weights=None):
    """Skewness and excess kurtosis along the last axis."""
    total = None if weights is None else weights.sum(axis=-1, keepdims=True)
    mean = lambda x: x.mean(axis=-1, keepdims=True) if weights is None else (x * weights).sum(axis=-1, keepdims=True) / total
    centred = values - mean(values)
    squares = centred * centred
    m2, m3, m4 = mean(squares), mean(squares * centred), mean(squares * squares)
    return np.concatenate([m3 / m2**1.5, m4 / m2**2 - 3], axis=-1)


def raw(job):
    n = job["decimation"]

    def compute(windows):
        """[..., samples, channels] to [..., samples / n, channels]"""
        kept = windows.shape[-2] // n
        parts = windows[..., : kept * n, :].reshape(*windows.shape[:-2], kept, n, windows.shape[-1])
        return parts.mean(axis=-2) if n > 1 else windows.copy()

    return compute


def spectral(job):
    length, hop, bands = job["fftLength"], job["hop"], job["bands"]
    hann = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)).astype(np.float32)
    scale = np.full(length // 2, 2 / (length * 0.375 * length), np.float32)
    scale[-1] /= 2
    edges = np.arange(bands) * (length // 2) // bands
    frequencies = (np.arange(1, length // 2 + 1) / (length // 2)).astype(np.float32)

    def compute(windows):
        signals = np.swapaxes(windows, -1, -2)
        signals = signals - signals.mean(axis=-1, keepdims=True)
        frames = np.lib.stride_tricks.sliding_window_view(signals, length, axis=-1)[..., ::hop, :]
        spectrum = np.fft.rfft(frames * hann)[..., 1:]
        power = (spectrum.real**2 + spectrum.imag**2).mean(axis=-2) * scale
        sums = np.add.reduceat(power, edges, axis=-1)
        level = 0.5 * np.log(np.maximum((signals**2).mean(axis=-1, keepdims=True), FLOOR))
        return np.concatenate(
            [level, moments(signals), moments(frequencies, power), np.log(np.maximum(sums, FLOOR))], axis=-1
        )

    return compute


def log_mel(job):
    import librosa

    frame, stride, rate = job["frame"], job["stride"], job["rateHz"]
    filters = librosa.filters.mel(
        sr=rate, n_fft=frame, n_mels=job["filters"], fmin=job["lowHz"], fmax=rate / 2, htk=True, norm=None
    )
    floor = np.float32(10 ** (job["noiseFloorDb"] / 10))
    scale = np.float32(16 / frame**2)

    def compute(windows):
        """[..., samples, 1] to [..., frames, filters]"""
        power = np.abs(librosa.stft(windows[..., 0], n_fft=frame, hop_length=stride, center=False, window="hann")) ** 2
        energy = np.einsum("...ft,mf->...tm", power, filters, optimize=True) * scale
        return np.log(np.maximum(energy, floor))

    return compute


def mfcc(job):
    from librosa.feature import mfcc as cepstrum

    mel = log_mel(job)

    def compute(windows):
        return np.swapaxes(cepstrum(S=np.swapaxes(mel(windows), -1, -2), n_mfcc=job["coefficients"]), -1, -2)

    return compute


BLOCKS = {"raw": raw, "spectral": spectral, "log-mel": log_mel, "mfcc": mfcc}


def milliseconds(work, repeats):
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        result = work()
        times.append((time.perf_counter() - began) * 1000)
    return min(times), result


def main():
    folder, repeats = Path(sys.argv[1]), int(sys.argv[2])
    job = json.loads((folder / "job.json").read_text())
    windows = np.fromfile(folder / "windows.f32", "<f4").reshape(job["windows"], job["samples"], job["channels"])
    compute = BLOCKS[job["block"]](job)
    compute(windows[:2])
    compute(windows[0])
    single, features = milliseconds(lambda: [compute(window) for window in windows], repeats)
    batch, _ = milliseconds(lambda: compute(windows), repeats)
    np.stack(features).astype("<f4").tofile(folder / "features.f32")
    versions = {"numpy": np.__version__}
    if "librosa" in sys.modules:
        versions["librosa"] = sys.modules["librosa"].__version__
    print(json.dumps({"versions": versions, "single": single, "batch": batch}))


main()
