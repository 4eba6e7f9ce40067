"""One Lambda for each agent and for each thing that works behind them."""

import re

import pytest

from infra.functions import HANDLERS
from mesh import registry
from mesh.adapters.aws.settings import PREFIX, Settings
from mesh.adapters.aws.trainings import TrainingTask
from tests.infra.templates import Templates, statements, text

BEHIND = {
    "platform", "authorizer", "async-processor", "event-processor", "relay", "feed-refresher", "job-reminder",
    "benchmark-refresher",
    "socket-connect", "socket-disconnect", "socket-message", "broadcaster", "key-watcher",
    "workflows", "trainings",
}  # fmt: skip
# What functions read besides the settings: which agent they are, what the agents' functions are called, and
# which providers of models they ask (`mesh.adapters.models`).
PROVIDERS = {"MESH_SENTIMENT", "MESH_GENERATOR", "MESH_BEDROCK_MODEL", "MESH_GENERATOR_TOKENS_A_DAY"}
TASK = {f"MESH_TRAINING_{name.upper()}" for name in TrainingTask.model_fields}
BESIDES = {"MESH_AGENT", "MESH_AGENT_FUNCTION", *PROVIDERS, *TASK}


def test_each_agent_and_each_part_behind_them_has_its_function(lean: Templates) -> None:
    agents = {agent.slug for agent in registry.agents()}
    assert set(lean.functions) == {f"msp-intelligence-{slug}" for slug in agents | BEHIND}


@pytest.mark.parametrize("name", registry.names())
def test_an_agent_gets_the_memory_and_the_time_it_declares(lean: Templates, name: str) -> None:
    agent = registry.find(name)
    function = lean.functions[f"msp-intelligence-{agent.slug}"]
    assert (function["MemorySize"], function["Timeout"]) == (agent.size.memory_mb, agent.size.timeout_s)
    assert function["Environment"]["Variables"]["MESH_AGENT"] == agent.slug


def test_functions_run_python_3_13_on_arm_and_are_traced(size: Templates) -> None:
    for function in size.functions.values():
        assert function["Runtime"] == "python3.13" and function["Architectures"] == ["arm64"]
        assert function["TracingConfig"] == {"Mode": "Active"}


def test_every_handler_is_there_to_be_called(lean: Templates) -> None:
    from importlib import import_module

    for function in lean.functions.values():
        module, _, name = function["Handler"].removeprefix(f"{HANDLERS}.").rpartition(".")
        assert callable(getattr(import_module(f"{HANDLERS}.{module}"), name))


def test_functions_are_told_nothing_that_the_code_does_not_read(full: Templates) -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields} | BESIDES
    for function in full.functions.values():
        assert set(function["Environment"]["Variables"]) <= known


def test_every_function_is_told_what_the_settings_need(lean: Templates) -> None:
    needed = {PREFIX + n.upper() for n, field in Settings.model_fields.items() if field.is_required()}
    for function in lean.functions.values():
        assert needed <= set(function["Environment"]["Variables"])


def test_each_function_has_its_own_role_and_its_own_log_kept_for_a_week(size: Templates) -> None:
    roles = [str(function["Role"]) for function in size.functions.values()]
    assert len(roles) == len(set(roles))
    groups = size.named("AWS::Logs::LogGroup", "LogGroupName")
    for name in size.functions:
        assert groups[f"/aws/lambda/{name}"]["RetentionInDays"] == 7


def test_no_log_is_kept_for_ever(size: Templates) -> None:
    for group in size.all("AWS::Logs::LogGroup"):
        assert group["RetentionInDays"] == 7 and "KmsKeyId" in group


def test_the_lean_size_keeps_no_snapshot_and_the_standard_size_one_for_each_agent_with_a_model(
    lean: Templates, grown: Templates
) -> None:
    assert not any("SnapStart" in function for function in lean.functions.values())
    started = {name for name, function in grown.functions.items() if "SnapStart" in function}
    with_models = {agent.slug for agent in registry.agents() if agent.models} | {"echo"}
    assert started == {f"msp-intelligence-{slug}" for slug in with_models}


def test_whoever_calls_a_function_with_a_snapshot_calls_its_published_version(grown: Templates) -> None:
    aliases = {str(alias["Name"]) for alias in grown.all("AWS::Lambda::Alias")}
    assert aliases == {"live"}
    uris = {str(method["Integration"].get("Uri")) for method in grown.all("AWS::ApiGateway::Method")}
    called = {found[1]: found[2] for uri in uris if (found := re.search(r"function:([\w-]+)(:live)?/", uri))}
    for name, function in grown.functions.items():
        if name in called:
            assert called[name] == ":live" or "SnapStart" not in function, name


def test_a_job_is_handed_to_the_version_that_requests_are_sent_to(lean: Templates, grown: Templates) -> None:
    name = "msp-intelligence-async-processor"
    for templates, alias in ((lean, ""), (grown, ":live")):
        told = templates.functions[name]["Environment"]["Variables"]["MESH_AGENT_FUNCTION"]
        assert told == "msp-intelligence-{agent}" + alias
        every = statements(templates.template("agents"))
        (allowed,) = [one for one in every if one["Action"] == "lambda:InvokeFunction"]
        slugs = {text(resource).split("msp-intelligence-")[1] for resource in allowed["Resource"]}
        assert {f"{agent.slug}{alias}" for agent in registry.agents()} <= slugs


def test_nothing_is_kept_provisioned_since_it_costs_at_rest_and_excludes_snapshots(size: Templates) -> None:
    for kind in ("Alias", "Version"):
        for found in size.all(f"AWS::Lambda::{kind}"):
            assert "ProvisionedConcurrencyConfig" not in found


def test_what_answers_for_tenants_is_placed_in_the_network_where_there_is_one(full: Templates) -> None:
    inside = {name for name, function in full.functions.items() if "VpcConfig" in function}
    agents = {agent.slug for agent in registry.agents()}
    assert inside == {
        f"msp-intelligence-{slug}" for slug in agents | {"platform", "workflows", "benchmark-refresher"}
    }
