"""Who needs attention first: every stored client by its risk, with what changed since last month."""

from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from mesh.agents.client_health.answer import notes_of, of_history
from mesh.agents.client_health.chosen import choose
from mesh.agents.client_health.churn import ChurnModel
from mesh.agents.client_health.features import HORIZON_DAYS
from mesh.agents.client_health.history import DAY, LOOK_BACK, History, of_all
from mesh.agents.client_health.model import Driver, Health, ModelReport, Outlook
from mesh.agents.client_health.moment import features, is_heard_of
from mesh.kit import cursor as cursors
from mesh.kit.ports import Ports

LAST_MONTH = timedelta(days=30)
EMPTY = (
    "No client is stored that has not left. Store clients, tickets and revenue under /records, or load the "
    "simulated world with ./mesh demo load."
)
SHOWN = 3


class RankingQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=20, ge=1, le=200, description="Clients a page")
    cursor: str | None = Field(default=None, max_length=500, description="The `cursor` of the page before")


class Ranked(BaseModel):
    """One client. `change` is the probability now less that of 30 days ago, null where there was none then;
    `rank_before` is its place then."""

    rank: int
    rank_before: int | None
    client_id: str
    name: str
    churn_probability: float
    health_score: float
    outlook: Outlook
    change: float | None
    drivers: list[Driver] = Field(description="What speaks most for leaving")
    action: str | None
    monthly_revenue: float | None
    missing: list[str]


class NotRanked(BaseModel):
    client_id: str
    name: str
    reason: str


class Ranking(BaseModel):
    """A page of clients, the likeliest to leave first."""

    at: datetime
    horizon_days: int = HORIZON_DAYS
    clients: list[Ranked]
    total: int = Field(description="How many clients are ranked, on all pages")
    not_ranked: list[NotRanked] = Field(description="Clients without the history it takes; on the first page")
    cursor: str | None
    message: str = ""
    learnt: ModelReport
    simulated: bool
    notes: list[str] = []


def ranking(query: RankingQuery, ports: Ports) -> Ranking:
    """All clients that have not left, judged now and as of 30 days ago."""
    chosen, now = choose(ports), ports.clock.now()
    since = now - LOOK_BACK - LAST_MONTH
    histories = [one for one in of_all(ports.records, since=since, until=now) if one.left is None]
    judged = [(history, of_history(chosen.churn, history, now)) for history in histories]
    ranked = sorted((pair for pair in judged if pair[1].status == "ok"), key=_by_risk)
    before = _before(chosen.churn, [history for history, _ in ranked], now - LAST_MONTH)
    first = _place(query.cursor)
    page = ranked[first : first + query.limit]
    last = first + len(page)
    not_ranked = [
        NotRanked(client_id=history.client_id, name=history.name, reason=found.message)
        for history, found in judged
        if found.status != "ok"
    ]
    about = chosen.churn.about
    return Ranking(
        at=now,
        clients=[
            _ranked(first + n, history, found, before, now) for n, (history, found) in enumerate(page, 1)
        ],
        total=len(ranked),
        not_ranked=not_ranked if first == 0 else [],
        cursor=cursors.write(str(last)) if last < len(ranked) else None,
        message="" if ranked else EMPTY if not judged else "No stored client has the history it takes.",
        learnt=chosen.report,
        simulated=about.simulated or any(history.simulated for history in histories),
        notes=notes_of(chosen),
    )


def _by_risk(pair: tuple[History, Health]) -> tuple[float, str]:
    return -(pair[1].churn_probability or 0.0), pair[0].client_id


def _place(cursor: str | None) -> int:
    """A cursor counts the clients before its page; what is stored may change in between, and the order with
    it."""
    if cursor is None:
        return 0
    from mesh.kit.problem import FieldError, Invalid

    (place,) = cursors.read(cursor, 1)
    if not place.isdecimal() or len(place) > 9:
        raise Invalid("The cursor is not one of ours.", errors=[FieldError("cursor", "cannot be read")])
    return int(place)


def _before(churn: ChurnModel, histories: list[History], then: datetime) -> dict[str, tuple[int, float]]:
    """Place and probability at an earlier time, by client, of those that had a history then."""
    moment = then.timestamp() / DAY
    old: list[tuple[float, str]] = []
    for history in histories:
        if is_heard_of(history, then) and (history.since is None or history.since <= moment):
            old.append((-churn.read([features(history, then)])[0].probability, history.client_id))
    return {client: (place, -risk) for place, (risk, client) in enumerate(sorted(old), start=1)}


def _ranked(
    rank: int, history: History, found: Health, before: dict[str, tuple[int, float]], now: datetime
) -> Ranked:
    was = before.get(history.client_id)
    chance, score, outlook = found.churn_probability, found.health_score, found.outlook
    assert chance is not None and score is not None and outlook is not None
    return Ranked(
        rank=rank,
        rank_before=was[0] if was else None,
        client_id=history.client_id,
        name=history.name,
        churn_probability=chance,
        health_score=score,
        outlook=outlook,
        change=chance - was[1] if was else None,
        drivers=[one for one in found.drivers if one.effect > 0][:SHOWN],
        action=found.actions[0].action if found.actions else None,
        monthly_revenue=features(history, now)["monthly_revenue"],
        missing=found.missing,
    )
