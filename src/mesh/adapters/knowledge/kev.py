"""CISA's catalogue of known exploited vulnerabilities (https://www.cisa.gov/kev)."""

from typing import Any

from pydantic import Field, ValidationError

from mesh.adapters.knowledge.content import CVE, Camel, Content, Text, content, unexpected
from mesh.adapters.knowledge.unpack import date_in, looks_like_json, plain, table

_LIMIT = 64 << 20
_EXPECTED = (
    "CISA's KEV catalogue: JSON with `vulnerabilities[].cveID`, or CSV with columns cveID and dateAdded"
)


class _Entry(Camel):
    cve: str = Field(alias="cveID")
    vendor_project: Text = ""
    product: Text = ""
    vulnerability_name: Text = ""
    date_added: Text = ""
    short_description: Text = ""
    required_action: Text = ""
    due_date: Text = ""
    known_ransomware_campaign_use: Text = ""


class _Catalog(Camel):
    catalog_version: Text = ""
    date_released: Text = ""
    vulnerabilities: list[_Entry]


def parse(raw: bytes, name: str) -> Content:
    """Rows by CVE id: vendor, product, name, description, action, date_added, due_date, ransomware."""
    data = plain(raw, _LIMIT)
    try:
        catalog = _Catalog.model_validate_json(data) if looks_like_json(data) else _from_table(data, name)
    except ValidationError as error:
        raise unexpected(name, _EXPECTED) from error
    rows = {entry.cve: _row(entry) for entry in catalog.vulnerabilities if CVE.fullmatch(entry.cve)}
    newest = max((row["date_added"] for row in rows.values()), default="")
    published = catalog.date_released[:10] or date_in(name) or newest
    return content(catalog.catalog_version or published.replace("-", "."), published, rows, name, _EXPECTED)


def _from_table(data: bytes, name: str) -> _Catalog:
    _, columns, rows = table(data)
    if not {"cveID", "dateAdded"} <= set(columns):
        raise unexpected(name, _EXPECTED)
    return _Catalog(vulnerabilities=[_Entry.model_validate(row) for row in rows])


def _row(entry: _Entry) -> dict[str, Any]:
    return {
        "cve": entry.cve, "vendor": entry.vendor_project, "product": entry.product,
        "name": entry.vulnerability_name, "description": entry.short_description,
        "action": entry.required_action, "date_added": entry.date_added, "due_date": entry.due_date,
        # CISA writes Known or Unknown: false means that no such use is known, not that there is none.
        "ransomware": entry.known_ransomware_campaign_use.strip().lower() == "known",
    }  # fmt: skip
