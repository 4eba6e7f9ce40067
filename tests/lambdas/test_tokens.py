"""People who signed in: which tokens are let in, and as whom."""

import base64
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from mesh import registry
from mesh.adapters.aws.cognito import token_ends
from mesh.adapters.aws.connections import Connection
from mesh.adapters.aws.settings import Settings
from mesh.entrypoints.lambdas import process as processes
from mesh.entrypoints.lambdas.authorizer import allowed, usage_key
from mesh.entrypoints.lambdas.http import served
from mesh.kit.problem import Unavailable
from tests.lambdas.conftest import TestedProcess
from tests.lambdas.events import Context, request, to_authorize
from tests.lambdas.pool import CLIENT_ID, POOL_ID, UserPool

jwt = pytest.importorskip("jwt", reason="PyJWT is not installed, so tokens of user pools were not tested")
pytest.importorskip(
    "cryptography", reason="cryptography is not installed, so tokens of user pools were not tested"
)


@pytest.fixture(scope="module")
def users() -> UserPool:
    return UserPool()


@pytest.fixture
def with_pool(at: TestedProcess, users: UserPool, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestedProcess]:
    configured = {"cognito_pool_id": POOL_ID, "cognito_client_id": CLIENT_ID}
    monkeypatch.setattr(processes, "_pool", lambda pool_id, client_id: users.pool if pool_id else None)
    yield replace(at, settings=at.settings.model_copy(update=configured))


def bearing(token: str) -> dict[str, Any]:
    return to_authorize(Authorization=f"Bearer {token}")


def refused(event: dict[str, Any], at: TestedProcess) -> bool:
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        allowed(event, at)
    return True


def test_a_token_is_let_in_as_its_tenant_with_the_same_rate_as_its_keys(
    with_pool: TestedProcess, users: UserPool
) -> None:
    ends = int(time.time()) + 60
    by_token = allowed(bearing(users.token(exp=ends)), with_pool)
    by_key = allowed(to_authorize(x_api_key=with_pool.key("msp-a")), with_pool)
    assert by_token["context"] == {"msp_id": "msp-a", "key_id": f"token.{ends}", "role": "member"}
    for same in ("principalId", "policyDocument", "usageIdentifierKey"):
        assert by_token[same] == by_key[same]
    assert by_token["usageIdentifierKey"] == usage_key("msp-a")


def test_a_token_for_access_names_its_client_otherwise(users: UserPool) -> None:
    access = users.token(token_use="access", aud=None, client_id=CLIENT_ID)
    found = users.pool.bearer(access)
    assert found is not None and found.msp_id == "msp-a"
    assert users.pool.bearer(users.token(token_use="access", aud=CLIENT_ID)) is None


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": int(time.time()) - 5}, {"exp": None}, {"iss": "https://cognito-idp.eu-west-1.amazonaws.com/x"},
        {"aud": "client-2"}, {"aud": None}, {"aud": [CLIENT_ID]}, {"token_use": "refresh"},
        {"token_use": None}, {"token_use": ["id"]},
        {"custom:msp_id": None}, {"custom:msp_id": ""}, {"custom:msp_id": ["msp-a"]},
        {"custom:msp_id": "nobody"}, {"nbf": int(time.time()) + 86_400}, {"sub": None},
    ],
    ids=lambda claims: next(iter(claims)),
)  # fmt: skip
def test_a_token_that_says_anything_else_is_refused(
    with_pool: TestedProcess, users: UserPool, claims: dict[str, Any]
) -> None:
    assert refused(bearing(users.token(**claims)), with_pool)


def test_a_token_signed_by_somebody_else_is_refused(with_pool: TestedProcess, users: UserPool) -> None:
    other = UserPool()
    assert refused(bearing(other.token()), with_pool)
    head, body, signature = users.token().split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    forged = base64.urlsafe_b64encode(json.dumps({**claims, "custom:msp_id": "msp-b"}).encode())
    assert refused(bearing(f"{head}.{forged.decode().rstrip('=')}.{signature}"), with_pool)


def test_the_public_key_is_no_secret_to_sign_with(with_pool: TestedProcess, users: UserPool) -> None:
    unsigned = jwt.encode(users.claims(), None, "none", {"kid": "k1"})
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"k1"}').decode().rstrip("=")
    assert refused(bearing(unsigned), with_pool)
    assert refused(bearing(f"{head}.{unsigned.split('.')[1]}.c2lnbmVk"), with_pool)


@pytest.mark.parametrize(
    "token",
    ["", "nonsense", "a.b.c", "\u00fc.\u00fc.\u00fc", "." * 50, "x" * 9_000, "W1tb" * 1_900 + ".e30.x"],
)
def test_nonsense_is_refused_like_a_wrong_token(with_pool: TestedProcess, token: str) -> None:
    assert refused(bearing(token), with_pool)


def test_what_is_refused_is_not_written_to_the_log(
    with_pool: TestedProcess, users: UserPool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "mesh")
    token = users.token(aud="client-2", email="ana@example.org")
    assert refused(bearing(token), with_pool)
    assert "refused" in caplog.text and not any(
        secret in caplog.text for secret in (token, "client-2", "ana@example.org", "5e1f")
    )


def test_without_a_pool_a_token_opens_nothing(at: TestedProcess, users: UserPool) -> None:
    assert refused(bearing(users.token()), at)


def test_keys_are_fetched_once_and_again_for_one_that_is_new() -> None:
    users = UserPool()
    source = users.published.source()
    source.cooldown_duration = 0
    users.pool._key_of = source.get_signing_key_from_jwt
    assert all(users.pool.bearer(users.token()) for _ in range(5)) and users.published.fetched == 1
    users.turn("k2")
    assert users.pool.bearer(users.token("k2")) and users.published.fetched == 2


def test_a_pool_that_is_down_is_said_to_be_so_without_its_address() -> None:
    users = UserPool()
    users.published.down = True
    with pytest.raises(Unavailable) as told:
        users.pool.bearer(users.token())
    assert "10.0.0.7" not in told.value.detail


def test_a_request_with_a_token_is_answered_for_its_tenant(at: TestedProcess) -> None:
    agent = registry.find("anomaly-detection")
    event = request(
        "POST", agent.route, json.dumps(agent.examples[0].question), content_type="application/json"
    )
    event["requestContext"]["authorizer"] = {"msp_id": "msp-a", "key_id": "token.1772452800"}
    context: Any = Context()
    answer = served(at.platform, agent.name)(event, context)
    assert answer["statusCode"] == 200 and json.loads(answer["body"])["msp_id"] == "msp-a"


def test_a_key_that_the_authorizer_let_in_is_looked_up_again(at: TestedProcess) -> None:
    key = at.key("msp-a")
    at.platform.keys.revoke(key.split("_")[1])
    event = request("GET", "/results", x_api_key=key)
    event["requestContext"]["authorizer"] = {"msp_id": "msp-a", "key_id": key.split("_")[1]}
    context: Any = Context()
    assert served(at.platform, "")(event, context)["statusCode"] == 401


@pytest.mark.parametrize(
    "groups, role",
    [(["mesh-admins"], "admin"), (["staff", "mesh-admins"], "admin"), (["mesh-admins-2"], "member"),
     ("mesh-admins", "member"), ({"mesh-admins": 1}, "member"), (None, "member")],
)  # fmt: skip
def test_a_person_is_an_admin_by_the_pools_group_alone(
    with_pool: TestedProcess, users: UserPool, groups: object, role: str
) -> None:
    claims: dict[str, Any] = {"cognito:groups": groups}
    assert allowed(bearing(users.token(**claims)), with_pool)["context"]["role"] == role
    event = request("GET", "/admin/keys")
    event["requestContext"]["authorizer"] = {"msp_id": "msp-a", "key_id": "token.1772452800", "role": role}
    context: Any = Context()
    status = served(with_pool.platform, "")(event, context)["statusCode"]
    assert status == (200 if role == "admin" else 403)


def test_a_key_is_no_admins_by_what_the_context_says(at: TestedProcess) -> None:
    """Its role is read from the table, whatever stands beside it."""
    key = at.key("msp-a")
    event = request("GET", "/admin/keys", x_api_key=key, x_role="admin", role="admin")
    event["requestContext"]["authorizer"] = {
        "msp_id": "msp-a",
        "key_id": key.split("_")[1],
        "role": "admin",
    }
    context: Any = Context()
    assert served(at.platform, "")(event, context)["statusCode"] == 403


def test_a_client_cannot_vouch_for_itself(at: TestedProcess) -> None:
    event = request("GET", "/results", mesh_vouched="msp-a", authorizer="msp-a", authorization="Bearer x")
    context: Any = Context()
    assert served(at.platform, "")(event, context)["statusCode"] == 401


def test_a_socket_that_a_token_opened_ends_with_it(at: TestedProcess) -> None:
    ends = int(at.clock.now().timestamp()) + 60
    at.connections.open(Connection("c1", "msp-a", f"token.{ends}"))
    assert at.is_live(f"token.{ends}")
    at.clock.moment = at.clock.moment.fromtimestamp(ends, at.clock.moment.tzinfo)
    assert not at.is_live(f"token.{ends}")


def test_a_browser_offers_its_token_as_a_subprotocol(with_pool: TestedProcess, users: UserPool) -> None:
    event = to_authorize(Sec_WebSocket_Protocol=f"mesh.v1, token.{users.token()}")
    assert allowed(event, with_pool)["principalId"] == "msp-a"


def test_no_id_of_a_key_is_taken_for_a_token(at: TestedProcess) -> None:
    assert token_ends(at.key("msp-a").split("_")[1]) is None
    assert token_ends("token.") is None and token_ends("token.x") is None


def test_a_pool_without_a_client_is_no_configuration() -> None:
    names = ("DATA_BUCKET", "MODELS_BUCKET", "JOBS_QUEUE_URL", "DEAD_LETTERS_URL")
    environment = {f"MESH_{name}": "some-name" for name in names}
    assert Settings.from_environment(environment).cognito_pool_id == ""
    with pytest.raises(Unavailable, match="MESH_COGNITO_CLIENT_ID"):
        Settings.from_environment({**environment, "MESH_COGNITO_POOL_ID": POOL_ID})


def test_the_description_names_tokens_where_they_are_taken_and_nowhere_else(at: TestedProcess) -> None:
    for tokens, schemes in ((True, {"key", "token"}), (False, {"key"})):
        context: Any = Context()
        reply = served(at.platform, "", tokens=tokens)(request("GET", "/openapi.json"), context)
        described = json.loads(reply["body"])
        assert set(described["components"]["securitySchemes"]) == schemes
        assert {name for one in described["security"] for name in one} == schemes
