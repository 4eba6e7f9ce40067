"""From the bytes of a file to what is in it, never more than a stated size (decompression bombs, CWE-409)."""

import csv
import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Iterator

from mesh.kit.problem import Malformed, TooLarge

_CHUNK = 1 << 20
# More members than this is no rule archive (SigmaHQ ships under 5,000 rules).
_MAX_MEMBERS = 50_000
_ISO_DATE = re.compile(r"(?<!\d)(\d{4}-\d{2}-\d{2})(?!\d)")


def is_zip(content: bytes) -> bool:
    return content[:4] == b"PK\x03\x04"


def plain(content: bytes, limit: int) -> bytes:
    """The content, gunzipped where it is gzip. Raises TooLarge past `limit` bytes, Malformed when broken."""
    if content[:2] == b"\x1f\x8b":
        content = _gunzip(content, limit)
    if len(content) > limit:
        raise TooLarge(f"The file holds more than {limit >> 20} MiB.")
    return content


def _gunzip(content: bytes, limit: int) -> bytes:
    out = bytearray()
    try:
        with gzip.open(io.BytesIO(content)) as stream:
            while chunk := stream.read(_CHUNK):
                out += chunk
                if len(out) > limit:
                    raise TooLarge(f"The file unpacks to more than {limit >> 20} MiB.")
    except (OSError, EOFError, zlib.error) as error:
        raise Malformed(f"The file starts like gzip and cannot be unpacked: {error}.") from error
    return bytes(out)


def text(content: bytes) -> str:
    """UTF-8 text without a byte order mark. Raises Malformed for other bytes."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Malformed(f"The file is not UTF-8 text (byte {error.start}).") from error


def members(content: bytes, suffixes: tuple[str, ...], limit: int, each: int) -> Iterator[tuple[str, bytes]]:
    """Name and content of the files with these suffixes; at most `each` bytes a file, `limit` in all."""
    left = limit
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            if len(names) > _MAX_MEMBERS:
                raise TooLarge(f"The archive lists {len(names)} files; {_MAX_MEMBERS} are the limit.")
            for name in names:
                if not name.endswith(suffixes):
                    continue
                with archive.open(name) as stream:
                    data = stream.read(min(each, left) + 1)
                if len(data) > min(each, left):
                    raise TooLarge(f"{name} in the archive is larger than a rule can be.")
                left -= len(data)
                yield name, data
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        raise Malformed(f"The file starts like a zip archive and cannot be read: {error}.") from error


def table(content: bytes) -> tuple[str, list[str], Iterator[dict[str, str]]]:
    """A CSV file's leading `#` line (or ""), its column names and its rows as dictionaries."""
    lines = io.StringIO(text(content), newline="")
    comment = ""
    start = lines.tell()
    while (line := lines.readline()).startswith("#"):
        comment, start = comment or line.strip(), lines.tell()
    lines.seek(start)
    reader = csv.DictReader(lines)
    try:
        names = list(reader.fieldnames or ())
    except csv.Error as error:
        raise Malformed(f"The file is not CSV: {error}.") from error
    return comment, names, _rows(reader)


def _rows(reader: "csv.DictReader[str]") -> Iterator[dict[str, str]]:
    try:
        for row in reader:
            yield {name: value or "" for name, value in row.items() if name and not isinstance(value, list)}
    except csv.Error as error:
        raise Malformed(f"The file is not CSV from line {reader.line_num}: {error}.") from error


def looks_like_json(content: bytes) -> bool:
    return content[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")


def date_in(name: str) -> str:
    """The last ISO date in a file's name, or "": files without a date inside often carry one outside."""
    found = _ISO_DATE.findall(name)
    return found[-1] if found else ""
