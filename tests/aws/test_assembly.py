"""Reading what CDK synthesised, and making it fit for MiniStack."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from mesh.adapters.aws.deployment import assembly, emulated
from mesh.kit.problem import Unavailable

BUCKET = "assets-${AWS::AccountId}-${AWS::Region}"


def written(folder: Path, stacks: dict[str, list[str]], **assets: Any) -> Path:
    """An assembly of stacks and what each needs."""
    artifacts: dict[str, Any] = {}
    for name, needs in stacks.items():
        (folder / f"{name}.template.json").write_text("{}")
        files = {"h": {"source": {"path": "code", "packaging": "zip"}, "destinations": {"d": place("h.zip")}}}
        (folder / f"{name}.assets.json").write_text(json.dumps({"files": files, **assets}))
        artifacts[f"{name}.assets"] = {
            "type": "cdk:asset-manifest", "properties": {"file": f"{name}.assets.json"},
        }  # fmt: skip
        artifacts[name] = {
            "type": "aws:cloudformation:stack", "dependencies": [*needs, f"{name}.assets"],
            "properties": {
                "templateFile": f"{name}.template.json", "stackName": f"mesh-{name}",
                "stackTemplateAssetObjectUrl": f"s3://{BUCKET}/t.json",
            },
        }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    return folder


def place(key: str) -> dict[str, str]:
    return {"bucketName": BUCKET, "objectKey": key}


def test_stacks_come_behind_those_they_need(tmp_path: Path) -> None:
    plans = assembly.read(written(tmp_path, {"api": ["agents"], "agents": ["data"], "data": []}))
    assert [plan.name for plan in plans] == ["mesh-data", "mesh-agents", "mesh-api"]
    (upload,) = plans[0].uploads
    assert (upload.key, upload.bucket, upload.zipped) == ("h.zip", BUCKET, True)


def test_stacks_that_need_each_other_are_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="a, b need each other"):
        assembly.read(written(tmp_path, {"a": ["b"], "b": ["a"]}))


@pytest.mark.parametrize("content", [None, "nonsense", '{"artifacts": {}}'])
def test_a_folder_that_is_no_assembly_says_how_to_make_one(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(Unavailable, match="mesh aws synth"):
        assembly.read(tmp_path)


def test_container_images_are_refused_rather_than_forgotten(tmp_path: Path) -> None:
    written(tmp_path, {"a": []}, dockerImages={"i": {}})
    with pytest.raises(Unavailable, match="container images"):
        assembly.read(tmp_path)


def test_the_same_files_give_the_same_zip_whenever_they_were_written(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "a.py").write_text("a = 1\n")
    first = assembly.zipped(tmp_path)
    os.utime(tmp_path / "inner" / "a.py", (1_000_000_000, 1_000_000_000))
    assert assembly.zipped(tmp_path) == first
    (tmp_path / "inner" / "a.py").write_text("a = 2\n")
    assert assembly.zipped(tmp_path) != first


CODE = {"S3Bucket": "b", "S3Key": "k"}
HERE = emulated.Here("http://127.0.0.1:9", CODE, "/packages", "/scratch")


def adapted(resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    return emulated.adapted({"Resources": resources, **more}, HERE)


def test_what_ministack_refuses_is_left_out_with_all_that_leans_on_it() -> None:
    resources = {
        "Budget": {"Type": "AWS::Budgets::Budget"},
        "Topic": {"Type": "AWS::SNS::Topic", "DependsOn": ["Budget"]},
        "Queue": {"Type": "AWS::SQS::Queue", "DependsOn": ["Budget", "Topic"]},
    }
    outputs = {"A": {"Value": {"Ref": "Budget"}}, "B": {"Value": {"Fn::GetAtt": ["Topic", "Arn"]}}}
    made = adapted(resources, Outputs=outputs)
    assert set(made["Resources"]) == {"Topic", "Queue"} and set(made["Outputs"]) == {"B"}
    assert "DependsOn" not in made["Resources"]["Topic"] and made["Resources"]["Queue"]["DependsOn"] == [
        "Topic"
    ]
    assert emulated.left_out({"Resources": resources}) == ["AWS::Budgets::Budget"]


def test_functions_get_the_sources_and_keep_their_own_environment() -> None:
    function = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Code": {"S3Bucket": "x", "S3Key": "arm64.zip"},
            "Environment": {"Variables": {"MESH_AGENT": "a"}},
        },
    }
    made = adapted({"F": function})["Resources"]["F"]["Properties"]
    assert made["Code"] == CODE
    wanted = {"MESH_AGENT": "a", "PYTHONPATH": "/packages", "MESH_SCRATCH": "/scratch/F"}
    assert made["Environment"]["Variables"] == wanted
    assert "arm64.zip" in str(function), "the template given was changed"


HOST = (".execute-api.", {"Ref": "AWS::Region"}, ".", {"Ref": "AWS::URLSuffix"})
A, B = {"Ref": "A"}, {"Ref": "B"}
HTTP, SOCKET = "http://127.0.0.1:9/_aws/execute-api/", "ws://127.0.0.1:9/_aws/execute-api/"
JOINED = [
    (["https://", A, *HOST, "/live/"], [HTTP, A, "/live/"]),
    (["wss://", A, *HOST, "/", B], [SOCKET, A, "/", B]),
    (
        ["connect-src https://", A, *HOST, " wss://", B, *HOST, "; img-src"],
        [f"connect-src {HTTP}", A, f" {SOCKET}", B, "; img-src"],
    ),
    (["arn:aws:execute-api:", A, "/*"], ["arn:aws:execute-api:", A, "/*"]),
]


@pytest.mark.parametrize(("written", "wanted"), JOINED)
def test_addresses_of_apis_lead_to_ministack(written: list[Any], wanted: list[Any]) -> None:
    made = adapted({}, Outputs={"O": {"Value": {"Fn::Join": ["", written]}}})
    assert made["Outputs"]["O"]["Value"] == {"Fn::Join": ["", wanted]}
