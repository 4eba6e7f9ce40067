"""Takes out of a text, and keeps back of indicators, whatever names a client, a person or an inside.

What is left may leave the tenant. Names come from the tenant's own rows, forms from their patterns; the
measured recall and what is missed stand in docs/privacy.md.
"""

import re
from bisect import bisect
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mesh.sharing import inside, people
from mesh.sharing.forms import formed
from mesh.sharing.known import Known, patterns
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


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """A text without what was taken out; `removed` counts it by what it was."""

    text: str
    removed: Mapping[str, int]


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
        yield from formed(text)

    def _finds(self, text: str) -> Iterator[tuple[int, int, str]]:
        yield from self._known(text)
        yield from formed(text)
        yield from ((match.start(), match.end(), "host") for match in inside.MACHINE.finditer(text))
        yield from ((start, end, "person") for start, end in people.found(text))

    def _known(self, text: str) -> Iterator[tuple[int, int, str]]:
        for what, pattern in patterns(self.known):
            for match in pattern.finditer(text):
                yield match.start(), match.end(), "email" if "@" in match.group() else what
