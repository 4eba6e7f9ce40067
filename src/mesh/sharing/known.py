"""Names and domains that a tenant's own rows hold: its clients, its people, itself."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from mesh.kit.ports import Records, Row
from mesh.sharing.forms import DOT, LABEL

# Shorter names would be found in too much that is none.
_LEAST_NAME = 3
_LEGAL = re.compile(
    r"[ ,]+(?:inc|llc|llp|ltd|limited|plc|gmbh|ag|kg|bv|nv|sa|sas|sarl|srl|oy|ab|as|aps|co|corp|corporation|"
    r"company|group|holdings?|partners|\(simulated\))\.?$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Known:
    """What the tenant's own rows name. Domains are folded; names are as they stand there."""

    clients: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()


def known_of(records: Records) -> Known:
    """Clients, technicians and the tenant itself, as its rows name them, with their domains."""
    clients, persons, domains, own = set[str](), set[str](), set[str](), set[str]()
    for row in records.scan("clients"):
        clients |= _names_of(row)
        domains |= _domains_of(row)
    for row in records.scan("technicians"):
        persons |= {str(row["name"])} if row.get("name") else set()
        domains |= _domains_of(row)
    for row in records.scan("profile"):
        own |= _names_of(row)
        domains |= _domains_of(row)
        persons |= {str(row["contact"])} if "@" not in str(row.get("contact") or "@") else set()
    return Known(frozenset(clients), frozenset(persons), frozenset(domains), frozenset(own))


def _names_of(row: Row) -> set[str]:
    name = str(row.get("name") or "").strip()
    short = _LEGAL.sub("", name)
    return {each for each in (name, short) if len(each) >= _LEAST_NAME}


def _domains_of(row: Row) -> set[str]:
    """Of any column that holds an address: exports call it domain, website, email, contact ..."""
    texts = " ".join(value for value in row.values() if isinstance(value, str) and len(value) < 500)
    found = re.findall(r"(?:@|://|\bwww\.)([\w-]+(?:\.[\w-]+)+)|^([\w-]+(?:\.[\w-]+)+)$", texts)
    domain = str(row.get("domain") or "")
    return {(a or b).lower().removeprefix("www.") for a, b in found} | ({domain.lower()} if domain else set())


@lru_cache(maxsize=64)
def patterns(known: Known) -> Sequence[tuple[str, re.Pattern[str]]]:
    """One pattern for the names of each sort: whole words, however they are spaced, joined or cased."""
    found = []
    if known.domains:
        either = "|".join(re.escape(domain).replace(r"\.", DOT) for domain in sorted(known.domains))
        whole = rf"(?:[\w.+-]{{1,64}}@)?(?<![\w-])(?:{LABEL}{DOT}){{0,5}}(?:{either})(?![\w-])"
        found.append(("client", re.compile(whole, re.IGNORECASE)))
    for what, names in (("person", known.people), ("client", known.clients), ("msp", known.own)):
        worded = [[re.escape(word) for word in re.findall(r"\w+", name)] for name in names]
        spelt = [r"[\W_]{0,3}".join(words) for words in worded if len("".join(words)) >= _LEAST_NAME]
        if spelt:
            # The longest first, so that a name is not cut where a shorter one ends.
            either = "|".join(sorted(spelt, key=lambda each: (-len(each), each)))
            found.append((what, re.compile(rf"(?<!\w)(?:{either})(?!\w)", re.IGNORECASE)))
    return found
