"""What the mesh holds between its tenants, in the table Commons: a partition for each shelf.

Beside each row stands its place in a partition of its owner, written and removed in one transaction with it:
what an owner has is then read as it is, which an index of DynamoDB's cannot promise.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pydantic_core import from_json, to_json

from mesh.adapters.aws.dynamo import READS_A_BATCH, ConditionFailed, Dynamo
from mesh.adapters.aws.items import SORT_LIMIT, Item, can_be_key, tenant_key
from mesh.adapters.aws.side_by_side import side_by_side
from mesh.adapters.aws.tables import COMMONS, EXPIRY
from mesh.kit.platform import Entry
from mesh.kit.problem import Conflict

# No shelf is called so: the partitions of owners.
OWNED = "#owned#"
STORE = f"SET #owner = :owner, #body = :body REMOVE #{EXPIRY} ADD #version :one"
STORE_UNTIL = f"SET #owner = :owner, #body = :body, #{EXPIRY} = :until ADD #version :one"
TRIES = 20


@dataclass(frozen=True, slots=True)
class DynamoCommons:
    dynamo: Dynamo

    def put(self, entry: Entry, before: int | None = None) -> bool:
        for _ in range(TRIES):
            stood: dict[str, Any] | None = None
            if before != 0:
                done, stood = self._changed(entry, before)
                if done:
                    return True
                if before is not None and (stood is None or stood["version"] != before):
                    return False
            if self._placed(entry, stood):
                return True
            if before is not None:
                return False
        raise Conflict("The same thing is changed again and again; try later.", retry_after_s=1)

    def find(self, shelf: str, key: str) -> Entry | None:
        if not can_be_key(key, SORT_LIMIT):
            return None
        item = self.dynamo.get(COMMONS, _at(shelf, key))
        return _entry(item) if item else None

    def scan(self, shelf: str, prefix: str = "") -> Iterator[Entry]:
        values: Item = {"s": shelf, "p": prefix} if prefix else {"s": shelf}
        where = "#shelf = :s AND begins_with(#key, :p)" if prefix else "#shelf = :s"
        return map(_entry, self.dynamo.query(COMMONS, where, values))

    def scan_many(self, shelf: str, prefixes: Sequence[str]) -> Mapping[str, Sequence[Entry]]:
        return side_by_side(lambda prefix: list(self.scan(shelf, prefix)), prefixes)

    def owned(self, owner: str, shelf: str) -> Iterator[Entry]:
        values: Item = {"o": _owned(owner), "p": f"{shelf}#"}
        places = self.dynamo.query(COMMONS, "#shelf = :o AND begins_with(#key, :p)", values)
        keys = [_at(shelf, place["key"].removeprefix(f"{shelf}#")) for place in places]
        found = map(_entry, self.dynamo.get_many(COMMONS, keys))
        return iter(sorted((one for one in found if one.owner == owner), key=lambda one: one.key))

    def remove(self, shelf: str, key: str) -> bool:
        for _ in range(TRIES):
            there = self.find(shelf, key)
            if there is None:
                return False
            same, owner = "#owner = :owner", {"owner": there.owner}
            try:
                self.dynamo.transact(
                    [
                        self.dynamo.removing(COMMONS, _at(shelf, key), same, owner),
                        self.dynamo.removing(COMMONS, _place(there)),
                    ]
                )
            except ConditionFailed:
                continue  # it went, or became another's, in between
            return True
        raise Conflict("The same thing is changed again and again; try later.", retry_after_s=1)

    def _changed(self, entry: Entry, before: int | None) -> tuple[bool, dict[str, Any] | None]:
        """Change a row that is its owner's already and has no end: its place is there. Else: what stands."""
        if entry.until is not None:
            return False, self.dynamo.get(COMMONS, _at(entry.shelf, entry.key))
        when = f"#owner = :owner AND attribute_not_exists(#{EXPIRY})"
        values = _values(entry)
        if before is not None:
            when, values["before"] = f"{when} AND #version = :before", before
        try:
            self.dynamo.write(self.dynamo.changing(COMMONS, _at(entry.shelf, entry.key), STORE, when, values))
        except ConditionFailed as failed:
            return False, failed.old
        return True, None

    def _placed(self, entry: Entry, stood: Mapping[str, Any] | None) -> bool:
        """Store the row with its place, if what `stood` there still does; whether it did."""
        values, when = _values(entry), "attribute_not_exists(#shelf)"
        if stood:
            when, values["before"] = "#version = :before", stood["version"]
        place: Item = {**_place(entry), **({EXPIRY: values["until"]} if entry.until else {})}
        change = STORE_UNTIL if entry.until else STORE
        try:
            self.dynamo.transact(
                [
                    self.dynamo.changing(COMMONS, _at(entry.shelf, entry.key), change, when, values),
                    self.dynamo.putting(COMMONS, place),
                ]
            )
        except ConditionFailed:
            return False
        return True


def owned_keys(dynamo: Dynamo, msp_id: str) -> Iterator[dict[str, Any]]:
    """The keys of everything a tenant owns there, and of the places these have, to be removed with it."""
    places = dynamo.query(COMMONS, "#shelf = :o", {"o": _owned(msp_id)})
    while part := [place["key"] for place in islice(places, READS_A_BATCH)]:
        rows = dynamo.get_many(COMMONS, [_at(*place.split("#", 1)) for place in part])
        yield from (_at(row["shelf"], row["key"]) for row in rows if row["owner"] == msp_id)
        yield from (_at(_owned(msp_id), place) for place in part)


def _values(entry: Entry) -> dict[str, str | int]:
    values: dict[str, str | int] = {
        "owner": entry.owner, "body": to_json(entry.body).decode(), "one": 1
    }  # fmt: skip
    return values | ({"until": int(entry.until.timestamp()) + 1} if entry.until else {})


def _at(shelf: str, key: str) -> dict[str, str]:
    return {"shelf": shelf, "key": key}


def _owned(owner: str) -> str:
    return f"{OWNED}{tenant_key(owner)}"


def _place(entry: Entry) -> dict[str, str]:
    return _at(_owned(entry.owner), f"{entry.shelf}#{entry.key}")


def _entry(item: dict[str, Any]) -> Entry:
    return Entry(
        shelf=item["shelf"],
        key=item["key"],
        owner=item["owner"],
        body=from_json(item["body"]),
        version=item["version"],
    )
