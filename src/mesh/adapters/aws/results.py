"""A tenant's answers in DynamoDB.

AgentResults is keyed by result and agent. An id is kept once whichever agent it is of, so a second item,
NAMED, stands for the id alone. Listing goes through global indexes, which are a moment behind: an answer is
found by its id at once, and in a list soon after.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from mesh.adapters.aws import places
from mesh.adapters.aws.bodies import Bodies
from mesh.adapters.aws.dynamo import ConditionFailed, Dynamo
from mesh.adapters.aws.items import PARTITION_LIMIT, can_be_key, tenant_key
from mesh.adapters.aws.outbox import DynamoOutbox
from mesh.adapters.aws.tables import RESULTS
from mesh.kit.agent import Envelope
from mesh.kit.event import Draft
from mesh.kit.ports import Page
from mesh.kit.records import sortable

NAMED = "="
NEW = "attribute_not_exists(#result_id)"


class AlreadyKept(Exception):
    """There is an answer under this id."""


@dataclass(frozen=True, slots=True)
class DynamoResults:
    dynamo: Dynamo
    bodies: Bodies
    outbox: DynamoOutbox
    msp_id: str

    def keep(self, result: Envelope, events: Sequence[Draft] = ()) -> None:
        """Raises AlreadyKept when there is an answer under its id."""
        key = self._key(result.result_id)
        item: dict[str, Any] = {
            "result_id": key,
            "agent_type": result.agent,
            "tenant": tenant_key(self.msp_id),
            "tenant_agent": tenant_key(self.msp_id, result.agent),
            "place": places.place(sortable(result.answered_at), result.result_id),
            **self.bodies.write(self.msp_id, result.model_dump_json().encode()),
        }
        named = {"result_id": key, "agent_type": NAMED}
        writes = [self.dynamo.putting(RESULTS, it, NEW) for it in (item, named)]
        try:
            self.outbox.commit(self.msp_id, writes, events)
        except ConditionFailed as error:
            raise AlreadyKept(f"the answer {result.result_id!r} exists already") from error

    def find(self, result_id: str) -> Envelope | None:
        key = self._key(result_id)
        if not can_be_key(key, PARTITION_LIMIT):
            return None
        values = {"id": key, "named": NAMED}
        condition = "#result_id = :id AND #agent_type > :named"
        item = next(self.dynamo.query(RESULTS, condition, values), None)
        return self._envelope(item) if item else None

    def page(
        self,
        *,
        agent: str | None = None,
        since: datetime | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Envelope]:
        index, partition = ("by_agent", "tenant_agent") if agent else ("by_tenant", "tenant")
        key = tenant_key(self.msp_id, agent) if agent else tenant_key(self.msp_id)
        values = {"p": key, "low": sortable(since) if since else places.GAP}
        condition = f"#{partition} = :p AND #place >= :low"
        if cursor:
            # A place is above all that come after it on the list, newest first.
            values["high"] = places.read(cursor)
            condition = f"#{partition} = :p AND #place BETWEEN :low AND :high"
            if values["low"] > values["high"]:
                return Page([], None)
        rows = self.dynamo.query(RESULTS, condition, values, index=index, newest_first=True, page=limit + 2)
        found = list(islice((row for row in rows if row["place"] != values.get("high")), limit + 1))
        last = found[limit - 1]["place"] if len(found) > limit else None
        return Page(self._envelopes(found[:limit]), places.written(last) if last else None)

    def _envelopes(self, rows: Sequence[dict[str, Any]]) -> list[Envelope]:
        keys = [{"result_id": row["result_id"], "agent_type": row["agent_type"]} for row in rows]
        items = {item["result_id"]: item for item in self.dynamo.get_many(RESULTS, keys)}
        # One that was erased since the index listed it is left out.
        return [self._envelope(items[row["result_id"]]) for row in rows if row["result_id"] in items]

    def _envelope(self, item: dict[str, Any]) -> Envelope:
        return Envelope.model_validate_json(self.bodies.read(self.msp_id, item))

    def _key(self, result_id: str) -> str:
        return tenant_key(self.msp_id, result_id)
