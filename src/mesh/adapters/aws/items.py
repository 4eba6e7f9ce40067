"""Items and keys: plain values to DynamoDB's typed ones and back, and tenants' ids as they stand in keys.

Only text, whole numbers and bytes are stored as attributes; what an agent said is JSON inside a body (see
`bodies.py`), so that no float passes through DynamoDB's decimals.
"""

from base64 import b64decode
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

if TYPE_CHECKING:
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef

Value = str | int | bytes
Item = Mapping[str, Value]
SEPARATOR = "#"
# DynamoDB's limits on a key, in bytes of UTF-8.
PARTITION_LIMIT, SORT_LIMIT = 2048, 1024


def to_item(values: Item) -> "dict[str, AttributeValueTypeDef]":
    """As DynamoDB takes it."""
    return {name: _typed(value) for name, value in values.items()}


def _typed(value: Value) -> "AttributeValueTypeDef":
    if isinstance(value, str):
        return {"S": value}
    return {"B": value} if isinstance(value, bytes) else {"N": str(value)}


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """As it was given to `to_item`; attributes of other types are left out."""
    found: dict[str, Any] = {}
    for name, typed in item.items():
        if "S" in typed:
            found[name] = typed["S"]
        elif "N" in typed:
            found[name] = int(typed["N"])
        elif "B" in typed:
            found[name] = bytes(typed["B"])
    return found


def from_image(image: Mapping[str, Any]) -> dict[str, Any]:
    """An item as Lambda passes it on from a stream: in JSON, where bytes are base64."""
    return from_item({n: {"B": b64decode(v["B"])} if "B" in v else v for n, v in image.items()})


def tenant_key(msp_id: str, *parts: str) -> str:
    """A partition key. The tenant's id is escaped, so that it ends where it seems to, and IAM's wildcards
    in a policy over it stand for themselves.

    >>> tenant_key("msp-a", "tickets"), tenant_key("a#b*")
    ('msp-a#tickets', 'a%23b%2A')
    """
    return SEPARATOR.join([quote(msp_id, safe=""), *parts])


def tenant_of(key: str) -> str:
    """The tenant's id in a partition key."""
    return unquote(key.partition(SEPARATOR)[0])


def can_be_key(text: str, limit: int = SORT_LIMIT) -> bool:
    """Whether DynamoDB takes the text as a key; what it does not take is nowhere stored."""
    return 0 < len(text.encode("utf-8", "surrogatepass")) <= limit and not any(
        "\ud800" <= letter <= "\udfff" for letter in text
    )
