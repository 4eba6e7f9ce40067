"""Two questions that can be sent as they are."""

from math import pi, sin

from mesh.kit.agent import Example

# Four years of monthly revenue that grows, with a yearly rhythm and a ripple, all exact.
MONTHS = [
    round(40_000 * 1.01**month * (1 + 0.08 * sin(2 * pi * month / 12)) + 600 * sin(1.7 * month), 2)
    for month in range(48)
]
SERVICES = (("acme", "backup", 900.0), ("acme", "helpdesk", 2100.0), ("birch", "helpdesk", 1500.0))
INVOICES = [
    {
        "date": f"{2024 + month // 12}-{month % 12 + 1:02}-01",
        "client_id": client,
        "service": service,
        "amount": round(amount * (1 + 0.01 * month) + 20 * sin(2.3 * month), 2),
        "currency": "USD",
    }
    for month in range(24)
    for client, service, amount in SERVICES
]

EXAMPLES = (
    Example(
        "The next quarter, from four years of monthly amounts",
        {"period_days": 90, "history": MONTHS, "start": "2022-01"},
    ),
    Example(
        "By service, with a higher price and a client that leaves",
        {
            "period_days": 180,
            "history": INVOICES,
            "by": "service",
            "scenarios": [
                {
                    "name": "helpdesk 5 % dearer",
                    "changes": [
                        {"kind": "price_change", "service": "helpdesk", "percent": 5, "starts": "2026-03-01"}
                    ],
                },
                {
                    "name": "birch leaves",
                    "changes": [{"kind": "churn", "client_ids": ["birch"], "starts": "2026-04-01"}],
                },
            ],
        },
    ),
)
