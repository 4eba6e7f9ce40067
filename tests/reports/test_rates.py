"""What a deployment knows of its own cost is what its templates and the table of prices give."""

import json

import pytest

from mesh.adapters.aws.rates import rates_of
from mesh.kit.platform import Rates
from reports import rates
from reports.cost import LOADS, items, total
from tests.reports.assembly import small


def test_rest_and_requests_add_up_to_what_the_load_costs() -> None:
    told = json.loads(rates.document({"lean": small()}))
    of_size = told["sizes"]["lean"]
    load = next(one for one in LOADS if one.name == rates.LOAD_NAME)
    rest, whole = total(items(small(), LOADS[0])), total(items(small(), load))
    assert sum(of_size["fixed"].values()) == pytest.approx(rest, abs=1e-4)
    metered = sum(i.usd for i in items(small(), load) if i.service in rates.METERED)
    assert metered + sum(of_size["fixed"].values()) + load.requests * sum(
        of_size["each"].values()
    ) == pytest.approx(whole, rel=1e-3)
    assert told["priced_on"] and told["region"] == "us-east-1"


def test_the_file_that_ships_has_every_size_and_no_negative_price() -> None:
    for size in ("lean", "standard", "full"):
        found = rates_of(size)
        assert isinstance(found, Rates) and found.size == size
        assert all(usd > 0 for usd in (*found.fixed.values(), *found.each.values()))
    assert rates_of("") is None and rates_of("huge") is None
