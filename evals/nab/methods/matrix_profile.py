"""The left matrix profile: how far each window is from its nearest earlier one, each z-normalised.

Yeh et al., "Matrix Profile I", ICDM 2016; Zhu et al., "Matrix Profile II", ICDM 2016, for the recurrence of
the dot products.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WINDOW = 48


def left_matrix_profile(values: Floats, learning: int) -> Floats:  # noqa: ARG001
    """Score by the correlation distance to the nearest earlier window that does not overlap."""
    n = values.size - WINDOW + 1
    score = np.zeros(values.size)
    if n < 2 * WINDOW:
        return score
    shifted = values - values.mean()  # a constant that changes nothing but the size of rounding errors
    windows = np.lib.stride_tricks.sliding_window_view(shifted, WINDOW)
    mean, spread = windows.mean(axis=1), windows.std(axis=1)
    flat = spread < 1e-8 * max(1.0, float(np.abs(values).max()))
    scale = np.where(flat, 1.0, spread) * np.sqrt(WINDOW)
    products = windows @ windows[0]  # of window 0 with every window
    first = products.copy()
    for i in range(1, n):
        products[1:] = (
            products[:-1]
            - shifted[: n - 1] * shifted[i - 1]
            + (shifted[WINDOW : WINDOW + n - 1] * shifted[i + WINDOW - 1])
        )
        products[0] = first[i]
        if i >= WINDOW:
            j = slice(0, i - WINDOW + 1)
            same = (products[j] - WINDOW * mean[i] * mean[j]) / (scale[i] * scale[j])
            nearest = 1.0 if flat[i] and flat[j].any() else float(same.max())
            score[i + WINDOW - 1] = np.sqrt(max(0.0, 1.0 - nearest) / 2.0)
    return score
