"""One agent, or the platform's own routes, behind API Gateway: the same application as everywhere, under
Mangum.
"""

import os
from functools import cache
from typing import Any

from mangum import Mangum

from mesh import registry
from mesh.entrypoints.endpoint import CSV, JSON, NDJSON
from mesh.entrypoints.http import application
from mesh.entrypoints.lambdas.process import process
from mesh.kit.platform import Platform
from mesh.kit.problem import MEDIA_TYPE

# Answers of these types are passed on as text; what is not named is sent as base64.
TEXT = ["text/", JSON, MEDIA_TYPE, NDJSON, CSV, "application/stix+json", "application/yaml"]


def handler(event: Any, context: Any) -> Any:
    """Answer one request of a REST API with proxy integration."""
    return _served()(event, context)


@cache
def _served() -> Mangum:
    return served(process().platform, os.environ.get("MESH_AGENT", ""))


def served(platform: Platform, agent: str) -> Mangum:
    """The application with the routes of one agent; with none where `agent` is empty: the platform's own."""
    of = [registry.find(agent)] if agent else []
    return Mangum(application(platform, of=of), lifespan="off", text_mime_types=TEXT)
