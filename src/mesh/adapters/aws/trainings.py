"""Starting the task that trains: Flower is too large for a function, and a training longer than one."""

import json
import logging
from collections.abc import Mapping
from typing import Any, Self

from botocore.exceptions import ClientError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mesh.adapters.aws.clients import Clients
from mesh.adapters.aws.failures import call
from mesh.kit.problem import Unavailable

log = logging.getLogger("mesh.aws")

PREFIX = "MESH_TRAINING_"
# The container's name in the task's definition, and what it is told by.
CONTAINER, JOB, CODE_URL = "training", "MESH_TRAINING_JOB", "MESH_CODE_URL"
# Long enough for the image to come and the container to start.
CODE_URL_S = 3600


class TrainingJob(BaseModel):
    """Which attempt of which job a task is to bring to its end."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    msp_id: str
    job_id: str
    attempt: int


class TrainingTask(BaseModel):
    """Where tasks run and what they run: read from the environment of the function that starts them."""

    model_config = ConfigDict(frozen=True)

    cluster: str = Field(min_length=1)
    task: str = Field(min_length=1, description="ARN of the task's definition")
    subnets: str = Field(min_length=1, description="Ids, with commas between them")
    group: str = Field(min_length=1, description="Id of the security group")
    code_bucket: str = Field(min_length=1)
    code_key: str = Field(min_length=1)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Raises Unavailable that names what is missing."""
        names = {name: PREFIX + name.upper() for name in cls.model_fields}
        try:
            return cls.model_validate(
                {n: environment[told] for n, told in names.items() if told in environment}
            )
        except ValidationError as error:
            missing = ", ".join(sorted({names[str(item["loc"][0])] for item in error.errors()}))
            raise Unavailable(
                f"Trainings cannot be started: set {missing} in the function's environment."
            ) from error


def start(of: TrainingJob, task: TrainingTask, clients: Clients) -> str:
    """Start the task for one attempt of a job; its ARN. Asked twice for the same attempt, there is one task.

    Raises Unavailable with the reason that ECS gives.
    """
    code = {"Bucket": task.code_bucket, "Key": task.code_key}
    # The task needs no right to read packages, and no library to do it with.
    url = clients.s3.generate_presigned_url("get_object", Params=code, ExpiresIn=CODE_URL_S)
    told = [{"name": JOB, "value": of.model_dump_json()}, {"name": CODE_URL, "value": url}]
    network = {
        "subnets": task.subnets.split(","), "securityGroups": [task.group], "assignPublicIp": "ENABLED",
    }  # fmt: skip
    try:
        reply = call(
            clients.tasks.run_task, cluster=task.cluster, taskDefinition=task.task, launchType="FARGATE",
            count=1, clientToken=f"{of.job_id}-{of.attempt}"[:64], propagateTags="TASK_DEFINITION",
            networkConfiguration={"awsvpcConfiguration": network},
            overrides={"containerOverrides": [{"name": CONTAINER, "environment": told}]},
        )  # fmt: skip
    except ClientError as refused:
        # The job is taken: whatever ECS has against it must end the attempt, not this function alone. What
        # it says may name roles and accounts, and stays in the log.
        log.error("ECS refused to run a task: %s", refused)
        told_code = refused.response.get("Error", {}).get("Code", "no reason")
        raise Unavailable(f"The task that trains could not be started: {told_code}.") from refused
    if not reply.get("tasks"):
        reasons = ", ".join(str(one.get("reason", one)) for one in reply.get("failures", [])) or "no reason"
        raise Unavailable(f"The task that trains could not be started: {reasons}.")
    return str(reply["tasks"][0]["taskArn"])


def job_of(detail: Mapping[str, Any]) -> TrainingJob | None:
    """The job that a task was started for, from what ECS tells of the task; None where it tells none."""
    for container in detail.get("overrides", {}).get("containerOverrides", []):
        for one in container.get("environment", []):
            if one.get("name") == JOB:
                try:
                    return TrainingJob.model_validate(json.loads(one["value"]))
                except (ValueError, KeyError):
                    return None
    return None
