"""Flower, silent, before any test imports it; and sites with made-up rows."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("flwr", reason="federated learning's packages are not installed")

from mesh.adapters.federation.flower import prepare

# Flower reads its environment when it is imported.
prepare()
NewSites = Callable[..., dict[int, Any]]
MODELS = Path(__file__).resolve().parents[2] / "models"


class CheckoutModels:
    """The models of the checkout, whichever agents are there."""

    def path(self, name: str) -> Path:
        return MODELS / name

    def card(self, name: str) -> Mapping[str, Any]:
        return dict(json.loads((MODELS / name / "card.json").read_text(encoding="utf-8")))


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
