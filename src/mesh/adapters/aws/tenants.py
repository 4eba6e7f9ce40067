"""Tenants and their API keys in DynamoDB."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from mesh.adapters import api_keys
from mesh.adapters.aws.blobs import erase_objects
from mesh.adapters.aws.commons import owned_keys
from mesh.adapters.aws.directory import erase_from_directory
from mesh.adapters.aws.dynamo import ConditionFailed, Dynamo
from mesh.adapters.aws.items import PARTITION_LIMIT, can_be_key, tenant_key, tenant_of
from mesh.adapters.aws.results import NAMED
from mesh.adapters.aws.tables import (
    API_KEYS,
    COMMONS,
    EVENTS,
    IDEMPOTENCY,
    JOBS,
    NETWORK,
    RECORDS,
    RESULTS,
    TENANTS,
    Table,
)
from mesh.kit.platform import KeyInfo, Role, Tenant
from mesh.kit.ports import Clock
from mesh.kit.problem import NotFound
from mesh.kit.records import INTERNAL, KINDS, sortable

# Tables whose partition key is the tenant's id alone, with their sort keys.
WHOLE: tuple[tuple[Table, str], ...] = (
    (EVENTS, "seq"), (JOBS, "job_id"), (IDEMPOTENCY, "idempotency_key"), (NETWORK, "metric_type"),
)  # fmt: skip
A_PART = 1_000
# A key in use is written down so often at most; each write costs money.
NOTED_EVERY = timedelta(hours=1)
NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DynamoTenants:
    dynamo: Dynamo
    clock: Clock

    def put(self, tenant: Tenant) -> None:
        change = "SET #name = :name, #simulated = :simulated, #created_at = if_not_exists(#created_at, :now)"
        now = sortable(self.clock.now())
        values: dict[str, Any] = {"name": tenant.name, "simulated": int(tenant.simulated), "now": now}
        self.dynamo.write(self.dynamo.changing(TENANTS, _key(tenant.msp_id), change, values=values))

    def find(self, msp_id: str) -> Tenant | None:
        # An empty key is refused by DynamoDB; the read is made all the same, since it tells whether it
        # answers.
        item = self.dynamo.get(TENANTS, _key(msp_id) if msp_id else {"msp_id": "#"})
        return _tenant(item) if item else None

    def listing(self) -> Sequence[Tenant]:
        found = [_tenant(item) for item in self.dynamo.scan(TENANTS)]
        return sorted(found, key=lambda tenant: tenant.msp_id)

    def erase(self, msp_id: str) -> int:
        """Keys first, so that nothing new comes in; the tenant last, so that an erasure cut short can be
        repeated.
        """
        gone = self._remove(API_KEYS, _keys_of(self.dynamo, msp_id))
        gone += self._remove(RESULTS, self._results(msp_id))
        for kind in (*KINDS, *INTERNAL):
            collection = tenant_key(msp_id, quote(kind, safe=""))
            gone += self._remove(RECORDS, self._all(RECORDS, "collection", "record_id", collection))
        gone += erase_from_directory(self.dynamo, msp_id)
        gone += self._remove(COMMONS, owned_keys(self.dynamo, msp_id))
        for table, sort in WHOLE:
            gone += self._remove(table, self._all(table, table.partition.name, sort, tenant_key(msp_id)))
        gone += erase_objects(self.dynamo.clients, self.dynamo.settings, msp_id)
        old = self.dynamo.write(self.dynamo.removing(TENANTS, _key(msp_id)), returning="ALL_OLD")
        return gone + bool(old)

    def _all(self, table: Table, partition: str, sort: str, value: str) -> Iterator[dict[str, Any]]:
        only = f"#{partition}, #{sort}"
        return self.dynamo.query(table, f"#{partition} = :p", {"p": value}, only=only)

    def _results(self, msp_id: str) -> Iterator[dict[str, Any]]:
        """Both items of each answer: the one the index lists, and the one that stands for its id."""
        found = self.dynamo.query(RESULTS, "#tenant = :t", {"t": tenant_key(msp_id)}, index="by_tenant")
        for item in found:
            yield {"result_id": item["result_id"], "agent_type": item["agent_type"]}
            yield {"result_id": item["result_id"], "agent_type": NAMED}

    def _remove(self, table: Table, keys: Iterator[dict[str, Any]]) -> int:
        gone, part = 0, []
        for key in keys:
            part.append(key)
            if len(part) == A_PART:
                self.dynamo.remove_many(table, part)
                gone, part = gone + len(part), []
        self.dynamo.remove_many(table, part)
        return gone + len(part)


@dataclass(frozen=True, slots=True)
class DynamoKeys:
    dynamo: Dynamo
    clock: Clock
    # When this process last noted the use of a key.
    noted: dict[str, datetime] = field(default_factory=dict)

    def create(self, msp_id: str, label: str = "", role: Role = "member") -> str:
        made = api_keys.make()
        item: dict[str, Any] = {
            "key_id": made.key_id,
            "tenant": tenant_key(msp_id),
            "msp_id": msp_id,
            "hash": made.hash,
            "label": label,
            "role": role,
            "created_at": sortable(self.clock.now()),
        }
        there = self.dynamo.checking(TENANTS, _key(msp_id), "attribute_exists(#msp_id)")
        new = self.dynamo.putting(API_KEYS, item, "attribute_not_exists(#key_id)")
        try:
            self.dynamo.transact([there, new])
        except ConditionFailed as error:
            raise NotFound(f"There is no tenant {msp_id!r}.") from error
        return made.text

    def tenant_of(self, key: str) -> Tenant | None:
        key_id = api_keys.key_id(key)
        item = self.dynamo.get(API_KEYS, {"key_id": key_id}) if can_be_key(key_id, PARTITION_LIMIT) else None
        live = item if item and "revoked_at" not in item else None
        if not api_keys.opens(key, live["hash"] if live else None) or live is None:
            return None
        return DynamoTenants(self.dynamo, self.clock).find(live["msp_id"])

    def is_live(self, key_id: str) -> bool:
        """Whether a key that once opened something still would."""
        item = self.dynamo.get(API_KEYS, {"key_id": key_id}) if can_be_key(key_id, PARTITION_LIMIT) else None
        return item is not None and "revoked_at" not in item

    def note_use(self, key_id: str) -> None:
        """That the key was used now, for who lists keys. The authorizer alone does so, which each key passes
        every few minutes; it may write this attribute and no other.
        """
        now = self.clock.now()
        if now - self.noted.get(key_id, NEVER) < NOTED_EVERY:
            return
        self.noted[key_id] = now
        when = (
            "attribute_exists(#key_id) AND (attribute_not_exists(#last_used_at) OR #last_used_at <= :before)"
        )
        values = {"now": sortable(now), "before": sortable(now - NOTED_EVERY)}
        change = "SET #last_used_at = :now"
        try:
            write = self.dynamo.changing(API_KEYS, {"key_id": key_id}, change, when, values)
            self.dynamo.write(write, show_old=False)
        except ConditionFailed:
            return  # another process noted it, or the key is gone

    def find(self, key_id: str) -> KeyInfo | None:
        item = self.dynamo.get(API_KEYS, {"key_id": key_id}) if can_be_key(key_id, PARTITION_LIMIT) else None
        return _info(item) if item else None

    def listing(self, msp_id: str | None = None) -> Sequence[KeyInfo]:
        """One tenant's keys are found by an index: what was made a moment ago may be missing."""
        if msp_id is None:
            found = list(self.dynamo.scan(API_KEYS))
        else:
            found = self.dynamo.get_many(API_KEYS, list(_keys_of(self.dynamo, msp_id)))
        return [_info(item) for item in sorted(found, key=lambda item: (item["msp_id"], item["created_at"]))]

    def revoke(self, key_id: str) -> bool:
        if not can_be_key(key_id, PARTITION_LIMIT):
            return False
        when = "attribute_exists(#key_id) AND attribute_not_exists(#revoked_at)"
        values = {"now": sortable(self.clock.now())}
        write = self.dynamo.changing(API_KEYS, {"key_id": key_id}, "SET #revoked_at = :now", when, values)
        try:
            self.dynamo.write(write)
        except ConditionFailed:
            return False
        return True


def _keys_of(dynamo: Dynamo, msp_id: str) -> Iterator[dict[str, Any]]:
    values = {"t": tenant_key(msp_id)}
    found = dynamo.query(API_KEYS, "#tenant = :t", values, index="by_tenant", only="#key_id, #tenant")
    return ({"key_id": item["key_id"]} for item in found)


def _key(msp_id: str) -> dict[str, str]:
    return {"msp_id": tenant_key(msp_id)}


def _tenant(item: dict[str, Any]) -> Tenant:
    return Tenant(msp_id=tenant_of(item["msp_id"]), name=item["name"], simulated=bool(item["simulated"]))


def _info(item: dict[str, Any]) -> KeyInfo:
    return KeyInfo(
        key_id=item["key_id"],
        msp_id=item["msp_id"],
        label=item["label"],
        role=item.get("role", "member"),
        created_at=datetime.fromisoformat(item["created_at"]),
        last_used_at=datetime.fromisoformat(item["last_used_at"]) if "last_used_at" in item else None,
        revoked_at=datetime.fromisoformat(item["revoked_at"]) if "revoked_at" in item else None,
    )
