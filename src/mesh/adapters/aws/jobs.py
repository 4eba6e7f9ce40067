"""Jobs in DynamoDB, delivered by SQS.

The table says what is true; a message only says "look at this job". So a message that comes twice, late or
not at all changes nothing: a function takes the job by a conditional write and answers it, and whatever
lost its message is found by `claim`, which reads the index of due jobs (a schedule calls it).
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from pydantic_core import from_json, to_json

from mesh.adapters.aws import places
from mesh.adapters.aws.bodies import Bodies
from mesh.adapters.aws.dynamo import ConditionFailed, Dynamo
from mesh.adapters.aws.failures import call
from mesh.adapters.aws.items import can_be_key, tenant_key, tenant_of
from mesh.adapters.aws.outbox import DynamoOutbox
from mesh.adapters.aws.tables import JOBS
from mesh.kit.event import Draft
from mesh.kit.platform import Job
from mesh.kit.ports import Page
from mesh.kit.problem import Problem
from mesh.kit.records import sortable

# One partition of the index of due jobs: it takes a thousand changes a second.
LINE = "due"
CANDIDATES = 10
# How many jobs in a row other workers may snatch away before this one gives up for now.
SNATCHED = 100
LONGEST_DELAY_S = 900  # of an SQS message
MINE = "#state = :running AND #attempts = :attempts"
IN_LINE = "#not_before = :not_before, #due_at = :due_at, #line = :line"


@dataclass(frozen=True, slots=True)
class DynamoJobs:
    dynamo: Dynamo
    bodies: Bodies
    outbox: DynamoOutbox

    def add(self, job: Job) -> None:
        """Stored, then sent to the queue. When the queue refuses, the job is taken back: Unavailable."""
        key = _key(job.msp_id, job.job_id)
        item = {
            **key,
            "place": places.place(sortable(job.created_at), job.job_id),
            "agent": job.agent,
            "state": job.state,
            "attempts": job.attempts,
            "created_at": sortable(job.created_at),
            **_due(job.msp_id, job.job_id, job.not_before),
            **self.bodies.write(job.msp_id, to_json(job.question)),
        }
        self.dynamo.transact([self.dynamo.putting(JOBS, item, "attribute_not_exists(#job_id)")])
        try:
            self._send(job.msp_id, job.job_id, job.not_before)
        except Problem:
            self.dynamo.write(self.dynamo.removing(JOBS, key))
            raise

    def claim(self, lease_s: float, *, of: str | None = None, but: Collection[str] = ()) -> Job | None:
        misses = 0
        while misses < SNATCHED:
            due = list(islice(self._due(self.outbox.clock.now()), CANDIDATES))
            if not due:
                return None
            for item in due:
                wanted = (of is None and not but) or self._is_of(item, of, but)
                if wanted and (job := self._take(item["msp_id"], item["job_id"], lease_s)):
                    return job
                misses += 1
        return None

    def take(self, msp_id: str, job_id: str, lease_s: float) -> Job | None:
        """This job, now running, as `claim` gives one; None when it is not due, or done, dead or gone."""
        return self._take(tenant_key(msp_id), job_id, lease_s)

    def remind(self, job: Job) -> None:
        """Sends another message for a job that could not be taken yet, to come when it can be."""
        self._send(job.msp_id, job.job_id, job.not_before)

    def overdue(self, by_s: float) -> Iterator[Job]:
        """Jobs that should have been taken so long ago: their messages were lost."""
        latest = self.outbox.clock.now() - timedelta(seconds=by_s)
        for item in self._due(latest):
            if job := self.find(tenant_of(item["msp_id"]), item["job_id"]):
                yield job

    def done(self, job: Job, result_id: str) -> None:
        draft = Draft(type="job.finished", topic="jobs", subject=job.job_id, data={"result_id": result_id})
        change = "SET #state = :done, #result_id = :result_id REMOVE #line, #due_at, #problem"
        self._end(job, change, {"done": "done", "result_id": result_id}, draft)

    def failed(self, job: Job, problem: Mapping[str, Any], retry_at: datetime | None) -> None:
        told = to_json(problem).decode()
        if retry_at:
            change = f"SET #state = :waiting, #problem = :problem, {IN_LINE}"
            values = {"waiting": "waiting", "problem": told, **_due(job.msp_id, job.job_id, retry_at)}
            if self._end(job, change, values, None):
                self._send(job.msp_id, job.job_id, retry_at)
            return
        draft = Draft(type="job.failed", topic="jobs", subject=job.job_id, data={"problem": problem})
        change = "SET #state = :dead, #problem = :problem REMOVE #line, #due_at"
        if self._end(job, change, {"dead": "dead", "problem": told}, draft):
            self.bury(job.msp_id, job.job_id)

    def bury(self, msp_id: str, job_id: str) -> None:
        """Puts a dead job's message into the dead letters, where an alarm sees it."""
        call(
            self.dynamo.clients.sqs.send_message,
            QueueUrl=self.dynamo.settings.dead_letters_url,
            MessageBody=message(msp_id, job_id),
        )

    def find(self, msp_id: str, job_id: str) -> Job | None:
        item = self.dynamo.get(JOBS, _key(msp_id, job_id)) if can_be_key(job_id) else None
        return self._job(item) if item else None

    def glance(self, msp_id: str, job_id: str) -> Job | None:
        """As `find`, without the question, which may lie in a bucket that the caller cannot read."""
        item = self.dynamo.get(JOBS, _key(msp_id, job_id)) if can_be_key(job_id) else None
        return self._job(item, {}) if item else None

    def page(
        self,
        msp_id: str,
        *,
        state: str | None = None,
        agent: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Job]:
        values = {"m": tenant_key(msp_id)}
        condition = "#msp_id = :m"
        if cursor:
            values["before"] = places.read(cursor)
            condition += " AND #place < :before"
        page = None if state or agent else limit + 1
        rows = self.dynamo.query(JOBS, condition, values, index="by_time", newest_first=True, page=page)
        wanted = (row for row in rows if state in (None, row["state"]) and agent in (None, row["agent"]))
        found = list(islice(wanted, limit + 1))
        last = found[limit - 1] if len(found) > limit else None
        place = places.written(last["place"]) if last else None
        return Page([self._job(row) for row in found[:limit]], place)

    def redrive(self, msp_id: str, job_id: str) -> bool:
        if not can_be_key(job_id):
            return False
        now = self.outbox.clock.now()
        change = f"SET #state = :waiting, #attempts = :none, {IN_LINE}"
        values: dict[str, Any] = {
            "waiting": "waiting",
            "dead": "dead",
            "none": 0,
            **_due(msp_id, job_id, now),
        }
        write = self.dynamo.changing(JOBS, _key(msp_id, job_id), change, "#state = :dead", values)
        try:
            self.dynamo.write(write)
        except ConditionFailed:
            return False
        self._send(msp_id, job_id, now)
        return True

    def _due(self, moment: datetime) -> Iterator[dict[str, Any]]:
        until = places.place(sortable(moment), places.END)
        values = {"line": LINE, "until": until}
        return self.dynamo.query(
            JOBS, "#line = :line AND #due_at <= :until", values, index="due", page=CANDIDATES
        )

    def _is_of(self, item: Mapping[str, Any], of: str | None, but: Collection[str]) -> bool:
        """Whether a due job is of that agent, and of none of these; the index does not say."""
        found = self.glance(tenant_of(item["msp_id"]), item["job_id"])
        return found is not None and of in (None, found.agent) and found.agent not in but

    def _take(self, tenant: str, job_id: str, lease_s: float) -> Job | None:
        now = self.outbox.clock.now()
        lease = _due(tenant_of(tenant), job_id, now + timedelta(seconds=lease_s))
        change = f"SET #state = :running, #attempts = #attempts + :one, {IN_LINE}"
        # A running job whose lease ended belonged to a function that died: it is due again like any other.
        when = "#state IN (:waiting, :running) AND #not_before <= :now"
        values: dict[str, Any] = {
            "running": "running",
            "waiting": "waiting",
            "one": 1,
            "now": sortable(now),
            **lease,
        }
        write = self.dynamo.changing(JOBS, {"msp_id": tenant, "job_id": job_id}, change, when, values)
        try:
            return self._job(self.dynamo.write(write, returning="ALL_NEW"))
        except ConditionFailed:
            return None

    def _end(self, job: Job, change: str, values: dict[str, Any], draft: Draft | None) -> bool:
        """Only the attempt that holds the job may end it; whether this one did."""
        asked = {**values, "running": "running", "attempts": job.attempts}
        write = self.dynamo.changing(JOBS, _key(job.msp_id, job.job_id), change, MINE, asked)
        try:
            self.outbox.commit(job.msp_id, [write], [draft] if draft else [])
        except ConditionFailed:
            return False
        return True

    def _send(self, msp_id: str, job_id: str, due: datetime) -> None:
        wait = (due - self.outbox.clock.now()).total_seconds()
        call(
            self.dynamo.clients.sqs.send_message,
            QueueUrl=self.dynamo.settings.jobs_queue_url,
            MessageBody=message(msp_id, job_id),
            DelaySeconds=round(min(LONGEST_DELAY_S, max(0.0, wait))),
        )

    def _job(self, item: Mapping[str, Any], question: dict[str, Any] | None = None) -> Job:
        msp_id = tenant_of(item["msp_id"])
        fields = {name: item[name] for name in Job.model_fields if name in item}
        fields["msp_id"] = msp_id
        fields["question"] = from_json(self.bodies.read(msp_id, item)) if question is None else question
        fields["problem"] = from_json(item["problem"]) if "problem" in item else None
        return Job.model_validate(fields)


def message(msp_id: str, job_id: str) -> str:
    """What is said of a job in a queue."""
    return to_json({"msp_id": msp_id, "job_id": job_id}).decode()


def _key(msp_id: str, job_id: str) -> dict[str, str]:
    return {"msp_id": tenant_key(msp_id), "job_id": job_id}


def _due(msp_id: str, job_id: str, moment: datetime) -> dict[str, str]:
    """Attributes that put a job in line; those due at the same time are in order of their ids."""
    at = sortable(moment)
    return {
        "line": LINE,
        "not_before": at,
        "due_at": places.place(at, places.place(job_id, tenant_key(msp_id))),
    }
