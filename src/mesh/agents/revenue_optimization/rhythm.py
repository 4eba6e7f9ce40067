"""What the length of a step says about a history before any of it is seen."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Rhythm:
    """`periods` are the steps after which it may repeat, shortest first.

    `least_alpha` is the least weight of the newest value in a smoothed level: over long steps old levels
    do not come back, and short histories would often be fitted as if they did. `blocks` are numbers of
    steps that are also looked at together. Chosen on the training parts of the M3 competition.
    """

    periods: tuple[int, ...] = ()
    least_alpha: float = 0.0
    blocks: tuple[int, ...] = ()
    # Errors grow with the step to this power, and are this much wider than those of earlier times.
    growth: float = 0.55
    width: float = 1.0

    @property
    def shortest(self) -> int:
        return self.periods[0] if self.periods else 1


NONE = Rhythm()
RHYTHMS: Mapping[str, Rhythm] = {
    "hour": Rhythm((24, 168), growth=0.3, width=0.66),
    "day": Rhythm((7,)),
    "week": Rhythm((52,)),
    "month": Rhythm((12,), blocks=(2, 3, 4, 6, 12), growth=0.3, width=0.92),
    "quarter": Rhythm((4,), least_alpha=0.2, growth=0.5),
    "year": Rhythm(least_alpha=0.5, growth=0.8, width=0.94),
}
