"""What a simulated service desk is asked: kinds of tickets, their urgency and skills, and outages."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of ticket. `hours` is the median work, `on_site` the share that needs a visit."""

    name: str
    skill: str
    share: float
    hours: float
    on_site: float
    priorities: tuple[float, float, float, float]
    titles: tuple[str, ...]


CATEGORIES = (
    Category(
        "access",
        "service-desk",
        0.21,
        0.4,
        0.01,
        (0.01, 0.09, 0.55, 0.35),
        (
            "Password reset for a user",
            "Account locked out",
            "New starter needs an account",
            "Multi-factor prompt does not arrive",
            "Shared mailbox permission needed",
        ),
    ),
    Category(
        "email",
        "cloud",
        0.14,
        0.6,
        0.01,
        (0.02, 0.13, 0.60, 0.25),
        (
            "Mail is not being delivered",
            "Suspicious mail reported by a user",
            "Calendar does not synchronise",
            "Mailbox is full",
        ),
    ),
    Category(
        "hardware",
        "hardware",
        0.15,
        1.3,
        0.60,
        (0.02, 0.14, 0.54, 0.30),
        (
            "Printer does not print",
            "Laptop does not start",
            "Docking station loses its screens",
            "Replace a failing disk",
            "Scanner shows an error",
        ),
    ),
    Category(
        "software",
        "service-desk",
        0.18,
        0.8,
        0.03,
        (0.01, 0.12, 0.57, 0.30),
        (
            "Line-of-business application crashes",
            "Update fails to install",
            "Licence has expired",
            "Application is slow",
        ),
    ),
    Category(
        "network",
        "network",
        0.12,
        1.5,
        0.40,
        (0.06, 0.24, 0.50, 0.20),
        (
            "Internet is slow",
            "Wireless drops in the meeting room",
            "VPN does not connect",
            "Switch port is down",
        ),
    ),
    Category(
        "server",
        "server",
        0.08,
        2.0,
        0.25,
        (0.08, 0.27, 0.45, 0.20),
        (
            "Server is low on disk space",
            "Backup job failed",
            "Service stopped on the server",
            "Memory pressure on the server",
        ),
    ),
    Category(
        "security",
        "security",
        0.06,
        1.8,
        0.04,
        (0.10, 0.30, 0.42, 0.18),
        (
            "Endpoint protection raised an alert",
            "Sign-in from an unusual place",
            "User clicked a phishing link",
            "Vulnerability needs a patch",
        ),
    ),
    Category(
        "telephony",
        "telephony",
        0.06,
        1.0,
        0.15,
        (0.03, 0.17, 0.55, 0.25),
        ("Desk phone has no dial tone", "Calls drop", "Voicemail does not arrive"),
    ),
)
SKILLS = tuple(dict.fromkeys(category.skill for category in CATEGORIES))

PRIORITIES = ("P1", "P2", "P3", "P4")
# Hours until an SLA is broken; P1 counts every hour, the others the working ones.
SLA_HOURS = (4.0, 8.0, 30.0, 120.0)


@dataclass(frozen=True, slots=True)
class Outage:
    """Something that breaks for many at once; `reach` is the share of an MSP's clients it hits."""

    name: str
    category: str
    reach: float


OUTAGES = (
    Outage("Internet provider outage", "network", 0.45),
    Outage("Cloud office is unavailable", "email", 0.70),
    Outage("Faulty update stops workstations", "software", 0.55),
    Outage("Power failure in the district", "server", 0.30),
    Outage("Phishing wave against staff", "security", 0.50),
)
