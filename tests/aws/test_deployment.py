"""What a deployment consists of, and what a function does before it is asked anything."""

import subprocess
import sys

import pytest

from mesh.adapters.aws.clients import CONNECT_S, READ_S, TRIES, Clients
from mesh.adapters.aws.outbox import SETTLED_AFTER_S
from mesh.adapters.aws.settings import Settings
from mesh.adapters.aws.tables import TABLES
from mesh.kit.problem import Unavailable
from tests.aws.conftest import Deployment

NEEDED = {
    "MESH_DATA_BUCKET": "d-1", "MESH_MODELS_BUCKET": "m-1", "MESH_JOBS_QUEUE_URL": "https://q",
    "MESH_DEAD_LETTERS_URL": "https://d",
}  # fmt: skip
AS_DESIGNED = {
    "AgentState": ("agent_id", "timestamp"),
    "AgentResults": ("result_id", "agent_type"),
    "NetworkIntelligence": ("msp_id", "metric_type"),
    "ThreatEvents": ("threat_id", "timestamp"),
    "WebSocketConnections": ("connectionId", None),
}


def test_the_tables_that_others_know_by_name_have_their_keys() -> None:
    by_name = {table.name: table for table in TABLES}
    assert len(by_name) == len(TABLES)
    for name, (partition, sort) in AS_DESIGNED.items():
        found = by_name[name]
        assert (found.partition.name, found.sort.name if found.sort else None) == (partition, sort)


def test_every_table_has_a_stream_and_an_index_name_only_once() -> None:
    for table in TABLES:
        assert table.stream
        names = [index.name for index in table.indexes]
        assert len(names) == len(set(names))


def test_the_tables_in_the_account_are_those_of_the_specification(deployment: Deployment) -> None:
    for table in TABLES:
        name = deployment.settings.table(table.name)
        made = deployment.clients.dynamodb.describe_table(TableName=name)["Table"]
        indexes = [*made.get("GlobalSecondaryIndexes", []), *made.get("LocalSecondaryIndexes", [])]
        assert {index["IndexName"] for index in indexes} == {index.name for index in table.indexes}
        assert made["StreamSpecification"].get("StreamViewType") == table.stream


def test_settings_are_read_from_the_environment_and_nothing_else_is() -> None:
    settings = Settings.from_environment(
        {**NEEDED, "MESH_TABLE_PREFIX": "x-", "PATH": "/bin", "MESH_KEY": "k"}
    )
    assert settings.table("Tenants") == "x-Tenants" and settings.data_bucket == "d-1"


@pytest.mark.parametrize("missing", NEEDED)
def test_a_setting_that_is_missing_is_named_as_it_must_be_set(missing: str) -> None:
    given = {name: value for name, value in NEEDED.items() if name != missing}
    with pytest.raises(Unavailable, match=missing):
        Settings.from_environment(given)


def test_importing_and_opening_the_platform_loads_no_sdk() -> None:
    """The SDK takes longer to load than all else together: it waits until something is asked of AWS."""
    code = (
        "import sys\n"
        "from mesh.adapters.aws.platform import open_platform\n"
        "from mesh.adapters.aws.settings import Settings\n"
        f"platform = open_platform(Settings.from_environment({NEEDED!r}))\n"
        "platform.ports('msp-a')\n"
        "platform.close()\n"
        "print([name for name in ('boto3', 'botocore', 'onnxruntime', 'numpy') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_a_client_is_made_once_and_gives_up_in_seconds() -> None:
    clients = Clients(region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    assert clients.dynamodb is clients.dynamodb
    config = clients.dynamodb.meta.config
    assert (config.connect_timeout, config.read_timeout) == (CONNECT_S, READ_S)  # type: ignore[attr-defined]
    clients.close()


def test_a_writer_gives_up_well_before_readers_stop_waiting_for_it() -> None:
    # botocore waits at most 1, then 2 seconds between its three tries.
    assert TRIES * (CONNECT_S + READ_S) + 3 < SETTLED_AFTER_S * 0.75


def test_without_a_region_it_is_said_that_aws_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(Unavailable, match="no region"):
        _ = Clients().dynamodb
