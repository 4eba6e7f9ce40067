"""How the embedded server hands the dashboard out, and who may enter by the link it prints. No browser."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from mesh.adapters.embedded.platform import open_platform
from mesh.entrypoints import web
from mesh.entrypoints.entrance import Entrance
from mesh.entrypoints.server import embedded
from mesh.kit.platform import Platform, Tenant


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>Mesh</title>")
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "assets" / "index-1a2b.js").write_text("let a = 1;\n" * 100)
    (tmp_path / ".made-from").write_text("secret")
    return tmp_path


def client(app: Starlette, **more: object) -> TestClient:
    options = {"base_url": "http://127.0.0.1:8000", "client": ("127.0.0.1", 50_000)} | more
    return TestClient(app, **options)  # type: ignore[arg-type]


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Platform]:
    made = open_platform(tmp_path / "home")
    yield made
    made.close()


@pytest.fixture
def platform(empty: Platform) -> Platform:
    empty.tenants.put(Tenant(msp_id="demo-cedar", name="Cedar (simulated)", simulated=True))
    empty.tenants.put(Tenant(msp_id="acme", name="Acme"))
    return empty


def served(platform: Platform, dist: Path) -> TestClient:
    return client(embedded(platform, web.routes(dist)))


def test_every_page_is_the_same_file_and_an_unknown_path_of_the_api_stays_a_problem(
    platform: Platform, dist: Path
) -> None:
    asked = served(platform, dist)
    for path in ("/", "/app", "/app/today", "/app/agents/threat-intelligence"):
        assert asked.get(path).headers["content-type"].startswith("text/html"), path
    for path in ("/nothing", "/agents/nothing", "/assets/none.js", "/apple"):
        found = asked.get(path)
        assert (found.status_code, found.headers["content-type"]) == (404, "application/problem+json"), path


def test_nothing_inline_is_allowed_and_no_other_origin(platform: Platform, dist: Path) -> None:
    page = served(platform, dist).get("/app/today")
    policy = page.headers["content-security-policy"]
    assert "unsafe" not in policy and "http" not in policy and "default-src 'none'" in policy
    assert page.headers["x-frame-options"] == "DENY" and page.headers["cache-control"] == "no-cache"


def test_hashed_files_are_kept_for_good_and_come_packed(platform: Platform, dist: Path) -> None:
    script = served(platform, dist).get("/assets/index-1a2b.js", headers={"accept-encoding": "gzip"})
    assert "immutable" in script.headers["cache-control"] and script.headers["content-encoding"] == "gzip"
    assert script.text.startswith("let a = 1;")


@pytest.mark.parametrize(
    "name", ["..%2Findex.html", "%2e%2e/config.json", "../.made-from", ".made-from", "%00.js"]
)
def test_nothing_leads_out_of_the_folder(platform: Platform, dist: Path, name: str) -> None:
    assert served(platform, dist).get(f"/assets/{name}").status_code == 404


def at_the_door(platform: Platform, **more: object) -> tuple[TestClient, Entrance, list[str]]:
    said: list[str] = []
    entrance = Entrance(platform, "http://127.0.0.1:8000", said.append)
    return client(embedded(platform, [entrance.route()]), **more), entrance, said


def entered(platform: Platform, code: str | None = None, **more: Any) -> Any:
    headers = more.pop("headers", {})
    asked, entrance, _ = at_the_door(platform, **more)
    return asked.post("/app/enter", json={"code": entrance.code if code is None else code}, headers=headers)


def test_the_link_gives_a_key_of_a_simulated_msp_once_and_the_terminal_a_fresh_link(
    platform: Platform,
) -> None:
    asked, entrance, said = at_the_door(platform)
    code = entrance.link.partition("#enter=")[2]
    reply = asked.post("/app/enter", json={"code": code})
    tenant = platform.keys.tenant_of(reply.json()["key"])
    assert tenant is not None and tenant.msp_id == "demo-cedar"
    assert reply.headers["cache-control"] == "no-store"
    assert asked.post("/app/enter", json={"code": code}).status_code == 401
    assert entrance.link in said[0] and code not in said[0]


def test_a_wrong_code_opens_nothing(platform: Platform) -> None:
    for code in ("", "wrong", "ü" * 20):
        assert entered(platform, code).status_code == 401
    assert list(platform.keys.listing()) == []


@pytest.mark.parametrize(
    "stranger",
    [
        {"client": ("192.0.2.7", 40_000)},
        {"base_url": "http://attacker.example:8000"},
        {"headers": {"origin": "http://127.0.0.1:9999"}},
        {"headers": {"origin": "https://attacker.example"}},
        {"headers": {"origin": "null"}},
    ],
)
def test_another_machine_another_name_and_another_page_get_nothing(
    platform: Platform, stranger: dict[str, Any]
) -> None:
    assert entered(platform, **stranger).status_code == 401
    assert list(platform.keys.listing()) == []


def test_without_a_simulated_msp_there_is_nobody_to_enter_as(empty: Platform) -> None:
    empty.tenants.put(Tenant(msp_id="acme", name="Acme"))
    assert entered(empty).status_code == 404


def test_wheels_and_functions_hold_none_of_it() -> None:
    settings = (Path(__file__).resolve().parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    assert not re.search(r"""["']/?web(/|["'])""", settings)
