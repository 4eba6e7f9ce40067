"""The clock of one answer. Effort is counted, so that answers repeat; the clock ends what takes too long."""

from collections.abc import Callable


class Watch:
    """Says when a share of the time is gone, and remembers having said so: then effort was cut short."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._clock, self._seconds = clock, seconds
        self._began = clock()
        self.cut_short = False

    def left(self, share: float = 1.0) -> float:
        """Seconds left of this share of all time; below zero when it is over."""
        return self._began + share * self._seconds - self._clock()

    def over(self, share: float = 1.0) -> bool:
        """Whether this share of the time is over.

        >>> watch = Watch(10, iter([0.0, 4.0, 6.0]).__next__)
        >>> watch.over(0.5), watch.over(0.5), watch.cut_short
        (False, True, True)
        """
        over = self.left(share) <= 0
        self.cut_short = self.cut_short or over
        return over

    def rest(self) -> "Watch":
        """A watch over the time that is left."""
        return Watch(max(self.left(), 0.0), self._clock)
