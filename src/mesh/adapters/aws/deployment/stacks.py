"""One stack from whatever state it is in to the state its template says, by change sets.

A change set is looked at before it is carried out, which is where a name that is taken shows. Tables and
buckets that outlived an earlier deployment are adopted (CloudFormation's ImportExistingResources), but only
when their tag says they were the mesh's.
"""

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mesh.adapters.aws.deployment import troubles
from mesh.adapters.aws.deployment.account import TAG, TAGGED, Account, plainly
from mesh.adapters.aws.deployment.assembly import Plan
from mesh.adapters.aws.deployment.uploads import Say
from mesh.kit.problem import Conflict, Problem, Unavailable

# What a failed creation leaves: it can only be removed and made again.
BROKEN = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED")
FRESH = (None, "REVIEW_IN_PROGRESS")
MAY = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
NOTHING_TO_DO = ("didn't contain changes", "No updates are to be performed")
POLL_S, LONGEST_S = 3.0, 3_600.0


@dataclass(slots=True)
class Stacks:
    """CloudFormation in one account. `sleep` and `seconds` are time's, or a test's."""

    account: Account
    say: Say
    sleep: Callable[[float], None] = time.sleep
    seconds: Callable[[], float] = time.monotonic
    poll_s: float = POLL_S
    # Ids of events: those from before this began, and those that were said.
    _old: set[str] = field(default_factory=set)
    _told: set[str] = field(default_factory=set)

    @property
    def _api(self) -> Any:
        return self.account.client("cloudformation")

    def deploy(self, plan: Plan) -> bool:
        """Whether anything changed. Raises Conflict for a taken name, Unavailable for the rest, in words."""
        status = self._ready(plan.name)
        kind = "CREATE" if status in FRESH else "UPDATE"
        name = f"mesh-{uuid.uuid4().hex[:12]}"
        with plainly(f"planning the stack {plan.name}"):
            self._api.create_change_set(
                StackName=plan.name,
                ChangeSetName=name,
                ChangeSetType=kind,
                Capabilities=MAY,
                Tags=[{"Key": k, "Value": v} for k, v in {**plan.tags, TAG: TAGGED}.items()],
                ImportExistingResources=True,
                **self._template(plan),
            )
        changes = self._planned(plan.name, name)
        if changes is None:
            self._drop(plan.name, name)
            return False
        self._check_adoptions(plan.name, name, changes)
        self._remember_events(plan.name)
        with plainly(f"changing the stack {plan.name}"):
            self._api.execute_change_set(StackName=plan.name, ChangeSetName=name)
        self._succeed(plan.name)
        return True

    def status(self, stack: str) -> str | None:
        """CloudFormation's status, or None when there is no such stack."""
        found = self.find(stack)
        return found["StackStatus"] if found else None

    def find(self, stack: str) -> dict[str, Any] | None:
        from botocore.exceptions import ClientError

        with plainly(f"looking at the stack {stack}"):
            try:
                found: dict[str, Any] = self._api.describe_stacks(StackName=stack)["Stacks"][0]
            except ClientError as error:
                if "does not exist" in error.response["Error"]["Message"]:
                    return None
                raise
        return found

    def remove(self, stack: str) -> None:
        """Deletes a stack and waits; resources its template retains stay. Raises Unavailable with why not."""
        found = self.find(stack)
        if found is None:
            return
        self._remember_events(stack)
        with plainly(f"removing the stack {stack}"):
            self._api.delete_stack(StackName=stack)
        status = self._wait(found["StackId"])
        if status not in (None, "DELETE_COMPLETE"):
            raise self._trouble(stack, found["StackId"], status)

    def _ready(self, stack: str) -> str | None:
        """The stack's status once it can be changed; what a failed or foreign run left is put right first."""
        status = self.status(stack)
        if status and status.endswith("_IN_PROGRESS") and status not in FRESH:
            self.say(f"  {stack} is {status}: waiting for that to end")
            status = self._wait(stack)
        if status == "UPDATE_ROLLBACK_FAILED":
            self.say(f"  {stack} is half rolled back: finishing that")
            with plainly(f"rolling {stack} back"):
                self._api.continue_update_rollback(StackName=stack)
            status = self._wait(stack)
        if status in BROKEN:
            self.say(f"  {stack} was left {status} by a deployment that failed: removing it")
            self.remove(stack)
            return None
        return None if status == "DELETE_COMPLETE" else status

    def _template(self, plan: Plan) -> dict[str, str]:
        """By its address where it was uploaded: a body in the call may have 51,200 bytes at most."""
        if not plan.url:
            return {"TemplateBody": plan.template.read_text(encoding="utf-8")}
        bucket, _, key = self.account.filled(plan.url).removeprefix("s3://").partition("/")
        if self.account.endpoint:
            return {"TemplateURL": f"{self.account.endpoint}/{bucket}/{key}"}
        suffix = "amazonaws.com.cn" if self.account.partition == "aws-cn" else "amazonaws.com"
        return {"TemplateURL": f"https://{bucket}.s3.{self.account.region}.{suffix}/{key}"}

    def _planned(self, stack: str, name: str) -> list[Mapping[str, Any]] | None:
        """The changes, or None when there are none to make."""
        deadline = self.seconds() + LONGEST_S
        while True:
            with plainly(f"planning the stack {stack}"):
                found = self._api.describe_change_set(StackName=stack, ChangeSetName=name)
            if found["Status"] == "CREATE_COMPLETE":
                return [change["ResourceChange"] for change in found.get("Changes", [])]
            if found["Status"] == "FAILED":
                reason = found.get("StatusReason", "")
                if any(words in reason for words in NOTHING_TO_DO):
                    return None
                self._drop(stack, name)
                raise troubles.refused(stack, reason)
            if self.seconds() > deadline:
                raise Unavailable(f"CloudFormation did not plan the stack {stack} within an hour.")
            self.sleep(self.poll_s / 3)

    def _check_adoptions(self, stack: str, name: str, changes: list[Mapping[str, Any]]) -> None:
        adopted = [change for change in changes if change.get("Action") == "Import"]
        if not adopted:
            return
        ours = self._ours()
        foreign = [c for c in adopted if not any(_names(arn, c["PhysicalResourceId"]) for arn in ours)]
        if foreign:
            self._drop(stack, name)
            raise Conflict(
                troubles.taken(stack, foreign[0]["ResourceType"], foreign[0]["PhysicalResourceId"])
            )
        for change in adopted:
            self.say(f"  {change['PhysicalResourceId']} is left from an earlier deployment: taking it over")

    def _ours(self) -> list[str]:
        """ARNs of everything in this region that carries the mesh's tag."""
        with plainly("looking for what an earlier deployment left"):
            pages = self.account.client("resourcegroupstaggingapi").get_paginator("get_resources")
            wanted = [{"Key": TAG, "Values": [TAGGED]}]
            found = [r for page in pages.paginate(TagFilters=wanted) for r in page["ResourceTagMappingList"]]
        return [resource["ResourceARN"] for resource in found]

    def _drop(self, stack: str, name: str) -> None:
        """Takes a plan back, and the empty stack with it where it was to be the first."""
        with plainly(f"taking back the plan for {stack}"):
            self._api.delete_change_set(StackName=stack, ChangeSetName=name)
            if self.status(stack) == "REVIEW_IN_PROGRESS":
                self._api.delete_stack(StackName=stack)

    def _succeed(self, stack: str) -> None:
        found = self.find(stack)
        stack_id = found["StackId"] if found else stack
        status = self._wait(stack_id)
        if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"):
            raise self._trouble(stack, stack_id, status)

    def _trouble(self, stack: str, stack_id: str, status: str | None) -> Problem:
        """Why a stack ended so. What was refused before anything was made is told apart from the events."""
        events = self._events(stack_id)
        if any("DescribeEvents" in event.get("ResourceStatusReason", "") for event in events):
            with plainly(f"asking why {stack} was refused"):
                told = self._api.describe_events(StackName=stack_id, Filters={"FailedEvents": True})
            for event in told["OperationEvents"]:
                if reason := event.get("ValidationStatusReason"):
                    return troubles.refused(stack, reason)
        return troubles.of(stack, status, events)

    def _wait(self, stack: str) -> str | None:
        """The status in which the stack comes to rest; what happens meanwhile is said."""
        deadline = self.seconds() + LONGEST_S
        while True:
            status = self.status(stack)
            for event in self._events(stack):
                self._tell(event)
            if status is None or not status.endswith("_IN_PROGRESS"):
                return status
            if self.seconds() > deadline:
                raise Unavailable(f"{stack} is still {status} after an hour: look at it in the console.")
            self.sleep(self.poll_s)

    def _events(self, stack: str) -> list[dict[str, Any]]:
        """What happened since this began, oldest first."""
        from botocore.exceptions import ClientError

        with plainly(f"reading what happens to {stack}"):
            try:
                pages = self._api.get_paginator("describe_stack_events").paginate(StackName=stack)
                found = [event for page in pages for event in page["StackEvents"]]
            except ClientError as error:
                if "does not exist" in error.response["Error"]["Message"]:
                    return []
                raise
        return [event for event in reversed(found) if event["EventId"] not in self._old]

    def _remember_events(self, stack: str) -> None:
        """What happened before is not told again, nor taken for the reason of a failure."""
        self._old |= {event["EventId"] for event in self._events(stack)}

    def _tell(self, event: Mapping[str, Any]) -> None:
        status = event["ResourceStatus"]
        if event["EventId"] in self._told or status.endswith("_IN_PROGRESS"):
            return
        self._told.add(event["EventId"])
        self.say(f"  {status:<18} {event['ResourceType']:<36} {event['LogicalResourceId']}")


def _names(arn: str, physical_id: str) -> bool:
    return arn == physical_id or arn.endswith((f":{physical_id}", f"/{physical_id}"))
