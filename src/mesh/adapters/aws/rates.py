"""What a deployment of each size costs at list prices, as `./mesh cost --write` takes it from templates."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

from mesh.kit.platform import Rates

FILE = "rates.json"


def rates_of(size: str) -> Rates | None:
    """None for a size that nothing is written of."""
    found = _read()
    if size not in found["sizes"]:
        return None
    of_size = found["sizes"][size]
    return Rates(size, found["priced_on"], found["region"], of_size["fixed"], of_size["each"])


@cache
def _read() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((files("mesh.adapters.aws") / FILE).read_text(encoding="utf-8"))
    return read
