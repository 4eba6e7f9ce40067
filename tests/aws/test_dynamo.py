"""Whole pages, whole batches, and what happens when DynamoDB is busy, gone or not ours."""

import os
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from mesh.adapters.aws.clients import Clients
from mesh.adapters.aws.dynamo import ConditionFailed, Dynamo
from mesh.adapters.aws.failures import call
from mesh.adapters.aws.items import Item
from mesh.adapters.aws.tables import JOBS, RECORDS, TENANTS
from mesh.kit.problem import Unavailable
from tests.aws.conftest import Deployment
from tests.aws.stubs import SETTINGS, Scripted, Slept, no_wait

BUSY = ("ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded")
REFUSED = ("AccessDeniedException", "UnrecognizedClientException", "ExpiredTokenException")
# Port 9 (discard) is where nobody listens.
NOWHERE = Clients(
    endpoint_url="http://127.0.0.1:9",
    region_name="us-east-1",
    aws_access_key_id="x",
    aws_secret_access_key="x",
)
ITEMS = [{"msp_id": f"m{n}"} for n in range(3)]


def request(number: int) -> dict[str, Any]:
    return {"PutRequest": {"Item": {"msp_id": {"S": f"m{number}"}}}}


def dynamo(script: Scripted, slept: Slept | None = None) -> Dynamo:
    return Dynamo(script.clients, SETTINGS, no_wait(slept))


def cancelled(script: Scripted, *codes: str) -> Scripted:
    reasons = [{"Code": code} for code in codes]
    code = "TransactionCanceledException"
    return script.refuses("transact_write_items", code, CancellationReasons=reasons)


def test_a_query_goes_on_where_a_page_of_one_megabyte_ended(deployment: Deployment) -> None:
    items: list[Item] = [
        {"msp_id": "m", "job_id": f"j{n:02}", "body": os.urandom(140_000)} for n in range(16)
    ]
    deployment.dynamo.put_many(JOBS, items)
    pages: list[int] = []
    client = deployment.clients.dynamodb
    client.meta.events.register(
        "after-call.dynamodb.Query", lambda parsed, **_: pages.append(parsed["Count"])
    )
    found = list(deployment.dynamo.query(JOBS, "#msp_id = :m", {"m": "m"}))
    assert found == items
    assert len(pages) > 1 and sum(pages) == len(items)


def test_a_page_size_does_not_end_the_list(deployment: Deployment) -> None:
    deployment.dynamo.put_many(JOBS, [{"msp_id": "m", "job_id": f"j{n:02}"} for n in range(10)])
    assert len(list(deployment.dynamo.query(JOBS, "#msp_id = :m", {"m": "m"}, page=3))) == 10


def test_more_items_than_a_batch_takes_are_written_read_and_removed(deployment: Deployment) -> None:
    keys = [{"msp_id": f"t{n:03}"} for n in range(230)]
    deployment.dynamo.put_many(TENANTS, keys)
    assert len(deployment.dynamo.get_many(TENANTS, [*keys, {"msp_id": "nobody"}])) == 230
    deployment.dynamo.remove_many(TENANTS, keys)
    assert deployment.dynamo.get_many(TENANTS, keys) == []


def test_values_come_back_as_they_were_given(deployment: Deployment) -> None:
    item: Item = {"msp_id": "ключ ✓", "text": "", "count": -(10**30), "bytes": b"\x00\xff", "none": 0}
    deployment.dynamo.write(deployment.dynamo.putting(TENANTS, item))
    assert deployment.dynamo.get(TENANTS, {"msp_id": "ключ ✓"}) == item


def test_writes_that_dynamodb_left_over_are_sent_again_after_a_wait_that_grows() -> None:
    script, slept = Scripted("dynamodb"), Slept()
    script.answers("batch_write_item", {"UnprocessedItems": {"Tenants": [request(1), request(2)]}})
    script.answers(
        "batch_write_item",
        {"UnprocessedItems": {"Tenants": [request(2)]}},
        {"RequestItems": {"Tenants": [request(1), request(2)]}},
    )
    script.answers("batch_write_item", {}, {"RequestItems": {"Tenants": [request(2)]}})
    dynamo(script, slept).put_many(TENANTS, ITEMS)
    script.is_done()
    assert slept == [0.5 * 0.02 * 2, 0.5 * 0.02 * 4]


def test_writes_that_stay_left_over_are_said_not_to_be_stored() -> None:
    script = Scripted("dynamodb")
    for _ in range(4):
        script.answers("batch_write_item", {"UnprocessedItems": {"Tenants": [request(0)]}})
    with pytest.raises(Unavailable, match="safe") as refused:
        dynamo(script).put_many(TENANTS, ITEMS)
    assert refused.value.retry_after_s
    script.is_done()


def test_reads_that_dynamodb_left_over_are_asked_again() -> None:
    script = Scripted("dynamodb")
    rest = {"Tenants": {"Keys": [{"msp_id": {"S": "m1"}}], "ConsistentRead": True}}
    first = {"Responses": {"Tenants": [{"msp_id": {"S": "m0"}}]}, "UnprocessedKeys": rest}
    script.answers("batch_get_item", first)
    script.answers(
        "batch_get_item", {"Responses": {"Tenants": [{"msp_id": {"S": "m1"}}]}}, {"RequestItems": rest}
    )
    assert dynamo(script).get_many(TENANTS, ITEMS[:2]) == ITEMS[:2]


def test_a_transaction_is_tried_again_while_others_hold_its_items() -> None:
    script, slept = Scripted("dynamodb"), Slept()
    cancelled(script, "None", "TransactionConflict")
    cancelled(script, "ThrottlingError", "None")
    script.answers("transact_write_items", {})
    store = dynamo(script, slept)
    store.transact([store.putting(TENANTS, item) for item in ITEMS[:2]])
    script.is_done()
    assert len(slept) == 2


def test_a_transaction_whose_items_stay_held_is_unavailable() -> None:
    script = Scripted("dynamodb")
    for _ in range(4):
        cancelled(script, "TransactionConflict")
    store = dynamo(script)
    with pytest.raises(Unavailable):
        store.transact([store.putting(TENANTS, ITEMS[0])])


def test_a_condition_that_fails_is_told_apart_from_a_conflict() -> None:
    script = cancelled(Scripted("dynamodb"), "TransactionConflict", "ConditionalCheckFailed")
    store = dynamo(script)
    with pytest.raises(ConditionFailed):
        store.transact([store.putting(TENANTS, item) for item in ITEMS[:2]])
    script.is_done()


def test_a_transaction_that_is_wrong_is_not_tried_again() -> None:
    script = cancelled(Scripted("dynamodb"), "ValidationError")
    store = dynamo(script)
    with pytest.raises(ClientError):
        store.transact([store.putting(TENANTS, ITEMS[0])])
    script.is_done()


@pytest.mark.parametrize("code", BUSY)
def test_a_throttled_table_is_unavailable_for_now(code: str) -> None:
    script = Scripted("dynamodb").refuses(
        "get_item", code, "table arn:aws:dynamodb:us-east-1:123456789012:table/T"
    )
    with pytest.raises(Unavailable) as refused:
        dynamo(script).get(TENANTS, ITEMS[0])
    assert refused.value.retry_after_s and "123456789012" not in refused.value.detail


@pytest.mark.parametrize("code", REFUSED)
def test_what_aws_refuses_is_said_plainly_and_without_names_of_roles(code: str) -> None:
    message = "User: arn:aws:sts::123456789012:assumed-role/x is not authorized"
    script = Scripted("dynamodb").refuses("get_item", code, message)
    with pytest.raises(Unavailable, match="AWS refused GetItem") as refused:
        dynamo(script).get(TENANTS, ITEMS[0])
    assert "arn:" not in refused.value.detail


def test_a_table_that_is_not_there_is_said_to_need_a_deploy(deployment: Deployment) -> None:
    elsewhere = deployment.settings.model_copy(update={"table_prefix": "no-such-"})
    with pytest.raises(Unavailable, match="deploy"):
        Dynamo(deployment.clients, elsewhere, no_wait()).get(TENANTS, ITEMS[0])


def test_an_aws_that_cannot_be_reached_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        Dynamo(NOWHERE, SETTINGS, no_wait()).get(TENANTS, ITEMS[0])


def test_a_defect_of_ours_is_not_called_unavailable() -> None:
    wrong: Any = {"Table": "misnamed"}
    with pytest.raises(ParamValidationError):
        call(NOWHERE.dynamodb.get_item, **wrong)


def test_the_item_that_stood_in_the_way_is_told(deployment: Deployment) -> None:
    store, item = deployment.dynamo, {"collection": "msp-a#x", "record_id": "1", "place": "p"}
    new = store.putting(RECORDS, item, "attribute_not_exists(#record_id)")
    store.write(new)
    with pytest.raises(ConditionFailed) as refused:
        store.write(new)
    assert refused.value.old == item
