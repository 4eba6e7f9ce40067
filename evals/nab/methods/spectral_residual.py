"""Spectral residual saliency.

Ren et al., "Time-series anomaly detection service at Microsoft", KDD 2019: what of the log amplitude
spectrum of the last points is not its local average, transformed back, makes the odd points stand out.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WINDOW = 64
SMOOTH = 3  # width of the average over the spectrum
LEVEL = 21  # points of saliency that a point is compared with
AHEAD = 5  # points added by extrapolation, so that the newest is not at the edge


def spectral_residual(values: Floats, learning: int) -> Floats:  # noqa: ARG001
    """Score by the relative saliency of the newest point in each window."""
    score = np.zeros(values.size)
    if values.size < WINDOW:
        return score
    windows = np.lib.stride_tricks.sliding_window_view(values, WINDOW)
    steps = (windows[:, -1:] - windows[:, -AHEAD - 1 : -1]) / np.arange(AHEAD, 0, -1)
    guess = windows[:, -AHEAD - 1 : -AHEAD] + steps.mean(axis=1, keepdims=True) * (AHEAD + 1)
    spectrum = np.fft.fft(np.hstack((windows, np.repeat(guess, AHEAD, axis=1))), axis=1)
    amplitude = np.abs(spectrum)
    log = np.log(np.maximum(amplitude, 1e-8))
    kernel = np.ones(SMOOTH) / SMOOTH
    average = np.apply_along_axis(lambda row: np.convolve(row, kernel, mode="same"), 1, log)
    factor = np.exp(log - average) / np.maximum(amplitude, 1e-8)
    saliency = np.abs(np.fft.ifft(spectrum * factor, axis=1))
    newest, usual = saliency[:, WINDOW - 1], saliency[:, WINDOW - 1 - LEVEL : WINDOW - 1].mean(axis=1)
    relative = np.maximum(newest - usual, 0.0) / np.maximum(usual, 1e-8)
    score[WINDOW - 1 :] = relative / (1.0 + relative)
    return score
