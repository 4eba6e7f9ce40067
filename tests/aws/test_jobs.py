"""Jobs between their table and their queue: what is lost, late or doubled on the way changes nothing."""

import json
from datetime import timedelta

import pytest

from mesh.adapters.aws.bodies import Bodies
from mesh.adapters.aws.dynamo import Dynamo
from mesh.adapters.aws.jobs import DynamoJobs
from mesh.adapters.aws.outbox import DynamoOutbox
from mesh.kit.fakes import NOON, StoppedClock
from mesh.kit.problem import Unavailable
from tests.aws.conftest import Deployment
from tests.aws.stubs import SETTINGS, Scripted, no_wait
from tests.aws.test_bodies import noise
from tests.ports.test_jobs import LEASE_S, REFUSED, claimed, job


def jobs_of(deployment: Deployment) -> DynamoJobs:
    jobs = deployment.platform.jobs
    assert isinstance(jobs, DynamoJobs)
    return jobs


def waiting(deployment: Deployment) -> list[dict[str, str]]:
    return [json.loads(body) for body in deployment.messages(deployment.settings.jobs_queue_url)]


def dead_letters(deployment: Deployment) -> list[dict[str, str]]:
    return [json.loads(body) for body in deployment.messages(deployment.settings.dead_letters_url)]


def test_a_job_is_announced_to_its_queue_by_name_alone(deployment: Deployment) -> None:
    deployment.platform.jobs.add(job(1))
    assert waiting(deployment) == [{"msp_id": "msp-a", "job_id": "j001"}]


def test_a_job_is_taken_by_whoever_got_its_message_and_by_nobody_else(deployment: Deployment) -> None:
    jobs = jobs_of(deployment)
    jobs.add(job(1))
    taken = jobs.take("msp-a", "j001", LEASE_S)
    assert taken is not None and (taken.state, taken.attempts) == ("running", 1)
    assert jobs.take("msp-a", "j001", LEASE_S) is None, "the message came twice"
    assert jobs.claim(LEASE_S) is None
    jobs.done(taken, "r")
    assert jobs.take("msp-a", "j001", LEASE_S) is None
    assert jobs.take("msp-a", "gone", LEASE_S) is None and jobs.take("msp-b", "j001", LEASE_S) is None


def test_a_message_that_came_too_early_takes_nothing(deployment: Deployment) -> None:
    jobs = jobs_of(deployment)
    jobs.add(job(1, after_s=60))
    assert jobs.take("msp-a", "j001", LEASE_S) is None
    deployment.clock.moment += timedelta(seconds=60)
    assert jobs.take("msp-a", "j001", LEASE_S) is not None


def test_a_job_whose_message_was_lost_is_found_all_the_same(deployment: Deployment) -> None:
    deployment.platform.jobs.add(job(1))
    waiting(deployment)
    assert claimed(deployment.platform.jobs).job_id == "j001"


def test_a_job_to_be_tried_again_is_sent_again(deployment: Deployment) -> None:
    jobs = deployment.platform.jobs
    jobs.add(job(1))
    waiting(deployment)
    jobs.failed(claimed(jobs), REFUSED, NOON)
    assert waiting(deployment) == [{"msp_id": "msp-a", "job_id": "j001"}]


def test_a_poisoned_job_is_in_the_dead_letters_once(deployment: Deployment) -> None:
    jobs = deployment.platform.jobs
    jobs.add(job(1))
    found = claimed(jobs)
    jobs.failed(found, REFUSED, None)
    jobs.failed(found, REFUSED, None)
    assert dead_letters(deployment) == [{"msp_id": "msp-a", "job_id": "j001"}]
    waiting(deployment)
    assert jobs.redrive("msp-a", "j001")
    assert waiting(deployment) == [{"msp_id": "msp-a", "job_id": "j001"}]


def test_a_question_too_large_for_an_item_is_answered_like_any_other(deployment: Deployment) -> None:
    large = job(1).model_copy(update={"question": {"text": noise(900_000)}})
    deployment.platform.jobs.add(large)
    assert claimed(deployment.platform.jobs).question == large.question


def test_a_job_that_the_queue_did_not_take_was_not_accepted() -> None:
    script, queue = Scripted("dynamodb"), Scripted("sqs")
    script.clients._made.update(queue.clients._made)
    script.answers("transact_write_items", {}).answers("delete_item", {})
    queue.refuses("send_message", "ThrottledException")
    bodies = Bodies(script.clients, SETTINGS)
    dynamo = Dynamo(script.clients, SETTINGS, no_wait())
    with pytest.raises(Unavailable):
        DynamoJobs(dynamo, bodies, DynamoOutbox(dynamo, bodies, StoppedClock())).add(job(1))
    script.is_done()


@pytest.mark.parametrize(("after_s", "delay"), [(-5, 0), (0, 0), (4, 4), (100_000, 900)])
def test_a_message_is_held_back_as_long_as_sqs_can(after_s: float, delay: int) -> None:
    script, queue = Scripted("dynamodb"), Scripted("sqs")
    script.clients._made.update(queue.clients._made)
    script.answers("transact_write_items", {})
    body = '{"msp_id":"msp-a","job_id":"j001"}'
    asked = {"QueueUrl": SETTINGS.jobs_queue_url, "MessageBody": body, "DelaySeconds": delay}
    queue.answers("send_message", {"MessageId": "m", "MD5OfMessageBody": "x"}, asked)
    bodies = Bodies(script.clients, SETTINGS)
    dynamo = Dynamo(script.clients, SETTINGS, no_wait())
    DynamoJobs(dynamo, bodies, DynamoOutbox(dynamo, bodies, StoppedClock())).add(job(1, after_s=after_s))
    queue.is_done()
