"""What an MSP uses today: a version that was learnt together, else what its agent came with."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mesh.adapters.federation.kinds import KINDS, Brought
from mesh.kit.ports import Ports
from mesh.sharing.federation_learner import Integers, learner
from mesh.sharing.federation_scoring import BINS, binned, counted
from mesh.sharing.federation_versions import Withdrawn, in_use


@dataclass(frozen=True, slots=True)
class Standing:
    """`version` where it was learnt together. `counts` sorts held-out records by its scores; None: there is
    no model."""

    version: str | None
    counts: Callable[[Brought], Integers | None]


def standing(ports: Ports, kind: str, withdrawn: Withdrawn) -> Standing:
    """Raises Unavailable where the version in use is damaged."""
    held = in_use(ports.blobs, kind, withdrawn)
    if held is not None:
        card, weights = held
        model = learner(len(card.inputs), len(card.classes))
        return Standing(card.version, lambda mine: binned(model, weights, mine.held_out))
    scorer = KINDS[kind].in_use(ports)

    def counts(mine: Brought) -> Integers | None:
        if scorer is None:
            return None
        if not len(mine.held_out):
            return np.zeros(2 * BINS, dtype=np.int64)
        return counted(scorer(mine.raw_held_out), mine.held_out.y == 1, mine.held_out.record)

    return Standing(None, counts)
