"""Extract indicators from any text: find candidates, settle overlaps, look inside, judge by warning lists."""

from collections.abc import Callable, Collection, Iterator

from .benign import WarningLists, shipped_lists
from .encoded import decoded_texts
from .hashes import find_hashes
from .hosts import find_domains, find_ipv4, find_ipv6
from .identifiers import find_identifiers
from .indicator import Indicator, Source
from .links import carried_by, find_bare_urls, find_emails, find_urls
from .paths import find_paths, find_registry_keys
from .rules import find_yara_rules
from .wallets import find_wallets

WALLETS = (
    "bitcoin", "bitcoin_cash", "cardano", "dash", "dogecoin", "ethereum", "litecoin", "monero", "ripple",
    "solana",
    "stellar", "tezos", "tron", "zcash",
)  # fmt: skip
HASHES = (
    "md5", "sha1", "sha224", "sha256", "sha384", "sha512", "imphash", "authentihash", "ja3", "ja3s", "jarm",
    "ssdeep",
    "tlsh",
)  # fmt: skip
# Types that occupy a place: where two of them overlap, the one named first wins.
_PLACED = (
    "ssdeep", "user_agent", "registry_key", "arn", "url", "xmpp", "email", "file_path", "mac_address",
    "ipv6_cidr",
    "ipv6", "ipv4_cidr", "ipv4", "onion", "domain", "phone_number",
)  # fmt: skip
# Types found wherever they stand, within a URL or a path as well. What carries a checksum or a name wins over
# plain hexadecimal digits.
_ANYWHERE = (
    *WALLETS, "imphash", "authentihash", "ja3s", "ja3", "jarm", "tlsh", "md5", "sha1", "sha224", "sha256",
    "sha384", "sha512", "cve",
    "attack_technique", "attack_tactic", "attack_mitigation", "attack_group", "attack_software", "asn",
    "aws_access_key_id", "google_adsense", "google_analytics", "google_tag_manager", "tlp_label", "yara_rule",
)  # fmt: skip
TYPES = frozenset(_PLACED + _ANYWHERE)
# Telephone numbers and TLP labels are read only when asked for: they say nothing about an attacker.
DEFAULT_TYPES = TYPES - {"phone_number", "tlp_label"}
_RANK = {kind: rank for rank, kind in enumerate(_PLACED + _ANYWHERE)}

_FINDERS: tuple[tuple[Callable[[Source], Iterator[Indicator]], frozenset[str]], ...] = (
    (find_urls, frozenset({"url"})),
    (find_bare_urls, frozenset({"url"})),
    (find_emails, frozenset({"email", "xmpp"})),
    (find_domains, frozenset({"domain", "onion"})),
    (find_ipv4, frozenset({"ipv4", "ipv4_cidr"})),
    (find_ipv6, frozenset({"ipv6", "ipv6_cidr"})),
    (find_paths, frozenset({"file_path"})),
    (find_registry_keys, frozenset({"registry_key"})),
    (find_hashes, frozenset(HASHES)),
    (find_wallets, frozenset({*WALLETS, "onion"})),
    (find_yara_rules, frozenset({"yara_rule"})),
    (
        find_identifiers,
        frozenset(_ANYWHERE) - frozenset(HASHES) - frozenset(WALLETS) - {"yara_rule"}
        | {"arn", "user_agent", "mac_address", "phone_number"},
    ),
)
_NETWORK = frozenset({"url", "email", "xmpp", "domain", "onion", "ipv4", "ipv6", "ipv4_cidr", "ipv6_cidr"})


def extract(
    text: str,
    *,
    types: Collection[str] | None = None,
    nested: bool = False,
    lenient: bool = False,
    one_per_line: bool = False,
    defanged_only: bool = False,
    lists: WarningLists | None = None,
) -> list[Indicator]:
    """Indicators of a text in the order of their places, each occurrence once.

    `types`: only these, and only these take part in settling overlaps (default `DEFAULT_TYPES`).
    `nested`: also what an indicator carries: the host of a URL and what its path hides, the domain of an
    e-mail address, the address of a CIDR block. `lenient`: shape is enough (no checksums, file names count
    as domains). `one_per_line`: the text is a list, values with spaces run to the end of their line.
    `defanged_only`: of URLs, hosts and addresses only those that someone made unclickable. `lists`: warning
    lists instead of the shipped.

    >>> [(i.type, i.value, i.benign) for i in extract("hxxp://evil[.]com/a from 10.0.0.5")]
    [('url', 'http://evil.com/a', False), ('ipv4', '10.0.0.5', True)]
    """
    wanted = DEFAULT_TYPES if types is None else frozenset(types)
    if unknown := wanted - TYPES:
        raise ValueError(f"no such indicator types: {', '.join(sorted(unknown))}")
    known = lists or shipped_lists()
    found = list(_in(Source(text, wanted, lenient, one_per_line)))
    for plain, start, end in decoded_texts(text):
        found += _relocated(_in(Source(plain, wanted, lenient)), start, end, "base64")
    if nested:
        found += [inner for outer in found for inner in _carried(outer, wanted, lenient)]
    if defanged_only:
        found = [one for one in found if one.defanged or one.type not in _NETWORK]
    ordered = sorted(set(found), key=lambda one: (one.start, -one.end, _RANK[one.type], one.value))
    verdicts = {key: known.verdict(*key) for key in {(one.type, one.value) for one in ordered}}
    return [_judged(one, *verdicts[one.type, one.value]) for one in ordered]


def _judged(one: Indicator, benign: bool, reason: str) -> Indicator:
    return one._replace(benign=benign, reason=reason or one.reason) if benign or reason else one


def _in(source: Source) -> Iterator[Indicator]:
    candidates = [
        one
        for find, gives in _FINDERS
        if gives & source.wanted
        for one in find(source)
        if one.type in source.wanted
    ]
    candidates.sort(key=lambda one: (_RANK[one.type], one.start, -one.end))
    placed, anywhere = bytearray(len(source.raw)), bytearray(len(source.raw))
    for one in candidates:
        taken = placed if one.type in _PLACED else anywhere
        if one.type != "yara_rule" and taken.find(1, one.start, one.end) >= 0:
            continue
        if one.claims:
            taken[one.start : one.end] = b"\1" * (one.end - one.start)
        yield one


def _relocated(found: Iterator[Indicator], start: int, end: int, inside: str) -> list[Indicator]:
    return [one._replace(start=start, end=end, inside=inside, defanged=False) for one in found]


def _carried(outer: Indicator, wanted: frozenset[str], lenient: bool) -> list[Indicator]:
    """Indicators that another one holds, at its place."""
    hosts = frozenset({"domain", "onion", "ipv4", "ipv6"})
    if outer.type == "url":
        host = (
            outer.value.partition("://")[2].partition("/")[0].rpartition("@")[2]
            or outer.value.partition("/")[0]
        )
        texts = [(host, hosts), (carried_by(outer.value), hosts | {"url", "email"})]
    elif outer.type in {"email", "xmpp"}:
        texts = [(outer.value.rpartition("@")[2], hosts)]
    elif outer.type.endswith("_cidr"):
        texts = [(outer.value.partition("/")[0], hosts)]
    else:
        return []
    inner = [one for text, kinds in texts for one in _in(Source(text, kinds & wanted, True))]
    if not lenient and outer.type == "url":  # file names in a path are no domains
        inner = [
            one
            for one in inner
            if one.type != "domain" or one.value in host or "." in one.value.rpartition(".")[0]
        ]
    return [
        one._replace(start=outer.start, end=outer.end, defanged=outer.defanged, inside=outer.inside)
        for one in inner
    ]
