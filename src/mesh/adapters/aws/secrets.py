"""The deployment's secrets: one JSON object in Secrets Manager, read when a part first needs an entry."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from mesh.adapters.aws.clients import Clients
from mesh.adapters.aws.failures import call
from mesh.adapters.aws.settings import Settings
from mesh.kit.problem import Unavailable

# A rotated secret is taken up within this time.
FRESH_S = 300.0


@dataclass(slots=True)
class Secrets:
    clients: Clients
    settings: Settings
    seconds: Callable[[], float] = time.monotonic
    _lock: threading.Lock = field(default_factory=threading.Lock)
    # Not shown: what is printed of this, in a traceback or a log, must not hold secrets.
    _held: dict[str, str] = field(default_factory=dict, repr=False)
    _read_at: float = float("-inf")

    def read(self, entry: str) -> str:
        """One entry. Raises Unavailable, with what to do, when it or the secret is not there."""
        with self._lock:
            if self.seconds() - self._read_at >= FRESH_S:
                self._held, self._read_at = self._fetch(), self.seconds()
            if entry not in self._held:
                raise Unavailable(f"The secret {self.settings.secret!r} has no entry {entry!r}; add it.")
            return self._held[entry]

    def _fetch(self) -> dict[str, str]:
        answer = call(self.clients.secrets.get_secret_value, SecretId=self.settings.secret)
        wrong = Unavailable(f"The secret {self.settings.secret!r} must be a JSON object of texts.")
        try:
            held = json.loads(answer.get("SecretString", ""))
        except ValueError:
            # Neither the text nor where it went wrong is passed on: both are the secret's.
            raise wrong from None
        if not isinstance(held, dict) or not all(isinstance(value, str) for value in held.values()):
            raise wrong
        return held
