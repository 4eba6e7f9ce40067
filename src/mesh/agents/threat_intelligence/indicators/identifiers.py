"""Find identifiers with a fixed shape: CVE, ATT&CK, ASN, MAC, AWS, Google tracking, user agents, TLP,
telephone.

Look-behinds stand after the first character of a pattern: it is then searched for as fast as a plain letter.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from .indicator import Indicator, Source

_END = r"(?![A-Za-z0-9])"
_ARN = re.compile(
    r"arn:aws(?<![A-Za-z0-9].{7})[a-z-]{0,10}:[a-z0-9-]{0,62}:(?:[*]|[A-Za-z0-9-]{0,62})"
    r":(?:[*]|aws|[0-9]{12})?:"
)
_ARN_RESOURCE = re.compile(r"[\w:./?*@+=,#${}~!-]{1,1023}")
_ARN_LINE = re.compile(r"[^\r\n\t]{1,1023}")
_BROWSER = re.compile(
    r"[Mm](?<![A-Za-z0-9].)ozilla/[0-9](?:\.[0-9]{1,3}){0,3} \((?:[^()\r\n]|\([^()\r\n]{0,100}\)){1,400}\)"
    r"(?: (?:(?![Mm]ozilla/)[A-Za-z][\w.!-]{1,30}/[\w.+-]{1,40}|\((?:[^()\r\n]){1,200}\)"
    r"|like Gecko|Mobile|Safari|[Gg]ecko))*"
)
_TOOL = re.compile(
    r"(?:curl|Wget|python-requests|python-urllib3?|Go-http-client|okhttp|aws-cli|Boto3|PostmanRuntime"
    r"|WinHTTP|libwww-perl|sqlmap|Nikto|masscan|zgrab|Nmap Scripting Engine|Microsoft-CryptoAPI|axios|Dalvik)"
    r"/[0-9][\w.#+-]{0,40}(?: \([^()\r\n]{1,200}\))?"
)
_PHONE = re.compile(
    r"[+(0-9](?<![\w.+-].)(?:(?<=\+)[1-9][0-9]{7,14}"
    r"|(?<=\+)[0-9]{1,3}[ .-]\(?[0-9]{3}\)?[ .-]?[0-9]{3}[ .-][0-9]{4}"
    r"|(?<=\()[0-9]{3}\) ?[0-9]{3}[ .-][0-9]{4}"
    r"|(?<=[0-9])(?:[0-9]{0,2}[ .-]\(?[0-9]{3}\)?|[0-9]{2})[ .-][0-9]{3}[ .-][0-9]{4})"
    r"(?![\w-])(?!\.[0-9])"
)
_CVE = re.compile(
    r"[Cc](?<![A-Za-z0-9].)[Vv][Ee][-_ \u2010-\u2015]{1,3}([12][0-9]{3})[-_\u2010-\u2015]{1,2}([0-9]{4,19})"
    rf"{_END}"
)
_ATTACK = re.compile(rf"([TMGS](?<![A-Za-z0-9].)A?)([01][0-9]{{3}})(\.[0-9]{{3}})?{_END}(?!\.[0-9]{{3}})")
_ATTACK_ANY_CASE = re.compile(
    rf"([TtMm](?<![A-Za-z0-9].)[Aa]?)([0-9]{{4}})(\.[0-9]{{3}})?{_END}(?!\.[0-9]{{3}})"
)
# Letter and four digits are the names of many things: groups, software and mitigations count where a text
# speaks of ATT&CK at all, or cites them: "(S0154)".
_CITED = ("mitre", "att&ck", "attack.")
_ATTACK_KINDS = {"T": "technique", "TA": "tactic", "M": "mitigation", "G": "group", "S": "software"}


class _Shape(NamedTuple):
    """A type, its pattern, that of a lenient source, a word that must be in the lowered text, and its
    value."""

    kind: str
    strict: re.Pattern[str]
    lenient: re.Pattern[str]
    gate: str
    value: Callable[[re.Match[str]], str]


def _upper(found: re.Match[str]) -> str:
    return found.group().upper()


def _as_written(found: re.Match[str]) -> str:
    return found.group()


def _cve(found: re.Match[str]) -> str:
    return f"CVE-{found[1]}-{found[2]}"


def _asn(found: re.Match[str]) -> str:
    return f"AS{int(found[1])}" if int(found[1]) < 2**32 else ""


def _mac(found: re.Match[str]) -> str:
    digits = re.sub("[^0-9a-f]", "", found.group().lower())
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


def _tool(found: re.Match[str]) -> str:
    return "" if found.string[found.start() - 1 : found.start()].isalnum() else found.group()


def _tlp(found: re.Match[str]) -> str:
    return f"TLP:{re.sub('[^A-Z+]', '', found[1].upper())}"


def _shape(
    kind: str, gate: str, strict: str, value: Callable[[re.Match[str]], str], lenient: str = ""
) -> _Shape:
    return _Shape(kind, re.compile(strict), re.compile(lenient or strict), gate, value)


_SHAPES = (
    _Shape("cve", _CVE, _CVE, "cve", _cve),
    _shape("asn", "as",
           # AS2 and AS3 are protocols, AS400 a computer; `.asn1` is a file.
           r"[Aa](?<![A-Za-z0-9._-].)(?:S(?!400(?![0-9]))(?=[0-9]{3})|SN ?|s(?=[0-9]{3})|sn ?)([0-9]{1,10})"
           rf"{_END}(?!\.[A-Za-z0-9])", _asn,
           rf"[Aa](?<![A-Za-z0-9].)(?:(?<=A)S[N ]{{0,3}}|(?<=a)s(?:n ?)?)([0-9]{{1,10}}){_END}"),
    _shape("mac_address", "",
           r"[0-9A-Fa-f](?<![A-Za-z0-9:.-].)(?:[0-9A-Fa-f]([:-])[0-9A-Fa-f]{2}(?:\1[0-9A-Fa-f]{2}){4}"
           r"|[0-9A-Fa-f]{3}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4})(?![A-Za-z0-9:-])(?!\.\w)", _mac),
    _shape("aws_access_key_id", "",
           rf"A(?<![A-Za-z0-9].)(?:KIA|SIA|ROA|IDA|GPA|IPA|NPA|NVA|PKA|SCA|BIA|CCA)[A-Z0-9]{{16}}{_END}",
           _as_written),
    _shape("google_adsense", "pub-",
           rf"(?:pub|PUB)-(?<![A-Za-z0-9].{{4}})[0-9]{{16}}{_END}",
           lambda found: found.group().lower()),
    _shape("google_analytics", "-", rf"(?:ua|UA)-(?<![A-Za-z0-9].{{3}})[0-9]{{4,12}}-[0-9]{{1,4}}{_END}"
           rf"|G-(?<![A-Za-z0-9].{{2}})(?=[A-Z0-9]{{0,9}}[0-9])[A-Z0-9]{{10}}{_END}", _upper),
    _shape("google_tag_manager", "gtm-", rf"GTM-(?<![A-Za-z0-9].{{4}})[A-Z0-9]{{4,8}}{_END}", _as_written),
    _Shape("user_agent", _BROWSER, _BROWSER, "ozilla/", _as_written),
    _Shape("user_agent", _TOOL, _TOOL, "/", _tool),
    _shape("tlp_label", "tlp", r"(?i)tlp[:\- ]{0,2}(red|amber(?:\+strict)?|green|white|clear)", _tlp),
    _Shape("phone_number", _PHONE, _PHONE, "", _as_written),
)  # fmt: skip


def find_identifiers(source: Source) -> Iterator[Indicator]:
    """Everything of `_SHAPES`, ATT&CK ids and ARNs."""
    for shape in _SHAPES:
        if shape.kind not in source.wanted or shape.gate not in source.lowered:
            continue
        for found in (shape.lenient if source.lenient else shape.strict).finditer(source.raw):
            if value := shape.value(found):
                yield Indicator(shape.kind, value, *found.span())
    cited = source.lenient or any(word in source.lowered for word in _CITED)
    for found in (_ATTACK_ANY_CASE if source.lenient else _ATTACK).finditer(source.raw):
        letters = found[1].upper()
        sure = cited or letters in {"T", "TA"} or source.raw[found.start() - 1 : found.start()] in {"(", "["}
        if sure and letters in _ATTACK_KINDS and (letters == "T" or not found[3]):
            yield Indicator(f"attack_{_ATTACK_KINDS[letters]}", found.group().upper(), *found.span())
    if "arn:aws" in source.raw:
        yield from _arns(source)


def _arns(source: Source) -> Iterator[Indicator]:
    resource = _ARN_LINE if source.one_per_line else _ARN_RESOURCE
    done = 0
    for found in _ARN.finditer(source.raw):
        rest = resource.match(source.raw, found.end())
        if rest is None or found.start() < done:
            continue
        value = source.raw[found.start() : rest.end()].rstrip(" " if source.one_per_line else ".,;:!}")
        done = found.start() + len(value)
        yield Indicator("arn", value, found.start(), done)
