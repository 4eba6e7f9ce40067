"""Find file paths (Windows, UNC, Unix) and registry keys.

Names with spaces are the difficulty: inside a path they are recognised by the separator that follows, at its
end only by a quote before the path, a known file ending, or a registry name that is known to hold a space.
"""

import re
from collections.abc import Iterator

from .indicator import Indicator, Source

_NAME = r"[^\\/:*?\"<>|`\u201c\u201d\u2018\u2019\s]"
_PART = (
    rf"(?:<[\w $-]{{1,40}}>|%[\w()]{{1,40}}%|\{{[\w -]{{1,40}}\}}"
    rf"|{_NAME}{{1,128}}+(?: {{1,2}}(?!%){_NAME}{{1,64}}+){{0,4}} ?)"
)
_WINDOWS = re.compile(
    r"(?<![A-Za-z0-9])(?:[A-Za-z]:\\{1,2}|%[A-Za-z][A-Za-z0-9_()]{1,30}%\\{1,2}"
    r"|(?<![:=])\\\\(?:[?.]\\)?(?=[\w.-]{1,255}\\)(?!(?i:root)\\))"
    rf"(?:{_PART}\\{{1,2}}){{0,40}}(?P<last>{_NAME}{{0,200}})"
)
_ENDING = (
    "exe dll sys bat cmd ps1 psm1 vbs vbe js jse wsf wsh hta lnk msi msp scr cpl ocx drv tmp dat bin log"
    " txt ini cfg xml json csv doc docx docm xls xlsx xlsm xlsb ppt pptx pptm pdf rtf zip rar 7z iso img"
    " vhd jar class py pyc pl sh db sqlite reg inf com chm html htm php asp aspx jsp jspx png jpg jpeg gif"
    " ico bmp mp4 eml msg pst ost"
)
_SPACED_LAST = re.compile(
    rf"(?P<name>(?: {_NAME}{{1,64}}+){{1,4}}?\.(?:{'|'.join(_ENDING.split())}))(?![\w.-])", re.IGNORECASE
)
_PROSE_TEXT = (
    "and or to in into is was were are by from with contains then that which for on as at the a an of"
)
_PROSE = frozenset(_PROSE_TEXT.split())
_UNIX_PART = r"(?:<[A-Za-z_]{2,30}>|[\w.+@%~,=\[\]{}$-]{1,128}+(?: [A-Z][\w.-]{0,40}+){0,3})"
_UNIX = re.compile(rf"/(?<![\w/<)\]?&=-]/)(?![/\s*]){_UNIX_PART}(?:/{_UNIX_PART}){{0,40}}/?")
_UNIX_START = re.compile(r"(?<![\w:/.<)\]?&=~-])(?:~|\.\.?|[A-Za-z]:)\Z")
_QUOTES = {'"': '"', "'": "'", "`": "`", "\u201c": "\u201d", "\u2018": "\u2019"}
# Folders whose name ends in a second word, where a path may end as well.
_SPACED_FOLDER = re.compile(
    r"(?<=\\)(?:Program Files(?: \(x86\))?|Common Files|Start Menu|Application Data|Local Settings"
    r"|Internet Explorer|Documents and Settings|Temporary Internet Files|Windows NT)(?![\w\\])",
    re.IGNORECASE,
)
_ROOTS_TEXT = (
    "bin boot dev etc home lib lib64 media mnt opt proc root run sbin srv sys tmp usr var data system"
    " vendor sdcard storage Applications Library System Users Volumes private Network cores"
)
_ROOTS = frozenset(_ROOTS_TEXT.split())
_UNIX_TAIL = re.compile(r"(?: [A-Z][\w.-]*)+$")

_HIVE = (
    r"(?:HKEY_(?:LOCAL_MACHINE|CURRENT_USER|CLASSES_ROOT|CURRENT_CONFIG|USERS|PERFORMANCE_DATA|DYN_DATA)"
    r"|HK(?:LM|CU|CR|CC|U))"
)
_KEY = r"[^\\/:\"'<>|,;`\u201c\u201d\u2018\u2019\s]"
_REGISTRY = re.compile(
    rf"(?<![A-Za-z0-9])(?P<hive><{_HIVE}>|\[{_HIVE}\]|{_HIVE}):?(?=\\)"
    rf"(?P<inner>(?:\\{{1,2}}(?:<[\w $-]{{1,40}}>|{_KEY}{{1,255}}+"
    rf"(?: (?!{_HIVE}\b)[\w.&()+-]{{1,64}}+){{0,5}})(?=\\))*)"
    rf"(?:\\{{1,2}}(?P<last>(?:{_KEY}{{1,255}})?))?"
)
# Registry names that hold a space and may stand last. The words after the first one.
_SPACED_KEYS = (
    "control panel|shell folders|user shell folders|session manager|image file execution options"
    "|volatile environment|windows nt|internet settings|internet explorer|terminal server"
    "|terminal server client|terminal services"
    "|active setup|installed components|browser helper objects|app paths|security center|windows defender"
    "|known dlls|print processors|print monitors|network provider|security packages|notification packages"
    "|authentication packages|command processor|real-time protection|application data"
    "|windows messaging subsystem|advanced threat protection|remote assistance|shared tools"
    "|windows script host|group policy|secure boot"
)
_AFTER_SPACE = re.compile(
    r"(?<=\\)(?:"
    + "|".join(sorted((re.escape(k) for k in _SPACED_KEYS.split("|")), key=len, reverse=True))
    + r")(?![\w\\])",
    re.IGNORECASE,
)
_REST_OF_LINE = re.compile(r"(?: [A-Z0-9][\w.-]{0,60}){1,4}(?=[ ]{0,20}(?:\r?\n|$))")


def find_paths(source: Source) -> Iterator[Indicator]:
    """File paths. A UNC path lets the host in it be found as well."""
    raw = source.raw
    if "\\" in raw:
        yield from _windows(raw)
    for found in _UNIX.finditer(raw):
        lead = _UNIX_START.search(raw[max(0, found.start() - 3) : found.start()])
        if not lead and raw[found.start() - 1 : found.start()] in {".", "~", ":"}:
            continue
        start = found.start() - (len(lead.group()) if lead else 0)
        value = _UNIX_TAIL.sub("", raw[start : found.end()]).rstrip(".,;:!?'")
        if _is_unix_path(value, source.lenient):
            yield Indicator("file_path", value, start, start + len(value))


def _is_unix_path(value: str, lenient: bool) -> bool:
    """Two parts at least and a root that systems have, a home or relative start, or a file ending."""
    if value[0] in "~." or value[1:2] == ":":
        return len(value) > 3
    ending = re.search(r"\.[A-Za-z0-9]{1,6}$", value)
    return (value.count("/") > 1 and (value.split("/")[1] in _ROOTS or bool(ending))) or bool(
        lenient and ending
    )


def _windows(raw: str) -> Iterator[Indicator]:
    for found in _WINDOWS.finditer(raw):
        start, end = found.span()
        quote = raw[start - 1 : start]
        closing = raw.find(_QUOTES[quote], end, end + 80) if quote in _QUOTES else -1
        if quote and closing > 0 and re.fullmatch(rf"(?: {_NAME}+)*", raw[end:closing]):
            end = closing
        elif known := _SPACED_FOLDER.match(raw, found.start("last")):
            end = known.end()
        elif spaced := _SPACED_LAST.match(raw, end):
            words = spaced["name"].split()
            if "." not in found["last"] and found["last"] and not _PROSE & {word.lower() for word in words}:
                end = spaced.end()
        value = raw[start:end].rstrip(".,;:!')]} ")
        if len(value) > 3 and (found["last"] or value.count("\\") > 1):
            yield Indicator(
                "file_path", value, start, start + len(value), claims=not value.startswith("\\\\")
            )


def find_registry_keys(source: Source) -> Iterator[Indicator]:
    """Registry keys, without the angle brackets some tools put around the hive."""
    raw = source.raw
    if "HK" not in raw:
        return
    for found in _REGISTRY.finditer(raw):
        start, end = found.span()
        if raw[end : end + 1] == "<" and raw[end - 1] == "\\":  # a placeholder that is never closed
            continue
        if not found["inner"] and not found["last"]:
            continue
        last = found.start("last") if found["last"] else end
        if known := _AFTER_SPACE.match(raw, last):
            end = max(end, known.end())
        elif (
            found["last"]
            and (tail := _REST_OF_LINE.match(raw, end))
            and not re.match(rf" {_HIVE}", tail.group())
        ):
            end = tail.end()
        written = re.split(r"\.\(", raw[start:end])[0].rstrip(".:!?)]' ")
        hive = found["hive"]
        value = hive.strip("<>[]") + written[len(hive) :].removeprefix(":").replace("\\\\", "\\")
        yield Indicator("registry_key", value.rstrip("\\"), start, start + len(written))
