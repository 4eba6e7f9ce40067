"""DynamoDB as the adapters use it: plain items in and out, every page followed, every batch finished.

In expressions attributes are written `#name` and values `:name`; the names DynamoDB wants beside are found
here.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from mesh.adapters.aws.backoff import Backoff
from mesh.adapters.aws.clients import Clients
from mesh.adapters.aws.failures import BUSY_RETRY_S, THROTTLED, call
from mesh.adapters.aws.items import Item, from_item, to_item
from mesh.adapters.aws.settings import Settings
from mesh.adapters.aws.tables import Table
from mesh.kit.problem import Unavailable

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

# The most that one call takes (DynamoDB's service quotas).
WRITES_A_BATCH, READS_A_BATCH, WRITES_A_TRANSACTION = 25, 100, 100
TRANSACTION_BYTES = 4_000_000
ATTRIBUTE = re.compile(r"#\w+")
BUSY = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}


class ConditionFailed(Exception):
    """A write whose condition did not hold; nothing was written. `old` is the item that stood there, if
    asked.
    """

    def __init__(self, old: dict[str, Any] | None = None):
        super().__init__("the condition does not hold")
        self.old = old


@dataclass(frozen=True, slots=True)
class Dynamo:
    clients: Clients
    settings: Settings
    backoff: Backoff = field(default_factory=Backoff)

    @property
    def _client(self) -> "DynamoDBClient":
        return self.clients.dynamodb

    # What a write is: done alone by `write`, or with others, all or none, by `transact`.

    def putting(self, table: Table, item: Item, when: str = "", values: Item | None = None) -> dict[str, Any]:
        """Store the item, provided that `when` holds for the one that stood there."""
        return {"Put": {"Item": to_item(item), **self._on(table), **_texts(values, ConditionExpression=when)}}

    def changing(
        self, table: Table, key: Item, change: str, when: str = "", values: Item | None = None
    ) -> dict[str, Any]:
        """Change the item by an update expression."""
        texts = _texts(values, UpdateExpression=change, ConditionExpression=when)
        return {"Update": {"Key": to_item(key), **self._on(table), **texts}}

    def removing(self, table: Table, key: Item, when: str = "", values: Item | None = None) -> dict[str, Any]:
        return {
            "Delete": {"Key": to_item(key), **self._on(table), **_texts(values, ConditionExpression=when)}
        }

    def checking(self, table: Table, key: Item, when: str, values: Item | None = None) -> dict[str, Any]:
        """Writes nothing: the transaction fails when `when` does not hold."""
        texts = _texts(values, ConditionExpression=when)
        return {"ConditionCheck": {"Key": to_item(key), **self._on(table), **texts}}

    def write(
        self, write: Mapping[str, Any], returning: str = "NONE", *, show_old: bool = True
    ) -> dict[str, Any]:
        """Do one write; what `returning` names of the item. Raises ConditionFailed with what stood there,
        unless the caller may not see it (`show_old`).
        """
        from botocore.exceptions import ClientError

        (kind, request), *_ = write.items()
        operations: dict[str, Any] = {
            "Put": self._client.put_item,
            "Update": self._client.update_item,
            "Delete": self._client.delete_item,
        }
        asked = {**request, "ReturnValues": returning}
        if show_old and "ConditionExpression" in asked:
            asked["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        try:
            answer = cast("dict[str, Any]", call(operations[kind], **asked))
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                old: Any = error.response.get("Item", {})
                raise ConditionFailed(from_item(old) or None) from error
            raise
        return from_item(answer.get("Attributes", {}))

    def transact(self, writes: Sequence[Mapping[str, Any]]) -> None:
        """All writes or none; tried again while others hold the same items.

        Raises ConditionFailed when a condition does not hold, Unavailable when the items stay busy.
        """
        from botocore.exceptions import ClientError

        asked: Sequence[TransactWriteItemTypeDef] = writes  # type: ignore[assignment]
        for _ in self.backoff.attempts():
            try:
                call(self._client.transact_write_items, TransactItems=asked)
            except ClientError as error:
                codes = _cancelled_for(error)
                if "ConditionalCheckFailed" in codes:
                    raise ConditionFailed from error
                if not codes or not codes <= BUSY:
                    raise
            else:
                return
        raise Unavailable("The mesh's storage is busy; send the request again.", retry_after_s=BUSY_RETRY_S)

    # Reading.

    def get(self, table: Table, key: Item) -> dict[str, Any] | None:
        """The item as of now, or None."""
        answer = call(self._client.get_item, Key=to_item(key), ConsistentRead=True, **self._on(table))
        return from_item(answer["Item"]) if "Item" in answer else None

    def get_many(self, table: Table, keys: Sequence[Item]) -> list[dict[str, Any]]:
        """Those of the items that are there, as of now, in no order."""
        name, found = self.settings.table(table.name), []
        for start in range(0, len(keys), READS_A_BATCH):
            rest: Any = {
                name: {
                    "Keys": [to_item(key) for key in keys[start : start + READS_A_BATCH]],
                    "ConsistentRead": True,
                }
            }
            for _ in self.backoff.attempts():
                answer = call(self._client.batch_get_item, RequestItems=rest)
                found += [from_item(item) for item in answer["Responses"].get(name, [])]
                if not (rest := answer.get("UnprocessedKeys")):
                    break
            else:
                raise _unfinished()
        return found

    def count(self, table: Table, where: str, values: Item) -> int:
        """How many items there are, as of now; every page is read for it, and none of it is sent."""
        asked: dict[str, Any] = {
            **_texts(values, KeyConditionExpression=where),
            "Select": "COUNT",
            "ConsistentRead": True,
            **self._on(table),
        }
        number = 0
        while True:
            answer = call(self._client.query, **asked)
            number += answer["Count"]
            if "LastEvaluatedKey" not in answer:
                return number
            asked["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def query(
        self,
        table: Table,
        where: str,
        values: Item,
        *,
        index: str = "",
        only: str = "",
        newest_first: bool = False,
        page: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Every item, page after page (a page ends at 1 MB, or after `page` items); stop when you have
        enough.

        Consistent, save on a global index, which DynamoDB cannot read so. `only` names the attributes wanted.
        """
        is_global = any(i.name == index and i.partition for i in table.indexes)
        asked: dict[str, Any] = {
            **self._on(table),
            **_texts(values, KeyConditionExpression=where, ProjectionExpression=only),
            "ScanIndexForward": not newest_first,
            "ConsistentRead": not is_global,
        }
        if index:
            asked["IndexName"] = index
        if page:
            asked["Limit"] = page
        return self._pages(self._client.query, asked)

    def scan(self, table: Table) -> Iterator[dict[str, Any]]:
        """Every item of a table; for tables that are small by nature."""
        return self._pages(self._client.scan, {**self._on(table), "ConsistentRead": True})

    def _pages(self, operation: Any, asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
        while True:
            answer = call(operation, **asked)
            for item in answer["Items"]:
                yield from_item(item)
            if not (last := answer.get("LastEvaluatedKey")):
                return
            asked = {**asked, "ExclusiveStartKey": last}

    # Many writes that need not be one.

    def put_many(self, table: Table, items: Sequence[Item]) -> None:
        """Store items with different keys; each is stored or not by itself. Raises Unavailable if some are
        not.
        """
        self._batches(table, [{"PutRequest": {"Item": to_item(item)}} for item in items])

    def remove_many(self, table: Table, keys: Sequence[Item]) -> None:
        self._batches(table, [{"DeleteRequest": {"Key": to_item(key)}} for key in keys])

    def _batches(self, table: Table, requests: Sequence[Any]) -> None:
        name = self.settings.table(table.name)
        for start in range(0, len(requests), WRITES_A_BATCH):
            rest: Any = {name: requests[start : start + WRITES_A_BATCH]}
            for _ in self.backoff.attempts():
                rest = call(self._client.batch_write_item, RequestItems=rest).get("UnprocessedItems")
                if not rest:
                    break
            else:
                raise _unfinished()

    def _on(self, table: Table) -> dict[str, Any]:
        return {"TableName": self.settings.table(table.name)}


def _texts(values: Item | None, **texts: str) -> dict[str, Any]:
    """The expressions that are not empty, with the names and values they use."""
    asked: dict[str, Any] = {name: text for name, text in texts.items() if text}
    names = {name: name[1:] for text in texts.values() for name in ATTRIBUTE.findall(text)}
    if names:
        asked["ExpressionAttributeNames"] = names
    if values:
        asked["ExpressionAttributeValues"] = to_item({f":{name}": value for name, value in values.items()})
    return asked


def _cancelled_for(error: Any) -> set[str]:
    """Why a transaction did not happen, as a set of codes; empty when it was not for the state of its
    items.
    """
    code = error.response["Error"]["Code"]
    if code == "TransactionConflictException" or code in THROTTLED:
        return {"TransactionConflict"}
    reasons = error.response.get("CancellationReasons", [])
    return {str(reason["Code"]) for reason in reasons if reason.get("Code", "None") != "None"}


def _unfinished() -> Unavailable:
    detail = "The mesh's storage is busy and took only a part; send the request again, which is safe."
    return Unavailable(detail, retry_after_s=BUSY_RETRY_S)
