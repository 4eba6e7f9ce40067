"""Taking the whole deployment down: what stays, what is taken up again, and that nothing is left."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mesh.adapters.aws.deployment.removal import Kept, erase
from mesh.adapters.aws.tables import TABLES
from mesh.entrypoints.commands.aws import local
from mesh.kit.platform import Tenant
from tests.deployed.served import Deployed, assembly, empty_aws

pytestmark = pytest.mark.timeout(1_800)
SECRET = "msp-intelligence-credentials"


@pytest.fixture
def doomed(built_models: Path) -> Iterator[Deployed]:
    """A copy of its own, nobody of which was asked anything yet."""
    source = assembly()
    with empty_aws() as (running, account), tempfile.TemporaryDirectory() as work:
        folder = Path(work) / "out"
        shutil.copytree(source, folder)
        found = local.deploy(folder, account, running, built_models)
        made = Deployed(running, account, found, folder, built_models)
        yield made
        for clients in made.opened:
            clients.close()


def tables(copy: Deployed) -> set[str]:
    return set(copy.account.client("dynamodb").list_tables()["TableNames"])


def buckets(copy: Deployed) -> set[str]:
    return {one["Name"] for one in copy.account.client("s3").list_buckets()["Buckets"]}


def stacks(copy: Deployed) -> list[str]:
    found = copy.account.client("cloudformation").describe_stacks()["Stacks"]
    return [one["StackName"] for one in found if one["StackStatus"] != "DELETE_COMPLETE"]


def keys(copy: Deployed, name: str = SECRET) -> dict[str, str]:
    text = copy.account.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]
    held: dict[str, str] = json.loads(text)
    return held


def test_what_tenants_stored_stays_and_is_taken_up_again_until_it_is_erased_with_all_the_rest(
    doomed: Deployed,
) -> None:
    with doomed.opened_store() as store:
        store.tenants.put(Tenant(msp_id="cedar-it", name="Cedar IT"))
    before, ours = keys(doomed), {table.name for table in TABLES}
    assert len(before) >= 3 and ours <= tables(doomed)

    gone = doomed.command("destroy", "--yes", timeout_s=600)
    assert gone.returncode == 0, gone.stderr
    assert stacks(doomed) == [] and ours <= tables(doomed)
    assert "Tenants (AWS::DynamoDB::Table)" in gone.stderr and f"{SECRET}-kept" in gone.stderr
    assert keys(doomed, f"{SECRET}-kept") == before
    nothing = doomed.command("destroy", "--yes")
    assert nothing.returncode == 1 and "There is no mesh" in nothing.stderr

    unsure = doomed.command("destroy", "--remove-data")
    assert unsure.returncode != 0 and "--yes" in unsure.stderr and ours <= tables(doomed)

    # CloudFormation on AWS adopts buckets as it does tables; MiniStack's refuses them for their names.
    for name in buckets(doomed):
        if name.startswith("msp-intelligence-") and "-assets-" not in name:
            erase([Kept("AWS::S3::Bucket", name)], doomed.account, lambda line: None)
    again = doomed.command("deploy", "--from", str(doomed.folder), "--home", str(doomed.home), timeout_s=900)
    assert again.returncode == 0, again.stderr
    assert "Tenants is left from an earlier deployment: taking it over" in again.stderr
    assert keys(doomed) == before
    with doomed.opened_store() as store:
        assert store.tenants.find("cedar-it") is not None

    # In two steps: the stacks first, and what they left by a second command.
    assert doomed.command("destroy", "--yes", timeout_s=600).returncode == 0
    erased = doomed.command("destroy", "--yes", "--remove-data", timeout_s=600)
    assert erased.returncode == 0 and "The stacks were removed before" in erased.stderr, erased.stderr
    assert stacks(doomed) == [] and not ours & tables(doomed)
    assert not [name for name in buckets(doomed) if name.startswith("msp-intelligence-")]
    secrets = doomed.account.client("secretsmanager").list_secrets()["SecretList"]
    assert not [one for one in secrets if one["Name"].startswith(SECRET)]
    nothing = doomed.command("destroy", "--yes", "--remove-data")
    assert nothing.returncode == 1 and "nor data of one" in nothing.stderr
