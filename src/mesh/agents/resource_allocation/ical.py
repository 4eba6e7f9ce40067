"""A plan as an iCalendar file (RFC 5545): an event for each task, times in UTC, the way there in its text."""

from datetime import UTC, datetime

from mesh.agents.resource_allocation.model import Answer, Assignment
from mesh.kit.agent import Envelope

# RFC 5545, 3.8.1.9: 1 is the highest, 5 the middle, 9 the lowest.
PRIORITY = {"critical": 1, "high": 3, "medium": 5, "low": 9}


def render(envelope: Envelope) -> str:
    """The calendar. A task keeps its UID from plan to plan, so that a new plan moves the event.

    SEQUENCE (3.8.7.4) grows with the time of the answer, so the newer plan wins.
    """
    from icalendar import Calendar

    answer = Answer.model_validate(envelope.answer)
    calendar = Calendar()
    calendar.add("prodid", "-//MSP Intelligence Mesh//resource-allocation//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", "Simulated schedule" if envelope.simulated else "Schedule")
    for one in answer.assignments:
        calendar.add_component(_event(one, envelope))
    return str(calendar.to_ical(), "utf-8")


def _event(one: Assignment, envelope: Envelope) -> "Event":  # type: ignore[name-defined] # noqa: F821
    from icalendar import Event, vGeo, vText

    event = Event()
    event.add("uid", f"{_token(one.task_id)}.{_token(envelope.msp_id)}@msp-intelligence-mesh")
    event.add("dtstamp", envelope.answered_at.astimezone(UTC).replace(microsecond=0))
    event.add("sequence", _sequence(envelope.answered_at))
    event.add("dtstart", one.start_at.astimezone(UTC))
    event.add("dtend", one.end_at.astimezone(UTC))
    event.add("summary", _plain(f"{one.technician}: {one.title or one.task_id}"))
    event.add("description", _plain(_description(one, envelope.simulated)))
    event.add("categories", [_plain(one.technician), one.priority])
    event.add("priority", PRIORITY[one.priority])
    event.add("status", "CONFIRMED")
    event.add("transp", "OPAQUE")
    event["x-mesh-technician"] = vText(_plain(one.technician_id))
    if one.on_site and one.latitude is not None and one.longitude is not None:
        event["geo"] = vGeo((one.latitude, one.longitude))
    return event


def _token(text: str) -> str:
    """Text as part of a UID: anything but letters, digits, - and _ by its code point."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_") else f"x{ord(c):x}" for c in text)


def _plain(text: str) -> str:
    """Without control characters, which RFC 5545 (3.1) does not allow in text."""
    return "".join(c for c in text if c.isprintable() or c == "\n")


def _sequence(moment: datetime) -> int:
    """Minutes since 2020: fits 32 bits until the year 6100."""
    return int((moment - datetime(2020, 1, 1, tzinfo=UTC)).total_seconds() // 60)


def _description(one: Assignment, simulated: bool) -> str:
    lines = [f"Task {one.task_id}, {one.priority} priority"]
    if one.client_id:
        lines.append(f"Client {one.client_id}")
    if one.travel_minutes:
        lines.append(f"Leave {one.travel_minutes} minutes before the start")
    if one.due_at:
        lines.append(f"Due {one.due_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC: {one.sla}")
    if one.overtime_minutes:
        lines.append(f"{one.overtime_minutes} minutes of overtime")
    if simulated:
        lines.append("From simulated records")
    return "\n".join(lines)
