"""Playbooks in the Amazon States Language: the order of the steps, what runs side by side, time and retries.

What a step asks is not here: the functions make the question themselves, from the same playbook by the same
code as on one machine. https://states-language.net/spec.html
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mesh.workflows.playbook import Playbook, Step

State = dict[str, Any]
FINISH = "Finish"
# A function that starts may take longer than one that is warm; and the last state has to write a report.
STARTING_S, FINISHING_S = 10, 30
# Faults of Lambda and not of the step: the call is made again, and nothing was done twice by it.
FAULTS = (
    "Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
)  # fmt: skip
FAULT_TRIES = 4
# Names the run; `$` is the execution's input, which every state leaves as it is.
NAMED = {"msp_id.$": "$.msp_id", "run_id.$": "$.run_id", "attempt.$": "$.attempt"}


def definition(playbook: Playbook, function: Callable[[Step | None], str]) -> State:
    """The machine of a playbook. `function` gives the ARN of what does a step, and for None of what ends the
    run.
    """
    names = [_stage_name(stage) for stage in playbook.stages]
    states: dict[str, State] = {}
    for name, stage, following in zip(names, playbook.stages, [*names[1:], FINISH], strict=True):
        states[name] = {**_stage(stage, function), "Next": following}
    states[FINISH] = {
        "Type": "Task",
        "Comment": "Gives up what has not ended, and stores the report",
        "Resource": function(None),
        "Parameters": NAMED,
        "TimeoutSeconds": FINISHING_S,
        "Retry": [_retry([*FAULTS, "States.Timeout", "States.TaskFailed"], FAULT_TRIES)],
        "End": True,
    }
    return {
        "Comment": playbook.summary,
        "StartAt": names[0],
        "TimeoutSeconds": _longest_s(playbook) + FINISHING_S,
        "States": states,
    }


def _stage_name(stage: Sequence[Step]) -> str:
    return " and ".join(step.name for step in stage)[:80]


def _stage(stage: Sequence[Step], function: Callable[[Step | None], str]) -> State:
    """Steps side by side. A branch that failed for good ends like any other: the rest goes on."""
    branches = [
        {
            "StartAt": step.name,
            "States": {step.name: _task(step, function(step)), f"{step.name} left out": _left_out()},
        }
        for step in stage
    ]
    # What the branches give is not needed: answers stand among the tenant's rows.
    return {"Type": "Parallel", "Branches": branches, "ResultPath": None}


def _task(step: Step, resource: str) -> State:
    tries = [_retry(FAULTS, FAULT_TRIES)]
    if step.attempts > 1:
        failed = ["StepFailed", "States.Timeout", "States.TaskFailed"]
        tries.append(_retry(failed, step.attempts - 1))
    return {
        "Type": "Task",
        "Comment": step.title[:200],
        "Resource": resource,
        "Parameters": {**NAMED, "step": step.name},
        "TimeoutSeconds": round(step.timeout_s) + STARTING_S,
        "ResultPath": None,
        "Retry": tries,
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": None, "Next": f"{step.name} left out"}],
        "End": True,
    }


def _left_out() -> State:
    return {"Type": "Pass", "Comment": "Its reason is stored with the run", "End": True}


def _retry(errors: Sequence[str], times: int) -> Mapping[str, Any]:
    return {
        "ErrorEquals": list(errors),
        "IntervalSeconds": 1,
        "MaxAttempts": times,
        "BackoffRate": 2.0,
        "JitterStrategy": "FULL",
    }


def _longest_s(playbook: Playbook) -> int:
    """The run's own time, and what functions that start cold add to each stage."""
    return round(playbook.deadline_s) + STARTING_S * len(playbook.stages)
