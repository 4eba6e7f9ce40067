"""Takes out of a text, and keeps back of indicators, whatever names a client, a person or an inside.

What is left may leave the tenant. Names come from the tenant's own rows, forms from their patterns; the
measured recall and what is missed stand in docs/privacy.md.
"""

import re
from bisect import bisect
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from mesh.kit.ports import Records, Row
from mesh.sharing import inside, people
from mesh.sharing.matching import TECHNIQUE, canonical, host_of

# Kinds of indicators that say something of an attacker alone. Mail addresses, paths, registry keys, accounts
# and keys name a victim as often as not, so they never leave.
PUBLISHED = frozenset(
    (
        "domain", "url", "onion", "ipv4", "ipv6", "ipv4_cidr", "ipv6_cidr", "md5", "sha1", "sha224", "sha256",
        "sha384", "sha512", "imphash", "authentihash", "ssdeep", "tlsh", "ja3", "ja3s", "jarm", "bitcoin",
        "ethereum", "monero", TECHNIQUE,
    )
)  # fmt: skip
# Shorter names would be found in too much that is none: they are kept out of texts as whole words only.
_LEAST_JOINED = 6
_LEAST_NAME = 3
_DOT = r"(?:\[\.\]|\(\.\)|\[dot\]|\.)"
# Bounded, as all parts here are: a text made to be slow to read is read as quickly as any.
_LABEL = r"[\w-]{1,63}"
_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
# In this order: what an earlier one took, a later one does not look at.
_FORMS: Sequence[tuple[str, re.Pattern[str]]] = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        ("account", r"arn:aws[\w-]*:[\w-]*:[\w-]*:\d*:[^\s\"',;)]+"),
        ("account", r"(?<![A-Za-z0-9])(?:AKIA|ASIA|AROA|AIDA|AGPA|ANPA)[A-Z0-9]{12,17}(?![A-Za-z0-9])"),
        (
            "email",
            rf"[\w.+'’#=$%&*/?^`{{|}}~-]{{1,64}}(?:@|\[@\]|\(at\)|\[at\]){_LABEL}(?:{_DOT}{_LABEL}){{0,9}}",
        ),
        ("account", r"(?<![\w-])S-1-\d{1,2}(?:-\d{1,10}){1,14}"),
        (
            "account",
            r"(?<![0-9a-z])\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?(?![0-9a-z])",
        ),
        ("account", r"(?<![\w.])\d{4}[- ]?\d{4}[- ]?\d{4}(?![\w.])"),
        (
            "phone",
            r"(?<![\w.+/-])\+\d{1,3}[ ./-]?(?:\(\d{1,4}\)[ ./-]?)?\d{2,4}(?:[ ./-]?\d{2,4}){1,4}(?![\w.-])",
        ),
        ("phone", r"(?<![\w.-])(?:\(\d{3}\) ?|\d{3}[ -])\d{3}[ -]\d{4}(?![\w.-])"),
        ("account", r"(?<![\w.-])[\w-]{1,63}\.onmicrosoft\.com"),
        (
            "account",
            r":\\(?:Users|Documents and Settings)\\"
            r"(?P<it>[^\\/:*?\"<>|\r\n,;]{1,100}?)(?=\\|[\"',;\r\n]|\s|$)",
        ),
        ("account", r"/(?:home|Users)/(?P<it>[^/\s:\"']+)"),
        ("host", r"(?<![\w:])\\\\[\w.$-]+"),
        ("account", r"(?<![\w\\:/.])[A-Z][\w.-]{1,19}\\[\w.$-]+(?![\w\\])"),
        (
            "account",
            r"\b(?:user|acct|name|username|upn|login|account)[=:][ \t]?(?P<it>[\"']?[\w.\\$-]+[\"']?)",
        ),
        ("account", r"\b(?:account|user|login|logon|username) (?P<it>[\"'][\w.$-]+[\"'])"),
        (
            "account",
            r"\b(?:account|user|login|logon|username) "
            r"(?P<it>[a-z]{1,20}[._][a-z]{2,20}\d{0,4}|[a-z]{2,15}\d{1,4})(?![\w.])",
        ),
        ("account", r"(?<![\w.-])(?:svc|adm|admin|sa)[-_][a-z0-9][\w-]*"),
    )
)
_INSIDE_HOST = re.compile(
    rf"(?<![\w.-])(?:{_LABEL}{_DOT}){{1,9}}(?:{'|'.join(re.escape(s) for s in inside.SUFFIXES)})(?![\w-])",
    re.IGNORECASE,
)
_IPV4 = re.compile(rf"(?<![\w.])(?:{_OCTET}{_DOT}){{3}}{_OCTET}(?:/\d{{1,2}})?(?![\w]|\.\d)", re.IGNORECASE)
_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?:/\d{1,3})?(?![\w:])", re.IGNORECASE)
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


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """A text without what was taken out; `removed` counts it by what it was."""

    text: str
    removed: Mapping[str, int]


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


@dataclass(frozen=True, slots=True)
class Scrubber:
    """Scrubs for one tenant."""

    known: Known = field(default_factory=Known)

    def scrub(self, text: str, *, guess: bool = True) -> Scrubbed:
        """The text with every find replaced by what it was, in brackets.

        Without `guess`, what looks like a person or a machine alone stays: in a text that somebody wrote
        for others to read, and means to be read.

        >>> Scrubber(Known(clients=frozenset({"Harbor Dental"}))).scrub("Harbor Dental at 10.0.0.4").text
        '[client] at [address]'
        """
        taken: list[tuple[int, int, str]] = []
        for find in self._finds(text) if guess else self._sensitive(text):
            place = bisect(taken, find)
            free = place == 0 or taken[place - 1][1] <= find[0]
            if find[0] < find[1] and free and (place == len(taken) or find[1] <= taken[place][0]):
                taken.insert(place, find)
        parts, at = [], 0
        for start, end, what in taken:
            parts += [text[at:start], f"[{what}]"]
            at = end
        return Scrubbed("".join([*parts, text[at:]]), Counter(what for _, _, what in taken))

    def objection(self, kind: str, value: str) -> str | None:
        """Why an indicator may not leave; None where nothing is against it.

        >>> Scrubber().objection("ipv4", "192.168.1.7"), Scrubber().objection("domain", "evil.example")
        ('lies inside a network', None)
        """
        if kind not in PUBLISHED:
            return f"indicators of type {kind} never leave"
        form = canonical(kind, value)
        if form is None:
            return f"is no {kind}"
        if kind in ("ipv4", "ipv6", "ipv4_cidr", "ipv6_cidr"):
            return "lies inside a network" if inside.is_inside_address(form) else None
        if kind in ("domain", "url"):
            return self._of_host(form if kind == "domain" else host_of(form)) or (
                self._of_url(form) if kind == "url" else None
            )
        return None

    def _of_host(self, host: str) -> str | None:
        if inside.is_inside_address(host):
            return "lies inside a network"
        if ":" not in host and inside.is_inside_host(host):
            return "is a host of an inside network"
        if any(host == own or host.endswith(f".{own}") for own in self.known.domains):
            return "is a domain of the tenant's or of a client's"
        joined = re.sub(r"[^a-z0-9]", "", host)
        named = (re.sub(r"[^a-z0-9]", "", name.lower()) for name in self.known.clients | self.known.own)
        if any(len(name) >= _LEAST_JOINED and name in joined for name in named):
            return "holds a client's name"
        return None

    def _of_url(self, url: str) -> str | None:
        from urllib.parse import unquote

        if "@" in url.split("//", 1)[1].split("/", 1)[0]:
            return "holds credentials"
        place = url.split("//", 1)[1].partition("/")[2]
        words = re.sub(r"[/?&=;,+_|]", " ", unquote(place))
        if any(self._sensitive(words)) or any(self._sensitive(unquote(place))):
            return "holds an address, an account or a name"
        return None

    def _sensitive(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Finds that are certain by their form: words of a path look like people too easily."""
        yield from self._known(text)
        yield from _formed(text)

    def _finds(self, text: str) -> Iterator[tuple[int, int, str]]:
        yield from self._known(text)
        yield from _formed(text)
        yield from ((match.start(), match.end(), "host") for match in inside.MACHINE.finditer(text))
        yield from ((start, end, "person") for start, end in people.found(text))

    def _known(self, text: str) -> Iterator[tuple[int, int, str]]:
        for what, pattern in _patterns(self.known):
            for match in pattern.finditer(text):
                yield match.start(), match.end(), "email" if "@" in match.group() else what


@lru_cache(maxsize=64)
def _patterns(known: Known) -> Sequence[tuple[str, re.Pattern[str]]]:
    """One pattern for the names of each sort: whole words, however they are spaced, joined or cased."""
    found = []
    if known.domains:
        either = "|".join(re.escape(domain).replace(r"\.", _DOT) for domain in sorted(known.domains))
        whole = rf"(?:[\w.+-]{{1,64}}@)?(?<![\w-])(?:{_LABEL}{_DOT}){{0,5}}(?:{either})(?![\w-])"
        found.append(("client", re.compile(whole, re.IGNORECASE)))
    for what, names in (("person", known.people), ("client", known.clients), ("msp", known.own)):
        worded = [[re.escape(word) for word in re.findall(r"\w+", name)] for name in names]
        spelt = [r"[\W_]{0,3}".join(words) for words in worded if len("".join(words)) >= _LEAST_NAME]
        if spelt:
            # The longest first, so that a name is not cut where a shorter one ends.
            either = "|".join(sorted(spelt, key=lambda each: (-len(each), each)))
            found.append((what, re.compile(rf"(?<!\w)(?:{either})(?!\w)", re.IGNORECASE)))
    return found


def _formed(text: str) -> Iterator[tuple[int, int, str]]:
    for what, pattern in _FORMS:
        part = "it" if "it" in pattern.groupindex else 0
        yield from ((*match.span(part), what) for match in pattern.finditer(text))
    yield from ((match.start(), match.end(), "host") for match in _INSIDE_HOST.finditer(text))
    for pattern in (_IPV4, _IPV6):
        for match in pattern.finditer(text):
            bare = re.sub(_DOT, ".", match.group(), flags=re.IGNORECASE)
            if inside.is_inside_address(bare):
                yield match.start(), match.end(), "address"
