"""What can be done about what drives a client away."""

from mesh.agents.client_health.features import BY_NAME

# Only what an MSP can act on has an action; how long a client has been one has none.
ACTIONS: dict[str, str] = {
    "ticket_volume": "Look for what keeps coming back among its tickets and mend the cause",
    "ticket_trend": "Find out what changed since the tickets went up or fell silent, and call the client",
    "urgent_share": "Review its urgent tickets of the last 90 days for a shared cause and give it an owner",
    "open_tickets": "Clear its open tickets, the oldest first, and say when each will be done",
    "resolution_time": "Give its tickets a named engineer and a shorter queue until that is normal again",
    "resolution_trend": "Find out what slowed its tickets down: staff, category or supplier",
    "sla_breach_rate": "Go through the missed deadlines with the client and agree how the next ones are kept",
    "reopen_rate": "Have a senior engineer check resolutions before its tickets are closed",
    "satisfaction_score": "Have the account manager call the people who gave low scores, this week",
    "satisfaction_trend": "Ask what got worse: call those whose scores fell, before the next review",
    "seat_change": "Ask about its plans: seats went down; fit contract and price to the size it will have",
    "monthly_revenue": "Review whether what it pays for is what it uses",
    "revenue_change": "Ask why it buys less than half a year ago, and whether somebody else does that now",
    "services": "Show it what of the catalogue would help with its own tickets; one service is soon replaced",
    "price_change": "Explain the price rise with what it got for it, or phase it in until the renewal",
    "days_to_renewal": "Hold the renewal meeting now, with its service record on the table",
}
# Below this a driver is not worth acting on: it makes the odds of leaving 1.16 times as large.
WORTH_ACTING = 0.15
MOST_ACTIONS = 4


def sentence(feature: str, value: float, typical: float | None, effect: float) -> str:
    """One driver in words.

    >>> sentence("satisfaction_score", 2.1, 4.4, 0.9)
    'satisfaction 2.1 (typical 4.4) multiplies the odds of leaving by 2.5'
    """
    about = BY_NAME[feature]
    shown = f"{about.words} {value:,.{about.decimals}f}"
    beside = "" if typical is None else f" (typical {typical:,.{about.decimals}f})"
    return f"{shown}{beside} {odds(effect)}"


def odds(effect: float) -> str:
    from math import exp

    if abs(effect) < 0.02:
        return "hardly matters"
    return f"{'multiplies' if effect > 0 else 'divides'} the odds of leaving by {exp(abs(effect)):.2g}"
