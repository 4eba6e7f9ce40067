"""Fitting a shared version to one MSP: its rates are calibrated on the MSP's own clients, on its own side.

A shared model is learnt from clipped gradients under noise, so its order of clients is worth more than its
rates. Its weights are few beside the clients of all MSPs, and what it may hold of any one client is bounded
by epsilon, so an MSP's own clients serve to calibrate, whether or not they were learnt from.
"""

from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from mesh.agents.client_health.learning.calibration import conformal, venn_abers
from mesh.agents.client_health.shared import FAR, Fit, name_of
from mesh.kit.federation import SharedModel
from mesh.kit.ports import Blobs

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LEAST_SNAPSHOTS = 30
# How far an MSP's rates are thought to lie from those of all: standard deviations of slope and shift. Few own
# departures move little, many decide.
SLOPE_WIDTH, SHIFT_WIDTH = 0.5, 1.5


def fit(blobs: Blobs, shared: SharedModel, x: Floats, left: Ints, client: Ints) -> Fit | None:
    """Calibrate on scaled snapshots (n, inputs) with outcomes (n,) and whose they are (n,), and store it.

    None, and nothing stored, with too few snapshots or without scipy: then the version serves as it came.
    """
    if len(left) < LEAST_SNAPSHOTS or find_spec("scipy") is None:
        return None
    scores = shared.weights[0] + x @ shared.weights[1:]
    slope, shift = near(scores, left, client)
    log_odds = slope * scores + shift
    stays_to, leaves_from = np.clip(conformal(log_odds, left), -FAR, FAR)
    at, low, high = venn_abers(log_odds, left)
    found = Fit(
        slope=slope, shift=shift, stays_to=stays_to, leaves_from=leaves_from,
        at=_short(at), low=_short(low), high=_short(high), clients=len(np.unique(client)),
        departures=len(np.unique(client[left == 1])),
    )  # fmt: skip
    kept = name_of(shared.version.sha256)
    blobs.put(kept, found.model_dump_json().encode())
    return found


def near(scores: Floats, left: Ints, client: Ints) -> tuple[float, float]:
    """Slope and shift of calibrated log-odds, from Platt's regression with a prior of slope 1 and shift 0.

    A client counts as one, however many snapshots it is in.
    """
    from scipy.optimize import minimize

    _, place, count = np.unique(client, return_inverse=True, return_counts=True)
    weight = 1.0 / count[place]

    def unlikely(two: Floats) -> float:
        log_odds = two[0] * scores + two[1]
        loss = weight @ (np.logaddexp(0.0, log_odds) - left * log_odds)
        return float(loss + ((two[0] - 1) / SLOPE_WIDTH) ** 2 / 2 + (two[1] / SHIFT_WIDTH) ** 2 / 2)

    found = minimize(unlikely, np.array([1.0, 0.0]), bounds=[(0.0, None), (None, None)], method="L-BFGS-B")
    return float(found.x[0]), float(found.x[1])


def _short(values: Floats) -> tuple[float, ...]:
    return tuple(round(float(value), 5) for value in values)
