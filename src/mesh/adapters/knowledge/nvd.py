"""CVSS base vectors and scores from NVD, by year (https://nvd.nist.gov/vuln/data-feeds)."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from pydantic import Field, ValidationError

from mesh.adapters.knowledge.content import (
    CVE,
    Camel,
    Content,
    Text,
    by_lower_case,
    content,
    number,
    unexpected,
)
from mesh.adapters.knowledge.unpack import date_in, looks_like_json, plain, table
from mesh.kit.ports import Row

# A year of NVD 2.0 is 100 to 200 MB of JSON. The models below name only what is kept, so that pydantic's
# parser never builds the rest as Python objects.
_LIMIT = 1 << 30
_EXPECTED = "NVD's JSON 2.0 or 1.1 feed, or CSV with columns cve, and vector or base_score (or CVSS3)"


class _CvssData(Camel):
    version: Text = ""
    vector_string: str
    base_score: float


class _Metric(Camel):
    type: Text = "Primary"
    cvss_data: _CvssData


class _Metrics(Camel):
    cvss_metric_v40: tuple[_Metric, ...] = ()
    cvss_metric_v31: tuple[_Metric, ...] = ()
    cvss_metric_v30: tuple[_Metric, ...] = ()
    cvss_metric_v2: tuple[_Metric, ...] = ()


class _Cve2(Camel):
    id: str
    metrics: _Metrics = _Metrics()


class _Item2(Camel):
    cve: _Cve2


class _Nvd2(Camel):
    timestamp: Text = ""
    vulnerabilities: list[_Item2]


class _Meta1(Camel):
    cve: str = Field(alias="ID")


class _Cve1(Camel):
    meta: _Meta1 = Field(alias="CVE_data_meta")


class _V3(Camel):
    cvss_v3: _CvssData


class _V2(Camel):
    cvss_v2: _CvssData


class _Impact1(Camel):
    base_metric_v3: _V3 | None = None
    base_metric_v2: _V2 | None = None


class _Item1(Camel):
    cve: _Cve1
    impact: _Impact1 = _Impact1()


class _Nvd1(Camel):
    timestamp: Text = Field("", alias="CVE_data_timestamp")
    items: list[_Item1] = Field(alias="CVE_Items")


def parse(raw: bytes, name: str) -> Content:
    """Rows by CVE id: vectors[] of version, vector, score; the assessment to prefer comes first."""
    data = plain(raw, _LIMIT)
    if not looks_like_json(data):
        return _from_table(data, name)
    try:
        if b'"CVE_Items"' in data[:4096]:
            first = _Nvd1.model_validate_json(data)
            stamp, found = first.timestamp, _nvd1(first.items)
        else:
            second = _Nvd2.model_validate_json(data)
            stamp, found = second.timestamp, _nvd2(second.vulnerabilities)
    except ValidationError as error:
        raise unexpected(name, _EXPECTED) from error
    return content("", stamp[:10] or date_in(name), found, name, _EXPECTED)


def _nvd2(items: Iterable[_Item2]) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for item in items:
        metrics = item.cve.metrics
        ranked = [
            *metrics.cvss_metric_v40,
            *metrics.cvss_metric_v31,
            *metrics.cvss_metric_v30,
            *metrics.cvss_metric_v2,
        ]
        # NVD's own assessment (Primary) before that of whoever assigned the CVE.
        ranked.sort(key=lambda metric: metric.type != "Primary")
        vectors = [_vector(metric.cvss_data) for metric in ranked]
        if vectors and CVE.fullmatch(item.cve.id):
            found[item.cve.id] = {"cve": item.cve.id, "vectors": vectors}
    return found


def _nvd1(items: Iterable[_Item1]) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for item in items:
        three, two = item.impact.base_metric_v3, item.impact.base_metric_v2
        vectors = [_vector(data) for data in (three and three.cvss_v3, two and two.cvss_v2) if data]
        if vectors and CVE.fullmatch(cve := item.cve.meta.cve):
            found[cve] = {"cve": cve, "vectors": vectors}
    return found


def _vector(data: _CvssData) -> dict[str, Any]:
    return {"version": data.version, "vector": data.vector_string, "score": data.base_score}


def _from_table(data: bytes, name: str) -> Content:
    _, columns, rows = table(data)
    column = by_lower_case(columns)
    vector, version = column.get("vector", ""), column.get("cvss_version", "")
    score = column.get("base_score") or column.get("score") or column.get("cvss3") or ""
    if "cve" not in column or not (vector or score):
        raise unexpected(name, _EXPECTED)
    found: dict[str, Row] = {}
    newest = ""
    for row in rows:
        cve, value = row[column["cve"]].strip().upper(), number(row.get(score, ""))
        if not CVE.fullmatch(cve) or (value is None and not row.get(vector)) or not 0 <= (value or 0) <= 10:
            continue
        # A column called CVSS3 gives a score alone; its version stays the family.
        family = row.get(version, "") or ("3" if "cvss3" in column else "")
        found[cve] = {
            "cve": cve, "vectors": [{"version": family, "vector": row.get(vector, ""), "score": value}],
        }  # fmt: skip
        newest = max(newest, row.get("published", "")[:10])
    published = date_in(name) or newest
    parsed = content("", published, found, name, _EXPECTED)
    return parsed if vector else replace(parsed, fills_gaps=True)
