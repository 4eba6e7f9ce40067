"""Handlers that a function of the mesh is compared with: an empty one, and the same agent under FastAPI and
Mangum, without keys, throttle, limits or replay. They run from the mesh's own package.
"""

import os
from functools import cache
from typing import Any


def empty(event: Any, context: Any) -> dict[str, Any]:  # noqa: ARG001
    """What the runtime itself takes."""
    return {}


def fastapi(event: Any, context: Any) -> Any:
    """FastAPI's answer to a REST API's event."""
    return _served()(event, context)


@cache
def _served() -> Any:
    from mangum import Mangum

    from bench.peer import application
    from mesh.adapters.aws.platform import open_platform
    from mesh.adapters.aws.settings import Settings

    platform = open_platform(Settings.from_environment(os.environ))
    return Mangum(application(platform, os.environ["MESH_AGENT"]), lifespan="off")


if os.environ.get("BENCH_PEER") == "fastapi":
    # An application is made when its module is imported, as FastAPI's documentation has it.
    _served()
