"""A tenant's records in DynamoDB: one collection of items per kind, and two local indexes that order them by
time, all of them and by client.

The indexes are local, not global, because a row that was just stored must be on the next page: only a local
index can be read consistently. The price is 10 GB per tenant and kind, indexes included.
"""

import hashlib
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
from mesh.adapters.aws.side_by_side import side_by_side
from mesh.adapters.aws.tables import RECORDS
from mesh.kit.ports import Extent, Page, Row
from mesh.kit.problem import FieldError, Invalid
from mesh.kit.records import sortable, when

CLIENT = "client_id"
CLIENT_LETTERS = 16
# With its client and time in front, an id must still fit the indexes' sort keys.
ID_LIMIT = SORT_LIMIT - 40 - CLIENT_LETTERS


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
        written = {row["id"]: (when(row), row.get(CLIENT), to_json(row)) for row in rows}
        for record_id in written:
            if not can_be_key(record_id, ID_LIMIT):
                raise Invalid(
                    "A row cannot be stored.", errors=[FieldError("id", f"1 to {ID_LIMIT} bytes long")]
                )
        items = [self._item(kind, record_id, *of_row) for record_id, of_row in written.items()]
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
        page = limit + 1 if {CLIENT}.issuperset(where or ()) else None
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

    def extent(self, kind: str) -> Extent:
        """Counted by DynamoDB, which reads the whole collection for it; times from the ends of an index."""
        values = {"c": self._collection(kind)}
        rows = self.dynamo.count(RECORDS, "#collection = :c", values)

        def end(*, newest_first: bool) -> datetime | None:
            where, dated = "#collection = :c AND #place > :low", {**values, "low": places.FIRST_YEAR}
            found = self.dynamo.query(
                RECORDS, where, dated, index="by_time", page=1, newest_first=newest_first
            )
            at = next((when(self._row(item)) for item in found), "")
            return datetime.fromisoformat(at) if at else None

        return Extent(rows, end(newest_first=False), end(newest_first=True)) if rows else Extent(0)

    def starting(self, kind: str, starts: Sequence[str]) -> Mapping[str, Sequence[Row]]:
        def rows(start: str) -> list[Row]:
            where = "#collection = :c AND begins_with(#record_id, :s)"
            values = {"c": self._collection(kind), "s": start}
            return [self._row(item) for item in self.dynamo.query(RECORDS, where, values)]

        return side_by_side(rows, starts)

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
        # Of a client's rows no other's are read; rows that name none at all are in the whole list alone.
        index, sort, client = "by_time", "place", ""
        if CLIENT in where:
            index, sort, client = "by_client", "client_place", _client(where[CLIENT])
        values = {"c": self._collection(kind), "low": client + low, "high": client + high}
        condition = f"#collection = :c AND #{sort} BETWEEN :low AND :high"
        for item in self.dynamo.query(RECORDS, condition, values, index=index, page=page):
            row = self._row(item)
            if all(_is(row.get(name), value) for name, value in where.items()):
                yield row

    def _row(self, item: Mapping[str, Any]) -> Row:
        row: Row = from_json(self.bodies.read(self.msp_id, item))
        return row

    def _item(self, kind: str, record_id: str, at: str, client: object, body: bytes) -> dict[str, Any]:
        item = {**self._key(kind, record_id), "place": places.place(at, record_id)}
        if isinstance(client, str):
            item["client_place"] = _client(client) + item["place"]
        return {**item, **self.bodies.write(self.msp_id, body)}

    def _key(self, kind: str, record_id: str) -> dict[str, str]:
        return {"collection": self._collection(kind), "record_id": record_id}

    def _collection(self, kind: str) -> str:
        return tenant_key(self.msp_id, quote(kind, safe=""))


def _client(client_id: str) -> str:
    """What the places of a client's rows begin with. A hash, since an id may be longer than a key; should two
    clients share it, rows are still told apart by what they say.
    """
    text = client_id.encode("utf-8", "surrogatepass")
    return hashlib.blake2s(text, digest_size=CLIENT_LETTERS // 2).hexdigest()


def _is(value: object, wanted: str) -> bool:
    return isinstance(value, str) and value == wanted
