"""The month's cost on AWS: measured requests at list prices, and what all MSPs pay together."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from mesh.entrypoints.http import application
from mesh.kit.platform import Rates, Use
from tests.application.conftest import House

RATES = Rates("lean", "2026-11", "us-east-1", {"Kinesis": 10.95, "KMS": 1.0}, {"Lambda": 3e-6, "API": 5e-6})


@dataclass(frozen=True)
class Counted:
    """What a usage plan said; None: nothing."""

    requests: int | None

    def take(self, msp_id: str) -> float:
        return 0.0

    def use(self, msp_id: str, now: datetime) -> Use:
        unknown = dict.fromkeys(("this_minute", "today", "refused_today", "since"))
        return Use(requests_a_second=1, burst=1, this_month=self.requests, note="", **unknown)


def cost(house: House, requests: int | None, rates: Rates | None = RATES) -> dict[str, Any]:
    platform = replace(house.platform, throttle=Counted(requests), rates=lambda: rates)
    key = platform.keys.create("msp-a", "", "admin")
    reply = TestClient(application(platform, of=()), headers={"x-api-key": key}).get("/admin/cost")
    assert reply.status_code == 200, reply.text
    told: dict[str, Any] = reply.json()
    return told


def test_requests_are_multiplied_and_what_rests_is_shared(house: House) -> None:
    told = cost(house, 250_000)
    assert told["usd"] == pytest.approx(2.0) and told["shared_usd"] == pytest.approx(11.95)
    assert told["estimate"] and "list prices of 2026-11" in told["notes"][0]
    lines = {line["service"]: line for line in told["lines"]}
    assert (lines["API"]["usd"], lines["API"]["quantity"], lines["API"]["shared"]) == (1.25, 250_000, False)
    assert lines["Kinesis"]["shared"] and all(line["estimate"] for line in told["lines"])


def test_where_nobody_counted_requests_their_cost_is_not_known_and_in_no_sum(house: House) -> None:
    told = cost(house, None)
    assert told["usd"] == 0 and told["shared_usd"] == pytest.approx(11.95)
    assert [line["usd"] for line in told["lines"] if not line["shared"]] == [None, None]
    assert any("is not known" in note for note in told["notes"])


def test_a_deployment_that_does_not_know_its_size_says_so(house: House) -> None:
    told = cost(house, 5, None)
    assert told["lines"] == [] and "size of this deployment is not known" in told["notes"][0]
