"""How the agents' last questions went, in AgentState."""

import itertools
import logging
import queue
import threading
import uuid
from collections.abc import Sequence
from itertools import islice
from typing import Any

from pydantic_core import from_json

from mesh.adapters.aws.dynamo import WRITES_A_BATCH, Dynamo
from mesh.adapters.aws.tables import EXPIRY, STATES
from mesh.kit.platform import State
from mesh.kit.problem import Problem
from mesh.kit.records import sortable

KEPT_PER_AGENT = 1_000
DETAIL = 500
log = logging.getLogger("mesh.aws")


class DynamoStates:
    """Notes are written by a thread of their own, many at a time, so that no answer waits for them."""

    def __init__(self, dynamo: Dynamo):
        self._dynamo = dynamo
        self._waiting: queue.Queue[dict[str, Any]] = queue.Queue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        # Notes of one instant are told apart, in the order they were made.
        self._count = itertools.count()
        self._process = ""

    def note(self, state: State) -> None:
        self._start()
        at = sortable(state.at)
        kept = state.model_copy(update={"detail": state.detail[:DETAIL]})
        item = {
            "agent_id": state.agent,
            "timestamp": f"{at} {next(self._count):012d} {self._process}",
            "body": kept.model_dump_json(),
            EXPIRY: int(state.at.timestamp()) + self._dynamo.settings.states_kept_days * 86_400,
        }
        self._waiting.put(item)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                # Not when made: functions restored from one snapshot would all be the same process.
                self._process = uuid.uuid4().hex[:8]
                self._thread = threading.Thread(target=self._run, name="agent-states", daemon=True)
                self._thread.start()

    def recent(self, agent: str, limit: int = 200) -> Sequence[State]:
        if not agent:
            return []
        self.flush()
        wanted = min(limit, KEPT_PER_AGENT)
        rows = self._dynamo.query(STATES, "#agent_id = :a", {"a": agent}, newest_first=True, page=wanted)
        return [State.model_validate(from_json(row["body"])) for row in islice(rows, wanted)]

    def flush(self) -> None:
        """Returns when what was noted is written, or was given up."""
        self._waiting.join()

    def _run(self) -> None:
        while True:
            items = [self._waiting.get()]
            while len(items) < WRITES_A_BATCH:
                try:
                    items.append(self._waiting.get_nowait())
                except queue.Empty:
                    break
            try:
                self._dynamo.put_many(STATES, items)
            except Problem as problem:
                log.warning("%d notes on agents were lost: %s", len(items), problem.detail)
            finally:
                for _ in items:
                    self._waiting.task_done()
