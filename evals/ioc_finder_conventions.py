"""Report what was extracted the way the package ioc-finder does (its documentation and README say how).

Its ways: ASCII only; shape is enough; a type is looked for in the whole refanged text, so a URL's host, path
and query give domains too once they are percent-decoded; `urls` end at a comma or at-sign, `urls_complete`
do not; e-mail addresses come plain and with all that RFC 5322 allows; ATT&CK ids are listed by matrix.
"""

import re
from typing import Any
from urllib.parse import unquote_plus

from mesh.agents.threat_intelligence.indicators import Indicator, extract, refang

# Its name of a type -> ours.
_TYPES = {
    "asns": "asn", "authentihashes": "authentihash", "bitcoin_addresses": "bitcoin", "cves": "cve",
    "domains": "domain",
    "google_adsense_publisher_ids": "google_adsense", "google_analytics_tracker_ids": "google_analytics",
    "imphashes": "imphash", "ipv4_cidrs": "ipv4_cidr", "ipv4s": "ipv4", "ipv6_cidrs": "ipv6_cidr",
    "ipv6s": "ipv6",
    "mac_addresses": "mac_address", "md5s": "md5", "monero_addresses": "monero", "sha1s": "sha1",
    "sha256s": "sha256",
    "sha512s": "sha512", "ssdeeps": "ssdeep", "tlp_labels": "tlp_label", "user_agents": "user_agent",
}  # fmt: skip
_AS_WRITTEN = frozenset({"ipv6s", "ipv6_cidrs", "mac_addresses"})
_SCHEME_TEXT = (
    "http https ftp sftp ssh telnet ldap ldaps irc ircs git file smb ws wss rtsp sip sips tftp dns imap pop"
    " svn nfs data s3 jdbc redis mongodb magnet steam skype slack teamspeak vnc view-source chrome about"
)
_SCHEMES = frozenset(_SCHEME_TEXT.split())
_AUTHORITY = re.compile(r"(?:[^/?#:]*://)?[^/?#]*")
_PATH = r"/[A-Za-z0-9\-._~!$&'()*+;=:%/{more}]*"
_QUERY = r"\?[!$-&(-\\^-~]+"
_FRAGMENT = r"#[!#-&(->@-\\^-~]+"
_TAIL = f"(?:{_QUERY}(?:{_FRAGMENT})?|{_FRAGMENT}(?:{_QUERY})?)?"
_PARTS = re.compile(
    r"(?P<scheme>[^/?#]*://)?(?P<user>[^/?#]*@)?(?P<host>[^/?#]*)(?P<path>[^?#]*)(?P<tail>.*)", re.DOTALL
)
_SIMPLE_EMAIL = re.compile(r"[A-Za-z0-9][A-Za-z0-9+\-_.]*@(?:[A-Za-z0-9_][\w.-]*|\[[^\]]+\])\Z")
_ATEXT = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~.\""
_BROWSER = re.compile(
    r"[Mm]ozilla/[0-9.]+ \(.+?\)(?: (?:[A-Za-z]{2,}/?(?:[0-9]+(?:\.[0-9]*)*|(?!:))|\(.+?\)))*"
)
# ATT&CK ids of the mobile matrix lie in these ranges, of PRE-ATT&CK in 1224-1397; the rest is enterprise.
_MOBILE = ((1398, 1478), (1481, 1481), (1507, 1510), (1512, 1513), (1516, 1517), (1520, 1521), (1523, 1523),
           (1532, 1533), (1540, 1541), (1544, 1544), (1575, 1577), (1579, 1579), (1581, 1582),
           (1603, 1605))  # fmt: skip


def as_ioc_finder(text: str, args: dict[str, Any]) -> dict[str, Any]:
    """Sets of values by its type names, for a text and the keyword arguments of its `find_iocs`."""
    raw = text if args.get("parse_unicode_iocs") else re.sub(r"[^\x00-\x7f]", " ", text)
    clean = refang(raw).text
    urls = _urls(clean, args.get("parse_urls_without_scheme", True))
    found: dict[str, Any] = {
        "urls": _ended_all(clean, urls, "", args),
        "urls_complete": _ended_all(clean, urls, ",@", args),
        "registry_key_paths": {
            _registry(clean[one.start : one.end]) for one in extract(clean, types={"registry_key"})
        },
    }
    inner = _replaced(clean, urls, lambda url: _visible(url, args))
    found |= _mail(inner)
    hosts = _without_addresses(inner, found, args)
    for theirs, ours in _TYPES.items():
        found[theirs] = _values(hosts if ours in {"domain", "ipv4"} else inner, theirs, ours)
    if not args.get("parse_address_from_cidr", True):
        found["ipv4s"] -= {cidr.partition("/")[0] for cidr in found["ipv4_cidrs"]}
        found["ipv6s"] -= {cidr.partition("/")[0] for cidr in found["ipv6_cidrs"]}
    found["md5s"] -= found["imphashes"]
    found["sha256s"] -= found["authentihashes"]
    found["socket_addresses"] = _sockets(clean)
    found["file_paths"] = _paths(_replaced(clean, urls, lambda _: " "))
    found |= _attack_ids(raw)
    included = args.get("included_ioc_types")
    return {kind: values for kind, values in found.items() if not included or kind in included}


def _urls(clean: str, bare: bool) -> list[Indicator]:
    """URLs with a scheme it knows, and without one where a name (no address, no port) stands before the
    path."""
    kept = []
    for one in extract(clean, types={"url"}, lenient=True):
        scheme, mark, rest = one.value.partition("://")
        if one.inside or rest.startswith("["):
            continue
        if mark and "/" not in scheme and scheme not in _SCHEMES:
            start = one.start + len(scheme) + 3
            one, mark = one._replace(value=rest, start=start), ""
        if mark or (bare and re.match(r"[^/]*\.[A-Za-z][A-Za-z0-9-]*/", one.value)):
            kept.append(one)
    return kept


def _ended_all(clean: str, urls: list[Indicator], more: str, args: dict[str, Any]) -> set[str]:
    """The URLs as it ends them; what lies within one of them is not reported again."""
    values, done = set(), 0
    for one in urls:
        value = _ended(clean, one, more)
        bare = "://" not in value
        if value and one.start >= done and (not bare or args.get("parse_urls_without_scheme", True)):
            values.add(value)
            done = one.start + len(value) if not bare else done
    return values


def _ended(clean: str, one: Indicator, more: str) -> str:
    """The URL with its ending as it sees it: any run of the characters that a path or query may hold."""
    value = _AUTHORITY.match(one.value)
    written = _AUTHORITY.match(clean, one.start, one.end)
    if value is None or written is None:
        return ""
    rest = re.compile(f"(?:{_PATH.replace('{more}', more)})?").match(clean, written.end())
    tail = re.compile(_TAIL).match(clean, rest.end() if rest else written.end())
    url = value.group() + (rest.group() if rest else "") + (tail.group() if tail else "")
    url = url.split(")")[0] if ")" in url and "(" not in url else url
    if not more and "@" in value.group() and ":" in value.group().rpartition("://")[2].rpartition("@")[0]:
        url = url.partition("@")[0].rpartition(":")[2] + "@" + url.partition("@")[2]
    return url.rstrip("\"'")


def _replaced(clean: str, urls: list[Indicator], change: Any) -> str:
    """The text with each URL replaced at its place."""
    for one in sorted(urls, key=lambda url: -url.start):
        clean = clean[: one.start] + change(clean[one.start : one.end]) + clean[one.end :]
    return clean


def _visible(url: str, args: dict[str, Any]) -> str:
    """What of a URL other types are read from: decoded, without host or path where the arguments say so."""
    parts = _PARTS.fullmatch(url)
    if parts is None:
        return url
    if not args.get("parse_domain_from_url", True) and not args.get("parse_from_url_path", True):
        return " "
    host = f"{parts['scheme'] or ''}{parts['host']}" if args.get("parse_domain_from_url", True) else " "
    path = parts["path"] if args.get("parse_from_url_path", True) else " "
    return host + unquote_plus(path + parts["tail"])


def _mail(inner: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {
        "email_addresses": set(),
        "email_addresses_complete": set(),
        "xmpp_addresses": set(),
    }
    for one in extract(inner, types={"email", "xmpp"}, lenient=True):
        host = one.value.rpartition("@")[2]
        if re.fullmatch(r"[0-9.]+", host):
            continue
        if one.type == "xmpp":
            found["xmpp_addresses"].add(one.value.lower())
            continue
        at = one.start
        while at > 0 and inner[at - 1] in _ATEXT:
            at -= 1
        comment = re.search(r"\([A-Za-z0-9]+\)\Z", inner[max(0, at - 80) : at])
        written = (comment.group() if comment else "") + inner[at : one.end]
        local, _, domain = written.rpartition("@")
        found["email_addresses_complete"].add(
            f"{local}@{domain if domain.startswith('[') else domain.lower()}"
        )
        if simple := _SIMPLE_EMAIL.search(inner[at : one.end]):
            local, _, domain = simple.group().rpartition("@")
            found["email_addresses"].add(
                f"{local.lower()}@{domain if domain.startswith('[') else domain.lower()}"
            )
    return found


def _without_addresses(inner: str, found: dict[str, Any], args: dict[str, Any]) -> str:
    removed: set[str] = set()
    if not args.get("parse_domain_name_from_xmpp_address", True):
        removed |= found["xmpp_addresses"]
    if not args.get("parse_domain_from_email_address", True):
        removed |= found["email_addresses_complete"] | found["email_addresses"]
    for address in sorted(removed, key=len, reverse=True):
        inner = re.sub(re.escape(address), " ", inner, flags=re.IGNORECASE)
    return inner


def _values(inner: str, theirs: str, ours: str) -> set[str]:
    if ours in {"ipv6", "ssdeep"}:
        inner = inner.replace("[IPv6:", "[")
    if ours == "ssdeep":  # addresses look like it, and are taken out first
        inner = _replaced(inner, extract(inner, types={"ipv6"}, lenient=True), lambda _: " ")
    spans = [one for one in extract(inner, types={ours}, lenient=ours != "user_agent") if not one.inside]
    if theirs == "asns":
        return {one.value.replace("AS", "ASN") for one in spans}
    if theirs in _AS_WRITTEN:
        return {inner[one.start : one.end] for one in spans}
    if theirs == "google_analytics_tracker_ids":
        return {one.value for one in spans if re.fullmatch(r"UA-[0-9]{6,}-[0-9]+", one.value)}
    if theirs == "tlp_labels":
        return {one.value.removesuffix("+STRICT") for one in spans} - {"TLP:CLEAR"}
    if theirs == "monero_addresses":
        return {one.value for one in spans if one.value.startswith("4") and len(one.value) == 95}
    if theirs == "user_agents":
        return {found.group() for one in spans if (found := _BROWSER.match(one.value))}
    return {one.value for one in spans}


def _sockets(clean: str) -> set[str]:
    spans = [one for one in extract(clean, types={"ipv4", "ipv6"}, lenient=True) if one.port]
    return {f"[{one.value}]:{one.port}" if one.type == "ipv6" else f"{one.value}:{one.port}" for one in spans}


def _registry(written: str) -> str:
    """Its registry paths end at the first space of their last part; brackets around the hive are dropped."""
    head, _, last = re.sub(r"^<(\w+)>", r"\1", written).rpartition("\\")
    return f"{head}\\{last.split(' ')[0]}".rstrip("\\")


def _paths(inner: str) -> set[str]:
    """Its paths have one dot, before an ending of at most five letters."""
    values = [one.value.lstrip(".") for one in extract(inner, types={"file_path"}, lenient=True)]
    values = [value for value in values if not value.startswith("\\\\")]
    shapes = [re.match(r"[^.]+\.[A-Za-z]{1,5}(?![A-Za-z0-9])", value) for value in values]
    return {shape.group() for shape in shapes if shape}


def _attack_ids(text: str) -> dict[str, dict[str, set[str]]]:
    matrices: dict[str, dict[str, set[str]]] = {}
    for kind in ("mitigation", "tactic", "technique"):
        values = {one.value for one in extract(text, types={f"attack_{kind}"}, lenient=True)}
        matrices[f"attack_{kind}s"] = {
            matrix: chosen
            for matrix in ("pre_attack", "enterprise", "mobile")
            if (
                chosen := {
                    value for value in values if _belongs(kind, int(re.findall("[0-9]+", value)[0]), matrix)
                }
            )
        }
    return matrices


def _belongs(kind: str, number: int, matrix: str) -> bool:
    """Whether an id is of a matrix, in the ATT&CK release that its lists were made from."""
    if kind == "technique":
        mobile, pre = any(low <= number <= high for low, high in _MOBILE), 1224 <= number <= 1397
        return {
            "mobile": mobile,
            "pre_attack": pre,
            "enterprise": 1000 < number < 1615 and not mobile and not pre,
        }[matrix]
    if kind == "tactic":
        mobile, pre = 27 <= number <= 39 or number == 41, 12 <= number <= 26
        enterprise = 1 <= number <= 11 or number in {40, 42, 43}
        return {"mobile": mobile, "pre_attack": pre, "enterprise": enterprise}[matrix]
    enterprise = number == 1013 or 1014 < number < 1057
    return {"mobile": 1001 <= number <= 1014, "pre_attack": False, "enterprise": enterprise}[matrix]
