"""The one route table: of all agents, and of the platform itself. Nothing else defines a route."""

from collections.abc import Sequence

from mesh import registry
from mesh.entrypoints import openapi
from mesh.entrypoints.endpoint import Endpoint
from mesh.entrypoints.routes import (
    admin,
    agents,
    benchmarks,
    connectors,
    docs,
    health,
    mesh,
    receipts,
    records,
    results,
    sightings,
    status,
    tenant,
    training_sites,
    workflows,
)
from mesh.kit.agent import Agent


def endpoints(of: Sequence[Agent] | None = None, *, tokens: bool = False) -> list[Endpoint]:
    """Every route of the mesh; `of` limits the agents (a Lambda serves one, or none).

    The description is of all agents that are there, whichever of them this process serves. `tokens`: whether
    a user pool's token is taken in place of a key.
    """
    served = registry.agents() if of is None else of
    return [
        *_table(served),
        *docs.routes(lambda: openapi.document(_table(registry.agents(), described=True), tokens=tokens)),
    ]


def _table(served: Sequence[Agent], *, described: bool = False) -> list[Endpoint]:
    asked = [endpoint for agent in served for endpoint in agents.of(agent)]
    return [
        *health.ROUTES,
        *status.ROUTES,
        *asked,
        *results.ROUTES,
        *records.ROUTES,
        *connectors.ROUTES,
        *mesh.ROUTES,
        *sightings.ROUTES,
        *benchmarks.ROUTES,
        *receipts.ROUTES,
        *training_sites.ROUTES,
        *workflows.routes(described),
        *tenant.ROUTES,
        *admin.ROUTES,
    ]
