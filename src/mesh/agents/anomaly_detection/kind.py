"""What an anomaly looks like, in the words an engineer would use."""

import numpy as np

from mesh.agents.anomaly_detection.alarm import Event
from mesh.agents.anomaly_detection.detector import Detection, Floats
from mesh.agents.anomaly_detection.evidence import SCALES
from mesh.agents.anomaly_detection.model import Kind, Why

LOOK_BACK = max(scale.bucket for scale in SCALES)
AROUND = 24  # readings before and after that a shift of level is seen in
ENOUGH = 6  # readings after it that say whether the level stayed
MOVED = 3.0  # usual errors between two levels
HALF_WAY = 0.5  # share of the way to the peak that the new level must have gone
STAYED = 0.7  # share of the readings after it on its side
NOTHING = 0.02  # share of the range within which a value is as good as zero


def reasons(detection: Detection, place: int, enough: float) -> list[Why]:
    """Which kinds of evidence reach `enough` at a point, the strongest first."""
    weights: dict[Why, float] = {
        "novelty": float(detection.novelty[place]),
        "strength": float(detection.strength[place]),
        "stillness": float(detection.stillness[place]),
    }
    return [why for why in sorted(weights, key=lambda w: -weights[w]) if weights[why] >= enough]


def worst_point(values: Floats, detection: Detection, event: Event) -> int:
    """The point an event is about: novelty is known at the end of a bucket, but lies anywhere in it."""
    place = event.strongest
    if detection.novelty[place] < detection.evidence[place]:
        return place
    start = max(place - LOOK_BACK + 1, 0)
    errors = np.nan_to_num(np.abs(values - detection.expected)[start : place + 1])
    return start + int(errors.argmax())


def name_kind(values: Floats, detection: Detection, event: Event, place: int, half_band: float) -> Kind:
    """The likely kind of an event, whose worst point is at `place`.

    Unlike the finding itself it may lean on readings after the event, where there are some.
    """
    if detection.stillness[event.strongest] >= detection.evidence[event.strongest]:
        return "flat_line"
    error = values[place] - detection.expected[place]
    if _moved(values, detection, event, place):
        return "level_shift"
    if abs(error) <= half_band:
        return "unusual_pattern"
    return "spike" if error > 0 else "dropout" if _gone(values, place) else "dip"


def _moved(values: Floats, detection: Detection, event: Event, place: int) -> bool:
    """Whether the level before the event and the one after it differ, and the new one stays."""
    start = min(event.first, place)
    before, after = values[max(0, start - AROUND) : start], values[event.last + 1 : event.last + 1 + AROUND]
    if before.size < ENOUGH or after.size < ENOUGH:
        return False
    old, new = float(np.median(before)), float(np.median(after))
    least = MOVED * float(detection.spread[start])
    least = max(least, HALF_WAY * abs(float(values[place]) - old))
    beyond = (after - old) * np.sign(new - old) > least
    return abs(new - old) > least and float(beyond.mean()) >= STAYED


def _gone(values: Floats, place: int) -> bool:
    """Whether the reading is as good as zero in a series that is not usually so."""
    past = values[:place]
    close = NOTHING * float(past.max() - past.min())
    return bool(abs(values[place]) <= close and abs(np.median(past)) > 5 * close)
