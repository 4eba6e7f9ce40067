"""What a site reads from a message, and what it remembers of a training between messages.

State lives in Flower's context, since a SuperNode may answer each message in a process of its own.
"""

import json
from collections.abc import Mapping
from typing import Any

from flwr.app import ConfigRecord, Context, Message, RecordDict

from mesh.sharing import federation_masking as masking
from mesh.sharing.federation_learner import Floats
from mesh.sharing.federation_rules import Terms

STATE = "mesh"


class Refused(Exception):
    """The coordinator asked for, or sent, what the terms do not allow."""


def terms_held(context: Context) -> Terms:
    """The terms that were enrolled on; raises Refused where none were."""
    held = state(context)
    if "terms" not in held:
        raise Refused("this site has not enrolled")
    return Terms(**json.loads(held["terms"]))


def under_way(message: Message, context: Context) -> tuple[Terms, masking.Secrets]:
    """The terms and this round's secrets; raises Refused for a message of another round."""
    held = state(context)
    if not label(message) or held.get("label") != label(message):
        raise Refused("this is not the round that is under way")
    return terms_held(context), masking.Secrets(*held["secrets"])


def keys_of(told: Mapping[str, Any]) -> dict[int, tuple[bytes, bytes]]:
    """Public keys by node."""
    return {
        int(node): (sealing, public)
        for node, sealing, public in zip(told["nodes"], told["sealing"], told["masking"], strict=True)
    }


def label(message: Message) -> str:
    return str(config(message)["label"])


def config(message: Message) -> dict[str, Any]:
    return dict(message.content.config_records["config"])


def weights(message: Message) -> Floats:
    return message.content.array_records["arrays"]["weights"].numpy()


def state(context: Context) -> dict[str, Any]:
    held = context.state.config_records.get(STATE)
    return dict(held) if held is not None else {}


def remember(context: Context, more: Mapping[str, Any]) -> None:
    context.state[STATE] = ConfigRecord({**state(context), **more})


def reply(message: Message, told: Mapping[str, Any]) -> Message:
    return Message(RecordDict({"config": ConfigRecord(dict(told))}), reply_to=message)
