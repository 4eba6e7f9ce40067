"""As much of a state machine's interpreter as playbooks use: https://states-language.net/spec.html."""

from collections.abc import Callable, Mapping
from typing import Any

Call = Callable[[str, Mapping[str, Any]], Any]


class Failed(Exception):
    """No Catch took the error."""


def execute(machine: Mapping[str, Any], given: Mapping[str, Any], call: Call) -> list[str]:
    """Go through the states; those that were entered. `call` does what a Task's resource does."""
    entered: list[str] = []
    name = machine["StartAt"]
    while True:
        state = machine["States"][name]
        entered.append(name)
        following = state.get("Next")
        if state["Type"] == "Parallel":
            assert state["ResultPath"] is None
            for branch in state["Branches"]:
                entered += execute(branch, given, call)
        elif state["Type"] == "Task":
            following = _task(state, given, call) or following
        else:
            assert state["Type"] == "Pass"
        if following is None:
            assert state["End"]
            return entered
        name = following


def _task(state: Mapping[str, Any], given: Mapping[str, Any], call: Call) -> str | None:
    """Where a Catch leads; None where the call succeeded in the end."""
    told = {
        name.removesuffix(".$"): given[value.removeprefix("$.")] if name.endswith(".$") else value
        for name, value in state["Parameters"].items()
    }
    tries = {id(retry): retry["MaxAttempts"] for retry in state["Retry"]}
    while True:
        try:
            call(state["Resource"], told)
            return None
        except Exception as error:  # as a function's errors are: by the name of their class
            kind = type(error).__name__
            retry = next((r for r in state["Retry"] if _matches(r["ErrorEquals"], kind)), None)
            if retry is not None and tries[id(retry)]:
                tries[id(retry)] -= 1
                continue
            for catch in state.get("Catch", ()):
                if _matches(catch["ErrorEquals"], kind):
                    assert catch["ResultPath"] is None
                    return str(catch["Next"])
            raise Failed(kind) from error


def _matches(names: list[str], kind: str) -> bool:
    return kind in names or "States.ALL" in names or ("States.TaskFailed" in names and kind != "Timeout")
