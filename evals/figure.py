"""One measured figure, beside what it is compared with."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` is None when it could not be measured; `note` then says why."""

    measure: str
    value: float | None
    aim: float | None = None
    higher_is_better: bool = True
    anchors: str = ""
    rows: int = 0
    note: str = ""

    @property
    def reached(self) -> bool | None:
        if self.value is None or self.aim is None:
            return None
        return self.value >= self.aim if self.higher_is_better else self.value <= self.aim
