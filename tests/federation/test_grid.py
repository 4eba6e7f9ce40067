"""Flower inside one process: what is touched of its insides is there, and messages go as over a network."""

import os

import pytest
from flwr.app import Message, RecordDict
from flwr.clientapp import ClientApp
from flwr.supercore.task_identity import TaskIdentity

from mesh.adapters.federation.grid import InProcessGrid


def echo() -> ClientApp:
    app = ClientApp()

    @app.query()
    def back(message: Message, context: object) -> Message:
        return Message(message.content, reply_to=message)

    return app


def broken() -> ClientApp:
    app = ClientApp()

    @app.query()
    def fails(message: Message, context: object) -> Message:
        raise RuntimeError("the disk is full")

    return app


def test_the_identity_of_a_process_is_kept_where_it_is_looked_for() -> None:
    assert {"_task_id", "_run_id", "_node_id"} <= set(vars(TaskIdentity))
    InProcessGrid({1: echo()})
    assert TaskIdentity.run_id is not None and TaskIdentity.node_id is not None


def test_replies_come_back_with_who_sent_them_in_order_of_the_nodes() -> None:
    grid = InProcessGrid({5: echo(), 2: echo(), 9: echo()})
    messages = [Message(RecordDict(), node, "query") for node in (9, 2, 5)]
    replies = list(grid.send_and_receive(messages))
    assert [reply.metadata.src_node_id for reply in replies] == [2, 5, 9]
    assert [reply.metadata.reply_to_message_id for reply in replies] == ["1", "2", "3"]


def test_a_site_that_fails_is_an_error_and_one_that_is_silent_is_nothing() -> None:
    grid = InProcessGrid({1: broken(), 2: echo(), 3: echo()}, lambda node, kind: node != 3)
    replies = list(grid.send_and_receive([Message(RecordDict(), node, "query") for node in (1, 2, 3)]))
    assert [(r.metadata.src_node_id, r.has_error()) for r in replies] == [(1, True), (2, False)]


@pytest.mark.parametrize("name", ["FLWR_TELEMETRY_ENABLED", "FLWR_DISABLE_UPDATE_CHECK"])
def test_flower_tells_nobody(name: str) -> None:
    assert os.environ[name] == {"FLWR_TELEMETRY_ENABLED": "0", "FLWR_DISABLE_UPDATE_CHECK": "1"}[name]
