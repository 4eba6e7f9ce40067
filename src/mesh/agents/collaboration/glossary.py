"""Which services of an MSP words speak of: the trade has many names for one thing (`services.tsv`)."""

import csv
import io
from functools import cache, lru_cache
from importlib.resources import files

from mesh.agents.collaboration.words import MOST_TEXTS, stems


@cache
def _phrases() -> tuple[tuple[tuple[str, ...], str], ...]:
    text = (files("mesh.agents.collaboration") / "services.tsv").read_text(encoding="utf-8")
    rows = csv.DictReader(io.StringIO(text), delimiter="\t")
    return tuple((stems(phrase), row["service"]) for row in rows for phrase in row["phrases"].split(";"))


@lru_cache(maxsize=MOST_TEXTS)
def services(text: str) -> frozenset[str]:
    """The services that the text names by one of their phrases.

    >>> sorted(services("Restore of lost files after a SOC alert"))
    ['backup and recovery', 'security monitoring']
    """
    words = stems(text)
    return frozenset(
        service
        for phrase, service in _phrases()
        if any(words[at : at + len(phrase)] == phrase for at in range(len(words) - len(phrase) + 1))
    )
