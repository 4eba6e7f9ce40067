"""Which indicators are harmless, by warning lists that can be named.

A well-known domain is cleared with the names below it; a host that carries other people's content is not
cleared by being well known. Reserved names and addresses follow RFC 2606 and 6761 (names), 1918, 3849, 5737,
6598, 6890 and 9637 (addresses). More lists can be given in the MISP warning list form.
"""

import hashlib
import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from importlib.resources import files

from .links import carried_by

_RESERVED_TOPS_TEXT = "test example invalid localhost local internal arpa home lan corp"
_RESERVED_TOPS = frozenset(_RESERVED_TOPS_TEXT.split())
_RESERVED_NAMES = frozenset({"example.com", "example.net", "example.org", "example.edu", "localhost"})
_NETWORKS = (
    ("this network (RFC 791)", "0.0.0.0/8"),
    ("private network (RFC 1918)", "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16"),
    ("carrier-grade NAT (RFC 6598)", "100.64.0.0/10"),
    ("loopback (RFC 6890)", "127.0.0.0/8 ::1/128"),
    ("link-local (RFC 3927, 4291)", "169.254.0.0/16 fe80::/10"),
    (
        "documentation (RFC 5737, 3849, 9637)",
        "192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 2001:db8::/32 3fff::/20",
    ),
    ("benchmarking (RFC 2544)", "198.18.0.0/15"),
    ("IETF protocol assignments (RFC 6890)", "192.0.0.0/24"),
    ("multicast (RFC 5771, 4291)", "224.0.0.0/4 ff00::/8"),
    ("broadcast and reserved (RFC 1112, 919)", "240.0.0.0/4"),
    ("unique local address (RFC 4193)", "fc00::/7"),
    ("unspecified address (RFC 4291)", "::/128"),
)
_HOLLOW = {
    "empty file": b"",
    "single line break": b"\n",
    "Windows line break": b"\r\n",
    "single zero byte": b"\0",
}
_URL_HOST = re.compile(r"(?:[a-z0-9+.-]+://)?(?:[^/?#@]*@)?(\[[^\]]+\]|[^/?#:]+)(?::[0-9]+)?(.*)", re.DOTALL)
_CARRIES = re.compile(r"(?:https?:|[\w-]\.[a-z]{2,}/|@)", re.IGNORECASE)

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class WarningLists:
    """Named lists of harmless values. `domains` cover what is below them; `hosting` hosts are never cleared
    for names or paths below them; `exact` holds any other values (addresses, hashes, ids)."""

    domains: Mapping[str, str]
    hosting: frozenset[str]
    networks: tuple[tuple[str, Network], ...]
    exact: Mapping[str, str] = field(default_factory=dict)

    def with_misp(self, documents: Iterable[Mapping[str, object]]) -> "WarningLists":
        """These lists and more of them, each a MISP warning list (`name`, `type`, `list`). Lists of type
        `regex` and `substring` are left out: they clear too much to be trusted with a verdict."""
        domains, exact, networks = dict(self.domains), dict(self.exact), list(self.networks)
        for document in documents:
            name, kind, rows = str(document.get("name", "")), document.get("type"), document.get("list")
            if not name or not isinstance(rows, list):
                continue
            for row in map(str, rows):
                if kind == "hostname":
                    domains.setdefault(row.strip(".").lower(), name)
                elif kind == "string":
                    exact.setdefault(row.lower(), name)
                elif kind == "cidr":
                    networks.append((name, ipaddress.ip_network(row, strict=False)))
        return replace(self, domains=domains, exact=exact, networks=tuple(networks))

    def verdict(self, kind: str, value: str) -> tuple[bool, str]:
        """Whether a value is benign, and the list that says so, or why a well-known host does not clear
        it."""
        lowered = value.lower()
        if lowered in self.exact:
            return True, self.exact[lowered]
        if kind in {"ipv4", "ipv6", "ipv4_cidr", "ipv6_cidr"}:
            name = self._network_of(value)
        elif kind == "domain":
            return self._host(lowered, "")
        elif kind in {"email", "xmpp"}:
            # A mailbox at a large provider can be anybody's.
            name = "reserved name (RFC 2606, 6761)" if _is_reserved(lowered.rpartition("@")[2]) else ""
        elif kind == "url":
            return self._url(value)
        else:
            name = ""
        return bool(name), name

    def _url(self, url: str) -> tuple[bool, str]:
        found = _URL_HOST.fullmatch(url)
        if found is None:
            return False, ""
        host, path = found[1].lower(), found[2]
        if host.startswith("[") or re.fullmatch(r"[0-9.]+", host):
            name = self._network_of(host.strip("[]"))
            return bool(name), name
        benign, reason = self._host(host, path)
        if benign and not _is_reserved(host) and _CARRIES.search(carried_by(url)):
            return False, "well-known host, but the URL carries another address"
        return benign, reason

    def _host(self, host: str, path: str) -> tuple[bool, str]:
        if _is_reserved(host):
            return True, "reserved name (RFC 2606, 6761)"
        for name in _above(host):
            if name in self.hosting:
                whole = name == host and not path.strip("/")
                listed = "hosting of user content"
                return (True, f"{listed}: the host itself") if whole else (False, f"{listed}: {name}")
            if name in self.domains:
                return True, self.domains[name]
        return False, ""

    def _network_of(self, value: str) -> str:
        block = ipaddress.ip_network(value.partition("%")[0], strict=False)
        low, high = int(block.network_address), int(block.broadcast_address)
        for version, first, last, name in self._ranges:
            if version == block.version and first <= low and high <= last:
                return name
        return ""

    @cached_property
    def _ranges(self) -> list[tuple[int, int, int, str]]:
        return [
            (network.version, int(network.network_address), int(network.broadcast_address), name)
            for name, network in self.networks
        ]

    @cached_property
    def size(self) -> int:
        """How many entries the lists hold together."""
        return len(self.domains) + len(self.hosting) + len(self.networks) + len(self.exact)


def _above(host: str) -> Iterable[str]:
    """A host and the names above it, nearest first."""
    labels = host.split(".")
    return (".".join(labels[at:]) for at in range(len(labels)))


def _is_reserved(host: str) -> bool:
    return host.rpartition(".")[2] in _RESERVED_TOPS or not _RESERVED_NAMES.isdisjoint(_above(host))


def _rows(name: str) -> list[str]:
    text = files(__package__).joinpath("lists", f"{name}.txt").read_text("utf-8")
    return [row.strip() for row in text.splitlines() if row.strip() and not row.startswith("#")]


@lru_cache(maxsize=1)
def shipped_lists() -> WarningLists:
    """The lists of this package."""
    domains = dict.fromkeys(_rows("vendors"), "large vendor")
    domains |= dict.fromkeys(_rows("security_vendors"), "security vendor or publication")
    domains |= dict.fromkeys(_rows("institutions"), "public institution or standards body")
    exact = {str(ipaddress.ip_address(row)): "public DNS resolver" for row in _rows("resolvers")}
    for what, content in _HOLLOW.items():
        for algorithm in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512"):
            exact[hashlib.new(algorithm, content, usedforsecurity=False).hexdigest()] = f"hash of: {what}"
    exact["akiaiosfodnn7example"] = "example key of the AWS documentation"
    networks = tuple(
        (name, ipaddress.ip_network(block)) for name, blocks in _NETWORKS for block in blocks.split()
    )
    return WarningLists(domains, frozenset(_rows("user_content")), networks, exact)
