"""The pages of docs/ that are made from the templates: the same templates and figures give the same text."""

import json

from reports import picture, security
from reports.assumptions import ASSUMED, Load
from reports.cost import (
    LOADS,
    PRICES,
    after_allowances,
    by_service,
    changes,
    items,
    prices,
    total,
)
from reports.markdown import table
from reports.template import Assembly, synthesised
from reports.usage import measured

NAMES = {"cost": "cost.md", "security": "security-on-aws.md", "picture": "architecture-aws.svg"}
SIZES = ("lean", "standard", "full")
# What is paid at rest for each switch that costs anything then.
SWITCHES = {
    "waf": ("firewalls before the API and the dashboard", ("waf_acl_month", "waf_rule_month")),
    "vpc": ("a private network with ways to the services", ("endpoint_hour",)),
    "api_cache": ("views and documentation kept for five minutes", ("api_cache_hour",)),
    "snap_start": ("snapshots of functions that load a model", ("lambda_snapstart_cache_gb_second",)),
    "config_rules": ("AWS Config's rules, one evaluation of all", ("config_item", "config_evaluation")),
    "alarm_each": ("an alarm for each function behind the agents", ("alarm_month",)),
}
AIMS = {"idle": ("a month", 15.0), "demo": ("a month", 60.0), "1 M": ("a request", 0.0001)}


def written(kind: str) -> tuple[str, str]:
    """The page's name and text. Raises ModuleNotFoundError without aws-cdk-lib."""
    if kind == "cost":
        return NAMES[kind], cost_page({size: synthesised(size) for size in SIZES})
    lean = synthesised("lean")
    text = security.report(lean, "lean") if kind == "security" else picture.draw(lean, "lean")
    return NAMES[kind], text


def cost_page(sizes: dict[str, Assembly]) -> str:
    """docs/cost.md."""
    lean = sizes["lean"]
    parts = [
        "# What it costs on AWS",
        "Written by `./mesh cost --write` from the synthesised templates, from counts of what a request makes"
        " of AWS (`python -m reports.measure`), from processor times on a development machine"
        " (`./mesh bench coldstart`) and from a table of prices; a test compares it with them. It is a"
        " reckoning: no bill was ever seen.",
        "## A month, size `lean`",
        _loads(lean),
        "## By service",
        _services(lean),
        "## What would lower it most",
        *_changes(lean),
        "## The sizes",
        _sizes(sizes),
        "What the switches of `infra/plan.py` cost at rest, beyond the lean size (`--set NAME=on`):",
        _switches(lean, sizes["full"]),
        "## What is assumed",
        table(("assumption", "value"), [(why, f"{value:,g}") for value, why in ASSUMED.values()]),
        "Requests are spread evenly over the hours and the agents, and come independently of each other; an"
        " agent whose function was not measured counts like one that solves nothing. Processor times were"
        " measured on x86-64 and taken for arm64 as they are.",
        _measured(),
        "## Prices",
        _prices(),
    ]
    return "\n\n".join(parts) + "\n"


def _loads(lean: Assembly) -> str:
    rows = []
    for load in LOADS:
        found = items(lean, load)
        each = f"{total(found) / load.requests:.7f}" if load.requests else ""
        rows.append(
            (
                load.name,
                f"{load.requests:,}",
                f"{load.msps:,}",
                f"{total(found):,.2f}",
                f"{after_allowances(found):,.2f}",
                each,
                _aim(load, total(found), after_allowances(found)),
            )
        )
    head = (
        "load",
        "requests",
        "MSPs",
        "USD at list prices",
        "USD after lasting allowances",
        "USD a request",
        "aim",
    )
    return table(head, rows)


def _aim(load: Load, listed: float, after: float) -> str:
    """Whether the aim for a load is met, at list prices and after the allowances."""
    if load.name not in AIMS:
        return ""
    what, limit = AIMS[load.name]
    share = load.requests if what == "a request" else 1
    if listed / share <= limit:
        return f"at most {limit:g} {what}: met"
    then = "met" if after / share <= limit else "nor"
    return f"at most {limit:g} {what}: not met at list prices, {then} after allowances"


def _services(lean: Assembly) -> str:
    sums = {load.name: by_service(items(lean, load)) for load in LOADS}
    services = sorted({s for by in sums.values() for s in by}, key=lambda s: -sums["1 M"].get(s, 0.0))
    rows = []
    for service in services:
        shares = [(by.get(service, 0.0), sum(by.values())) for by in sums.values()]
        rows.append((service, *(f"{usd:,.2f} ({usd / whole:.0%})" for usd, whole in shares)))
    return table(("service", *sums), rows)


def _changes(lean: Assembly) -> list[str]:
    told = []
    for load in LOADS:
        found = items(lean, load)
        rows = [(c.what, f"{c.usd:,.2f}", c.loses) for c in changes(lean, found)[:3]]
        told += [f"**{load.name}**", table(("change", "saves USD a month", "loses"), rows)]
    return told


def _sizes(sizes: dict[str, Assembly]) -> str:
    rows = []
    for size, assembly in sizes.items():
        rows.append((f"`{size}`", *(f"{total(items(assembly, load)):,.2f}" for load in LOADS)))
    return table(("size", *(load.name for load in LOADS)), rows)


def _switches(lean: Assembly, full: Assembly) -> str:
    """Each switch with its price at rest, from the size that has all of them on."""
    idle = LOADS[0]
    with_it, without = items(full, idle), items(lean, idle)

    def more(names: tuple[str, ...]) -> float:
        return sum(i.usd for i in with_it if i.use.price in names) - sum(
            i.usd for i in without if i.use.price in names
        )

    rows = [(f"`{name}`", what, f"{more(paid):,.2f}") for name, (what, paid) in SWITCHES.items()]
    user = prices()["mau"]
    each = f"{user['usd']:g} for each user of a month beyond {user['free']:,}"
    rows += [("`user_pool`", "people who sign in", each), ("`domain`", "a domain of one's own", "0.00")]
    return table(("switch", "what it adds", "USD a month"), rows)


def _measured() -> str:
    parts, found = measured()["parts"], measured()["functions"]
    rows = [
        (
            part,
            str(counts.get("dynamodb.write_units", 0)),
            f"{counts.get('dynamodb.read_half_units', 0) / 2:g}",
            ", ".join(
                f"{n} {call.split('.')[1]}" for call, n in counts.items() if not call.endswith("units") and n
            ),
        )
        for part, counts in parts.items()
    ]
    counted = table(("what happens", "write units", "read units", "calls"), rows)
    times = [
        (slug, f"{f['init_cpu_ms']:.0f}", f"{f['first_cpu_ms']:.0f}", f"{f['warm_cpu_ms']:.1f}")
        for slug, f in sorted(found.items())
    ]
    head = ("agent", "init, processor ms", "first request", "warm request")
    return (
        f"Counted for one request of `anomaly-detection`:\n\n{counted}\n\nMeasured:\n\n{table(head, times)}"
    )


def _prices() -> str:
    told = json.loads(PRICES.read_text(encoding="utf-8"))
    rows = [
        (
            p["service"],
            p["per"],
            f"{p['usd']:.10f}".rstrip("0").rstrip("."),
            p["checked"],
            f"{p.get('free', 0):,g}" if "free" in p else "",
            p["source"],
            p.get("seen", ""),
        )
        for p in prices().values()
    ]
    listed = table(("service", "per", "USD", "checked", "free a month", "AWS's page", "seen in"), rows)
    return f"{told['region']}, {told['read_on']}. {told['note']}\n\n{listed}"
