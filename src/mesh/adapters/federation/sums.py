"""What the coordinator asks of the sites, and how their answers become one sum."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from flwr.app import Array, ArrayRecord, ConfigRecord, Message, RecordDict
from flwr.serverapp import Grid
from numpy.typing import NDArray

from mesh.kit.problem import Unavailable
from mesh.sharing import federation_masking as masking
from mesh.sharing.federation_learner import Floats
from mesh.sharing.federation_rules import Terms

TRIES = 4


@dataclass(frozen=True, slots=True)
class Summed:
    """A sum over the sites in `left`; `repeated` is how often it was lost before."""

    vector: NDArray[np.int64]
    left: tuple[int, ...]
    repeated: int


@dataclass
class Sites:
    """The enrolled sites, as the coordinator reaches them. `timeout` is in seconds for each message;
    `simulated` says whether rows of any of them are."""

    grid: Grid
    nodes: Sequence[int]
    terms: Terms
    timeout: float = 60.0
    simulated: bool = False
    _round: int = field(default=0)

    def online(self) -> list[int]:
        """The enrolled sites that can be reached now: one that is known to be gone is not waited for."""
        there = set(self.grid.get_node_ids())
        return [node for node in self.nodes if node in there]

    def sum(self, message_type: str, weights: Floats | None = None, **config: Any) -> Summed:
        """The sum of what the sites answer, begun again when too few stay to its end.

        Raises Unavailable when that happens time after time: what was lost told nobody anything.
        """
        for attempt in range(TRIES):
            try:
                if self.terms.secure:
                    vector, left = self._secure(message_type, weights, config)
                else:
                    vector, left = self._plain(message_type, weights, config)
            except masking.LostRound:
                continue
            return Summed(vector, left, attempt)
        raise Unavailable(
            f"Of {len(self.nodes)} sites fewer than {self.terms.threshold} stayed to the end of a round, "
            f"{TRIES} times in a row."
        )

    def ask(
        self, message_type: str, configs: Mapping[int, Mapping[str, Any]], weights: Floats | None = None
    ) -> dict[int, RecordDict]:
        """Answers by site, of those that gave one."""
        messages = [
            Message(_content(config, weights), node, message_type) for node, config in configs.items()
        ]
        replies = self.grid.send_and_receive(messages, timeout=self.timeout)
        answered = {r.metadata.src_node_id: r.content for r in replies if not r.has_error()}
        return dict(sorted(answered.items()))

    def _plain(
        self, message_type: str, weights: Floats | None, config: Mapping[str, Any]
    ) -> tuple[NDArray[np.int64], tuple[int, ...]]:
        found = self.ask(message_type, dict.fromkeys(self.online(), config), weights)
        if len(found) < self.terms.threshold:
            raise masking.LostRound
        return np.sum([_vector(each) for each in found.values()], axis=0), tuple(found)

    def _secure(
        self, message_type: str, weights: Floats | None, config: Mapping[str, Any]
    ) -> tuple[NDArray[np.int64], tuple[int, ...]]:
        self._round += 1
        label, least = f"{message_type} {self._round}", self.terms.threshold
        keys = _told(self.ask("query.keys", {node: {"label": label} for node in self.online()}), least)
        public = {node: (told["sealing"], told["masking"]) for node, told in keys.items()}
        listed = {
            "label": label,
            "nodes": list(public),
            "sealing": [sealing for sealing, _ in public.values()],
            "masking": [mask for _, mask in public.values()],
        }
        shares = _told(self.ask("query.shares", dict.fromkeys(public, listed)), least)
        boxes = {node: dict(zip(told["nodes"], told["boxes"], strict=True)) for node, told in shares.items()}
        sealed = {
            node: {**config, "label": label, "from": list(boxes), "boxes": [boxes[g][node] for g in boxes]}
            for node in boxes
        }
        sent = self.ask(message_type, sealed, weights)
        if len(sent) < least:
            raise masking.LostRound
        ending = {"label": label, "left": list(sent)}
        ends = _told(self.ask("query.unmask", dict.fromkeys(sent, ending)), least)
        shown = {node: dict(zip(told["nodes"], told["shares"], strict=True)) for node, told in ends.items()}
        vectors = {node: _vector(each) for node, each in sent.items()}
        senders = {node: public[node] for node in boxes}
        total = masking.unmasked(vectors, senders, shown, least, label.encode())
        return total, tuple(vectors)


def enrolled(grid: Grid, kind: str, epsilon: float, timeout: float) -> tuple[list[int], dict[int, str]]:
    """The sites that are willing, and why others are not."""
    draft = Sites(grid, list(grid.get_node_ids()), None, timeout)  # type: ignore[arg-type]
    asked = {"kind": kind, "epsilon": epsilon}
    return _willing(draft.ask("query.willing", dict.fromkeys(draft.nodes, asked)), draft.nodes)


def agreed(sites: Sites) -> tuple[list[int], dict[int, str]]:
    """The sites that accept the terms, and why others do not. Whether any has simulated rows is noted."""
    answers = sites.ask("query.enrol", dict.fromkeys(sites.nodes, sites.terms.told()))
    sites.simulated = any(each.config_records["config"]["simulated"] for each in answers.values())
    return _willing(answers, sites.nodes)


def _willing(answers: Mapping[int, RecordDict], asked: Sequence[int]) -> tuple[list[int], dict[int, str]]:
    told = {node: dict(each.config_records["config"]) for node, each in answers.items()}
    inside = [node for node, said in told.items() if said["willing"]]
    outside = {node: str(said["why"]) for node, said in told.items() if not said["willing"]}
    return inside, {**outside, **{node: "did not answer" for node in asked if node not in told}}


def _told(answers: Mapping[int, RecordDict], least: int) -> dict[int, dict[str, Any]]:
    if len(answers) < least:
        raise masking.LostRound
    return {node: dict(each.config_records["config"]) for node, each in answers.items()}


def _vector(content: RecordDict) -> NDArray[Any]:
    return content.array_records["arrays"]["vector"].numpy()


def _content(config: Mapping[str, Any], weights: Floats | None) -> RecordDict:
    content = RecordDict({"config": ConfigRecord(dict(config))})
    if weights is not None:
        content["arrays"] = ArrayRecord({"weights": Array(weights)})
    return content


class SummingGrid(Grid):
    """A Grid whose training messages come back as one: the step that the sum of all sites' gradients makes.

    Flower's strategies average what comes back and go on from there, whichever they are; with one reply, the
    average is the sum. `told` hears of every sum.
    """

    def __init__(self, sites: Sites, records: float, told: Callable[[Summed], None]) -> None:
        self._sites, self._records, self._told = sites, max(1.0, records), told

    def set_run(self, run: Any) -> None:
        self._sites.grid.set_run(run)

    @property
    def run(self) -> Any:
        return self._sites.grid.run

    def create_message(self, *args: Any, **kwargs: Any) -> Message:
        return self._sites.grid.create_message(*args, **kwargs)

    def get_node_ids(self) -> list[int]:
        return list(self._sites.nodes)

    def push_messages(self, messages: Any) -> Any:
        raise NotImplementedError("sums are sent and received in one go")

    def pull_messages(self, message_ids: Any) -> Any:
        raise NotImplementedError("sums are sent and received in one go")

    def send_and_receive(self, messages: Any, *, timeout: float | None = None) -> list[Message]:  # noqa: ARG002
        sent = list(messages)
        if not sent:
            return []
        weights = sent[0].content["arrays"]["weights"].numpy()
        return self._summed(sent[0], weights)

    def _summed(self, first: Message, weights: Floats) -> list[Message]:
        from flwr.app import MetricRecord

        from mesh.sharing.federation_learner import GRID

        terms = self._sites.terms
        found = self._sites.sum("train", weights)
        self._told(found)
        slope = found.vector * (terms.clip / GRID / self._records) + terms.shrink * weights
        arrays = ArrayRecord({"weights": Array(weights - terms.rate * slope)})
        content = RecordDict({"arrays": arrays, "metrics": MetricRecord({"num-examples": 1})})
        return [Message(content, reply_to=first)]


class SeenGrid(SummingGrid):
    """A Grid whose training messages come back one by one: what a defence against poison must look at."""

    def send_and_receive(self, messages: Any, *, timeout: float | None = None) -> list[Message]:  # noqa: ARG002
        sent = list(messages)
        if not sent:
            return []
        weights = sent[0].content["arrays"]["weights"].numpy()
        for attempt in range(TRIES):
            configs = {node: {"label": ""} for node in self._sites.online()}
            found = self._sites.ask("train.step", configs, weights)
            sane = {node: each for node, each in found.items() if _sane(each, len(weights))}
            if len(sane) >= self._sites.terms.threshold:
                self._told(Summed(np.zeros(0, dtype=np.int64), tuple(sane), attempt))
                return [Message(each, reply_to=sent[0]) for each in sane.values()]
        raise Unavailable("Too few sites answered, time after time.")


def _sane(content: RecordDict, size: int) -> bool:
    weights = content.array_records["arrays"]["weights"].numpy()
    count = content.metric_records["metrics"]["num-examples"]
    return weights.shape == (size,) and bool(np.isfinite(weights).all()) and 0 < count < 1e9  # type: ignore[operator]
