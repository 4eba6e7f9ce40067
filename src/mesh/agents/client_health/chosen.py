"""Which churn model answers: the MSP's own, else one that MSPs learnt together, else the network's."""

import hashlib
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, ValidationError

from mesh.agents.client_health.churn import NETWORK, ChurnModel, from_bytes, from_file
from mesh.agents.client_health.model import Lineage, ModelReport, Scope
from mesh.agents.client_health.shared import SharedChurn, fit_of
from mesh.kit.agent import ModelUsed
from mesh.kit.federation import ModelVersion
from mesh.kit.ports import Blobs, Ports
from mesh.kit.problem import Unavailable

FOLDER = "models/client-health"
SHARED = "churn"
CARD = f"{FOLDER}/card.json"
DAMAGED = "This MSP's own churn model is damaged; ./mesh train client-health makes it anew."


class OwnCard(BaseModel):
    """Describes an MSP's own model, whose blob is named by its SHA-256. `scores` are on held-out time."""

    model_config = ConfigDict(extra="ignore")

    name: str
    version: str
    file: str
    sha256: str
    source: str
    licence: str
    built_with: str
    scores: dict[str, float] = {}


@dataclass(frozen=True, slots=True)
class Chosen:
    """The model that answers. `shared` is what is known of a version that was learnt together."""

    churn: ChurnModel
    scope: Scope
    sha256: str
    shared: ModelVersion | None = None
    note: str = ""

    @property
    def used(self) -> ModelUsed:
        about = self.churn.about
        return ModelUsed(
            name=about.name, version=about.version, provider="statistics" if self.shared else "onnx"
        )

    @property
    def report(self) -> ModelReport:
        about = self.churn.about
        return ModelReport(
            scope=self.scope,
            trained_on=about.trained_on,
            simulated=about.simulated,
            # Of a shared model nobody knows them: sites tell sums under noise, not counts.
            snapshots=None if self.shared else about.snapshots,
            departures=None if self.shared else about.departures,
            sha256=self.sha256,
            lineage=Lineage.model_validate(self.shared.model_dump()) if self.shared else None,
        )


def choose(ports: Ports) -> Chosen:
    """The model for this tenant. Raises Unavailable when it is missing or is not what its card describes."""
    return own_model(ports.blobs) or shared_model(ports) or network_model(ports)


def shared_model(ports: Ports) -> Chosen | None:
    """The version that MSPs learnt together and this one has in use, or None."""
    if SHARED not in ports.federation.kinds():
        return None
    shared = ports.federation.serving(SHARED)
    if shared is None:
        return None
    told, churn = shared.version, SharedChurn(shared, fit_of(ports.blobs, shared.version.sha256))
    fit = churn.fit
    rates = (
        f"its rates are calibrated on {fit.clients} of your clients, {fit.departures} of which left"
        if fit.clients
        else "its rates are not calibrated on your clients, and its bounds leave everything open"
    )
    note = (
        f"Learnt together by {told.sites} MSPs (version {told.version}, epsilon {told.epsilon:g} a client); "
        f"{rates}."
    )
    return Chosen(churn, "shared", told.sha256, told, note)


def network_model(ports: Ports) -> Chosen:
    folder, sha256 = ports.models.path(NETWORK), str(ports.models.card(NETWORK)["sha256"])
    return Chosen(from_file(folder, sha256), "network", sha256)


def own_model(blobs: Blobs) -> Chosen | None:
    """The tenant's own model, or None when it has none."""
    raw = blobs.get(CARD)
    if raw is None:
        return None
    try:
        card = OwnCard.model_validate_json(raw)
    except ValidationError as fault:
        raise Unavailable(DAMAGED) from fault
    content = blobs.get(f"{FOLDER}/{card.sha256}.onnx")
    if content is None or hashlib.sha256(content).hexdigest() != card.sha256:
        raise Unavailable(DAMAGED)
    return Chosen(from_bytes(content), "own", card.sha256)


def keep(blobs: Blobs, content: bytes, card: OwnCard) -> None:
    """Store the model, then the card that names it, then remove older ones: a crash leaves a whole model."""
    name = f"{FOLDER}/{card.sha256}.onnx"
    blobs.put(name, content)
    blobs.put(CARD, card.model_dump_json(indent=2).encode())
    for old in blobs.names(f"{FOLDER}/"):
        if old not in (name, CARD):
            blobs.remove(old)


def forget(blobs: Blobs) -> bool:
    """Go back to the network's model; whether there was one of its own."""
    had = blobs.remove(CARD)
    for old in blobs.names(f"{FOLDER}/"):
        blobs.remove(old)
    return had
