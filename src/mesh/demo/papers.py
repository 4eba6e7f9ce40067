"""What a simulated MSP has in writing: its profile, policies and articles."""

import calendar
from typing import Any

import numpy as np

from mesh.demo.clients import Clients
from mesh.demo.company import FIRST_NAMES, Company
from mesh.demo.people import People

CERTIFICATIONS = (
    "SOC 2 Type II",
    "ISO 27001",
    "CMMC Level 1",
    "Cyber Essentials Plus",
    "HIPAA assessed",
    "PCI-DSS assessed",
)
# Each policy: title, framework, its sentences. An MSP leaves some out, as an
# assessor would find.
POLICIES = (
    (
        "Access control policy",
        "SOC2",
        (
            "Access is granted on the ground of role and is approved by the owner of the system.",
            "Accounts of people who leave are disabled within one working day.",
            "Multi-factor authentication is required for administrators and for access from outside.",
            "Access rights are reviewed every quarter and the review is recorded.",
        ),
    ),
    (
        "Incident response policy",
        "NIST-CSF",
        (
            "Security incidents are reported to the service desk at once, by anyone who notices them.",
            "An incident is given a severity within one hour, and an incident lead is named.",
            "Clients that are affected are told within 24 hours.",
            "Each incident of high severity ends with a review of what is to be changed.",
            "The response plan is exercised once a year.",
        ),
    ),
    (
        "Backup and recovery policy",
        "ISO27001",
        (
            "Servers and mailboxes are backed up every day and the copies are kept for 30 days.",
            "One copy is held off-site and cannot be altered.",
            "A restore is tried every quarter and its result is recorded.",
            "Recovery time objectives are agreed with each client.",
        ),
    ),
    (
        "Health information policy",
        "HIPAA",
        (
            "Protected health information is encrypted at rest and in transit.",
            "A business associate agreement is signed before work on such data begins.",
            "Access to health records is logged, and the logs are kept for six years.",
            "Staff are trained in privacy when they join and every year after.",
        ),
    ),
    (
        "Vulnerability management policy",
        "CIS",
        (
            "Workstations and servers are scanned for vulnerabilities every week.",
            "Critical patches are installed within seven days, others within thirty.",
            "Exceptions are written down, with an owner and an end date.",
        ),
    ),
)
ARTICLES = (
    (
        "Price list for the coming year",
        "Our prices rise by {rise:.1f} per cent in {month}; the support of servers stays as it is.",
    ),
    ("What clients said this quarter", "Clients praised quick answers and criticised waiting for parts."),
    (
        "A wave of phishing in the region",
        "Several clients in {town} received invoices that led to a false sign-in page.",
    ),
    ("New colleague at the service desk", "The service desk in {town} has grown; hours stay the same."),
    (
        "Demand for managed detection grows",
        "More clients ask for detection around the clock, above all where insurers demand it.",
    ),
    ("A partner for telephony", "We look for a partner in {region} who can take over large telephony moves."),
)
# The share of MSPs whose profile others may see, and what they see of it.
SEEN = 0.8
SHOWN = ("region", "segment", "certifications", "services", "capacity_hours", "description")
MONTHS = tuple(calendar.month_name)[1:]


def policies(of: Company) -> list[dict[str, Any]]:
    """Rows of kind `policies`: three to five, each with some of its sentences missing."""
    chance = of.chance("policies")
    picks = sorted(chance.permutation(len(POLICIES))[: int(chance.integers(3, len(POLICIES) + 1))].tolist())
    dated = of.span.texts(of.span.edges[-1] - chance.uniform(30, 500, len(picks)) * 24)
    made = []
    for number, (pick, at) in enumerate(zip(picks, dated, strict=True), start=1):
        title, framework, sentences = POLICIES[pick]
        kept = [s for s in sentences if chance.random() < 0.8] or [sentences[0]]
        made.append(
            {
                "id": f"{of.tenant.msp_id}-policy-{number}",
                "simulated": True,
                "at": at,
                "title": title,
                "text": f"{of.tenant.name}: {title.lower()}.\n\n" + "\n".join(kept),
                "framework": framework,
            }
        )
    return made


def articles(of: Company) -> list[dict[str, Any]]:
    """Rows of kind `articles`: a few notes of the last year."""
    chance = of.chance("articles")
    picks = chance.permutation(len(ARTICLES))[: int(chance.integers(3, len(ARTICLES) + 1))].tolist()
    dated = of.span.texts(of.span.edges[-1] - np.sort(chance.uniform(1, 365, len(picks)))[::-1] * 24)
    rise = 100 * of.rises[of.span.until.year]
    return [
        {
            "id": f"{of.tenant.msp_id}-article-{number}",
            "simulated": True,
            "at": at,
            "title": ARTICLES[pick][0],
            "text": ARTICLES[pick][1].format(
                rise=rise, month=MONTHS[of.raised_in], town=of.town.name, region=of.town.region
            ),
        }
        for number, (pick, at) in enumerate(zip(picks, dated, strict=True), start=1)
    ]


def profile(of: Company, clients: Clients, people: People) -> list[dict[str, Any]]:
    """The one row of kind `profile`; most MSPs let others see it, but for name and contact."""
    chance = of.chance("profile")
    industries = [industry.name for industry in clients.industries]
    segment = max(sorted(set(industries)), key=industries.count)
    certified = [name for name in CERTIFICATIONS if chance.random() < 0.35]
    row = {
        "id": f"{of.tenant.msp_id}-profile",
        "simulated": True,
        "name": of.tenant.name,
        "region": of.town.region,
        "segment": segment,
        "certifications": certified,
        "services": list(of.offers),
        "capacity_hours": float(np.round(len(people.ids) * chance.uniform(2, 22))),
        "description": (
            f"Serves small businesses around {of.town.name}, most of them in {segment}, with "
            f"{len(people.ids)} technicians. Offers {', '.join(of.offers).lower()}."
        ),
        "contact": f"partners@{of.tenant.msp_id.removeprefix('demo-')}.example.com",
        "shared": [],
    }
    if of.number < len(FIRST_NAMES) or chance.random() < SEEN:
        row |= {"shared": list(SHOWN), "tlp": "TLP:GREEN"}
    return [row]
