"""What is sensitive by its form: accounts, mail addresses, telephone numbers, what lies inside a network."""

import re
from collections.abc import Iterator, Sequence

from mesh.sharing import inside

DOT = r"(?:\[\.\]|\(\.\)|\[dot\]|\.)"
# Bounded, as all parts here are: a text made to be slow to read is read as quickly as any.
LABEL = r"[\w-]{1,63}"
_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
# In this order: what an earlier one took, a later one does not look at.
_FORMS: Sequence[tuple[str, re.Pattern[str]]] = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        ("account", r"arn:aws[\w-]*:[\w-]*:[\w-]*:\d*:[^\s\"',;)]+"),
        ("account", r"(?<![A-Za-z0-9])(?:AKIA|ASIA|AROA|AIDA|AGPA|ANPA)[A-Z0-9]{12,17}(?![A-Za-z0-9])"),
        (
            "email",
            rf"[\w.+'’#=$%&*/?^`{{|}}~-]{{1,64}}(?:@|\[@\]|\(at\)|\[at\]){LABEL}(?:{DOT}{LABEL}){{0,9}}",
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
    rf"(?<![\w.-])(?:{LABEL}{DOT}){{1,9}}(?:{'|'.join(re.escape(s) for s in inside.SUFFIXES)})(?![\w-])",
    re.IGNORECASE,
)
_IPV4 = re.compile(rf"(?<![\w.])(?:{_OCTET}{DOT}){{3}}{_OCTET}(?:/\d{{1,2}})?(?![\w]|\.\d)", re.IGNORECASE)
_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?:/\d{1,3})?(?![\w:])", re.IGNORECASE)


def formed(text: str) -> Iterator[tuple[int, int, str]]:
    """Where such a thing stands in a text: its first character, the one behind its last, and what it is."""
    for what, pattern in _FORMS:
        part = "it" if "it" in pattern.groupindex else 0
        yield from ((*match.span(part), what) for match in pattern.finditer(text))
    yield from ((match.start(), match.end(), "host") for match in _INSIDE_HOST.finditer(text))
    for pattern in (_IPV4, _IPV6):
        for match in pattern.finditer(text):
            bare = re.sub(DOT, ".", match.group(), flags=re.IGNORECASE)
            if inside.is_inside_address(bare):
                yield match.start(), match.end(), "address"
