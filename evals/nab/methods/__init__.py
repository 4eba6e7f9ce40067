"""Known methods, each from its paper: scores of 0 to 1 for every point of a series, higher is odder.

Every one is causal. `learning` is the number of leading points that are not scored. Some are given the
range of the whole series, as the benchmark gives it to its detectors; where so, the method says it.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from evals.nab.methods.knn_conformal import knn_conformal
from evals.nab.methods.matrix_profile import left_matrix_profile
from evals.nab.methods.relative_entropy import relative_entropy
from evals.nab.methods.seasonal import seasonal_residual
from evals.nab.methods.spectral_residual import spectral_residual
from evals.nab.methods.windowed_gaussian import windowed_gaussian

Floats = NDArray[np.float64]
Method = Callable[[Floats, int], Floats]

# Name, how it is computed, and the standard score published for it.
METHODS: Mapping[str, tuple[Method, str]] = {
    "windowed Gaussian": (windowed_gaussian, "39.6"),
    "relative entropy": (relative_entropy, "54.6"),
    "KNN-CAD": (knn_conformal, "58.0"),
    "spectral residual": (spectral_residual, ""),
    "left matrix profile": (left_matrix_profile, ""),
    "seasonal median residual": (seasonal_residual, ""),
}
