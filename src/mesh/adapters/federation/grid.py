"""Flower's Grid inside one process: a message is a call of the site's ClientApp, and no network is there."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flwr.app import Context, Error, Message, RecordDict
from flwr.clientapp import ClientApp
from flwr.common.constant import ErrorCode
from flwr.serverapp import Grid

from mesh.adapters.federation.flower import name_this_process

# Whether a site answers a message of this type, asked once for each; sites that do not have fallen silent.
Answers = Callable[[int, str], bool]


class InProcessGrid(Grid):
    """Sites by node id. Messages are answered in the order of the ids, so that sums come out alike."""

    def __init__(self, sites: Mapping[int, ClientApp], answers: Answers | None = None) -> None:
        name_this_process()
        self._sites = dict(sorted(sites.items()))
        self._answers = answers or (lambda _node, _kind: True)
        self._contexts = {node: Context(1, node, {}, RecordDict(), {}) for node in self._sites}
        self._replies: dict[str, Message] = {}
        self._sent = 0

    def set_run(self, run: Any) -> None:
        """There is one run."""

    @property
    def run(self) -> Any:
        raise NotImplementedError("a run inside this process has no record of its own")

    def create_message(
        self,
        content: RecordDict,
        message_type: str,
        dst_node_id: int,
        group_id: str,
        ttl: float | None = None,
    ) -> Message:
        return Message(content, dst_node_id, message_type, group_id=group_id, ttl=ttl)

    def get_node_ids(self) -> Iterable[int]:
        return list(self._sites)

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        ids = []
        for message in sorted(messages, key=lambda each: each.metadata.dst_node_id):
            self._sent += 1
            ids.append(str(self._sent))
            message.metadata.__dict__["_message_id"] = ids[-1]
            if self._answers(message.metadata.dst_node_id, message.metadata.message_type):
                self._replies[ids[-1]] = self._answered(message)
        return ids

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        return [self._replies.pop(each) for each in message_ids if each in self._replies]

    def send_and_receive(
        self,
        messages: Iterable[Message],
        *,
        timeout: float | None = None,  # noqa: ARG002 - nobody is waited for
    ) -> Iterable[Message]:
        return self.pull_messages(self.push_messages(messages))

    def _answered(self, message: Message) -> Message:
        node = message.metadata.dst_node_id
        try:
            return self._sites[node](message, self._contexts[node])
        except Exception as fault:  # noqa: BLE001 - a site that fails is a site that fell silent, as over a network
            return Message(Error(ErrorCode.CLIENT_APP_RAISED_EXCEPTION, repr(fault)), reply_to=message)
