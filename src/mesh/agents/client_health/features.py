"""What is looked at: the inputs of the churn model, their units, bounds and names in words.

The order is the order of the model's columns. `low` and `high` are the least and greatest values that can
be: what lies outside is refused, not clipped.
"""

from dataclasses import dataclass

HORIZON_DAYS = 90
RECENT_DAYS = 90
BEFORE_DAYS = 180
MOST = 1e9


@dataclass(frozen=True, slots=True)
class Feature:
    """One input. `words` names it in sentences; `decimals` is how it is shown."""

    name: str
    words: str
    unit: str
    low: float
    high: float
    meaning: str
    decimals: int = 1


FEATURES = (
    Feature("ticket_volume", "ticket volume", "tickets a month", 0, 1e6,
            "Tickets opened a month, mean of the last 90 days"),
    Feature("ticket_trend", "change of ticket volume", "%", -100, 1e6,
            "Ticket volume of the last 90 days against the 180 days before", 0),
    Feature("urgent_share", "share of urgent tickets", "0 to 1", 0, 1,
            "Share of the last 90 days' tickets with one of the two highest priorities", 2),
    Feature("open_tickets", "open tickets", "tickets", 0, 1e6, "Tickets open now", 0),
    Feature("resolution_time", "time to resolve", "hours", 0, 1e5,
            "Median hours from opening to resolution, of tickets resolved in the last 90 days"),
    Feature("resolution_trend", "change of the time to resolve", "%", -100, 1e6,
            "Resolution time of the last 90 days against the 180 days before", 0),
    Feature("sla_breach_rate", "share of tickets past their SLA", "0 to 1", 0, 1,
            "Share of the tickets due in the last 90 days that were late or still are", 2),
    Feature("reopen_rate", "share of tickets opened again", "0 to 1", 0, 1,
            "Share of the tickets resolved in the last 90 days that had been opened again", 2),
    Feature("satisfaction_score", "satisfaction", "1 (bad) to 5 (good)", 1, 5,
            "Mean score of the tickets resolved in the last 90 days"),
    Feature("satisfaction_trend", "change of satisfaction", "points", -4, 4,
            "Satisfaction of the last 90 days less that of the 180 days before"),
    Feature("seats", "seats", "seats", 0, 1e6, "Seats served", 0),
    Feature("seat_change", "change of seats", "%", -100, 1e6, "Seats now against six months ago"),
    Feature("monthly_revenue", "monthly revenue", "currency a month", -MOST, MOST,
            "Recurring revenue of the last three whole months, a month", 0),
    Feature("revenue_change", "change of monthly revenue", "%", -MOST, MOST,
            "Recurring monthly revenue against that of six months ago"),
    Feature("services", "services bought", "services", 0, 1000, "Recurring services invoiced now", 0),
    Feature("price_change", "price rise", "%", -100, 1e6,
            "Unit prices of the same services against those of four months ago"),
    Feature("tenure_months", "time as a client", "months", 0, 1200, "Months since the client came", 0),
    Feature("days_to_renewal", "time to the contract's end", "days", 0, 3650,
            "Days until the contract in force runs out", 0),
)  # fmt: skip
NAMES = tuple(feature.name for feature in FEATURES)
BY_NAME = {feature.name: feature for feature in FEATURES}
