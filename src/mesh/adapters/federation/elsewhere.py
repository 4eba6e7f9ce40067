"""Sites on other machines in a training of this mesh: invited, awaited, and asked beside those whose rows are
here."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from flwr.app import Message
from flwr.clientapp import ClientApp
from flwr.serverapp import Grid

from mesh.adapters.federation.delivery import deliver
from mesh.adapters.federation.door import Door, Open, opened
from mesh.adapters.federation.grid import InProcessGrid
from mesh.adapters.federation.training import Trained
from mesh.adapters.federation.version import Made
from mesh.sharing.federation_sites import Invitation, Sites

if TYPE_CHECKING:
    from mesh.adapters.federation.superlink import LinkGrid

NO_DOOR = "its rows are elsewhere, and this mesh has no door for sites"
DID_NOT_COME = "its site did not come"
Apps = Mapping[int, ClientApp]


@dataclass(frozen=True, slots=True)
class Gathered:
    """All sites of a training under one Grid. `nodes` are the MSPs of sites elsewhere; `absent` says why one
    of these is not there."""

    grid: Grid
    nodes: Mapping[int, str]
    absent: Mapping[int, str]

    def deliver(self, trained: Trained, made: Made, timeout: float) -> str:
        """Send the model to the sites elsewhere that took part, and say how many it came to."""
        left = {node: rounds for node, rounds in trained.left.items() if node in self.nodes}
        if not left:
            return ""
        sent = deliver(self.grid, replace(trained, left=left), made, timeout)
        return f" It came to {sum(not why for why in sent.values())} of {len(left)} sites elsewhere."


@contextmanager
def gathered(
    here: Apps, sites: Sites | None, away: Mapping[str, str], door: Door | None, kind: str, training_id: str
) -> Iterator[Gathered]:
    """The sites `here`, by node, and those of the MSPs `away`, by the key that each is known by."""
    grid = InProcessGrid(here)
    if not away or sites is None:
        yield Gathered(grid, {}, {})
        return
    if door is None:
        # No site has such a number: it only stands for one where the outcome is told.
        nowhere = {-place: msp_id for place, msp_id in enumerate(away, start=1)}
        yield Gathered(grid, nowhere, dict.fromkeys(nowhere, NO_DOOR))
        return
    with opened(door, away) as found, _invited(sites, away, kind, training_id, found):
        found.wait(door.wait_s)
        online, nodes = found.link.online(), found.link.nodes
        absent = {node: DID_NOT_COME for msp_id, node in nodes.items() if msp_id not in online}
        of = {node: msp_id for msp_id, node in nodes.items()}
        yield Gathered(JoinedGrid(grid, found.link.grid), of, absent)


@contextmanager
def _invited(
    sites: Sites, away: Mapping[str, str], kind: str, training_id: str, found: Open
) -> Iterator[None]:
    invitation = Invitation(
        training_id=training_id, model_type=kind, superlink=found.superlink,
        certificates=found.certificates, until=sites.ends(),
    )  # fmt: skip
    sites.invite(list(away), invitation)
    try:
        yield
    finally:
        sites.dismiss(list(away), training_id)


class JoinedGrid(Grid):
    """Sites of this process and of a SuperLink as one: these are asked first, and work while those answer."""

    def __init__(self, here: InProcessGrid, link: "LinkGrid") -> None:
        self._here, self._link = here, link
        self._near = set(here.get_node_ids())

    def set_run(self, run: Any) -> None:
        """There is one run, the SuperLink's."""

    @property
    def run(self) -> Any:
        return self._link.run

    def create_message(self, *args: Any, **kwargs: Any) -> Message:
        return self._here.create_message(*args, **kwargs)

    def get_node_ids(self) -> Iterable[int]:
        return sorted([*self._near, *self._link.get_node_ids()])

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        near, far = self._parted(messages)
        return [*self._link.push_messages(far), *self._here.push_messages(near)]

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        asked = list(message_ids)
        # Those of this process are short numbers, the others SHA-256.
        return [
            *self._here.pull_messages([one for one in asked if one.isdecimal()]),
            *self._link.pull_messages([one for one in asked if not one.isdecimal()]),
        ]

    def send_and_receive(
        self, messages: Iterable[Message], *, timeout: float | None = None
    ) -> Iterable[Message]:
        near, far = self._parted(messages)
        asked = self._link.push_messages(far)
        found = list(self._here.send_and_receive(near))
        return [*found, *self._link.replies(asked, timeout)]

    def _parted(self, messages: Iterable[Message]) -> tuple[list[Message], list[Message]]:
        near, far = list[Message](), list[Message]()
        for message in messages:
            (near if message.metadata.dst_node_id in self._near else far).append(message)
        return near, far
