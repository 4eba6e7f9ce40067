"""Unlike partners beside the best ones: maximal marginal relevance (Carbonell and Goldstein, 1998)."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def order(scores: Floats, alike: NDArray[np.float32] | None, diversity: float, limit: int) -> list[int]:
    """Places of the `limit` partners to show, best first.

    `scores` are of shape (n,), from 0 to 1; `alike` are unit vectors of shape (n, width). With `diversity` 0
    the order is that of the scores; equal ones keep their order.
    """
    rest = [int(place) for place in np.argsort(-scores, kind="stable")]
    if alike is None or diversity == 0:
        return rest[:limit]
    # Who is far behind is not lifted: the choice is among a few times as many as are shown.
    rest = rest[: 4 * limit]
    chosen = [rest.pop(0)] if rest else []
    nearest = {place: float(alike[place] @ alike[chosen[0]]) for place in rest}
    while rest and len(chosen) < limit:
        best = max(rest, key=lambda place: (1 - diversity) * scores[place] - diversity * nearest[place])
        rest.remove(best)
        chosen.append(best)
        nearest = {place: max(nearest[place], float(alike[place] @ alike[best])) for place in rest}
    return chosen
