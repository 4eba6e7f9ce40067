"""The semantic layer: metrics, dimensions and the words for them, read from `layer.toml`."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

TIMES = ("hour", "day", "week", "month", "quarter", "year")
Good = Literal["low", "high"]


@dataclass(frozen=True, slots=True)
class Metric:
    """`at` is the field whose time a window is about; none: it has no time. See `layer.toml`."""

    name: str
    label: str
    source: str
    measure: str
    rank: int
    good: Good
    dimensions: tuple[str, ...]
    question: str
    only: str = ""
    holds: str = ""
    field: str = ""
    at: str = ""
    unit: str = ""
    window: str = ""
    future: bool = False
    why: str = ""
    phrases: tuple[str, ...] = ()

    def takes(self, dimension: str) -> bool:
        """Whether it can be grouped or filtered so."""
        return dimension in self.dimensions or (dimension in TIMES and "time" in self.dimensions)


@dataclass(frozen=True)
class Layer:
    metrics: Mapping[str, Metric]
    dimensions: Mapping[str, tuple[str, ...]]
    aliases: Mapping[str, Mapping[str, tuple[str, ...]]]
    filler: frozenset[str]


@cache
def layer() -> Layer:
    """The layer that ships with the agent."""
    text = files(__package__).joinpath("layer.toml").read_text(encoding="utf-8")
    told = tomllib.loads(text)
    metrics = {}
    for given in told["metric"]:
        lists = {name: tuple(given.pop(name)) for name in ("dimensions", "phrases")}
        metrics[given["name"]] = Metric(**{**given, **lists})
    aliases = {
        dimension: {value: tuple(words) for value, words in values.items()}
        for dimension, values in told["alias"].items()
    }
    dimensions = {name: tuple(words) for name, words in told["dimension"].items()}
    filler = frozenset(re.findall(r"\S+", told["words"]["filler"]))
    return Layer(metrics, dimensions, aliases, filler)
