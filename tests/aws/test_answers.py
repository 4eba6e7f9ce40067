"""First replies whose answer got lost on the way, notes nobody could write, and lists that are behind."""

from datetime import timedelta

import pytest

from mesh.adapters.aws.bodies import Bodies
from mesh.adapters.aws.dynamo import Dynamo
from mesh.adapters.aws.items import to_item
from mesh.adapters.aws.replies import DynamoReplies
from mesh.adapters.aws.states import DynamoStates
from mesh.adapters.aws.tables import IDEMPOTENCY, RESULTS
from mesh.kit.fakes import NOON, StoppedClock
from mesh.kit.platform import Reply
from mesh.kit.problem import Conflict
from tests.aws.conftest import Deployment
from tests.aws.stubs import SETTINGS, Scripted, no_wait
from tests.aws.test_bodies import noise
from tests.ports.test_results import result
from tests.ports.test_states import state


def replies(script: Scripted) -> DynamoReplies:
    dynamo = Dynamo(script.clients, SETTINGS, no_wait())
    return DynamoReplies(dynamo, Bodies(script.clients, SETTINGS), StoppedClock())


@pytest.mark.parametrize("mine", [True, False])
def test_a_key_that_was_taken_by_a_try_of_our_own_is_ours(
    mine: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DynamoDB stored it, the answer was lost, botocore sent it again: the condition then fails on our own
    item.
    """

    class Known:
        hex = "this-try"

    monkeypatch.setattr("mesh.adapters.aws.replies.uuid.uuid4", Known)
    there = {"fingerprint": "q", "begun_by": "this-try" if mine else "another", "lease_until": "9"}
    script = Scripted("dynamodb")
    script.refuses("put_item", "ConditionalCheckFailedException", Item=to_item(there))
    if mine:
        assert replies(script).begin("msp-a", "k", "q", 60) is None
        return
    with pytest.raises(Conflict):
        replies(script).begin("msp-a", "k", "q", 60)


def test_a_reply_too_large_for_an_item_is_given_again_whole(deployment: Deployment) -> None:
    first = Reply(200, {"content-type": "application/json"}, noise(900_000).encode())
    deployment.platform.replies.begin("msp-a", "k", "q", 60)
    deployment.platform.replies.finish("msp-a", "k", first)
    assert deployment.platform.replies.begin("msp-a", "k", "q", 60) == first


def test_a_reply_names_the_second_it_may_be_forgotten(deployment: Deployment) -> None:
    deployment.platform.replies.begin("msp-a", "k", "q", 60)
    (item,) = deployment.dynamo.scan(IDEMPOTENCY)
    assert item["expires_at"] == int((NOON + timedelta(hours=24)).timestamp())


def test_notes_that_cannot_be_written_are_lost_and_stop_nothing() -> None:
    script = Scripted("dynamodb").refuses("batch_write_item", "ThrottlingException")
    states = DynamoStates(Dynamo(script.clients, SETTINGS, no_wait()))
    states.note(state(1))
    states.flush()
    script.is_done()
    script.answers("batch_write_item", {})
    states.note(state(2))
    states.flush()
    script.is_done()


def test_an_answer_that_a_list_still_names_after_it_went_is_left_out(deployment: Deployment) -> None:
    """A global index is a moment behind its table; here the listing is behind for good."""
    results = deployment.platform.ports("msp-a").results
    for n in range(3):
        results.keep(result(n, NOON + timedelta(seconds=n)))
    rows = list(
        deployment.dynamo.query(RESULTS, "#tenant = :t", {"t": "msp-a"}, index="by_tenant", newest_first=True)
    )
    deployment.dynamo.remove_many(RESULTS, [{"result_id": "msp-a#r001", "agent_type": "echo"}])
    assert [found.result_id for found in results._envelopes(rows)] == ["r002", "r000"]  # type: ignore[attr-defined]


def test_more_answers_than_one_read_takes_are_listed(deployment: Deployment) -> None:
    results = deployment.platform.ports("msp-a").results
    for n in range(130):
        results.keep(result(n, NOON + timedelta(seconds=n)))
    page = results.page(limit=120)
    assert [found.result_id for found in page.items] == [f"r{n:03}" for n in range(129, 9, -1)]
    assert len(results.page(limit=120, cursor=page.cursor).items) == 10


def test_many_rows_are_stored_beyond_what_a_transaction_takes(deployment: Deployment) -> None:
    records = deployment.platform.ports("msp-a").records
    rows = [{"id": f"m{n:04}", "metric_type": "cpu", "value": n} for n in range(1_234)]
    records.put("metrics", [*rows, *rows])
    assert list(records.scan("metrics")) == rows
    assert records.clear("metrics") == 1_234
