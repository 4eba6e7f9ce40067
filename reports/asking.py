"""Services that are paid by what they are asked: models, sentiment, state machines, private endpoints."""

import json
from collections.abc import Iterator

from reports.assumptions import Load, Use, assumed
from reports.template import Assembly, Resource

# Three at least for each text.
UNITS_A_TEXT = 3


def asked(assembly: Assembly, load: Load) -> Iterator[Use]:
    """What a month comes to."""
    functions = assembly.of("AWS::Lambda::Function")
    told = [f.properties.get("Environment", {}).get("Variables", {}) for f in functions]
    each = load.requests / max(1, sum("MESH_AGENT" in variables for variables in told))
    if any(variables.get("MESH_GENERATOR") == "bedrock" for variables in told):
        questions = each * assumed("model_share")
        yield Use("bedrock_token_read", questions * assumed("tokens_read"), "questions in plain words")
        yield Use("bedrock_token_written", questions * assumed("tokens_written"), "questions in plain words")
    if any(variables.get("MESH_SENTIMENT") == "comprehend" for variables in told):
        yield Use("comprehend_unit", each * assumed("texts_judged") * UNITS_A_TEXT, "sentiment")
    if machines := assembly.of("AWS::StepFunctions::StateMachine"):
        entered = sum(_transitions(assembly, machine) for machine in machines) / len(machines)
        yield Use("state_transition", load.requests * assumed("run_share") * entered, "runs of playbooks")
    if any(e.properties.get("VpcEndpointType") == "Interface" for e in assembly.of("AWS::EC2::VPCEndpoint")):
        yield Use("endpoint_gb", load.requests * assumed("endpoint_bytes") / 1e9, "private endpoints")


def _transitions(assembly: Assembly, machine: Resource) -> int:
    """States that a run enters when nothing is tried twice, those within branches too; and its start."""
    body = json.loads(assembly.text(machine.properties["DefinitionString"], machine.stack))
    inner = [branch for state in body["States"].values() for branch in state.get("Branches", ())]
    # A branch holds the step, and what is passed when it fails.
    return 1 + len(body["States"]) + len(inner)
