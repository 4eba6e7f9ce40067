"""A tenant's records in DynamoDB: one collection of items per kind, and a local index that orders them by
time.

The index is local, not global, because a row that was just stored must be on the next page: only a local
index can be read consistently. The price is 10 GB per tenant and kind.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import quote

from pydantic_core import from_json, to_json

from mesh.adapters.aws import places
from mesh.adapters.aws.bodies import Bodies
from mesh.adapters.aws.dynamo import TRANSACTION_BYTES, WRITES_A_TRANSACTION, Dynamo
from mesh.adapters.aws.items import SORT_LIMIT, can_be_key, tenant_key
from mesh.adapters.aws.tables import RECORDS
from mesh.kit.ports import Page, Row
from mesh.kit.problem import FieldError, Invalid
from mesh.kit.records import sortable, when

# With its time in front, an id must still fit the index's sort key.
ID_LIMIT = SORT_LIMIT - 40


@dataclass(frozen=True, slots=True)
class DynamoRecords:
    dynamo: Dynamo
    bodies: Bodies
    msp_id: str

    def put(self, kind: str, rows: Sequence[Row]) -> None:
        """Up to 100 rows (and 4 MB) are stored all or none. More are checked all before the first is
        stored, and stored in parts: if that ends early (Unavailable), the same call again completes it
        and doubles nothing.
        """
        written = {row["id"]: (when(row), to_json(row)) for row in rows}
        for record_id in written:
            if not can_be_key(record_id, ID_LIMIT):
                raise Invalid(
                    "A row cannot be stored.", errors=[FieldError("id", f"1 to {ID_LIMIT} bytes long")]
                )
        items = [self._item(kind, record_id, at, body) for record_id, (at, body) in written.items()]
        size = sum(len(item.get("body", b"")) + 1_000 for item in items)
        if len(items) > WRITES_A_TRANSACTION or size > TRANSACTION_BYTES:
            self.dynamo.put_many(RECORDS, items)
        elif len(items) > 1:
            self.dynamo.transact([self.dynamo.putting(RECORDS, item) for item in items])
        elif items:
            # One item is atomic by itself, and a transaction costs twice as much.
            self.dynamo.write(self.dynamo.putting(RECORDS, items[0]))

    def find(self, kind: str, record_id: str) -> Row | None:
        if not can_be_key(record_id):
            return None
        item = self.dynamo.get(RECORDS, self._key(kind, record_id))
        return self._row(item) if item else None

    def page(
        self,
        kind: str,
        *,
        where: Mapping[str, str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> Page[Row]:
        start = places.behind(places.read(cursor)) if cursor else ""
        # Where rows are filtered, a page of DynamoDB's own size wastes nothing that was not read anyway.
        page = None if where else limit + 1
        found = list(islice(self._rows(kind, where or {}, since, until, start, page), limit + 1))
        last = found[limit - 1] if len(found) > limit else None
        return Page(found[:limit], places.written(places.place(when(last), last["id"])) if last else None)

    def scan(
        self,
        kind: str,
        *,
        where: Mapping[str, str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Iterator[Row]:
        return self._rows(kind, where or {}, since, until, "", None)

    def remove(self, kind: str, record_id: str) -> bool:
        if not can_be_key(record_id):
            return False
        gone = self.dynamo.write(
            self.dynamo.removing(RECORDS, self._key(kind, record_id)), returning="ALL_OLD"
        )
        self.bodies.forget(self.msp_id, gone)
        return bool(gone)

    def clear(self, kind: str) -> int:
        only = "#collection, #record_id, #body_at"
        found = list(self.dynamo.query(RECORDS, "#collection = :c", {"c": self._collection(kind)}, only=only))
        self.dynamo.remove_many(RECORDS, [self._key(kind, item["record_id"]) for item in found])
        for item in found:
            self.bodies.forget(self.msp_id, item)
        return len(found)

    def _rows(
        self,
        kind: str,
        where: Mapping[str, str],
        since: datetime | None,
        until: datetime | None,
        start: str,
        page: int | None,
    ) -> Iterator[Row]:
        # Rows without a time sort before the first year, and are in no window.
        low = max(start, sortable(since) if since else places.FIRST_YEAR if until else places.GAP)
        high = sortable(until) if until else places.END
        if low > high:
            return
        values = {"c": self._collection(kind), "low": low, "high": high}
        condition = "#collection = :c AND #place BETWEEN :low AND :high"
        for item in self.dynamo.query(RECORDS, condition, values, index="by_time", page=page):
            row = self._row(item)
            if all(_is(row.get(name), value) for name, value in where.items()):
                yield row

    def _row(self, item: Mapping[str, Any]) -> Row:
        row: Row = from_json(self.bodies.read(self.msp_id, item))
        return row

    def _item(self, kind: str, record_id: str, at: str, body: bytes) -> dict[str, Any]:
        place = places.place(at, record_id)
        return {**self._key(kind, record_id), "place": place, **self.bodies.write(self.msp_id, body)}

    def _key(self, kind: str, record_id: str) -> dict[str, str]:
        return {"collection": self._collection(kind), "record_id": record_id}

    def _collection(self, kind: str) -> str:
        return tenant_key(self.msp_id, quote(kind, safe=""))


def _is(value: object, wanted: str) -> bool:
    return isinstance(value, str) and value == wanted
