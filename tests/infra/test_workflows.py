"""A state machine for each playbook, which calls the agents' functions and nothing else."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from mesh import registry
from mesh.workflows import library
from tests.infra.templates import Templates, listed, statements, text


def machines(templates: Templates) -> dict[str, Mapping[str, Any]]:
    return templates.named("AWS::StepFunctions::StateMachine", "StateMachineName")


def definition(machine: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text(machine["DefinitionString"]))
    return found


def called(node: Any) -> set[str]:
    """Resources of all Tasks."""
    if isinstance(node, list):
        return set().union(*map(called, node))
    if not isinstance(node, Mapping):
        return set()
    own = {node["Resource"]} if node.get("Type") == "Task" else set()
    return own.union(*(called(inner) for inner in node.values()))


def test_each_playbook_has_its_machine(size: Templates) -> None:
    assert set(machines(size)) == {f"msp-intelligence-{name}" for name in library.names()}


@pytest.mark.parametrize("name", library.names())
def test_a_machine_calls_functions_that_there_are_and_may_call_no_other(lean: Templates, name: str) -> None:
    machine = machines(lean)[f"msp-intelligence-{name}"]
    names = {arn.rsplit(":", 1)[1] for arn in called(definition(machine))}
    assert names <= set(lean.functions)
    wanted = {step.agent for step in library.find(name).steps if step.agent}
    there = {agent.slug for agent in registry.agents()}
    assert {f"msp-intelligence-{slug}" for slug in wanted & there} <= names
    role = machine["RoleArn"]["Fn::GetAtt"][0]
    (policy,) = [p for p in lean.all("AWS::IAM::Policy") if role in json.dumps(p["Roles"])]
    (invoking,) = [s for s in statements(policy["PolicyDocument"]) if s["Action"] == "lambda:InvokeFunction"]
    allowed = {text(arn).rsplit(":", 1)[1] for arn in listed(invoking["Resource"])}
    assert allowed == names


@pytest.mark.parametrize("name", library.names())
def test_what_a_step_gives_never_takes_the_place_of_the_names_that_are_passed_on(
    lean: Templates, name: str
) -> None:
    """The machine of the template is the one that was written, nulls included: without a `ResultPath` of null
    the next state would not know the run.
    """
    states = definition(machines(lean)[f"msp-intelligence-{name}"])["States"]
    parallel = [state for state in states.values() if state["Type"] == "Parallel"]
    inner = [one for state in parallel for branch in state["Branches"] for one in branch["States"].values()]
    tasks = [one for one in inner if one["Type"] == "Task"]
    assert parallel and tasks
    for state in (*parallel, *tasks, *(catch for task in tasks for catch in task["Catch"])):
        assert state["ResultPath"] is None, state


def test_where_functions_have_versions_these_are_called(grown: Templates) -> None:
    machine = definition(machines(grown)["msp-intelligence-threat-response"])
    assert any(arn.endswith("threat-intelligence:live") for arn in called(machine))


def test_a_step_whose_agent_is_not_deployed_is_skipped_by_the_function_that_has_none(lean: Templates) -> None:
    machine = definition(machines(lean)["msp-intelligence-full-intelligence"])
    there = {agent.slug for agent in registry.agents()}
    for step in library.find("full-intelligence").steps:
        branch = next(
            b for s in machine["States"].values() for b in s.get("Branches", ()) if b["StartAt"] == step.name
        )
        function = branch["States"][step.name]["Resource"].rsplit("msp-intelligence-", 1)[1]
        assert function == (step.agent if step.agent in there else "workflows")


def test_executions_are_logged_without_what_is_passed_on(size: Templates) -> None:
    for machine in machines(size).values():
        logging = machine["LoggingConfiguration"]
        assert (logging["Level"], logging["IncludeExecutionData"]) == ("ALL", False)
        assert machine["TracingConfiguration"] == {"Enabled": True}


def test_a_threat_reaches_the_function_that_starts_runs(lean: Templates) -> None:
    rule = lean.named("AWS::Events::Rule", "Name")["msp-intelligence-starts-runs"]
    assert rule["EventPattern"] == {"source": ["msp-intelligence-mesh"], "detail-type": ["threat.detected"]}


def test_people_are_told_of_a_run_that_did_not_come_to_its_end(lean: Templates) -> None:
    rule = lean.named("AWS::Events::Rule", "Name")["msp-intelligence-runs-failed"]
    pattern = rule["EventPattern"]
    assert pattern["source"] == ["aws.states"]
    assert pattern["detail-type"] == ["Step Functions Execution Status Change"]
    assert set(pattern["detail"]["status"]) == {"FAILED", "TIMED_OUT", "ABORTED"}
    watched = {text(arn).rsplit(":", 1)[1] for arn in pattern["detail"]["stateMachineArn"]}
    assert watched == set(machines(lean))
    (target,) = rule["Targets"]
    assert "Alerts" in json.dumps(target["Arn"]) and "RunsRuleRole" in json.dumps(target["RoleArn"])


def test_the_async_processor_may_start_machines_and_knows_their_names(lean: Templates) -> None:
    processor = lean.functions["msp-intelligence-async-processor"]["Environment"]["Variables"]
    assert text(processor["MESH_STATE_MACHINE"]).endswith(":stateMachine:msp-intelligence-{playbook}")
    starting = [s for s in statements(lean.template("agents")) if s["Action"] == "states:StartExecution"]
    assert len(starting) == 1 and len(listed(starting[0]["Resource"])) == len(library.names())
