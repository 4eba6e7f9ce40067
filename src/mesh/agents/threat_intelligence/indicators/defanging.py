"""Write an indicator so that no mail client or chat makes it clickable."""

import re


def defang(value: str, kind: str) -> str:
    """The value in the usual unclickable form; types that are never clickable are returned as they are.

    >>> defang("https://evil.com/a.php", "url"), defang("bob@evil.com", "email"), defang("10.0.0.1", "ipv4")
    ('hxxps://evil[.]com/a.php', 'bob[@]evil[.]com', '10[.]0[.]0[.]1')
    """
    if kind in {"domain", "onion", "ipv4", "ipv4_cidr"}:
        return value.replace(".", "[.]")
    if kind in {"ipv6", "ipv6_cidr"}:
        return value.replace(":", "[:]")
    if kind in {"email", "xmpp"}:
        local, _, host = value.rpartition("@")
        return f"{local}[@]{host.replace('.', '[.]')}"
    if kind == "url":
        return _url(value)
    return value


def _url(value: str) -> str:
    scheme, mark, rest = value.partition("://")
    if not mark:
        scheme, rest = "", value
    end = re.search(r"[/?#]", rest)
    authority, path = (rest[: end.start()], rest[end.start() :]) if end else (rest, "")
    user, at, host = authority.rpartition("@")
    scheme = {"http": "hxxp", "https": "hxxps", "ftp": "fxp"}.get(scheme, scheme)
    return f"{scheme}{mark}{user}{at}{host.replace('.', '[.]')}{path}"
