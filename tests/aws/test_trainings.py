"""Starting the task of a training: what ECS is asked and may refuse, and whose job a stopped task had."""

from typing import Any

import pytest
from botocore.stub import ANY

from mesh.adapters.aws.trainings import CODE_URL, CONTAINER, JOB, TrainingJob, TrainingTask, job_of, start
from mesh.kit.problem import Unavailable
from tests.aws.stubs import Scripted

OF = TrainingJob(msp_id="msp-a", job_id="0198-job", attempt=2)
TASK = TrainingTask(
    cluster="arn:cluster", task="arn:task:1", subnets="subnet-a,subnet-b", group="sg-1", code_bucket="code",
    code_key="training.zip",
)  # fmt: skip
WHERE = {"subnets": ["subnet-a", "subnet-b"], "securityGroups": ["sg-1"], "assignPublicIp": "ENABLED"}
ASKED: dict[str, Any] = {
    "cluster": "arn:cluster", "taskDefinition": "arn:task:1", "launchType": "FARGATE", "count": 1,
    "clientToken": "0198-job-2", "propagateTags": "TASK_DEFINITION",
    "networkConfiguration": {"awsvpcConfiguration": WHERE}, "overrides": ANY,
}  # fmt: skip


def test_one_task_is_asked_for_each_attempt_in_its_own_network() -> None:
    ecs = Scripted("tasks").answers("run_task", {"tasks": [{"taskArn": "arn:one"}], "failures": []}, ASKED)
    assert start(OF, TASK, ecs.clients) == "arn:one"
    ecs.is_done()


def test_the_task_is_told_its_job_and_where_its_code_lies_for_an_hour() -> None:
    asked: list[dict[str, Any]] = []

    class Ecs:
        def run_task(self, **more: Any) -> dict[str, Any]:
            asked.append(more)
            return {"tasks": [{"taskArn": "arn:one"}]}

    clients = Scripted("s3").clients
    clients._made["ecs"] = Ecs()
    start(OF, TASK, clients)
    (container,) = asked[0]["overrides"]["containerOverrides"]
    told = {one["name"]: one["value"] for one in container["environment"]}
    assert container["name"] == CONTAINER and TrainingJob.model_validate_json(told[JOB]) == OF
    url = told[CODE_URL]
    assert url.startswith("https://") and "training.zip" in url
    assert "X-Amz-Expires=3600" in url or "Expires=" in url
    assert job_of({"overrides": asked[0]["overrides"]}) == OF


def test_what_ecs_refuses_is_said_with_its_reason() -> None:
    full = {"tasks": [], "failures": [{"arn": "x", "reason": "Capacity is unavailable at this time"}]}
    with pytest.raises(Unavailable, match="Capacity is unavailable"):
        start(OF, TASK, Scripted("tasks").answers("run_task", full).clients)
    refused = Scripted("tasks").refuses("run_task", "InvalidParameterException", "no such subnet")
    with pytest.raises(Unavailable, match="InvalidParameterException"):
        start(OF, TASK, refused.clients)


def test_a_function_that_was_not_told_where_says_what_is_missing() -> None:
    with pytest.raises(Unavailable, match=r"MESH_TRAINING_CLUSTER.*MESH_TRAINING_TASK"):
        TrainingTask.from_environment({"MESH_TRAINING_GROUP": "sg-1"})


@pytest.mark.parametrize(
    "detail",
    [
        {}, {"overrides": {}}, {"overrides": {"containerOverrides": [{"name": "other"}]}},
        {"overrides": {"containerOverrides": [{"environment": [{"name": JOB, "value": "{"}]}]}},
    ],
    ids=str,
)  # fmt: skip
def test_a_task_that_was_started_for_something_else_has_no_job(detail: dict[str, Any]) -> None:
    assert job_of(detail) is None
