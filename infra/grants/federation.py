"""Trainings: starting a task for one, and what the task may do."""

from collections.abc import Iterable

from infra.grants.allowing import Statements, allow, bodies, items
from infra.grants.jobs import work_off_jobs
from infra.grants.tenants import answer
from infra.names import queue_arn
from infra.plan import JOBS_QUEUE
from mesh.adapters.aws.tables import COMMONS, JOBS, TENANTS


def start_trainings(definition: str, cluster: str, roles: Iterable[str], code: str) -> Statements:
    """Tasks of one definition in one cluster, with their own roles; their code, to hand on its address; and
    the job that each is for. All are ARNs.
    """
    running = allow(["ecs:RunTask"], [definition])
    running.add_conditions({"ArnEquals": {"ecs:cluster": cluster}})
    passing = allow(["iam:PassRole"], roles)
    passing.add_conditions({"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}})
    return [
        running,
        passing,
        allow(["s3:GetObject"], [code]),
        items(JOBS, "GetItem"),
        *work_off_jobs(),
        # An attempt that failed is followed by the next.
        allow(["sqs:SendMessage"], [queue_arn(JOBS_QUEUE)]),
        bodies("GetObject"),
    ]


def train(models: Iterable[str], tenant_role: str) -> Statements:
    """What the task that trains may do: as whatever answers for tenants, each behind its own fence; know
    which tenants there are; and take back the invitations of sites.
    """
    return [
        *answer(models, tenant_role), *work_off_jobs(), items(TENANTS, "Scan"), items(COMMONS, "DeleteItem"),
    ]  # fmt: skip
