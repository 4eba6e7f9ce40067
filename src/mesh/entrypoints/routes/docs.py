"""The API's own description: /openapi.json for programs, /docs for people, without script."""

from collections.abc import Callable
from functools import cache
from typing import Any

from pydantic_core import to_json

from mesh.entrypoints.endpoint import JSON, Call, Endpoint, reply_json
from mesh.kit import problem
from mesh.kit.platform import Reply

HTML = "text/html; charset=utf-8"
POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"


def routes(document: Callable[[], dict[str, Any]]) -> list[Endpoint]:
    """Routes that serve the document, which is made once, at the first request."""
    made = cache(document)

    def openapi(_: Call) -> Reply:
        return reply_json(made())

    def page(call: Call) -> Reply:
        return _html("docs.html", document=made(), problems=problem.ALL, root=call.root)

    def problems(call: Call) -> Reply:
        return _html("problems.html", problems=problem.ALL, root=call.root)

    def style(_: Call) -> Reply:
        return Reply(200, {"content-type": "text/css; charset=utf-8"}, _read("docs.css").encode())

    def endpoint(path: str, summary: str, handle: Callable[[Call], Reply], media: str) -> Endpoint:
        return Endpoint("GET", path, summary, "platform", handle, also={media: summary}, public=True)

    return [
        endpoint("/openapi.json", "This API as OpenAPI 3.1", openapi, JSON),
        endpoint("/docs", "This API for people", page, HTML),
        endpoint("/docs/problems", "What each problem type means", problems, HTML),
        endpoint("/docs/docs.css", "How the documentation looks", style, "text/css"),
    ]


def _read(name: str) -> str:
    from importlib.resources import files

    return (files("mesh.entrypoints") / "pages" / name).read_text(encoding="utf-8")


@cache
def _templates() -> Any:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(loader=FunctionLoader(_read), autoescape=True, undefined=StrictUndefined)
    environment.filters["pretty"] = lambda value: to_json(value, indent=2).decode()
    return environment


def _html(name: str, **values: Any) -> Reply:
    page = _templates().get_template(name).render(**values)
    headers = {"content-type": HTML, "content-security-policy": POLICY, "x-content-type-options": "nosniff"}
    return Reply(200, headers, page.encode())
