"""What the mesh holds between its tenants, in the table Commons: a partition per shelf."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json, to_json

from mesh.adapters.aws.dynamo import ConditionFailed, Dynamo
from mesh.adapters.aws.items import SORT_LIMIT, Item, can_be_key, tenant_key
from mesh.adapters.aws.tables import COMMONS
from mesh.kit.platform import Entry

STORE = "SET #owner = :owner, #msp_id = :msp_id, #body = :body, #place = :place ADD #version :one"


@dataclass(frozen=True, slots=True)
class DynamoCommons:
    dynamo: Dynamo

    def put(self, entry: Entry, before: int | None = None) -> bool:
        values: dict[str, str | int] = {
            "owner": tenant_key(entry.owner),
            "msp_id": entry.owner,
            "body": to_json(entry.body).decode(),
            "place": _place(entry.shelf, entry.key),
            "one": 1,
        }
        when = ""
        if before == 0:
            when = "attribute_not_exists(#shelf)"
        elif before is not None:
            when, values["before"] = "#version = :before", before
        try:
            self.dynamo.write(self.dynamo.changing(COMMONS, _at(entry.shelf, entry.key), STORE, when, values))
        except ConditionFailed:
            return False
        return True

    def find(self, shelf: str, key: str) -> Entry | None:
        if not can_be_key(key, SORT_LIMIT):
            return None
        item = self.dynamo.get(COMMONS, _at(shelf, key))
        return _entry(item) if item else None

    def scan(self, shelf: str, prefix: str = "") -> Iterator[Entry]:
        values: Item = {"s": shelf, "p": prefix} if prefix else {"s": shelf}
        where = "#shelf = :s AND begins_with(#key, :p)" if prefix else "#shelf = :s"
        return map(_entry, self.dynamo.query(COMMONS, where, values))

    def owned(self, owner: str, shelf: str) -> Iterator[Entry]:
        values = {"o": tenant_key(owner), "p": _place(shelf, "")}
        where = "#owner = :o AND begins_with(#place, :p)"
        return map(_entry, self.dynamo.query(COMMONS, where, values, index="by_owner"))

    def remove(self, shelf: str, key: str) -> bool:
        if not can_be_key(key, SORT_LIMIT):
            return False
        return bool(self.dynamo.write(self.dynamo.removing(COMMONS, _at(shelf, key)), returning="ALL_OLD"))


def owned_keys(dynamo: Dynamo, msp_id: str) -> Iterator[dict[str, Any]]:
    """The keys of everything a tenant owns there, to be removed with it."""
    found = dynamo.query(
        COMMONS, "#owner = :o", {"o": tenant_key(msp_id)}, index="by_owner", only="#shelf, #key"
    )
    return ({"shelf": item["shelf"], "key": item["key"]} for item in found)


def _at(shelf: str, key: str) -> dict[str, str]:
    return {"shelf": shelf, "key": key}


def _place(shelf: str, key: str) -> str:
    return f"{shelf}#{key}"


def _entry(item: dict[str, Any]) -> Entry:
    return Entry(
        shelf=item["shelf"],
        key=item["key"],
        owner=item["msp_id"],
        body=from_json(item["body"]),
        version=item["version"],
    )
