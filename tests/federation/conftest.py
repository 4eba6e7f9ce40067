"""Flower, silent, before any test imports it; and sites with made-up rows."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("flwr", reason="federated learning's packages are not installed")

from mesh.adapters.federation.flower import prepare

# Flower reads its environment when it is imported.
prepare()
NewSites = Callable[..., dict[int, Any]]


@pytest.fixture
def new_sites() -> NewSites:
    from mesh.adapters.federation.rehearsal import made_up
    from mesh.adapters.federation.site import Site
    from mesh.kit.federation import Rehearsal

    def new(count: int = 4, records: int = 240, **more: Any) -> dict[int, Any]:
        parts = made_up(Rehearsal(sites=count, records=records, seed=1))
        return {
            node: Site(fit, held, np.random.default_rng([7, node]), **{"least_records": 1, **more})
            for node, (fit, held) in enumerate(parts, start=1)
        }

    return new
