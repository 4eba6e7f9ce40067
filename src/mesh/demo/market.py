"""Where the simulated MSPs work, for whom, and what they sell.

Prices are US dollars a month, rates are per month. README.md says where they come from.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Town:
    """Where an MSP sits. `offset_h` is the standard time there against UTC; summer time is left out."""

    name: str
    region: str
    latitude: float
    longitude: float
    timezone: str
    offset_h: int
    price: float


TOWNS = (
    Town("Portland", "us-west", 45.52, -122.68, "America/Los_Angeles", -8, 1.10),
    Town("Boston", "us-east", 42.36, -71.06, "America/New_York", -5, 1.15),
    Town("Columbus", "us-central", 39.96, -83.00, "America/New_York", -5, 0.95),
    Town("Austin", "us-central", 30.27, -97.74, "America/Chicago", -6, 1.00),
    Town("Denver", "us-west", 39.74, -104.99, "America/Denver", -7, 1.04),
    Town("Atlanta", "us-east", 33.75, -84.39, "America/New_York", -5, 0.98),
    Town("Halifax", "ca-east", 44.65, -63.58, "America/Halifax", -4, 0.92),
    Town("Calgary", "ca-west", 51.05, -114.07, "America/Edmonton", -7, 0.97),
    Town("Leeds", "uk", 53.80, -1.55, "Europe/London", 0, 0.90),
    Town("Bristol", "uk", 51.45, -2.59, "Europe/London", 0, 0.94),
    Town("Cork", "ie", 51.90, -8.47, "Europe/Dublin", 0, 0.96),
    Town("Tucson", "us-west", 32.22, -110.97, "America/Phoenix", -7, 0.93),
)


@dataclass(frozen=True, slots=True)
class Industry:
    """`season` is the load and the staff of each month, January first, against the year's mean."""

    name: str
    suffixes: tuple[str, ...]
    share: float
    seats: float
    compliance: str = ""
    season: tuple[float, ...] = (1.0,) * 12
    wants: dict[str, float] = field(default_factory=dict)


_TAX = (1.30, 1.35, 1.40, 1.25, 0.90, 0.85, 0.80, 0.80, 0.90, 0.95, 0.95, 0.85)
_SHOPS = (0.90, 0.85, 0.90, 0.95, 0.95, 0.95, 0.95, 0.95, 1.00, 1.05, 1.30, 1.35)
_SUMMER = (0.80, 0.80, 0.90, 1.00, 1.10, 1.25, 1.30, 1.30, 1.05, 0.90, 0.75, 0.95)
_SCHOOL = (1.05, 1.00, 1.00, 1.00, 1.00, 0.75, 0.65, 1.25, 1.35, 1.05, 1.00, 0.80)
_BUILDING = (0.80, 0.85, 0.95, 1.05, 1.10, 1.15, 1.15, 1.10, 1.10, 1.05, 0.95, 0.80)

INDUSTRIES = (
    Industry("dental", ("Dental", "Dental Group", "Smiles"), 0.10, 14, "HIPAA",
             wants={"Telephony": 1.4, "Network management": -0.4, "Server management": -0.8,
                    "Strategic advice": -1.2}),
    Industry("healthcare", ("Clinic", "Family Health", "Therapy"), 0.11, 30, "HIPAA",
             wants={"Telephony": 1.0, "Managed detection": 0.6, "Server management": 0.4}),
    Industry("legal", ("Legal", "Law Partners", "Notaries"), 0.10, 18, "SOC2",
             wants={"Backup": 1.4, "Email security": 1.0, "Telephony": 0.8, "Network management": -0.8}),
    Industry("accounting", ("Accounting", "Tax Advisers", "Books"), 0.10, 16, "SOC2", _TAX,
             {"Backup": 1.2, "Email security": 0.8, "Security awareness training": 0.6,
              "Network management": -1.0}),
    Industry("finance", ("Credit Union", "Wealth", "Insurance Brokers"), 0.07, 40, "PCI-DSS",
             wants={"Strategic advice": 1.6, "Managed detection": 1.2, "Security awareness training": 1.0}),
    Industry("manufacturing", ("Machining", "Castings", "Plastics"), 0.12, 55, "NIST-CSF",
             wants={"Network management": 1.6, "Server management": 1.5, "Cloud office": -1.0,
                    "Telephony": -0.6}),
    Industry("logistics", ("Freight", "Logistics", "Couriers"), 0.07, 38,
             wants={"Network management": 1.4, "Telephony": 1.4, "Server management": -0.4}),
    Industry("retail", ("Outfitters", "Market", "Homeware"), 0.09, 26, "PCI-DSS", _SHOPS,
             {"Network management": 1.3, "Cloud office": -1.4, "Backup": -0.7, "Endpoint protection": 0.4}),
    Industry("hospitality", ("Hospitality", "Hotel Group", "Kitchens"), 0.07, 32, "PCI-DSS", _SUMMER,
             {"Network management": 1.8, "Cloud office": -1.6, "Backup": -0.8, "Telephony": 0.8}),
    Industry("construction", ("Builders", "Roofing", "Interiors"), 0.08, 24, season=_BUILDING,
             wants={"Cloud office": 1.2, "Server management": -1.4, "Network management": -0.6}),
    Industry("education", ("Academy", "Learning Centre", "Day School"), 0.05, 48, season=_SCHOOL,
             wants={"Security awareness training": 1.5, "Network management": 1.0, "Telephony": -1.0}),
    Industry("nonprofit", ("Foundation", "Trust", "Shelter"), 0.04, 20,
             wants={"Cloud office": 0.8, "Managed detection": -1.2, "Strategic advice": -1.4,
                    "Telephony": -0.5}),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Service:
    """One line of an invoice. `liking` is the logit of buying it for a client of 20 seats, `by_size` what
    each doubling of the seats adds, `by_need` what a duty to comply adds."""

    name: str
    seat: float
    flat: float
    liking: float
    by_size: float = 0.0
    by_need: float = 0.0


SERVICES = (
    Service("Managed support", 92.0, 0.0, 4.5),
    Service("Cloud office", 21.0, 0.0, 1.0),
    Service("Endpoint protection", 7.5, 0.0, 0.6, 0.2, 0.8),
    Service("Backup", 3.0, 140.0, 0.0, 0.4, 0.7),
    Service("Email security", 4.5, 0.0, -0.6, 0.2, 1.0),
    Service("Network management", 0.0, 310.0, -1.6, 0.8),
    Service("Server management", 0.0, 420.0, -1.8, 1.1),
    Service("Managed detection", 14.0, 180.0, -3.4, 0.9, 2.0),
    Service("Security awareness training", 3.2, 0.0, -2.4, 0.4, 1.5),
    Service("Compliance programme", 0.0, 690.0, -5.0, 0.6, 4.2),
    Service("Telephony", 24.0, 0.0, -1.7),
    Service("Strategic advice", 0.0, 950.0, -3.4, 1.3, 0.4),
)
# Not every MSP offers these.
SPECIAL = (
    "Server management", "Managed detection", "Security awareness training", "Compliance programme",
    "Telephony",
    "Strategic advice",
)  # fmt: skip
# Buying the first makes the second likelier, by so much in the logit.
TOGETHER = {
    ("Email security", "Security awareness training"): 1.6,
    ("Backup", "Server management"): 1.2,
    ("Managed detection", "Compliance programme"): 1.2,
    ("Endpoint protection", "Managed detection"): 1.2,
    ("Network management", "Telephony"): 0.8,
}
PROJECTS = "Projects"
