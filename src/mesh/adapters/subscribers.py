"""Those who wait for events inside one process: what every bus does with an event once it has it."""

import logging
import threading
from collections.abc import Callable

from mesh.kit.event import Event

Deliver = Callable[[Event], None]
log = logging.getLogger("mesh.bus")


class Subscribers:
    """Safe to change from any thread while events are being delivered by another."""

    def __init__(self) -> None:
        self._waiting: dict[object, Deliver] = {}
        self._lock = threading.Lock()

    def add(self, deliver: Deliver) -> Callable[[], None]:
        """Have each event from now on; returns how to stop."""
        token = object()
        with self._lock:
            # A new mapping each time, so that a delivery under way goes through the one it began with.
            self._waiting = {**self._waiting, token: deliver}

        def stop() -> None:
            with self._lock:
                self._waiting = {t: d for t, d in self._waiting.items() if t is not token}

        return stop

    def tell(self, event: Event) -> None:
        """Deliver to everyone; a subscriber that fails is written to the log."""
        for deliver in self._waiting.values():
            try:
                deliver(event)
            except Exception:  # one subscriber that went away must not silence the others
                log.exception("a subscriber failed on event %s", event.id)
