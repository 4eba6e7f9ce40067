"""How an MSP stands among its peers: percentiles through the release gate, and the budgets they cost."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from mesh.entrypoints.endpoint import Call, Endpoint, reply_json
from mesh.kit.platform import Reply
from mesh.kit.ports import Withheld
from mesh.sharing.benchmark_measures import MEASURES, NAMES, MeasureName, plain
from mesh.sharing.benchmarks import benchmarking_of
from mesh.sharing.budgets import Budget, quarter

TAG = "mesh"


class Ask(BaseModel):
    model_config = ConfigDict(extra="forbid")

    measure: MeasureName
    segment: str | None = Field(
        default=None, min_length=1, max_length=100, description="An industry of clients, such as dental"
    )
    region: str | None = Field(
        default=None, min_length=1, max_length=100, description="Where an MSP works, as its profile says"
    )


class Benchmark(BaseModel):
    """Percentiles over MSPs with noise; or why they are withheld. Of one quarter, the same to all who ask."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "measure": "price_per_seat", "title": "Price of a seat a month", "segment": "dental",
                    "unit": "USD a seat and month", "region": None, "p25": 112.6, "p50": 135.9, "p75": 158.7,
                    "cohort": 25, "epsilon": 1.85, "error_points": 8.1, "as_of": "2025-11", "own": 128.4,
                    "quarter": "2026Q1", "release": "price_per_seat/dental/all/2026Q1/5f0c2a9d",
                    "simulated": False, "withheld": None,
                }
            ]
        }
    )  # fmt: skip

    measure: MeasureName
    title: str
    unit: str
    segment: str | None
    region: str | None
    quarter: str
    p25: float | None = None
    p50: float | None = None
    p75: float | None = None
    cohort: int | None = Field(default=None, description="About how many MSPs: with noise, in fives")
    epsilon: float | None = Field(default=None, description="What it cost each MSP it was made of")
    error_points: float | None = Field(
        default=None,
        description="Percentile points by which each is off on average, through the noise, where values"
        " spread over the middle third of what was thought possible",
    )
    as_of: str | None = Field(default=None, description="The latest month of the figures")
    own: float | None = Field(default=None, description="Your own figure, where you contribute one")
    release: str | None = Field(default=None, description="What receipts name it")
    simulated: bool = Field(description="Of simulated MSPs alone; real and simulated are never mixed")
    withheld: str | None = None


class Budgets(BaseModel):
    """What was spent of your privacy this quarter, and what you saw of others'."""

    contributes: bool
    contributed_measures: list[str]
    shared: Budget = Field(description="Figures your own went into")
    asked: Budget = Field(description="Figures you saw")
    as_of: datetime


def benchmark(call: Call) -> Reply:
    asked = call.asked(Ask)
    _refresh(call)
    benchmarking, msp_id = benchmarking_of(call.platform), call.tenant.msp_id
    measure, segment = MEASURES[asked.measure], plain(asked.segment)
    mine = benchmarking.contributions.of(msp_id)
    own = mine.find(asked.measure, segment) if mine else None
    told = Benchmark(
        measure=asked.measure,
        title=measure.title,
        unit=measure.unit,
        segment=segment,
        region=plain(asked.region),
        quarter=quarter(call.platform.clock.now()),
        own=float(f"{own.value:.4g}") if own else None,
        simulated=call.tenant.simulated,
    )
    found = benchmarking.ask(msp_id, asked.measure, asked.segment, asked.region)
    if isinstance(found, Withheld):
        return reply_json(told.model_copy(update={"withheld": found.reason}))
    shown = {"p25", "p50", "p75", "cohort", "epsilon", "error_points", "as_of"}
    return reply_json(told.model_copy(update={**found.model_dump(include=shown), "release": found.id}))


def budgets(call: Call) -> Reply:
    contributes = _refresh(call)
    benchmarking, msp_id, now = benchmarking_of(call.platform), call.tenant.msp_id, call.platform.clock.now()
    mine = benchmarking.contributions.of(msp_id)
    return reply_json(
        Budgets(
            contributes=contributes,
            contributed_measures=[name for name in NAMES if mine and mine.find(name, None)],
            shared=benchmarking.budgets.of(msp_id, "shared", quarter(now)),
            asked=benchmarking.budgets.of(msp_id, "asked", quarter(now)),
            as_of=now,
        )
    )


def _refresh(call: Call) -> bool:
    """Who asks brings its own contribution up to date, once a day; whether it has one."""
    contributions = benchmarking_of(call.platform).contributions
    return contributions.refresh(call.tenant.msp_id, call.ports.records, simulated=call.tenant.simulated)


ROUTES = [
    Endpoint("GET", "/mesh/benchmarks", "Percentiles of a measure over MSPs, or why they are withheld", TAG,
             benchmark, query=Ask, reply=Benchmark, problems=(401, 409, 422, 429, 503)),
    Endpoint("GET", "/mesh/benchmarks/budget", "What was spent of your privacy budget", TAG, budgets,
             reply=Budgets, problems=(401, 422, 429)),
]  # fmt: skip
