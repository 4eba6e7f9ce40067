"""The mesh's own description: OpenAPI, the pages, and what browsers are told."""

from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from mesh import registry
from mesh.entrypoints.table import endpoints
from mesh.kit import problem as problems
from mesh.kit.agent import Agent
from tests.contract.conftest import Msp, problem
from tests.server import Server


@pytest.fixture(scope="module")
def document(server: Server) -> dict[str, Any]:
    reply = httpx.get(f"{server.url}/openapi.json")
    assert reply.headers["content-type"] == "application/json"
    described: dict[str, Any] = reply.json()
    return described


def test_health_is_open_to_all_and_names_the_agents(server: Server) -> None:
    reply = httpx.get(f"{server.url}/health")
    assert reply.json()["status"] == "ok" and reply.json()["agents"] == [a.slug for a in registry.agents()]
    assert httpx.head(f"{server.url}/health").status_code == 200


def test_the_openapi_document_is_valid(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_every_route_of_the_table_is_described_but_the_documentation_itself(document: dict[str, Any]) -> None:
    described = {(path, method) for path, methods in document["paths"].items() for method in methods}
    served = {(e.path, e.method.lower()) for e in endpoints()}
    own = {("/openapi.json", "get"), ("/docs", "get"), ("/docs/problems", "get"), ("/docs/docs.css", "get")}
    assert described == served - own
    names = [
        operation["operationId"] for methods in document["paths"].values() for operation in methods.values()
    ]
    assert len(names) == len(set(names))


def test_every_route_says_which_problems_it_has_and_whether_it_needs_a_key(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if operation.get("security") == []:
                assert path == "/health"
                continue
            assert {"401", "429"} <= set(operation["responses"]), (path, method)
            if "requestBody" in operation:
                assert {"400", "413", "415", "422"} <= set(operation["responses"]), (path, method)


@pytest.mark.parametrize("agent", registry.names(), indirect=True)
def test_every_example_is_accepted_and_its_answer_is_as_described(
    msp: Msp, agent: Agent, document: dict[str, Any]
) -> None:
    for path in (agent.route, *agent.aliases):
        operation = document["paths"][path]["post"]
        examples = operation["requestBody"]["content"]["application/json"]["examples"]
        assert len(examples) == 2
        for example in examples.values():
            reply = msp.http.post(path, json=example["value"])
            assert reply.status_code == 200, reply.text
            schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
            described = {**schema, "components": document["components"]}
            assert [e.message for e in Draft202012Validator(described).iter_errors(reply.json())] == []


class Page(HTMLParser):
    """Collects what a page would load or run."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loaded: list[str] = []
        self.handlers: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name.startswith("on") or (value or "").strip().lower().startswith("javascript:"):
                self.handlers.append(f"{tag} {name}")
            if name == "src" or (tag == "link" and name == "href"):
                self.loaded.append(value or "")
            if name == "id":
                self.ids.add(value or "")


def read(server: Server, path: str) -> tuple[httpx.Response, Page]:
    reply = httpx.get(server.url + path)
    page = Page()
    page.feed(reply.text)
    return reply, page


@pytest.mark.parametrize("path", ["/docs", "/docs/problems"])
def test_the_pages_run_nothing_and_load_nothing_from_elsewhere(server: Server, path: str) -> None:
    reply, page = read(server, path)
    assert reply.status_code == 200 and reply.headers["content-type"] == "text/html; charset=utf-8"
    assert "script" not in page.tags and not page.handlers
    assert page.loaded == ["/docs/docs.css"]
    policy = reply.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script" not in policy and "unsafe" not in policy
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert httpx.get(f"{server.url}/docs/docs.css").headers["content-type"].startswith("text/css")


def test_the_page_for_people_shows_every_route(server: Server, document: dict[str, Any]) -> None:
    _, page = read(server, "/docs")
    for methods in document["paths"].values():
        assert {operation["operationId"] for operation in methods.values()} <= page.ids


def test_every_type_of_problem_leads_to_its_explanation(server: Server) -> None:
    _, page = read(server, "/docs/problems")
    assert {known.slug for known in problems.ALL} <= page.ids


def test_the_front_door_leads_to_the_documentation(server: Server) -> None:
    assert httpx.get(server.url, follow_redirects=True).url.path == "/docs"


def test_a_browser_may_ask_first(server: Server) -> None:
    headers = {
        "origin": "https://app.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "x-api-key,content-type,idempotency-key,prefer",
    }
    reply = httpx.options(f"{server.url}/records/clients", headers=headers)
    assert reply.status_code == 200 and reply.headers["access-control-allow-origin"] == "*"
    assert "POST" in reply.headers["access-control-allow-methods"]
    assert "x-api-key" in reply.headers["access-control-allow-headers"].lower()


def test_a_browser_may_read_replies_and_problems_and_their_headers(server: Server, msp: Msp) -> None:
    origin = {"origin": "https://app.example"}
    for reply in (
        msp.http.get("/results", headers=origin),
        httpx.get(f"{server.url}/results", headers=origin),
    ):
        assert reply.headers["access-control-allow-origin"] == "*"
        assert "location" in reply.headers["access-control-expose-headers"]
        assert "access-control-allow-credentials" not in reply.headers
    problem(httpx.get(f"{server.url}/nothing", headers=origin), 404)
