"""What takes a key with the role admin: keys, rates; and that no other key gets there."""

import re
import time
from collections.abc import Iterator

import httpx
import pytest

from mesh import registry
from mesh.adapters.lines import Lines
from mesh.adapters.models.spending import Price, TenantMeter
from mesh.entrypoints.table import endpoints
from mesh.kit.platform import Platform
from tests.contract.conftest import Msp, NewMsp, problem
from tests.hostile import HOSTILE
from tests.server import Server

ADMIN = [endpoint for endpoint in endpoints() if endpoint.path.startswith("/admin")]


@pytest.fixture
def admin(server: Server, msp: Msp, store: Platform) -> Iterator[Msp]:
    """A tenant that nobody else knows, with an admin's key."""
    key = store.keys.create(msp.msp_id, "admin", "admin")
    with httpx.Client(base_url=server.url, headers={"x-api-key": key}, timeout=msp.http.timeout) as client:
        yield Msp(msp.msp_id, key, client)


def key_id(key: str) -> str:
    return key.split("_")[1]


def test_every_route_for_admins_says_so_in_the_table() -> None:
    assert ADMIN and all(endpoint.admin and 403 in endpoint.problems for endpoint in ADMIN)
    assert not [endpoint.path for endpoint in endpoints() if endpoint.admin and endpoint not in ADMIN]


@pytest.mark.parametrize("endpoint", ADMIN, ids=lambda endpoint: f"{endpoint.method} {endpoint.path}")
def test_an_ordinary_key_gets_403_that_says_what_is_needed(msp: Msp, endpoint: object) -> None:
    method, path = getattr(endpoint, "method", ""), re.sub(r"{\w+}", "x", getattr(endpoint, "path", ""))
    told = problem(msp.http.request(method, path, json={} if method == "POST" else None), 403, "x-api-key")
    assert told["type"] == "/docs/problems#forbidden" and "--role admin" in told["detail"]


@pytest.mark.parametrize("endpoint", ADMIN, ids=lambda endpoint: f"{endpoint.method} {endpoint.path}")
def test_no_key_gets_401_as_everywhere(server: Server, endpoint: object) -> None:
    method, path = getattr(endpoint, "method", ""), re.sub(r"{\w+}", "x", getattr(endpoint, "path", ""))
    problem(httpx.request(method, f"{server.url}{path}"), 401)


def test_a_key_is_shown_once_and_listed_without_its_secret(admin: Msp) -> None:
    made = admin.http.post("/admin/keys", json={"label": "  ticket system "})
    assert made.status_code == 201 and made.headers["cache-control"] == "no-store"
    key, info = made.json()["key"], made.json()["info"]
    assert info == {**info, "msp_id": admin.msp_id, "label": "ticket system", "role": "member"}
    listed = admin.http.get("/admin/keys").json()["items"]
    assert {one["key_id"] for one in listed} >= {key_id(key), key_id(admin.key)}
    secret = key.split("_", 2)[2]
    assert secret not in admin.http.get("/admin/keys").text
    assert admin.http.get("/tenant", headers={"x-api-key": key}).json()["msp_id"] == admin.msp_id


def test_a_key_that_was_used_says_when(admin: Msp) -> None:
    admin.http.get("/tenant")
    admin.http.get("/tenant")

    def used() -> object:
        listed = {one["key_id"]: one for one in admin.http.get("/admin/keys").json()["items"]}
        return listed[key_id(admin.key)]["last_used_at"]

    # It is written behind the reply.
    until = time.monotonic() + 10
    while used() is None and time.monotonic() < until:
        time.sleep(0.05)
    assert used() is not None
    unused = admin.http.post("/admin/keys", json={}).json()["info"]
    assert unused["last_used_at"] is None


def test_a_revoked_key_opens_nothing_and_stays_in_the_list(admin: Msp) -> None:
    key = admin.http.post("/admin/keys", json={"label": "old laptop"}).json()["key"]
    ended = admin.http.delete(f"/admin/keys/{key_id(key)}").json()
    assert ended["revoked_at"] is not None
    problem(admin.http.get("/tenant", headers={"x-api-key": key}), 401)
    again = admin.http.delete(f"/admin/keys/{key_id(key)}")
    assert again.status_code == 200 and again.json()["revoked_at"] == ended["revoked_at"]


def test_the_only_admin_key_is_not_revoked_and_with_another_it_is(admin: Msp) -> None:
    told = problem(admin.http.delete(f"/admin/keys/{key_id(admin.key)}"), 409)
    assert "another" in told["detail"]
    other = admin.http.post("/admin/keys", json={"role": "admin"}).json()["key"]
    assert admin.http.delete(f"/admin/keys/{key_id(admin.key)}").status_code == 200
    problem(admin.http.get("/admin/keys"), 401)
    assert admin.http.get("/admin/keys", headers={"x-api-key": other}).status_code == 200


def test_another_tenants_key_is_neither_listed_nor_revoked(admin: Msp, new_msp: NewMsp) -> None:
    other = new_msp()
    problem(admin.http.delete(f"/admin/keys/{key_id(other.key)}"), 404)
    assert key_id(other.key) not in admin.http.get("/admin/keys").text
    assert other.http.get("/tenant").status_code == 200


def test_a_repeated_request_makes_one_key_and_its_secret_is_not_kept(admin: Msp, store: Platform) -> None:
    once = {"idempotency-key": "make-1"}
    first = admin.http.post("/admin/keys", json={"label": "twice"}, headers=once)
    assert first.status_code == 201
    problem(admin.http.post("/admin/keys", json={"label": "twice"}, headers=once), 409)
    labels = [one["label"] for one in admin.http.get("/admin/keys").json()["items"]]
    assert labels.count("twice") == 1


@pytest.mark.parametrize(
    "body, field",
    [({"label": "x" * 101}, "label"), ({"label": "a\x00b"}, "label"), ({"label": "a\nb"}, "label"),
     ({"label": 1}, "label"), ({"role": "owner"}, "role"), ({"role": ["admin"]}, "role"),
     ({"msp_id": "msp-b"}, "msp_id"), ({"label": None}, "label")],
    ids=str,
)  # fmt: skip
def test_a_key_that_is_asked_for_wrongly_is_refused_by_field(admin: Msp, body: object, field: str) -> None:
    problem(admin.http.post("/admin/keys", json=body), 422, field)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_labels_and_ids_are_refused_or_stay_text(admin: Msp, name: str) -> None:
    text = HOSTILE[name]
    made = admin.http.post("/admin/keys", json={"label": text})
    assert made.status_code in (201, 413, 422)
    if made.status_code == 201:
        assert made.json()["info"]["label"] == text.strip()
    for hostile in (text[:200], "../" * 5, "%", "_", "é" * 20):
        reply = admin.http.delete(f"/admin/keys/{httpx.QueryParams({'a': hostile})}"[:1_000])
        assert reply.status_code in (404, 405), reply.text


def test_the_throttle_says_the_limits_and_what_was_used(admin: Msp) -> None:
    before = admin.http.get("/admin/throttle").json()
    assert (before["requests_a_second"], before["burst"]) == (1000, 2000) and before["note"]
    for _ in range(3):
        admin.http.get("/tenant")
    after = admin.http.get("/admin/throttle").json()
    if before["today"] is not None:
        assert after["today"] == before["today"] + 4 and after["this_month"] >= after["today"]
        assert after["refused_today"] == 0


def test_feeds_say_which_edition_is_loaded_and_how_old_it_is(admin: Msp) -> None:
    found = {one["name"]: one for one in admin.http.get("/admin/feeds").json()["items"]}
    assert set(found) == {"attack", "kev", "epss", "cvss", "sigma"}
    assert all(one["homes"][0].startswith("https://") for one in found.values())
    for one in found.values():
        assert one["loaded"] is None or (one["loaded"]["rows"] > 0 and one["loaded"]["version"])


def test_a_feed_is_fetched_as_a_job_one_at_a_time_and_a_failure_says_why(admin: Msp) -> None:
    """Tests have no way out, so fetching fails; the edition before stays."""
    before = admin.http.get("/admin/feeds").json()["items"]
    asked = admin.http.post("/admin/feeds/kev/refresh")
    assert asked.status_code == 202 and asked.headers["location"].endswith(asked.json()["job_id"])
    again = admin.http.post("/admin/feeds/kev/refresh")
    until = time.monotonic() + 60
    while (job := admin.http.get(asked.headers["location"]).json())["state"] in ("waiting", "running"):
        assert time.monotonic() < until
        time.sleep(0.1)
    assert (job["agent"], job["question"]) == ("feeds", {"feed": "kev"})
    if job["state"] == "dead":
        assert job["problem"]["status"] == 503 and "kev" in job["problem"]["detail"]
        assert again.status_code in (202, 409)
        after = admin.http.get("/admin/feeds").json()["items"]
        assert [one["loaded"] for one in after] == [one["loaded"] for one in before]


@pytest.mark.parametrize("name", ["nothing", "KEV", "%00", "kev%2f..", "x" * 500])
def test_a_feed_that_there_is_not_is_404(admin: Msp, name: str) -> None:
    problem(admin.http.post(f"/admin/feeds/{name}/refresh"), 404)


def test_models_say_what_they_were_made_from_and_what_was_measured(admin: Msp) -> None:
    found = {one["name"]: one for one in admin.http.get("/admin/models").json()["items"]}
    for agent in registry.agents():
        assert all(agent.slug in found[name]["used_by"] for name in agent.models)
    for name, learnt_from_simulated in (("client_health", True), ("techniques", False)):
        if name in found:
            assert found[name]["loaded"] and found[name]["simulated"] is learnt_from_simulated
            assert len(found[name]["sha256"]) == 64 and found[name]["scores"]
    for one in found.values():
        assert one["loaded"] or one["problem"]


def test_the_cost_is_the_sum_of_its_lines_and_says_how_it_comes_about(
    admin: Msp, store: Platform, new_msp: NewMsp
) -> None:
    empty = admin.http.get("/admin/cost").json()
    assert empty["notes"] and empty["usd"] == sum(x["usd"] or 0 for x in empty["lines"] if not x["shared"])
    for msp_id in (admin.msp_id, new_msp().msp_id):
        spent = TenantMeter(msp_id, store.commons, store.clock, Lines(), {"dear": Price(1.0, 5.0)})
        spent.note("dear", 1_000_000, 200_000, 1.0, "done")
        spent.note("unpriced", 10, 10, 1.0, "done")
    found = admin.http.get("/admin/cost").json()
    lines = {line["what"]: line for line in found["lines"] if line["service"] == "model"}
    assert (
        lines["1 questions to dear"]["usd"] == 2.0 and lines["1 questions to dear"]["quantity"] == 1_200_000
    )
    assert lines["1 questions to unpriced"]["usd"] is None and "Lines without a price" in found["notes"][-1]
    assert found["usd"] == pytest.approx(empty["usd"] + 2.0)
