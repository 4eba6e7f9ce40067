"""FIRST's Exploit Prediction Scoring System (https://www.first.org/epss/)."""

from mesh.adapters.knowledge.content import CVE, Content, by_lower_case, content, share, unexpected
from mesh.adapters.knowledge.unpack import date_in, looks_like_json, plain, table
from mesh.kit.ports import Row

_LIMIT = 256 << 20
_EXPECTED = "FIRST's EPSS scores: CSV with columns cve, epss and percentile"


def parse(raw: bytes, name: str) -> Content:
    """Rows by CVE id: epss and percentile, both from 0 to 1.

    The official file opens with `#model_version:v...,score_date:...`; a file without that line is read as
    well, and its date is the one in its name or unknown.
    """
    data = plain(raw, _LIMIT)
    if looks_like_json(data):
        raise unexpected(name, _EXPECTED)
    comment, columns, rows = table(data)
    said = dict(part.split(":", 1) for part in comment.lstrip("#").split(",") if ":" in part)
    column = by_lower_case(columns)
    if not {"cve", "epss"} <= set(column):
        raise unexpected(name, _EXPECTED)
    percentile = column.get("percentile") or column.get("epss percentile") or ""
    found: dict[str, Row] = {}
    for row in rows:
        cve, score = row[column["cve"]].strip().upper(), share(row.get(column["epss"], ""))
        if CVE.fullmatch(cve) and score is not None:
            found[cve] = {"cve": cve, "epss": score, "percentile": share(row.get(percentile, ""))}
    published = said.get("score_date", "")[:10] or date_in(name)
    return content(said.get("model_version", ""), published, found, name, _EXPECTED)
