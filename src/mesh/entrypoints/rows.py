"""The lines of a file of rows, as JSON, NDJSON or CSV: each with its place, or with what is wrong with it."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mesh.adapters.imports.taking import Line
from mesh.entrypoints.endpoint import CSV, JSON, NDJSON, parse_json
from mesh.kit.problem import FieldError, Malformed, Problem, Unavailable, Unsupported

FORMS = {".csv": CSV, ".json": JSON, ".ndjson": NDJSON, ".jsonl": NDJSON}
LARGEST = 1 << 30


def lines_of(body: bytes, media_type: str) -> Iterator[Line]:
    """Each row with its line. Raises for a body that cannot be read at all, or of another media type."""
    match media_type:
        case "text/csv":
            return _csv_lines(body)
        case "application/x-ndjson" | "application/jsonl":
            return _ndjson_lines(body)
        case "application/json":
            return _json_lines(body)
    reason = f"{media_type} is not one of: {JSON}, {NDJSON}, {CSV}"
    raise Unsupported("Send rows as JSON, NDJSON or CSV.", errors=[FieldError("Content-Type", reason)])


def lines_of_file(path: Path) -> Iterator[Line]:
    """The rows of a file by its ending, gunzipped where it is gzip; Parquet where pyarrow is installed."""
    suffix = Path(path.name.removesuffix(".gz")).suffix.lower()
    if suffix == ".parquet":
        return _parquet_lines(path)
    if suffix not in FORMS:
        known = ", ".join([*FORMS, ".parquet"])
        reason = f"ends in none of: {known}, each also with .gz"
        raise Unsupported("The file's form is not known.", errors=[FieldError("FILE", reason)])
    # Brings the feeds and SQLite along, which no server needs.
    from mesh.adapters.knowledge.unpack import plain

    return lines_of(plain(path.read_bytes(), LARGEST), FORMS[suffix])


def _parquet_lines(path: Path) -> Iterator[Line]:
    try:
        import pyarrow.parquet as parquet
    except ImportError as error:
        raise Unavailable("Parquet files need the package pyarrow; or export the file as CSV.") from error
    number = 0
    for batch in parquet.ParquetFile(path).iter_batches():
        for row in batch.to_pylist():
            number += 1
            yield number, {name: _plain(value) for name, value in row.items() if value is not None}


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool) else str(value)


def _object(line: int, value: Any) -> Line:
    return line, value if isinstance(value, dict) else FieldError("row", "must be a JSON object")


def _json_lines(body: bytes) -> Iterator[Line]:
    value = parse_json(body)
    rows = value if isinstance(value, list) else [value]
    return (_object(number, row) for number, row in enumerate(rows, start=1))


def _ndjson_lines(body: bytes) -> Iterator[Line]:
    for number, line in enumerate(body.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            yield _object(number, parse_json(line))
        except Problem as problem:
            yield number, problem.errors[0]


def _csv_lines(body: bytes) -> Iterator[Line]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        reason = f"is not UTF-8: byte {error.start} cannot be read"
        raise Malformed("The CSV cannot be read.", errors=[FieldError("body", reason)]) from error
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            # After a broken quote nothing that follows can be told apart, so reading ends here. The inner
            # reader has counted the line that it failed on.
            yield reader.reader.line_num, FieldError("row", f"is not CSV: {error}; later lines were not read")
            return
        if None in row:
            yield reader.line_num, FieldError("row", "has more cells than the header has columns")
        else:
            yield reader.line_num, {name: cell for name, cell in row.items() if cell not in (None, "")}
