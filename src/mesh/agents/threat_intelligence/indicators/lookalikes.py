"""Tell domains and addresses from what has their shape: file names, code, version numbers, ends of sentences.

Nobody defangs a file name or a version, so what was defanged passes. The rules for versions were checked on
descriptions of vulnerabilities (NVD), those for names on reports and procedure texts.
"""

import re

from .indicator import Source

# Endings of files that are top-level domains too. The second group ends longer names as well.
_FILE_ENDINGS_TEXT = "py sh md rs pl pm ps so zip mov pub app java do pid hiv target"
_FILE_ENDINGS = frozenset(_FILE_ENDINGS_TEXT.split())
_FILE_ENDINGS_ALWAYS = frozenset({"py", "zip", "java", "pm"})
_PLAIN_SUFFIXES = frozenset({"com", "net", "org", "info", "biz", "io"})
_ENGLISH_SUFFIXES_TEXT = "is it in to at be so no me my us am by do as an id"
_ENGLISH_SUFFIXES = frozenset(_ENGLISH_SUFFIXES_TEXT.split())
_CODE_OBJECTS_TEXT = (
    "self this obj object cls os sys window document console logger log event request response req res ctx"
    " context config cfg data module process math string array json app system e evt node item user row args"
    " kwargs options params props state store settings session result payload np pd plt torch tf file path"
    " java javax android exports location history navigator wscript objshell activexobject shell"
)
_CODE_OBJECTS = frozenset(_CODE_OBJECTS_TEXT.split())
_CAMEL = re.compile(r"[a-z0-9][A-Z]")

_VERSION_BEFORE = re.compile(
    r"(?:\b(?:v|vers?|versions?|build|release|firmware|rev|revision|section|sec|chapter|figure|table|fixed in"
    r"|patched in|prior to|up to|upgraded? to|updated? to)|[A-Za-z]/|§)\Z",
    re.IGNORECASE,
)
# These decide only where the number looks like a version: "before 9.1.5.1", "Flash Player 27.0.0.183".
_MAYBE_BEFORE = re.compile(
    r"\b(?:before|through|since|until|affects|affected(?: is| are)?|earlier than|later than)\Z"
)
_MAYBE_AFTER = re.compile(
    r",?\s{1,2}(?:and|or)\s{1,2}"
    r"(?:earlier|prior|below|before|older|later|newer|previous|[0-9]+(?:\.[0-9]+){0,2}\.x)\b"
    r"|\s{1,2}(?:before|through)\s{1,2}[0-9]"
)
_PRODUCT_BEFORE = re.compile(r"[\w)] ([A-Z][A-Za-z]+)\Z")
_BETWEEN_VERSIONS = re.compile(r"[\s,;\u2013-]{0,4}(?:and|or|to|through|until|before)?[\s,]{0,2}")
_NETWORK_TEXT = (
    "ip ips ipv4 address addresses host hosts hostname server servers dns domain gateway node peer proxy"
    " relay vps tor exit src dst source destination dest target client victim attacker remote local subnet"
    " network"
    " range lan wan vlan router firewall endpoint beacon ping url http https ssh rdp smb ftp"
    " port listener resolver ns mx record contacted contact blocked block from to at via by"
)
_NETWORK_WORDS = frozenset(_NETWORK_TEXT.split())


def plausible_domain(source: Source, start: int, end: int) -> bool:
    """Whether a word in the shape of a domain, at `start:end` of the refanged text, is likely to be one."""
    text = source.clean
    written = text[start:end]
    *names, top = written.split(".")
    if source.refanged.changed(start, end):
        first, last = source.refanged.span(start, end)
        return " " not in source.raw[first:last] or top.lower() not in _ENGLISH_SUFFIXES
    if text[max(0, start - 2) : start] == "//" or names[0].lower().startswith("www"):
        return True
    return not (
        _ends_like_prose(written, names, top) or _is_code(text, start, end) or _is_file(names, top.lower())
    )


def _ends_like_prose(written: str, names: list[str], top: str) -> bool:
    """A sentence without a space after it, a framework (`ASP.NET`), the name of a malware family (`X.GB`)."""
    if top[:1].isupper() and not (top.isupper() and written.isupper()):
        return True
    return top == "NET" and len(names) == 1 and len(names[0]) < 4


def _is_code(text: str, start: int, end: int) -> bool:
    names = text[start:end].split(".")
    top = names.pop()
    before = text[max(0, start - 2) : start]  # "\\\\host\\share" names a host, "a\\b.com" a file
    if (
        text[end : end + 1] == "("
        or before[-1:] == "$"
        or (before[-1:] == "\\" and before != "\\\\")
        or before == "->"
    ):
        return True
    if names[0] in {"com", "net", "org"} or (len(names) > 1 and all(name.isdigit() for name in names)):
        return True  # a package in reverse (com.apple), a version (7.0.7.GA)
    return names[0].lower() in _CODE_OBJECTS and len(names) < 4 and top.lower() not in {"com", "net", "org"}


def _is_file(names: list[str], top: str) -> bool:
    """An ending of files; CamelCase or an underscore where a registered name would be."""
    if len(names) == 1 and ("_" in names[0] or (top not in _PLAIN_SUFFIXES and _CAMEL.search(names[0]))):
        return True
    if top not in _FILE_ENDINGS:
        return False
    mixed = any(name != name.lower() for name in names)
    return len(names) == 1 or top in _FILE_ENDINGS_ALWAYS or (top == "app" and mixed)


def is_version(source: Source, start: int, end: int, last_version: int) -> bool:
    """Whether four numbers at `start:end` of the refanged text are a version. `last_version` is where the
    version before them ended: lists and ranges of versions are recognised by their first member."""
    text = source.clean
    before = text[max(0, start - 40) : start].rstrip(" .:=#\t\n")
    if source.refanged.changed(start, end):
        return False
    if (before[-1:].isalpha() or before[-1:] in {"/", "§"}) and _VERSION_BEFORE.search(before):
        return True
    first, second, third, _ = map(int, text[start:end].split("."))
    if first >= 50 or second >= 30 or third >= 100:
        return False
    if _MAYBE_AFTER.match(text, end) or (before[-1:].isalpha() and _MAYBE_BEFORE.search(before)):
        return True
    if 0 <= start - last_version < 16 and _BETWEEN_VERSIONS.fullmatch(text, last_version, start):
        return True
    product = _PRODUCT_BEFORE.search(before) if text[start - 1 : start] == " " else None
    return product is not None and product[1].lower() not in _NETWORK_WORDS
