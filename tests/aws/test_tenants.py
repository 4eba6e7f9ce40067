"""Tenants apart: by how keys are written, by what a session may reach, and after one is erased."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mesh.adapters.aws.clients import Clients
from mesh.adapters.aws.fence import ROWS, Fence, policy
from mesh.adapters.aws.items import tenant_key
from mesh.adapters.aws.tables import EVENTS, RESULTS, TABLES
from mesh.kit.event import Draft
from mesh.kit.platform import Tenant
from tests.aws.conftest import Deployment
from tests.aws.stubs import SETTINGS, Scripted
from tests.ports.test_records import metric
from tests.ports.test_results import result
from tests.ports.test_tenants_and_keys import fill

# Each of these could be mistaken for msp-a, or for a pattern, if ids stood in keys as they are.
LOOKALIKES = [
    "msp-a#tickets",
    "msp",
    "msp-a*",
    "msp-?",
    "msp-a/x",
    "MSP-A",
    "msp-a%23tickets",
    "мсп",
    "a" * 64,
    "${aws:x}",
]
POLICY_LIMIT = 2_048  # of STS, in characters


def everything(deployment: Deployment) -> dict[str, list[dict[str, Any]]]:
    return {table.name: list(deployment.dynamo.scan(table)) for table in TABLES}


@pytest.mark.parametrize("other", LOOKALIKES)
def test_a_tenant_with_a_name_alike_sees_nothing_of_another(deployment: Deployment, other: str) -> None:
    platform = deployment.platform
    platform.tenants.put(Tenant(msp_id=other, name="Other"))
    mine, theirs = platform.ports("msp-a"), platform.ports(other)
    mine.records.put("tickets", [metric(1)])
    mine.results.keep(result(1), [Draft(type="a.b", topic="t", subject="s", data={})])
    mine.blobs.put("x", b"secret")
    assert list(theirs.records.scan("tickets")) == [] and theirs.results.find("r001") is None
    assert list(theirs.results.page().items) == [] and list(theirs.blobs.names()) == []
    assert list(platform.outbox.after(other, None)) == []
    theirs.results.keep(result(1, msp_id=other))
    platform.tenants.erase(other)
    assert mine.results.find("r001") == result(1) and list(mine.blobs.names()) == ["x"]
    found = platform.tenants.find("msp-a")
    assert found is not None and [t.msp_id for t in platform.tenants.listing()] == ["msp-a", "msp-b"]


def test_every_row_of_a_tenant_is_under_a_key_that_starts_with_its_id(deployment: Deployment) -> None:
    fill(deployment.platform, "msp-a")
    rows = everything(deployment)
    for table in TABLES:
        for row in rows[table.name] if table.tenant_rows else []:
            key = row[table.partition.name]
            assert key.split("#")[0] in ("msp-a", "msp-b"), f"{table.name} holds {key}"
            for index in table.indexes:
                if index.partition and index.partition.name in row and index.name != "due":
                    assert row[index.partition.name].split("#")[0] == "msp-a"


def test_an_erased_tenant_is_in_no_table_and_no_bucket(deployment: Deployment) -> None:
    fill(deployment.platform, "msp-a")
    ports = deployment.platform.ports("msp-a")
    ports.records.put("metrics", [metric(n) for n in range(150)])
    for n in range(2, 40):
        ports.results.keep(result(n))
    ports.blobs.put("a/b", b"x")
    assert deployment.platform.tenants.erase("msp-a") > 190
    left = json.dumps(everything(deployment), default=repr)
    assert "msp-a" not in left and "msp-b" in left
    assert list(ports.blobs.names()) == []


def test_answers_are_more_than_one_erasure_takes_at_once(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mesh.adapters.aws.tenants.A_PART", 7)
    ports = deployment.platform.ports("msp-a")
    for n in range(20):
        ports.results.keep(result(n))
    deployment.platform.tenants.erase("msp-a")
    assert list(deployment.dynamo.scan(RESULTS)) == []


def test_a_session_policy_names_one_tenant_and_every_table_with_tenants_rows() -> None:
    written = policy("msp-a", SETTINGS)
    rows = written["Statement"][0]
    assert rows["Condition"]["ForAllValues:StringLike"] == {"dynamodb:LeadingKeys": ["msp-a", "msp-a#*"]}
    assert rows["Condition"]["Null"] == {"dynamodb:LeadingKeys": "false"}
    assert set(rows["Action"]) == set(ROWS) and not any("*" in action for action in ROWS)
    assert "dynamodb:Scan" not in ROWS, "a scan has no leading key to be fenced by"
    for table in TABLES:
        named = [arn for arn in rows["Resource"] if f"table/{table.name}" in arn]
        assert bool(named) == table.tenant_rows
    assert any(arn.endswith(f"{EVENTS.name}") for arn in rows["Resource"])


@pytest.mark.parametrize("msp_id", LOOKALIKES)
def test_no_id_widens_its_own_policy(msp_id: str) -> None:
    allowed = json.dumps(policy(msp_id, SETTINGS))
    key = tenant_key(msp_id)
    assert not set(key) & set("*?#$/{}")
    assert f'"{key}"' in allowed and f'"{key}#*"' in allowed


def test_a_policy_fits_what_sts_takes() -> None:
    wide = SETTINGS.model_copy(update={"table_prefix": "p" * 16, "data_bucket": "b" * 63})
    longest = json.dumps(policy("m" * 64, wide), separators=(",", ":"))
    assert len(longest) <= POLICY_LIMIT


def test_without_a_role_the_functions_own_clients_are_used() -> None:
    own = Clients(region_name="us-east-1")
    assert Fence(own, SETTINGS).clients("msp-a") is own


def test_a_session_is_asked_for_with_the_first_call_and_once(deployment: Deployment) -> None:
    role = "arn:aws:iam::000000000000:role/tenant"
    script = Scripted("sts")
    given: dict[str, Any] = {
        "AccessKeyId": "ASIA" + "X" * 16, "SecretAccessKey": "s", "SessionToken": "t",
        "Expiration": datetime.now(UTC) + timedelta(hours=1),
    }  # fmt: skip
    settings = deployment.settings.model_copy(update={"tenant_role": role})
    asked = {
        "RoleArn": role, "RoleSessionName": "tenant", "DurationSeconds": 3600,
        "Policy": json.dumps(policy("msp-a", settings), separators=(",", ":")),
    }  # fmt: skip
    script.answers("assume_role", {"Credentials": given}, asked)
    own = Clients(endpoint_url=deployment.clients.sqs.meta.endpoint_url, region_name="us-east-1")
    own._made["sts"] = script.clients.sts
    fence = Fence(own, settings)
    mine = fence.clients("msp-a")
    assert fence.clients("msp-a") is mine and fence.clients("msp-b") is not mine
    signed: list[str] = []
    mine.dynamodb.meta.events.register(
        "before-send.dynamodb", lambda request, **_: signed.append(str(request.headers["Authorization"]))
    )
    for _ in range(2):
        mine.dynamodb.get_item(TableName=settings.table("Tenants"), Key={"msp_id": {"S": "msp-a"}})
    script.is_done()
    assert len(signed) == 2 and all(given["AccessKeyId"] in line for line in signed)
    fence.close()


def test_rows_of_a_fenced_tenant_are_reached_through_its_session(deployment: Deployment) -> None:
    """MiniStack gives the session; it does not look at LeadingKeys, which the policy's tests cover."""
    from mesh.adapters.aws.platform import open_platform

    role: Any = deployment.clients._client("iam").create_role(
        RoleName=f"tenant-{deployment.settings.data_bucket}", AssumeRolePolicyDocument="{}"
    )
    settings = deployment.settings.model_copy(update={"tenant_role": role["Role"]["Arn"]})
    platform = open_platform(settings, clock=deployment.clock, clients=deployment.clients)
    ports = platform.ports("msp-a")
    ports.records.put("tickets", [metric(1)])
    ports.results.keep(result(1))
    ports.blobs.put("a", b"x")
    assert ports.records.find("tickets", "m001") == metric(1) and ports.results.find("r001") == result(1)
    assert ports.blobs.get("a") == b"x"
    platform.close()
