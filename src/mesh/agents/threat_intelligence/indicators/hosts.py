"""Find domains, onion services and IP addresses in refanged text.

A dotted word is a domain when its last label is a top-level domain of the Public Suffix List
(https://publicsuffix.org, shipped by the package `publicsuffixlist`), and nothing says that it is something
else.
"""

import ipaddress
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from .indicator import HOST, Indicator, Source
from .lookalikes import is_version, plausible_domain
from .onions import onion_kind

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

_IPV4 = re.compile(
    r"([0-9](?<![\w.].)[0-9]{0,2}\.(?:[0-9]{1,3}\.){2}[0-9]{1,3})(?!\w)(?!\.\w)"
    r"(?:/([0-9]{1,2})(?![\w/])|:([0-9]{1,5})(?!\w))?"
)
_IPV6 = re.compile(
    r"(?:(?<![\w:.])|(?<=\[IPv6:))"
    r"((?:[0-9A-Fa-f]{0,4}:){2,7}+(?:[0-9A-Fa-f]{1,4}(?!\w|\.\w)|(?:[0-9]{1,3}\.){3}[0-9]{1,3})?)(?![\w:])"
    r"(?:%[\w.-]{1,16})?(?:/([0-9]{1,3})(?!\w)|\]:([0-9]{1,5})(?!\w))?"
)
PORT = re.compile(r":([0-9]{1,5})(?![\w.])")
_SENTENCE_START = re.compile("[A-Z][a-z]*")
_WIDE_SCRIPTS = re.compile(r"[^\x00-\x7f\u00c0-\u052f]+")


@lru_cache(maxsize=1)
def _suffixes() -> "PublicSuffixList":
    from importlib.resources import files

    from publicsuffixlist import PublicSuffixList, encode_idn

    # A rule in ASCII is its own encoding: the library encodes those too, which takes it twice as long.
    rules = files("publicsuffixlist").joinpath("public_suffix_list.dat").read_text("utf-8").splitlines()
    encoded = [encode_idn(rule) for rule in rules if not rule.isascii() and not rule.startswith("//")]
    return PublicSuffixList([*rules, *encoded], accept_encoded_idn=False)


@lru_cache(maxsize=4096)
def is_top_level(label: str) -> bool:
    """Whether a label is a top-level domain of the Public Suffix List."""
    return bool(_suffixes().publicsuffix(f"x.{label.lower()}", accept_unknown=False))


@lru_cache(maxsize=4096)
def registrable(domain: str) -> str:
    """The part of a domain that someone registered (`a.b.co.uk` -> `b.co.uk`); private suffixes such as
    `github.io` count as suffixes. Empty where the domain is itself a public suffix."""
    return _suffixes().privatesuffix(domain.lower()) or ""


def domain_in(written: str, lenient: bool = False) -> str:
    """The domain that a dotted word starts with, in lower case; empty if there is none.

    >>> domain_in("evil.com.Then"), domain_in("report.pdf")
    ('evil.com', '')
    """
    written = written.rstrip("-")
    labels = written.split(".")
    if len(written) > 253 or (not written.isascii() and not _is_international(labels)):
        return ""
    for last in range(len(labels) - 1, 0, -1):
        if is_top_level(labels[last].rstrip("-")) and labels[0]:
            host = ".".join(labels[: last + 1]).rstrip("-").lower()
            return host if lenient or not any(x.endswith("-") for x in host.split(".")) else ""
        # Only a new sentence may follow a domain without a space: "evil.com.Then".
        if not lenient and not (last == len(labels) - 1 and _SENTENCE_START.fullmatch(labels[last])):
            return ""
    return ""


def _is_international(labels: list[str]) -> bool:
    try:
        return all(label.encode("idna") for label in labels)
    except UnicodeError:
        return False


def find_domains(source: Source) -> Iterator[Indicator]:
    """Domains and onion services, with their port."""
    text = source.clean
    for at, written in source.dotted:
        for start, word in _words(at, written):
            domain = domain_in(word, source.lenient)
            end = start + len(domain)
            if onion_kind(word):
                yield source.network(
                    "onion", word.lower(), start, start + len(word), _port(text, start + len(word))
                )
            elif domain and (source.lenient or plausible_domain(source, start, end)):
                yield source.network("domain", domain, start, end, _port(text, end))


def _words(at: int, word: str) -> Iterator[tuple[int, str]]:
    """Split a word where a script without spaces runs into an ASCII domain."""
    if (
        word.isascii()
        or all(label.isascii() or not re.search("[A-Za-z0-9]", label) for label in word.split("."))
        or not _WIDE_SCRIPTS.search(word)
    ):
        yield at, word
    else:
        for piece in HOST.finditer(_WIDE_SCRIPTS.sub(lambda wide: " " * len(wide.group()), word)):
            yield at + piece.start(), piece.group()


def _port(text: str, at: int) -> int | None:
    found = PORT.match(text, at)
    return int(found[1]) if found and 0 < int(found[1]) < 65536 else None


def ipv4_value(written: str) -> str:
    """An IPv4 address without padding zeros; empty where an octet exceeds 255."""
    octets = [int(octet) for octet in written.split(".")]
    return ".".join(map(str, octets)) if len(octets) == 4 and max(octets) < 256 else ""


def find_ipv4(source: Source) -> Iterator[Indicator]:
    """IPv4 addresses and CIDR blocks."""
    last_version = -99
    for found in _IPV4.finditer(source.clean):
        value = ipv4_value(found[1])
        start, end = found.span(1)
        if not value:
            continue
        plain = not (source.lenient or found[2] or found[3])  # versions have neither length nor port
        if plain and is_version(source, start, end, last_version):
            last_version = end
            continue
        if found[2] and int(found[2]) <= 32:
            yield source.network("ipv4_cidr", f"{value}/{int(found[2])}", start, found.end(2))
        port = int(found[3]) if found[3] and 0 < int(found[3]) < 65536 else None
        yield source.network("ipv4", value, start, end, port)


def ipv6_value(written: str) -> str:
    """The short form of an IPv6 address (RFC 5952); empty if it is none."""
    try:
        return str(ipaddress.IPv6Address(written))
    except ValueError:
        return ""


def find_ipv6(source: Source) -> Iterator[Indicator]:
    """IPv6 addresses and CIDR blocks. `a::b` may be C++, so a digit is asked for unless the source is
    lenient."""
    if "::" not in source.clean and source.clean.count(":") < 7:
        return
    for found in _IPV6.finditer(source.clean):
        written = found[1]
        value = ipv6_value(written)
        if not value or not (source.lenient or re.search("[0-9]", written)):
            continue
        start, end = found.span(1)
        if found[2] and int(found[2]) <= 128:
            yield source.network("ipv6_cidr", f"{value}/{int(found[2])}", start, found.end(2))
        yield source.network("ipv6", value, start, end, int(found[3]) if found[3] else None)
