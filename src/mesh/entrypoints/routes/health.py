"""Whether the mesh answers, and its own description. Open to all: nothing here is a tenant's."""

from datetime import datetime

from pydantic import BaseModel

from mesh import registry
from mesh.entrypoints.endpoint import Call, Endpoint, reply_json
from mesh.kit.platform import Reply


class Health(BaseModel):
    """Answered after a read of the store, so that 200 means that rows can be had."""

    status: str
    time: datetime
    agents: list[str]


def health(call: Call) -> Reply:
    call.platform.tenants.find("")
    names = [name.replace("_", "-") for name in registry.names()]
    return reply_json(Health(status="ok", time=call.platform.clock.now(), agents=names))


ROUTES = [
    Endpoint("GET", "/health", "Whether the mesh answers", "platform", health, reply=Health, public=True),
]
