"""The texts that the shipped classifier of sentiment is trained on, with the shares of their tones."""

import csv
import gzip
import io
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

TWEETS, FILMS = "vader_tweets.csv.gz", "vader_movieReviewSnippets.csv.gz"
# A mean of twenty raters, -4 to 4: where a tone begins, and how far such means stray.
EDGE, SPREAD = 0.8, 0.6
MOST_CONTROLS = 600
NEGATIVE, NEUTRAL, POSITIVE = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)

# Our own examples of the trade: every choice of each slot is one text.
_US = ("our MSP", "our IT provider", "you", "the current provider")
_TRADE = (
    (
        NEGATIVE,
        "We are {} moving to another provider.",
        ("thinking of", "considering", "seriously thinking about", "looking into", "close to"),
    ),
    (
        NEGATIVE,
        "The client {} another provider.",
        ("is leaving for", "wants to switch to", "asked for quotes from", "will move to", "signed with"),
    ),
    (
        NEGATIVE,
        "{} will not renew the contract.",
        ("We", "They", "The client", "Three clients", "The clinic"),
    ),
    (NEGATIVE, "We are comparing offers before our contract with {} ends.", _US),
    (NEGATIVE, "We want to cancel our contract with {}.", _US),
    (NEGATIVE, "Nobody from {} has called us back since {}.", _US, ("Monday", "last week", "the outage")),
    (
        NEGATIVE,
        "It took {} to fix a simple {}.",
        ("three days", "two weeks", "all month"),
        ("printer", "password reset", "mailbox", "laptop"),
    ),
    (
        NEGATIVE,
        "{} was down {} again.",
        ("The server", "E-mail", "The network", "Our phone system"),
        ("this morning", "for six hours", "all day"),
    ),
    (
        NEGATIVE,
        "Ransomware {} the {}.",
        ("encrypted", "took down", "spread through"),
        ("file servers", "clinic's records", "backups"),
    ),
    (NEGATIVE, "The vendor {} prices by {} per cent.", ("raised", "will raise"), ("ten", "30", "forty")),
    (NEGATIVE, "Clients {} the price increase.", ("complain about", "are angry about", "are leaving over")),
    (NEGATIVE, "The provider missed {} SLA targets this {}.", ("its", "most", "five"), ("month", "quarter")),
    (NEGATIVE, "The restore failed and {} was lost.", ("a week of data", "the database", "everything")),
    (
        NEGATIVE,
        "{} laid off {} employees.",
        ("The vendor", "The MSP", "The distributor"),
        ("200", "half its", "many"),
    ),
    (NEGATIVE, "Revenue fell {} and margins shrank.", ("sharply", "again", "by 8 per cent")),
    (POSITIVE, "We have {} the contract with {} for three years.", ("renewed", "extended"), _US),
    (POSITIVE, "The client renewed {}.", ("early", "for another year", "and added forty seats")),
    (
        POSITIVE,
        "The technician {} within {}.",
        ("solved it", "answered", "had us working again"),
        ("minutes", "the hour", "ten minutes"),
    ),
    (
        POSITIVE,
        "We moved from another provider to {} and {}.",
        ("you", "this MSP"),
        ("are glad we did", "have had no outage since", "would do it again"),
    ),
    (POSITIVE, "We would recommend {} to {}.", _US, ("anyone", "other clinics")),
    (
        POSITIVE,
        "The attack was {} before any damage was done.",
        ("stopped", "caught", "contained", "blocked"),
    ),
    (POSITIVE, "Everything was restored from backup {}.", ("in an hour", "without loss", "overnight")),
    (POSITIVE, "Not a single {} this {}.", ("outage", "complaint", "breach"), ("year", "quarter", "month")),
    (
        POSITIVE,
        "Demand for {} is growing {}.",
        ("managed detection", "cloud services", "backup", "compliance work"),
        ("fast", "strongly", "every quarter"),
    ),
    (
        POSITIVE,
        "{} won a contract with {}.",
        ("The MSP", "We", "The partner"),
        ("a hospital", "a chain of clinics"),
    ),
    (POSITIVE, "Ticket volume fell and satisfaction {}.", ("rose", "improved", "is at its best")),
    (POSITIVE, "No one {} after the migration; it went smoothly.", ("complained", "lost a file")),
    (NEUTRAL, "The contract runs until {}.", ("March", "the end of the year", "2027")),
    (
        NEUTRAL,
        "The meeting with {} is on {}.",
        ("the client", "the vendor", "our provider"),
        ("Monday", "3 May", "Friday"),
    ),
    (NEUTRAL, "The company has {} offices and {} employees.", ("two", "five"), ("40", "300", "1,200")),
    (
        NEUTRAL,
        "{} is available in {}.",
        ("The product", "Version 4", "The service"),
        ("Canada", "all regions", "May"),
    ),
    (
        NEUTRAL,
        "The provider manages {} for {}.",
        ("laptops", "firewalls", "mailboxes"),
        ("clinics", "law firms", "schools"),
    ),
    (NEUTRAL, "The price is {} per seat and month.", ("120 dollars", "$95", "EUR 80")),
    (
        NEUTRAL,
        "{} published its {} report.",
        ("The vendor", "The agency", "The analyst"),
        ("annual", "quarterly", "market"),
    ),
    (NEUTRAL, "The policy applies to all {}.", ("employees", "devices", "contractors", "systems")),
    (NEUTRAL, "The backup runs every {}.", ("night", "four hours", "Sunday")),
    (
        NEUTRAL,
        "The ticket was opened {} and assigned to {}.",
        ("today", "on Monday"),
        ("the service desk", "level two"),
    ),
    (
        NEUTRAL,
        "Insurers {} multi-factor authentication from {}.",
        ("require", "ask for"),
        ("January", "next year"),
    ),
    (
        NEUTRAL,
        "{} acquired {}.",
        ("A private equity firm", "The distributor"),
        ("an MSP in Ohio", "a software vendor"),
    ),
    (
        NEUTRAL,
        "{} announced {}.",
        ("The vendor", "Microsoft", "The company", "The distributor"),
        ("a new version of the product", "its roadmap", "a conference in Denver", "the dates of its event"),
    ),
    (NEUTRAL, "The {} is attached.", ("invoice", "report", "contract", "list of devices")),
    (NEUTRAL, "The maintenance window is on {}.", ("Sunday at ten", "Friday night", "the first of May")),
    (NEUTRAL, "{} buys {} for $2 billion.", ("The vendor", "An investor"), ("a rival", "a backup company")),
    (
        POSITIVE,
        "{} rose to {} from {}.",
        ("Quarterly revenue", "Operating profit", "Recurring revenue"),
        ("EUR 13 mn", "$9.1 million"),
        ("EUR 8 mn", "$4.2 million"),
    ),
    (
        NEGATIVE,
        "{} fell to {} from {}.",
        ("Quarterly revenue", "Operating profit", "Recurring revenue"),
        ("EUR 8 mn", "$4.2 million"),
        ("EUR 13 mn", "$9.1 million"),
    ),
    (
        POSITIVE,
        "{} reported growth of {} per cent.",
        ("The vendor", "The MSP", "The company"),
        ("40", "12", "five"),
    ),
)


def rated(path: Path) -> list[tuple[str, float]]:
    """Texts with their mean rating, -4 to 4, of one of the published sets of VADER (MIT)."""
    lines = io.StringIO(gzip.decompress(path.read_bytes()).decode("utf-8"))
    return [(row["text"], float(row["mean_rating"])) for row in csv.DictReader(lines)]


def shares(ratings: NDArray[np.float64]) -> NDArray[np.float64]:
    """How likely each rating is that of a negative, neutral and positive text; shape (len(ratings), 3)."""
    positive, negative = ndtr((ratings - EDGE) / SPREAD), ndtr((-ratings - EDGE) / SPREAD)
    return np.stack([negative, 1 - negative - positive, positive], axis=1)


def trade() -> Iterator[tuple[str, tuple[float, float, float]]]:
    """Our own examples: a text and its shares."""
    for tone, pattern, *slots in _TRADE:
        for words in product(*slots):
            text = pattern.format(*words)
            yield text[0].upper() + text[1:], tone


def controls(path: Path) -> Iterator[tuple[str, tuple[float, float, float]]]:
    """Sentences of NIST SP 800-53 revision 4 (public domain), which judge nothing: 600 of them."""
    lines = io.StringIO(gzip.decompress(path.read_bytes()).decode("utf-8"))
    texts = " ".join(row["guidance"] for row in csv.DictReader(lines))
    plain = [part.strip() + "." for part in texts.split(". ") if 30 < len(part) < 250]
    for text in plain[:: max(1, len(plain) // MOST_CONTROLS)][:MOST_CONTROLS]:
        yield text, NEUTRAL


def examples(data: Path) -> list[tuple[str, tuple[float, float, float]]]:
    """What is added to the rated texts, which hardly ever say a plain fact; `data` is their folder."""
    return [*trade(), *controls(data.parent / "compliance" / "nist_800_53_r4_controls.csv.gz")]


def lexicon(path: Path) -> dict[int, float]:
    """Valences by the CRC-32 of the word, of a file in the form of vader_lexicon.txt (MIT, C.J. Hutto)."""
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if "\t" in line]
    return {crc32(row[0].lower().encode("utf-8")): float(row[1]) for row in rows}
