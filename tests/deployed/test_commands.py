"""./mesh aws against the deployed copy, as a person runs it: each a process of its own."""

import json
import re

import httpx
import pytest

from mesh import registry
from mesh.adapters.aws.deployment import assembly
from mesh.adapters.aws.dynamo import Dynamo
from mesh.adapters.aws.tables import IDEMPOTENCY, NETWORK
from mesh.entrypoints.lambdas.authorizer import usage_key
from tests.deployed.conftest import Msp
from tests.deployed.served import Deployed
from tests.deployed.test_events import until
from tests.server import mesh

pytestmark = pytest.mark.timeout(900)
KEY = re.compile(r"mesh_[0-9a-f]{12}_[\w-]+")


def gateway_keys(copy: Deployed) -> dict[str, str]:
    """Names of the keys in the usage plan by their values."""
    plan = copy.found.output("UsagePlanId")
    gateway = copy.account.client("apigateway")
    joined = {key["id"] for key in gateway.get_usage_plan_keys(usagePlanId=plan)["items"]}
    keys = gateway.get_api_keys(includeValues=True)["items"]
    return {key["value"]: key["name"] for key in keys if key["id"] in joined}


def test_a_key_made_by_the_command_opens_the_api_until_it_is_revoked(copy: Deployed) -> None:
    made = copy.command("keys", "create", "cedar-it", "--label", "tickets")
    assert made.returncode == 0 and KEY.fullmatch(made.stdout.strip()), made.stderr
    key = made.stdout.strip()
    headers = {"x-api-key": key}
    assert httpx.get(f"{copy.url}/results", headers=headers, timeout=60).json()["items"] == []
    listed = copy.command("keys", "list").stdout
    assert "cedar-it" in listed and "tickets" in listed and key not in listed
    assert gateway_keys(copy)[usage_key("cedar-it")] == "mesh-cedar-it"
    assert copy.command("keys", "revoke", key.split("_")[1]).returncode == 0
    refused = httpx.get(f"{copy.url}/results", headers=headers, timeout=60)
    assert refused.status_code == 401


def test_seeding_twice_loads_the_simulated_msps_once(copy: Deployed) -> None:
    first = copy.command("seed", "--msps", "1", timeout_s=400)
    assert first.returncode == 0 and "simulated rows" in first.stderr, first.stderr
    assert first.stdout.split() == ["demo-cedar"]
    again = copy.command("seed", "--msps", "1")
    assert again.returncode == 0 and "there already" in again.stderr
    key = copy.command("keys", "create", "demo-cedar").stdout.strip()
    rows = httpx.get(f"{copy.url}/records/clients", headers={"x-api-key": key}, timeout=60).json()["items"]
    assert rows and all(row["simulated"] for row in rows)
    assert usage_key("demo-cedar") in gateway_keys(copy)


def test_a_world_that_is_too_large_is_refused_before_anything_is_loaded(copy: Deployed) -> None:
    refused = copy.command("seed", "--msps", "9000")
    assert refused.returncode != 0 and "--msps" in refused.stderr and "Traceback" not in refused.stderr


def test_a_batch_that_was_given_up_on_is_brought_again_by_the_command(copy: Deployed, msp: Msp) -> None:
    """Counted once, forgotten, and counted once more from what Kinesis still holds."""
    agent = registry.agents()[0]
    msp.http.post(agent.route, json=dict(agent.examples[0].question)).raise_for_status()
    dynamo = Dynamo(copy.clients(), copy.found.settings())
    until(lambda: counts(dynamo, msp.msp_id))
    for table, sort in ((NETWORK, "metric_type"), (IDEMPOTENCY, "idempotency_key")):
        rows = list(dynamo.query(table, "#msp_id = :m", {"m": msp.msp_id}))
        dynamo.remove_many(table, [{"msp_id": msp.msp_id, sort: row[sort]} for row in rows])
    sqs, url = copy.account.client("sqs"), copy.found.output("FailedEventsUrl")
    sqs.purge_queue(QueueUrl=url)
    sqs.send_message(QueueUrl=url, MessageBody=note(copy, msp.msp_id))
    again = copy.command("redrive", "--events")
    assert again.returncode == 0 and "1 brought again" in again.stderr, again.stderr
    assert sum(counts(dynamo, msp.msp_id)) == 1


def counts(dynamo: Dynamo, msp_id: str) -> list[int]:
    return [int(row["count"]) for row in dynamo.query(NETWORK, "#msp_id = :m", {"m": msp_id})]


def note(copy: Deployed, msp_id: str) -> str:
    """What Lambda would leave of the tenant's last event in Kinesis."""
    kinesis, name = copy.account.client("kinesis"), copy.found.output("EventsStream")
    told = kinesis.describe_stream(StreamName=name)["StreamDescription"]
    shard = told["Shards"][0]["ShardId"]
    place = kinesis.get_shard_iterator(StreamName=name, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    records = kinesis.get_records(ShardIterator=place["ShardIterator"], Limit=10_000)["Records"]
    number = [r["SequenceNumber"] for r in records if f'"mspid":"{msp_id}"'.encode() in r["Data"]][-1]
    function = copy.account.client("lambda").get_function(FunctionName="msp-intelligence-event-processor")
    batch = {
        "streamArn": told["StreamARN"], "shardId": shard, "batchSize": 1,
        "startSequenceNumber": number, "endSequenceNumber": number,
    }  # fmt: skip
    context = {"functionArn": function["Configuration"]["FunctionArn"]}
    return json.dumps({"requestContext": context, "KinesisBatchInfo": batch})


def test_the_smoke_test_tries_everything_and_leaves_nothing_behind(copy: Deployed) -> None:
    tried = copy.command("smoke", timeout_s=600)
    assert tried.returncode == 0, tried.stdout + tried.stderr
    tries = (
        "POST /anomaly/detect",
        "GET /openapi.json",
        "socket",
        "Kinesis",
        "queue",
        "dead letters",
        "playbook",
    )
    for words in tries:
        assert words in tried.stdout
    assert "FAILED" not in tried.stdout
    with copy.opened_store() as store:
        assert not [tenant for tenant in store.tenants.listing() if tenant.msp_id.startswith("smoke-")]
    assert not [name for name in gateway_keys(copy).values() if name.startswith("mesh-smoke-")]


def test_the_status_shows_addresses_stacks_functions_and_what_rings(copy: Deployed) -> None:
    copy.account.client("sqs").purge_queue(QueueUrl=copy.found.output("DeadLettersUrl"))
    told = copy.command("status")
    assert copy.found.output("ApiUrl") in told.stdout and copy.socket_url in told.stdout, told.stderr
    for words in ("msp-intelligence-data", "CREATE_COMPLETE", "msp-intelligence-authorizer", "alarms"):
        assert words in told.stdout


def test_a_second_deployment_of_the_same_sources_changes_nothing(copy: Deployed) -> None:
    done = copy.command("deploy", "--from", str(copy.folder), "--home", str(copy.home))
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("is up to date") == len(assembly.read(copy.folder))
    assert copy.found.output("ApiUrl") in done.stdout


def test_where_nobody_can_be_asked_nothing_is_destroyed(copy: Deployed, msp: Msp) -> None:
    told = copy.command("destroy")
    assert told.returncode == 2 and "--yes" in told.stderr
    assert msp.http.get("/health").status_code == 200


def test_nothing_deployed_is_one_line(copy: Deployed) -> None:
    elsewhere = copy.command("status", "--region", "eu-central-1")
    assert elsewhere.returncode == 1 and "run ./mesh aws deploy" in elsewhere.stderr
    assert "Traceback" not in elsewhere.stderr


@pytest.mark.parametrize("command", ["deploy", "seed", "smoke", "status", "destroy", "redrive"])
def test_without_credentials_each_command_says_so_in_one_line(command: str) -> None:
    nobody = {
        "AWS_CONFIG_FILE": "/nowhere", "AWS_SHARED_CREDENTIALS_FILE": "/nowhere", "AWS_ACCESS_KEY_ID": "",
        "AWS_SECRET_ACCESS_KEY": "", "AWS_REGION": "eu-central-1", "AWS_EC2_METADATA_DISABLED": "true",
    }  # fmt: skip
    told = mesh("aws", command, environment=nobody)
    assert told.returncode == 1, told.stderr
    assert "credentials" in told.stderr and len(told.stderr.strip().splitlines()) == 1


def test_a_missing_secret_is_named_and_other_functions_go_on(copy: Deployed, msp: Msp) -> None:
    from mesh.adapters.aws.secrets import Secrets
    from mesh.kit.problem import Unavailable

    settings = copy.found.settings().model_copy(update={"secret": "not-there"})
    with pytest.raises(Unavailable, match="missing: deploy the mesh again"):
        Secrets(copy.clients(), settings).read("entry")
    with pytest.raises(Unavailable, match="has no entry 'entry'; add it"):
        Secrets(copy.clients(), copy.found.settings()).read("entry")
    assert json.loads(msp.http.get("/health").text)["status"] == "ok"
