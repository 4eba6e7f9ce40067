"""How long it takes to get from one place to another, reckoned from coordinates."""

from collections.abc import Sequence

EARTH_KM = 6371.0088  # mean radius (IUGG)
# Roads are longer than the line of sight: 1.2 to 1.4 between most pairs of places (Ballou, Rahardja, Sakai,
# Transportation Research Part A 36(9), 2002, "Selected country circuity factors").
DETOUR = 1.3


def minutes_between(places: Sequence[tuple[float, float]], kmh: float) -> tuple[tuple[int, ...], ...]:
    """Whole minutes from each place (latitude, longitude in degrees) to each, rounded up.

    >>> minutes_between([(52.52, 13.405), (52.39, 13.065)], kmh=40)
    ((0, 54), (54, 0))
    """
    import numpy as np

    if not places:
        return ()
    latitude, longitude = np.radians(np.array(places, dtype=float)).T
    half = (
        np.sin((latitude[:, None] - latitude) / 2) ** 2
        + np.cos(latitude[:, None]) * np.cos(latitude) * np.sin((longitude[:, None] - longitude) / 2) ** 2
    )
    kilometres = 2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    whole = np.ceil(np.round(kilometres * DETOUR / kmh * 60, 6)).astype(int)
    return tuple(tuple(row) for row in whole.tolist())
