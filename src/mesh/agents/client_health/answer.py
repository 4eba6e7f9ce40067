"""From a question to an answer: gather what is known of a client, ask the model, say what drives it."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from mesh.agents.client_health.actions import ACTIONS, MOST_ACTIONS, WORTH_ACTING, sentence
from mesh.agents.client_health.chosen import Chosen, choose
from mesh.agents.client_health.churn import COVERAGE, ChurnModel, Reading, health
from mesh.agents.client_health.features import BY_NAME, HORIZON_DAYS, NAMES
from mesh.agents.client_health.history import DAY, History, of_client
from mesh.agents.client_health.model import (
    Action,
    Answer,
    Driver,
    Health,
    Interval,
    Outcome,
    Outlook,
    Question,
    inputs,
)
from mesh.agents.client_health.moment import features, is_heard_of
from mesh.kit.agent import Answered
from mesh.kit.ports import Ports
from mesh.kit.problem import FieldError, Invalid

SIMULATED = "The model was trained on simulated MSPs: take its numbers as an order, not as rates."


def answer(ask: Question, ports: Ports) -> Answered[Answer]:
    """Churn within the horizon, for one client or several. Pure: reads through ports."""
    chosen = choose(ports)
    if ask.clients is not None:
        found = [judge(chosen.churn, {}, inputs(one), client_id=one.client_id) for one in ask.clients]
        found.sort(key=lambda one: -(one.churn_probability or 0.0))
        message = f"{len(found)} clients, the likeliest to leave first."
        several = Health(status="ok", message=message)
        return _answered(several, chosen, clients=found)
    if ask.client_id is None:
        return _answered(judge(chosen.churn, {}, inputs(ask)), chosen)
    return _stored(ask, ask.client_id, chosen, ports)


def _stored(ask: Question, client_id: str, chosen: Chosen, ports: Ports) -> Answered[Answer]:
    given = inputs(ask)
    row = ports.records.find("clients", client_id)
    if row is None and not given:
        reason = "no client with this id is stored; store it under /records/clients, or give features"
        raise Invalid("There is no such client.", errors=[FieldError("client_id", reason)])
    if row is None:
        found = judge(chosen.churn, {}, given, client_id=client_id)
        return _answered(
            found, chosen, notes=["No client with this id is stored: only what is given counts."]
        )
    now = ports.clock.now()
    history = of_client(ports.records, row, now)
    found = of_history(chosen.churn, history, now, given)
    return _answered(found, chosen, simulated=history.simulated)


def _answered(
    found: Health,
    chosen: Chosen,
    *,
    clients: Iterable[Health] = (),
    notes: Iterable[str] = (),
    simulated: bool = False,
) -> Answered[Answer]:
    about = chosen.churn.about
    reply = Answer(
        **dict(found),
        base_log_odds=about.base,
        clients=list(clients),
        learnt=chosen.report,
        notes=[*notes, *notes_of(chosen)],
    )
    return Answered(reply, chosen.used, simulated=simulated or about.simulated)


def notes_of(chosen: Chosen) -> list[str]:
    """What whoever reads the numbers should know of the model."""
    return [note for note in (chosen.note, SIMULATED if chosen.churn.about.simulated else "") if note]


def of_history(
    churn: ChurnModel, history: History, now: datetime, given: Mapping[str, float] | None = None
) -> Health:
    """The health of a stored client; one that has left, or of whom nothing is stored, has no numbers."""
    given = given or {}
    if history.left is not None:
        day = datetime.fromtimestamp(history.left * DAY, UTC)
        tense = "left" if day <= now else "has given notice and leaves"
        message = f"The client {tense} on {day:%Y-%m-%d}."
        return Health(client_id=history.client_id, name=history.name, status="left", message=message)
    if not given and not is_heard_of(history, now):
        message = "No tickets and no revenue of this client are stored of late: nothing to judge it by."
        return Health(
            client_id=history.client_id,
            name=history.name,
            status="no_history",
            message=message,
            missing=list(NAMES),
        )
    known = {name: value for name, value in features(history, now).items() if value is not None}
    return judge(churn, known, given, history.client_id, history.name)


def judge(
    churn: ChurnModel,
    known: Mapping[str, float],
    given: Mapping[str, float],
    client_id: str | None = None,
    name: str = "",
) -> Health:
    """The health of a client by its features; what is given counts before what is known."""
    values = {**known, **given}
    used = {feature: values[feature] for feature in churn.about.features if feature in values}
    if not used:
        message = "None of the features that the model looks at is known."
        return Health(client_id=client_id, name=name, status="unknown", message=message, missing=list(NAMES))
    reading = churn.read([used])[0]
    drivers = sorted(_drivers(churn, used, reading), key=lambda one: -abs(one.effect))
    return Health(
        client_id=client_id,
        name=name,
        status="ok",
        message=_message(reading, drivers),
        churn_probability=reading.probability,
        interval=Interval(low=reading.low, high=reading.high),
        outlook=Outlook(coverage=COVERAGE, resembles=_resembles(reading)),
        health_score=health(reading.log_odds, churn.about.base),
        log_odds=reading.log_odds,
        drivers=drivers,
        actions=_actions(churn, used, drivers),
        missing=[feature for feature in churn.about.features if feature not in used],
        given=sorted(given),
    )


def _drivers(churn: ChurnModel, used: Mapping[str, float], reading: Reading) -> Iterable[Driver]:
    from math import exp

    for feature, value in used.items():
        about, typical, effect = BY_NAME[feature], churn.about.typical.get(feature), reading.effects[feature]
        yield Driver(
            feature=feature,
            words=about.words,
            value=value,
            unit=about.unit,
            typical=typical,
            effect=effect,
            odds_factor=exp(effect),
            sentence=sentence(feature, value, typical, effect),
        )


def _resembles(reading: Reading) -> list[Outcome]:
    found: list[Outcome] = []
    if reading.may_stay:
        found.append("stays")
    if reading.may_leave:
        found.append("leaves")
    return found


def _message(reading: Reading, drivers: list[Driver]) -> str:
    most = next((one for one in drivers if one.effect >= WORTH_ACTING), None)
    because = f" Most of all, {most.sentence}." if most else " Nothing known speaks much for leaving."
    chance = f"{100 * reading.probability:.2g} % likely to leave within {HORIZON_DAYS} days."
    return chance[0].upper() + chance[1:] + because


def _actions(churn: ChurnModel, used: Mapping[str, float], drivers: list[Driver]) -> list[Action]:
    """For what speaks for leaving, the strongest first."""
    chosen = [
        one
        for one in drivers
        if one.effect >= WORTH_ACTING and one.feature in ACTIONS and one.typical is not None
    ][:MOST_ACTIONS]
    if not chosen:
        return []
    readings = churn.read([{**used, one.feature: one.typical} for one in chosen])
    return [
        Action(
            action=ACTIONS[one.feature],
            because=one.sentence,
            feature=one.feature,
            probability_if_typical=reading.probability,
        )
        for one, reading in zip(chosen, readings, strict=True)
    ]
