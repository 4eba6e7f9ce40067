"""What this month cost: providers as they were metered; on AWS the rest estimated from measured requests."""

from collections.abc import Iterator
from datetime import datetime

from pydantic import BaseModel, Field

from mesh.adapters.models.spending import month_of, spent
from mesh.entrypoints.endpoint import Call, Endpoint, reply_json
from mesh.kit.platform import Rates, Reply, Use

TAG = "admin"
HERE = "Nothing but providers is metered here: the mesh runs on a machine of your own."
ESTIMATE = (
    "An estimate, not a bill: requests as API Gateway counted them, times what one takes at list prices of "
    "{priced_on} in {region}; without AWS's free allowances, discounts and taxes."
)
UNCOUNTED = "API Gateway did not say how many requests there were, so what they cost is not known."
NO_RATES = "The size of this deployment is not known to it, so nothing but providers is summed."


class Spent(BaseModel):
    """One line of the sum. `usd` is null where no price is known: it is then in no sum."""

    what: str
    service: str
    quantity: float | None
    unit: str
    usd: float | None
    estimate: bool = Field(description="Measured units at a list price, not what a bill says")
    shared: bool = Field(description="Paid once for all MSPs of the mesh, not by each")


class Cost(BaseModel):
    month: str
    as_of: datetime
    usd: float = Field(description="Your own lines whose price is known")
    shared_usd: float = Field(description="What is paid for all MSPs together")
    estimate: bool
    lines: list[Spent]
    notes: list[str] = Field(description="How the sum comes about")


def cost(call: Call) -> Reply:
    now = call.platform.clock.now()
    lines, notes = list(_providers(call, month_of(now))), []
    rates = call.platform.rates()
    use = call.platform.throttle.use(call.tenant.msp_id, now)
    if rates is None:
        notes.append(NO_RATES if use.this_minute is None else HERE)
    else:
        lines += _running(rates, use)
        notes.append(ESTIMATE.format(priced_on=rates.priced_on, region=rates.region))
        if use.this_month is None:
            notes.append(UNCOUNTED)
    if any(line.usd is None for line in lines):
        notes.append("Lines without a price are in no sum.")
    return reply_json(
        Cost(
            month=f"{now:%Y-%m}",
            as_of=now,
            usd=_sum(line for line in lines if not line.shared),
            shared_usd=_sum(line for line in lines if line.shared),
            estimate=any(line.estimate for line in lines),
            lines=lines,
            notes=notes,
        )
    )


def _sum(lines: Iterator[Spent]) -> float:
    return round(sum(line.usd or 0.0 for line in lines), 6)


def _providers(call: Call, since: str) -> Iterator[Spent]:
    """Paid models, summed over the month."""
    sums: dict[str, tuple[int, int, float | None, str]] = {}
    for day in spent(call.platform.commons, call.tenant.msp_id, since):
        calls, units, usd, _ = sums.get(day.model, (0, 0, None, ""))
        both = None if usd is None and day.usd is None else (usd or 0.0) + (day.usd or 0.0)
        sums[day.model] = (calls + day.calls, units + day.read + day.written, both, day.unit)
    for model, (calls, units, usd, unit) in sorted(sums.items()):
        yield Spent(
            what=f"{calls:,} questions to {model}", service="model", quantity=units, unit=unit,
            usd=usd, estimate=False, shared=False,
        )  # fmt: skip


def _running(rates: Rates, use: Use) -> Iterator[Spent]:
    for service, usd in sorted(rates.each.items(), key=lambda pair: -pair[1]):
        whole = None if use.this_month is None else round(usd * use.this_month, 6)
        yield Spent(
            what=f"your requests: ${usd:.8f} each", service=service, quantity=use.this_month,
            unit="requests", usd=whole, estimate=True, shared=False,
        )  # fmt: skip
    for service, usd in sorted(rates.fixed.items(), key=lambda pair: -pair[1]):
        yield Spent(
            what="at rest, a whole month", service=service, quantity=1, unit="month", usd=round(usd, 6),
            estimate=True, shared=True,
        )  # fmt: skip


ROUTES = [
    Endpoint("GET", "/admin/cost", "What this month cost, and how the sum comes about", TAG, cost, reply=Cost,
             problems=(401, 403, 429, 503), admin=True),
]  # fmt: skip
