"""First replies by Idempotency-Key in DynamoDB, forgotten by its TTL
(draft-ietf-httpapi-idempotency-key-header).
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic_core import from_json, to_json

from mesh.adapters.aws.bodies import Bodies
from mesh.adapters.aws.dynamo import ConditionFailed, Dynamo
from mesh.adapters.aws.items import tenant_key
from mesh.adapters.aws.tables import EXPIRY, IDEMPOTENCY
from mesh.kit.platform import Reply
from mesh.kit.ports import Clock
from mesh.kit.problem import Conflict, FieldError, Invalid
from mesh.kit.records import sortable

KEPT = timedelta(hours=24)
# Free: never used, a day old (the TTL may take another two), or begun by a function that died.
FREE = (
    "attribute_not_exists(#idempotency_key) OR #begun_at < :oldest"
    " OR (attribute_not_exists(#status) AND #lease_until < :now)"
)


@dataclass(frozen=True, slots=True)
class DynamoReplies:
    dynamo: Dynamo
    bodies: Bodies
    clock: Clock

    def begin(self, msp_id: str, key: str, fingerprint: str, lease_s: float) -> Reply | None:
        now = self.clock.now()
        values = {"oldest": sortable(now - KEPT), "now": sortable(now)}
        # Names this try, so that one that was stored although its answer got lost knows itself again.
        begun_by = uuid.uuid4().hex
        item: dict[str, Any] = {
            **_key(msp_id, key),
            "fingerprint": fingerprint,
            "begun_by": begun_by,
            "begun_at": sortable(now),
            "lease_until": sortable(now + timedelta(seconds=lease_s)),
            EXPIRY: int((now + KEPT).timestamp()),
        }
        try:
            self.dynamo.write(self.dynamo.putting(IDEMPOTENCY, item, FREE, values))
        except ConditionFailed as error:
            found = error.old or {}
            return None if found.get("begun_by") == begun_by else self._first(msp_id, found, fingerprint)
        return None

    def finish(self, msp_id: str, key: str, reply: Reply) -> None:
        headers = to_json(reply.headers).decode()
        body = self.bodies.write(msp_id, reply.body)
        sets = ", ".join(f"#{name} = :{name}" for name in body)
        change = f"SET #status = :status, #headers = :headers, {sets} REMOVE #lease_until"
        values = {"status": reply.status, "headers": headers, **body}
        self._if_there(self.dynamo.changing(IDEMPOTENCY, _key(msp_id, key), change, EXISTS, values))

    def abandon(self, msp_id: str, key: str) -> None:
        when = "attribute_not_exists(#status)"
        self._if_there(self.dynamo.removing(IDEMPOTENCY, _key(msp_id, key), when))

    def _first(self, msp_id: str, found: Mapping[str, Any], fingerprint: str) -> Reply:
        if found.get("fingerprint", fingerprint) != fingerprint:
            reason = "already used for another question"
            raise Invalid("Use a new Idempotency-Key.", errors=[FieldError("Idempotency-Key", reason)])
        if "status" not in found:
            raise Conflict("The first request with this Idempotency-Key is still under way.", retry_after_s=1)
        return Reply(found["status"], from_json(found["headers"]), self.bodies.read(msp_id, found))

    def _if_there(self, write: Mapping[str, Any]) -> None:
        try:
            self.dynamo.write(write)
        except ConditionFailed:
            return


EXISTS = "attribute_exists(#idempotency_key)"


def _key(msp_id: str, key: str) -> dict[str, str]:
    return {"msp_id": tenant_key(msp_id), "idempotency_key": key}
