"""Two questions that can be sent as they are."""

from mesh.kit.agent import Example

UNHAPPY = {
    "ticket_volume": 9.3,
    "ticket_trend": 35,
    "resolution_time": 41.0,
    "resolution_trend": 80,
    "sla_breach_rate": 0.38,
    "reopen_rate": 0.2,
    "satisfaction_score": 2.4,
    "satisfaction_trend": -1.6,
    "seats": 28,
    "seat_change": -14,
    "tenure_months": 26,
    "days_to_renewal": 40,
}
CONTENT = {
    "ticket_volume": 2.1,
    "resolution_time": 9.5,
    "satisfaction_score": 4.8,
    "sla_breach_rate": 0.04,
    "services": 6,
    "tenure_months": 74,
}

EXAMPLES = (
    Example("A client that is served badly and whose contract ends soon", UNHAPPY),
    Example("A content client of many years, of whom less is known", CONTENT),
)
