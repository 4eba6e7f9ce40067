"""A task for each training, with nothing that is paid for in between, and no more rights than it takes."""

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.app import synth
from infra.check import checked
from infra.federation import START
from infra.packaging import TRAINING
from infra.plan import WrongPlan, planned
from infra.recipe import recipes
from mesh import registry
from mesh.adapters.aws.trainings import CODE_URL, JOB, TrainingTask
from mesh.adapters.federation.door import ADDRESS, PORT, door_of
from tests.infra.templates import Templates, listed, statements, text

pytestmark = pytest.mark.skipif(
    "federated_learning" not in registry.names(), reason="the agent that is trained by a task is not here"
)
STARTER = "msp-intelligence-trainings"


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    out = tmp_path_factory.mktemp("untrained")
    synth("lean", out, training=False)
    return Templates(out)


def container(templates: Templates) -> Any:
    (found,) = templates.one("AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    return found


def policy(templates: Templates, role: str) -> list[Any]:
    """The statements of the stack's role whose name starts so."""
    stack = templates.template("federation")["Resources"]
    (found,) = [
        r["Properties"] for name, r in stack.items()
        if r["Type"] == "AWS::IAM::Policy" and name.startswith(role)
    ]  # fmt: skip
    return list(statements(found["PolicyDocument"]))


def test_every_size_can_train_by_a_task_on_arm_for_the_time_of_a_training(size: Templates) -> None:
    task = size.one("AWS::ECS::TaskDefinition")
    assert task["RuntimePlatform"]["CpuArchitecture"] == "ARM64"
    assert task["RequiresCompatibilities"] == ["FARGATE"] and task["NetworkMode"] == "awsvpc"
    assert STARTER in size.functions


def test_nothing_of_it_costs_anything_at_rest(lean: Templates) -> None:
    stack = lean.template("federation")["Resources"].values()
    kinds = {one["Type"] for one in stack}
    paid = {"AWS::EC2::NatGateway", "AWS::EC2::EIP", "AWS::ECS::Service", "AWS::ECR::Repository"}
    assert not kinds & paid
    endpoints = [one["Properties"] for one in stack if one["Type"] == "AWS::EC2::VPCEndpoint"]
    assert endpoints and all(one.get("VpcEndpointType") == "Gateway" for one in endpoints)


def test_the_container_writes_to_its_scratch_disk_alone_and_logs_for_a_week(lean: Templates) -> None:
    one = container(lean)
    assert one["ReadonlyRootFilesystem"] and [m["ContainerPath"] for m in one["MountPoints"]] == ["/tmp"]
    groups = lean.named("AWS::Logs::LogGroup", "LogGroupName")
    assert groups["/ecs/msp-intelligence-training"]["RetentionInDays"] == 7
    assert "KmsKeyId" in groups["/ecs/msp-intelligence-training"]


def test_the_container_starts_the_code_it_is_told_of_and_only_that(lean: Templates) -> None:
    one = container(lean)
    assert one["EntryPoint"] == ["python", "-c"] and one["Command"] == [START.read_text(encoding="utf-8")]
    told = {entry["Name"] for entry in one["Environment"]}
    assert {"MESH_CODE_SHA256", "MESH_TENANT_ROLE", "MESH_SECRET"} <= told
    assert not told & {JOB, CODE_URL}, "what differs by job comes with the job"


def test_no_way_leads_in_unless_somebody_says_from_where(lean: Templates) -> None:
    groups = [
        one["Properties"] for one in lean.template("federation")["Resources"].values()
        if one["Type"] == "AWS::EC2::SecurityGroup"
    ]  # fmt: skip
    assert groups and not any(one.get("SecurityGroupIngress") for one in groups)
    (outward,) = [rule for one in groups for rule in one["SecurityGroupEgress"]]
    assert (outward["FromPort"], outward["ToPort"]) == (443, 443)


@pytest.fixture(scope="module")
def open_to_sites(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    out = tmp_path_factory.mktemp("sites")
    checked("lean", out, sites_from="203.0.113.0/24, 198.51.100.7")
    return Templates(out)


def test_sites_of_msps_come_in_from_the_ranges_that_were_named_and_by_one_port(
    open_to_sites: Templates, lean: Templates
) -> None:
    """Under cdk-nag, which finds nothing more than in the template without."""
    group = next(
        one["Properties"] for one in open_to_sites.template("federation")["Resources"].values()
        if one["Type"] == "AWS::EC2::SecurityGroup"
    )  # fmt: skip
    rules = [
        (one["CidrIp"], one["IpProtocol"], one["FromPort"], one["ToPort"])
        for one in group["SecurityGroupIngress"]
    ]
    assert rules == [("203.0.113.0/24", "tcp", PORT, PORT), ("198.51.100.7/32", "tcp", PORT, PORT)]
    told = {entry["Name"]: entry["Value"] for entry in container(open_to_sites)["Environment"]}
    door = door_of(told)
    assert door and (door.host, door.port) == ("0.0.0.0", PORT)
    assert not any(entry["Name"] == ADDRESS for entry in container(lean)["Environment"])


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"sites_from": "here"}, "ranges of IPv4"),
        ({"sites_from": "10.0.0.0/8", "training": False}, "trainings"),
    ],
)
def test_a_way_in_that_makes_no_sense_is_refused(options: dict[str, Any], why: str) -> None:
    with pytest.raises(WrongPlan, match=why):
        planned("lean", **options)


def test_the_starter_runs_this_task_in_this_cluster_and_passes_on_its_two_roles_alone(
    lean: Templates,
) -> None:
    found = policy(lean, STARTER.removeprefix("msp-intelligence-"))
    (running,) = [s for s in found if s["Action"] == "ecs:RunTask"]
    assert "Ref" in running["Resource"] and "ecs:cluster" in running["Condition"]["ArnEquals"]
    (passing,) = [s for s in found if s["Action"] == "iam:PassRole"]
    assert len(listed(passing["Resource"])) == 2
    assert passing["Condition"]["StringEquals"] == {"iam:PassedToService": "ecs-tasks.amazonaws.com"}


def test_the_task_reaches_rows_only_as_one_tenant_at_a_time(lean: Templates) -> None:
    found = policy(lean, "TaskRole")
    actions = {action for s in found for action in listed(s["Action"])}
    assert "sts:AssumeRole" in actions and "kms:Decrypt" in actions
    assert not [action for action in actions if "*" in action or action.startswith(("ecs:", "iam:"))]
    scanned = [s for s in found if "dynamodb:Scan" in listed(s["Action"])]
    assert [text(arn).rsplit("/", 1)[1] for s in scanned for arn in listed(s["Resource"])] == ["Tenants"]


def test_the_starter_hears_of_tasks_that_stop_and_is_told_where_to_start_them(lean: Templates) -> None:
    rule = lean.named("AWS::Events::Rule", "Name")["msp-intelligence-training-stopped"]
    assert rule["EventPattern"]["detail"]["lastStatus"] == ["STOPPED"]
    assert "DeadLetterConfig" in rule["Targets"][0]
    told = lean.functions[STARTER]["Environment"]["Variables"]
    assert {f"MESH_TRAINING_{name.upper()}" for name in TrainingTask.model_fields} <= set(told)
    processor = lean.functions["msp-intelligence-async-processor"]["Environment"]["Variables"]
    assert processor["MESH_TRAININGS_FUNCTION"] == STARTER


def test_without_the_switch_there_is_no_task_and_nobody_is_told_of_one(without: Templates) -> None:
    assert without.all("AWS::ECS::TaskDefinition") == [] and STARTER not in without.functions
    assert "MESH_TRAININGS_FUNCTION" not in json.dumps(without.template("agents"))


@pytest.fixture
def begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Runs the container's command over a package with one module, which writes down that it ran."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("begun_mesh/training.py", f"open({str(tmp_path / 'ran')!r}, 'w').close()")
    source = START.read_text(encoding="utf-8")
    assert len(source) < 8192, "ECS takes so much of a command"
    placed = source.replace("/tmp/mesh-code", str(tmp_path / "code")).replace(
        "mesh.entrypoints.tasks.training", "begun_mesh.training"
    )

    def begin(url: str = "https://code", *, altered: bool = False) -> None:
        content = packed.getvalue()
        monkeypatch.setenv("MESH_CODE_URL", url)
        monkeypatch.setenv("MESH_CODE_SHA256", hashlib.sha256(content).hexdigest())
        sent = content + b"more" if altered else content
        monkeypatch.setattr("urllib.request.urlopen", lambda url, timeout: io.BytesIO(sent))
        monkeypatch.setattr(sys, "path", list(sys.path))
        exec(compile(placed, str(START), "exec"), {"__name__": "__main__"})

    return begin


def test_the_container_runs_what_was_deployed(begin: Callable[..., None], tmp_path: Path) -> None:
    begin()
    assert (tmp_path / "ran").exists()


@pytest.mark.parametrize("wrong", [{"altered": True}, {"url": "http://code"}], ids=str)
def test_the_container_runs_nothing_else(begin: Callable[..., None], tmp_path: Path, wrong: Any) -> None:
    with pytest.raises(SystemExit):
        begin(**wrong)
    assert not (tmp_path / "ran").exists() and not (tmp_path / "code").exists()


def test_the_tasks_package_holds_what_it_runs(tmp_path: Path) -> None:
    for inside, path in recipes(registry.agents())[TRAINING].files():
        (tmp_path / inside).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / inside).write_bytes(path.read_bytes())
    modules = (
        "mesh.entrypoints.tasks.training, mesh.adapters.federation.kinds, mesh.agents.federated_learning"
    )
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import {modules}; print(mesh.__file__)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(tmp_path))
