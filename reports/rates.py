"""What a deployment knows of its own cost, by size: US dollars at rest and for each request, by service."""

import json
from collections.abc import Mapping
from typing import Any

from mesh.adapters.aws import rates
from reports.cost import LOADS, PRICES, by_service, items
from reports.template import Assembly

# So many requests of so many MSPs a month: what they cost beyond rest, divided by their number.
LOAD_NAME = "1 M"
LEAST = 1e-12
# Counted for each question as it is asked (`mesh.adapters.models.spending`), so estimated nowhere.
METERED = ("Bedrock",)


def document(assemblies: Mapping[str, Assembly]) -> str:
    """The file `mesh/adapters/aws/rates.json`."""
    dated = json.loads(PRICES.read_text(encoding="utf-8"))
    sizes = {size: _of(assembly) for size, assembly in assemblies.items()}
    told = {"priced_on": dated["read_on"], "region": dated["region"], "sizes": sizes}
    return json.dumps(told, indent=1, sort_keys=True) + "\n"


def _of(assembly: Assembly) -> dict[str, Any]:
    load = next(one for one in LOADS if one.name == LOAD_NAME)
    rest, busy = by_service(items(assembly, LOADS[0])), by_service(items(assembly, load))
    beyond = {name: usd - rest.get(name, 0.0) for name, usd in busy.items() if name not in METERED}
    each = {name: usd / load.requests for name, usd in beyond.items()}
    return {
        "fixed": {name: round(usd, 6) for name, usd in rest.items() if usd > LEAST},
        "each": {name: round(usd, 12) for name, usd in each.items() if usd > LEAST},
    }


def path() -> str:
    return f"src/{rates.__name__.rpartition('.')[0].replace('.', '/')}/{rates.FILE}"
