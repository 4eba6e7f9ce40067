"""Find URLs (with and without a scheme), e-mail and XMPP addresses in refanged text.

URLs follow RFC 3986, cut where running text takes over: at an unmatched closing bracket, at the quote that
opened before them, at trailing punctuation. Scans start at `://`, `@` or a host and never look at a
character twice.
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from .hosts import domain_in, ipv4_value, ipv6_value
from .indicator import HOST, Indicator, Source
from .lookalikes import plausible_domain
from .onions import onion_kind

_SCHEME_CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-"
_ALWAYS = ("https", "http", "ftps", "sftp", "ftp")
_AUTHORITY = re.compile(
    r"(?P<user>[^\s/?#@<>\"'\\\[\]]{1,128}@)?"
    r"(?P<host>\[[0-9A-Fa-f:.]{2,45}(?:%25[\w.]{1,16})?\]"
    r"|(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}(?![\w:])|\w[\w.-]{0,254})"
    r"(?P<port>:[0-9]{1,5}(?![0-9]))?"
)
# What never belongs to a URL in running text: space, quotes, angle brackets, backslash, CJK punctuation.
_REST = re.compile(
    r"[/?#][^\s<>\"`\\\u201c\u201d\u2018\u2019\u00ab\u00bb\u3001\u3002\u300a-\u300d\u3010\u3011"
    r"\uff08\uff09\uff0c\uff1a\uff1b]*"
)
_CUT = re.compile(r"[,;|](?=(?:https?|ftp)://)|&(?:gt|lt|quot|apos|nbsp|#39|#34);")
_QUAD = re.compile(r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}")
_PATH = re.compile(r"(:[0-9]{1,5})?(?=/)")
_CIDR = re.compile(r"/[0-9]{1,2}(?![\w/])")
_NETWORK_PATH = re.compile(r"(?:^|[^:/\w])//\Z")  # //evil.com/x takes the scheme of its page
_BEFORE_PATH = frozenset("/:")
_WITHIN = frozenset("/\\@=")  # before a host: it belongs to something longer
_BRACKETS = re.compile(r"[()\[\]{}]")
_PAIRS = {")": "(", "]": "[", "}": "{"}
_TRAILING = ".,;:!?'"
_AT = re.compile(r"@(?<=[\w\"')-]@)(?=\w[\w-]{0,62}\.|\[)")
_LOCAL = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._%+-'&~^$!#*?"
_LITERAL = re.compile(r"\[(?:IPv6:)?([0-9A-Fa-f:.]{2,45})\]")
_COMMENT = re.compile(r"\([A-Za-z0-9 ]{1,40}\)$")
_QUOTED = re.compile(r"\"[^\"\s@]{1,64}\"$")
_XMPP_HOSTS_TEXT = (
    "exploit.im thesecure.biz xmpp.jp 5222.de dukgo.com draugr.de conversations.im swissjabber.ch"
)
_XMPP_HOSTS = frozenset(_XMPP_HOSTS_TEXT.split())
_XMPP_BEFORE = re.compile(r"(?:xmpp|jabber)[\s:=]{1,4}(?:id[\s:=]{1,3})?$", re.IGNORECASE)
_INTERNAL_TEXT = "local lan corp internal intranet home localdomain test example invalid localhost onion"
_INTERNAL = frozenset(_INTERNAL_TEXT.split())


def find_urls(source: Source) -> Iterator[Indicator]:
    """URLs that name their scheme."""
    text, done = source.clean, 0
    for mark in re.finditer("://", text):
        if mark.start() < done:
            continue
        scheme = _scheme_before(text, mark.start(), done)
        authority = _AUTHORITY.match(text, mark.end())
        if not scheme or authority is None:
            continue
        host, end = _host(authority, scheme in _ALWAYS, source.lenient)
        if not host:
            continue
        start = mark.start() - len(scheme)
        user, port = authority["user"] or "", authority["port"] or ""
        if end == authority.end("host") and port:
            end = authority.end("port")
        else:
            port = ""
        rest = "" if end < authority.end("host") else _rest(text, end, text[start - 1 : start])
        done = end + len(rest)
        yield source.network("url", f"{scheme.lower()}://{user}{host}{port}{rest}", start, done)


def _scheme_before(text: str, at: int, floor: int) -> str:
    window = text[max(floor, at - 24) : at]
    run = window[len(window.rstrip(_SCHEME_CHARACTERS)) :].lstrip("+.-0123456789")
    for known in _ALWAYS:  # "xhttp://..." is a URL stuck to a letter
        if run.lower().endswith(known):
            return run[-len(known) :]
    return run if 2 <= len(run) <= 16 else ""


def _host(authority: re.Match[str], well_known: bool, lenient: bool) -> tuple[str, int]:
    """The host in its normal form and where it ends; an empty host when it cannot be one."""
    written = authority["host"]
    end = authority.end("host")
    if ":" in written:
        literal = written.strip("[]").partition("%")[0]
        return (written.lower(), end) if ipv6_value(literal) else ("", end)
    trimmed = written.rstrip(".-_")
    end -= len(written) - len(trimmed)
    if "." not in trimmed:
        return (
            (trimmed.lower(), end)
            if trimmed.lower() == "localhost" and well_known and not lenient
            else ("", end)
        )
    if _QUAD.fullmatch(trimmed):
        return ipv4_value(trimmed), end
    if onion_kind(trimmed):
        return trimmed.lower(), end
    domain = domain_in(trimmed, lenient)
    if domain:
        return domain, end - (len(trimmed) - len(domain))
    named = re.fullmatch(r"[\w-]{1,63}(?:\.[\w-]{1,63})*\.[A-Za-z]{2,24}", trimmed)
    return (trimmed.lower(), end) if named and well_known and not lenient else ("", end)


def _rest(text: str, at: int, before: str) -> str:
    """Path, query and fragment from `at`, cut where the running text takes over."""
    found = _REST.match(text, at)
    if found is None:
        return ""
    rest = found.group()
    if before and before in "'*_" and before in rest:  # a quote, or emphasis in Markdown
        rest = rest[: rest.rindex(before) if before != "'" else rest.index(before)].rstrip(before)
    if cut := _CUT.search(rest):
        rest = rest[: cut.start()]
    open_brackets: list[str] = []
    for bracket in _BRACKETS.finditer(rest):
        if bracket.group() not in _PAIRS:
            open_brackets.append(bracket.group())
        elif not open_brackets or open_brackets.pop() != _PAIRS[bracket.group()]:
            rest = rest[: bracket.start()]
            break
    trimmed = rest.rstrip(_TRAILING)
    while trimmed[-1:] in {"(", "[", "{"}:
        trimmed = trimmed[:-1].rstrip(_TRAILING)
    return trimmed


def find_bare_urls(source: Source) -> Iterator[Indicator]:
    """URLs without a scheme: a host and a path."""
    text, done = source.clean, 0
    for start, written in source.dotted:
        if start < done or text[start + len(written) : start + len(written) + 1] not in _BEFORE_PATH:
            continue
        if text[start - 1 : start] in _WITHIN and not _NETWORK_PATH.search(text[max(0, start - 3) : start]):
            continue
        address = _QUAD.fullmatch(written)
        host = ipv4_value(written) if address else domain_in(written, source.lenient)
        if onion_kind(written):
            host = written.lower()
        end = start + (len(written) if address else len(host))
        path = _PATH.match(text, end) if host else None
        if path is None or (address and _CIDR.match(text, end)):
            continue
        if not (address or source.lenient or plausible_domain(source, start, end)):
            continue
        rest = _rest(text, path.end(), text[start - 1 : start])
        done = path.end() + len(rest)
        yield source.network("url", f"{host}{path[1] or ''}{rest}", start, done)


def find_emails(source: Source) -> Iterator[Indicator]:
    """E-mail addresses (RFC 5322: comments are dropped, quoted local parts kept) and XMPP addresses."""
    text, done = source.clean, 0
    for mark in _AT.finditer(text):
        local, start = _local_before(text, mark.start(), done)
        host, end, port_of = _mail_host(source, mark.end(), start)
        if not local or not host:
            continue
        done = end
        kind = "xmpp" if _is_xmpp(text, start, host) else "email"
        yield source.network(kind, f"{local}@{host}", start, end, claims=not port_of)


def _local_before(text: str, at: int, floor: int) -> tuple[str, int]:
    window = text[max(floor, at - 120) : at]
    if quoted := _QUOTED.search(window):
        return quoted.group(), at - len(quoted.group())
    comment = _COMMENT.search(window)
    bare = window[: comment.start()] if comment else window
    local = bare[len(bare.rstrip(_LOCAL)) :].lstrip("._%+'&~^$!#*?-").rstrip(".")
    if not local or len(local) > 64 or ".." in local:
        local = local.rpartition("..")[2].lstrip(".")[-64:]
    at_end = at - (len(window) - len(bare))
    return (local, at_end - len(local)) if local and text[at_end - len(local) : at_end] == local else ("", at)


def _mail_host(source: Source, at: int, start: int) -> tuple[str, int, bool]:
    """Host of an address, where it ends, and whether it is an IP address that is worth reporting on its
    own."""
    text = source.clean
    if literal := _LITERAL.match(text, at):
        valid = ipv6_value(literal[1]) or ("." in literal[1] and literal[1].count(".") == 3)
        return (literal.group(), literal.end(), True) if valid else ("", at, False)
    found = HOST.match(text, at)
    if found is None:
        return "", at, False
    written = found.group().rstrip("-_")
    if _QUAD.fullmatch(written):
        return ipv4_value(written), at + len(written), True
    domain = domain_in(written, source.lenient)
    if not domain and not source.lenient and re.fullmatch(r"(?:[\w-]+\.)+[A-Za-z]{2,24}", written):
        top = written.rpartition(".")[2].lower()
        if top in _INTERNAL or source.refanged.changed(start, at + len(written)):
            domain = written.lower()
    return domain, at + len(domain), False


def _is_xmpp(text: str, start: int, host: str) -> bool:
    labelled = "jabber" in host or "xmpp" in host or host in _XMPP_HOSTS
    return labelled or bool(_XMPP_BEFORE.search(text[max(0, start - 16) : start]))


def carried_by(url: str) -> str:
    """What a URL carries in its path and query, percent-decoded: where redirectors hide their target."""
    path = re.sub(r"^[a-z0-9+.-]+://", "", url).partition("/")[2]
    return unquote(path)
