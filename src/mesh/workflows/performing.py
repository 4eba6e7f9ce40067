"""One step of a run, once: what it asks is made, asked and kept; or it is said why not."""

import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from mesh import registry
from mesh.kit.agent import Agent, View
from mesh.kit.platform import Platform
from mesh.kit.problem import NotFound, Problem, validated
from mesh.workflows import mapping
from mesh.workflows.lookups import LOOKUPS
from mesh.workflows.playbook import Step
from mesh.workflows.run import ENDED, Failure, Run, StepRun

Find = Callable[[str], Agent]
log = logging.getLogger("mesh.workflows")


class NotDone(Exception):
    """The step is left out; the text says why."""


def attempt(step: Step, run: Run, platform: Platform, find: Find = registry.find) -> StepRun:
    """Try a step once more, and store what came of it: `done`, `skipped`, or `failed` where another attempt
    may help. A step that has ended stays as it is.
    """
    state = run.step(step)
    if state.state in ENDED:
        return state
    if state.attempts >= step.attempts:
        # It was begun as often as it may be, and did not live to say what failed.
        return given_up(step, run, platform.clock.now())
    now = platform.clock.now()
    state = state.model_copy(
        update={"attempts": state.attempts + 1, "state": "running", "started_at": state.started_at or now}
    )
    try:
        context = _context(step, run)
        agent = _agent(step, find)
        questions = list(_questions(step, context))
        state = state.model_copy(update={"questions": questions})
        run.keep(state)
        found = _carried_out(step, run, platform, agent, questions, context)
    except NotDone as why:
        return _ended(run, state, platform.clock.now(), {"state": "skipped", "reason": str(why)})
    except Problem as problem:
        reason = _told(problem)
        if problem.status < 500:
            # Asked again the same way, it would be refused again.
            return _ended(run, state, platform.clock.now(), {"state": "skipped", "reason": reason})
        return failed(run, state, platform.clock.now(), reason)
    except Exception:  # a defect in one step must not end the others
        log.exception("step %s of run %s failed", step.name, run.run_id)
        return failed(run, state, platform.clock.now(), "it ended in an error, which the log describes")
    return _ended(run, state, platform.clock.now(), {"state": "done", **found})


def failed(run: Run, state: StepRun, now: datetime, reason: str) -> StepRun:
    """Noted, and open to another attempt."""
    failures = [*state.failures, Failure(at=now, reason=reason)]
    state = state.model_copy(update={"state": "failed", "failures": failures})
    run.keep(state)
    return state


def given_up(step: Step, run: Run, now: datetime, why: str = "") -> StepRun:
    """Skipped, with the last failure or `why` as the reason; what has ended stays as it is."""
    state = run.step(step)
    if state.state in ENDED:
        return state
    last = state.failures[-1].reason if state.failures else ""
    begun = "each attempt ended with the process that made it" if state.attempts else "it was never begun"
    tried = f" (after {state.attempts} attempts)" if state.attempts > 1 else ""
    told = {"state": "skipped", "reason": (why or last or begun) + tried}
    return _ended(run, state, now, told, finally_=True)


def _ended(
    run: Run, state: StepRun, now: datetime, changes: Mapping[str, Any], *, finally_: bool = False
) -> StepRun:
    took = (now - state.started_at).total_seconds() * 1000 if state.started_at else 0.0
    state = state.model_copy(update={**changes, "ended_at": now, "took_ms": round(took, 3)})
    run.keep(state, finally_=finally_)
    return state


def _context(step: Step, run: Run) -> dict[str, Any]:
    """What the step's expressions see. Raises NotDone where it has nothing to go by."""
    for name in step.needs:
        before = run.step(run.playbook.step(name))
        if before.state != "done":
            raise NotDone(f"it needs {name}, which was left out: {before.reason or 'it did not end'}")
    context = run.context(step.reads)
    if step.when and not mapping.holds(step.when, context):
        raise NotDone(step.otherwise)
    return context


def _agent(step: Step, find: Find) -> Agent | None:
    if step.agent is None:
        return None
    try:
        return find(step.agent)
    except NotFound:
        raise NotDone(f"the agent {step.agent} is not installed") from None


def _questions(step: Step, context: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if step.each is None:
        yield mapping.filled(step.question, context)
        return
    items = mapping.found(step.each, context)
    if not isinstance(items, list) or not items:
        raise NotDone("there is nothing to do it for")
    for item in items[: step.most]:
        yield mapping.filled(step.question, {**context, "item": item})


def _carried_out(
    step: Step,
    run: Run,
    platform: Platform,
    agent: Agent | None,
    questions: list[dict[str, Any]],
    context: Mapping[str, Any],
) -> dict[str, Any]:
    """What is to be stored of the step that was done."""
    if agent is None:
        assert step.lookup
        look_up = LOOKUPS[step.lookup]
        found = [look_up(question, run.ports) for question in questions]
        return {"found": found, "simulated": any(one.get("simulated", False) for one in found)}
    if step.view:
        view = _view(agent, step.view)
        replies = [view.read(validated(view.query, q), run.ports) for q in questions]
        found = [reply.model_dump(mode="json") for reply in replies]
        return {"found": found, "simulated": any(one.get("simulated", False) for one in found)}
    stored = mapping.filled(step.instead, context) if step.instead else None
    if stored and (kept := run.ports.results.find(stored)):
        return {"result_ids": [kept.result_id], "questions": [], "simulated": kept.simulated}
    return _asked(step, run, platform, agent, questions)


def _asked(
    step: Step, run: Run, platform: Platform, agent: Agent, questions: list[dict[str, Any]]
) -> dict[str, Any]:
    ids: list[str] = []
    failures: list[Failure] = []
    simulated = False
    for place, question in enumerate(questions):
        result_id = run.result_id(step.name, place, step.each is not None)
        try:
            # An attempt before this one may have had the answer, and died before it could say so.
            envelope = run.ports.results.find(result_id) or registry.ask(
                agent, registry.checked(agent, question), platform, run.msp_id, result_id=result_id
            )
        except Problem as problem:
            # Of several things, one that cannot be asked about does not keep the others back.
            if problem.status >= 500 or (place == len(questions) - 1 and not ids):
                raise
            failures.append(Failure(at=platform.clock.now(), reason=_told(problem)))
            continue
        ids.append(result_id)
        simulated = simulated or envelope.simulated
    done: dict[str, Any] = {"result_ids": ids, "simulated": simulated}
    return {**done, "failures": failures} if failures else done


def _view(agent: Agent, path: str) -> View:
    for view in agent.views:
        if view.path == path:
            return view
    raise NotDone(f"the agent {agent.slug} has no view {path}")


def _told(problem: Problem) -> str:
    fields = "; ".join(f"{error.field}: {error.reason}" for error in problem.errors[:3])
    return f"{problem.detail} ({fields})" if fields else problem.detail
