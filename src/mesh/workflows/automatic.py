"""Playbooks that start by themselves: the tenant says which, an event says when.

An event comes at least once, and a run may cause the very event it was started by: so the run's id is made
from the event's subject, and what a run's own step found starts no other run.
"""

import logging
import queue
import threading
from collections.abc import Callable

from mesh.kit.event import Event
from mesh.kit.platform import Job, Platform
from mesh.kit.ports import Ports
from mesh.kit.problem import Problem
from mesh.workflows import inputs, library, mapping
from mesh.workflows.engine import opened
from mesh.workflows.playbook import Playbook
from mesh.workflows.run import WORKFLOWS, run_of_result

SETTINGS = "workflow-settings"
ROW = "automatic"
log = logging.getLogger("mesh.workflows")


def chosen(ports: Ports) -> list[str]:
    """Playbooks that the tenant wants to start by themselves; none unless it said so."""
    row = ports.records.find(SETTINGS, ROW)
    return [str(name) for name in row["playbooks"]] if row else []


def choose(ports: Ports, names: list[str]) -> None:
    """From now on these, and no others. Durable on return."""
    ports.records.put(SETTINGS, [{"id": ROW, "playbooks": sorted(set(names))}])


def triggered() -> list[Playbook]:
    """Playbooks that can start by themselves."""
    return [playbook for playbook in library.playbooks() if playbook.trigger]


def start(event: Event, platform: Platform) -> list[Job]:
    """Runs that the event starts; none where nobody wants that, or where it was started before."""
    waiting = [playbook for playbook in triggered() if _is_for(playbook, event)]
    if not waiting or _is_a_runs_own(event, platform):
        return []
    ports = platform.ports(event.mspid)
    wanted = chosen(ports)
    started = []
    for playbook in waiting:
        run_id = f"auto-{event.subject}-{playbook.name}"
        if playbook.name not in wanted or platform.jobs.find(event.mspid, run_id):
            continue
        assert playbook.trigger
        given = mapping.filled(playbook.trigger.input, _seen(event))
        checked = inputs.checked(playbook, given, ports)
        started.append(opened(playbook, checked, platform, event.mspid, run_id=run_id, begun_by="event"))
    return started


def _is_for(playbook: Playbook, event: Event) -> bool:
    trigger = playbook.trigger
    return bool(trigger and trigger.event == event.type and mapping.holds(trigger.when, _seen(event)))


def _seen(event: Event) -> dict[str, object]:
    return event.model_dump(mode="json")


def _is_a_runs_own(event: Event, platform: Platform) -> bool:
    run_id = run_of_result(event.subject)
    if not run_id:
        return False
    job = platform.jobs.find(event.mspid, run_id)
    return job is not None and job.agent == WORKFLOWS


def follow(platform: Platform) -> Callable[[], None]:
    """Start runs for what the bus brings, in a thread of its own; returns how to stop."""
    events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
    kinds = {playbook.trigger.event for playbook in triggered() if playbook.trigger}

    def work() -> None:
        while (event := events.get()) is not None:
            try:
                start(event, platform)
            except Problem as problem:
                log.warning("event %s started no run: %s", event.id, problem.detail)
            except Exception:  # what one event brings about must not keep the next from being seen
                log.exception("event %s started no run", event.id)

    thread = threading.Thread(target=work, name="run-starter", daemon=True)
    thread.start()
    unsubscribe = platform.bus.subscribe(lambda event: events.put(event) if event.type in kinds else None)

    def stop() -> None:
        unsubscribe()
        events.put(None)
        thread.join()

    return stop
