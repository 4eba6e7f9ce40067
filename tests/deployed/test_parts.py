"""The dashboard's files and the gateway's keys, in MiniStack."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mesh.adapters.aws.deployment import gateway_keys, website
from mesh.adapters.aws.deployment.account import Account
from tests.deployed.served import empty_aws


@pytest.fixture(scope="module")
def aws() -> Iterator[Account]:
    with empty_aws() as (_, account):
        yield account


def test_the_dashboard_is_uploaded_where_it_differs_and_what_is_gone_is_removed(
    aws: Account, tmp_path: Path
) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="web")
    (tmp_path / "assets").mkdir()
    files = {"index.html": "<p>", "assets/app-1a2b.js": "1", "assets/old-3c.js": "2"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert website.publish(tmp_path, "web", "", aws) == 3
    assert website.publish(tmp_path, "web", "", aws) == 0
    (tmp_path / "assets/old-3c.js").unlink()
    (tmp_path / "index.html").write_text("<p>new")
    assert website.publish(tmp_path, "web", "", aws) == 2
    held = {one["Key"] for one in s3.list_objects_v2(Bucket="web")["Contents"]}
    assert held == {"index.html", "assets/app-1a2b.js"}
    page, asset = (s3.head_object(Bucket="web", Key=key) for key in ("index.html", "assets/app-1a2b.js"))
    assert (page["ContentType"], page["CacheControl"]) == ("text/html", "no-cache")
    assert "javascript" in asset["ContentType"] and "immutable" in asset["CacheControl"]


def test_a_tenant_has_one_key_in_the_usage_plan_however_often_it_is_asked_for(aws: Account) -> None:
    gateway = aws.client("apigateway")
    plan = gateway.create_usage_plan(name="tenants")["id"]
    for _ in range(2):
        for msp_id in ("msp-a", "msp-ab"):
            gateway_keys.ensure(aws, plan, msp_id, f"{msp_id:0>30}")
    joined = gateway.get_usage_plan_keys(usagePlanId=plan)["items"]
    assert sorted(key["name"] for key in joined) == ["mesh-msp-a", "mesh-msp-ab"]
    gateway_keys.remove(aws, "msp-a", f"{'msp-a':0>30}")
    assert [key["name"] for key in gateway.get_api_keys()["items"]] == ["mesh-msp-ab"]
