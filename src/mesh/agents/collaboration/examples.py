"""Two questions that can be sent as they are; they bring their own candidates, so that they need no mesh."""

from mesh.kit.agent import Example

CANDIDATES = [
    {
        "id": "north",
        "services": ["Managed detection", "Incident response"],
        "certifications": ["SOC 2 Type II", "HIPAA assessed"],
        "region": "us-east",
        "segment": "healthcare",
        "capacity_hours": 120,
        "description": "Watches the networks of clinics around the clock.",
    },
    {
        "id": "south",
        "services": ["Cloud office", "Managed support", "Telephony"],
        "certifications": ["ISO 27001"],
        "region": "us-west",
        "segment": "professional services",
        "capacity_hours": 60,
        "description": "Moves offices of up to 300 people to Microsoft 365, and sends people to branches.",
    },
]

EXAMPLES = (
    Example(
        "Someone for the nights",
        {
            "requirements": "We need security monitoring at night, and incident response for a dental chain "
            "under HIPAA.",
            "certifications": ["SOC 2"],
            "capacity_hours": 40,
            "candidates": CANDIDATES,
        },
    ),
    Example(
        "A migration in the west",
        {
            "requirements": "Migrate 200 mailboxes to Microsoft 365; on-site support for branches; cabling.",
            "region": "us-west",
            "candidates": CANDIDATES,
        },
    ),
)
