"""What the event processor keeps: counts per tenant in NetworkIntelligence, grave threats in ThreatEvents."""

from dataclasses import dataclass

from pydantic_core import to_json

from mesh.adapters.aws.dynamo import ConditionFailed, Dynamo
from mesh.adapters.aws.items import Item, tenant_key
from mesh.adapters.aws.tables import EXPIRY, IDEMPOTENCY, NETWORK, THREATS
from mesh.kit.event import Event
from mesh.kit.records import sortable

# Kinesis gives a record again for at most as long as it keeps it: a day.
KNOWN_S = 2 * 86_400
THREATS_KEPT_S = 90 * 86_400
GRAVE = frozenset({"HIGH", "CRITICAL"})


def severity(event: Event) -> str:
    """The severity an event speaks of; empty when it speaks of none."""
    told = event.data.get("severity")
    return told if isinstance(told, str) else ""


@dataclass(frozen=True, slots=True)
class Intelligence:
    dynamo: Dynamo

    def count(self, event: Event) -> bool:
        """Count an event once, however often it comes; False when it was counted before."""
        tenant, seconds = tenant_key(event.mspid), int(event.time.timestamp())
        known: Item = {"msp_id": tenant, "idempotency_key": f"event {event.id}", EXPIRY: seconds + KNOWN_S}
        values: Item = {"one": 1, "at": sortable(event.time)}
        change = "SET #last_at = :at ADD #count :one"
        key = {"msp_id": tenant, "metric_type": f"events:{event.type}"}
        writes = [
            self.dynamo.putting(IDEMPOTENCY, known, "attribute_not_exists(#idempotency_key)"),
            self.dynamo.changing(NETWORK, key, change, values=values),
        ]
        if severity(event) in GRAVE:
            writes.append(self.dynamo.putting(THREATS, _threat(event)))
        try:
            self.dynamo.transact(writes)
        except ConditionFailed:
            return False
        return True


def _threat(event: Event) -> Item:
    return {
        "threat_id": f"{tenant_key(event.mspid)}#{event.subject}",
        "timestamp": sortable(event.time),
        "severity": severity(event),
        "type": event.type,
        "body": to_json(event.data).decode(),
        EXPIRY: int(event.time.timestamp()) + THREATS_KEPT_S,
    }
