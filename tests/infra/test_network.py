"""The private network of the full size: what functions in it may call can be reached from there."""

import json

import pytest

from infra.network import ASKED, INTERFACES, ZONES, interfaces
from infra.plan import planned
from tests.infra.templates import Resource, Templates, listed, statements, text

# What Lambda does in a function's name or for its log, and what is opened by a service that was called.
BY_OTHERS = {"logs", "xray", "ec2", "kms"}
# AWS has no endpoint for calls that manage API Gateway: what a tenant used of its rate is not known there.
UNREACHED = {"apigateway"}
# Prefixes of actions by the service that an endpoint leads to.
SERVICES = {"bedrock": "bedrock-runtime"}


def reached(templates: Templates) -> set[str]:
    """Services that an endpoint leads to."""
    return {
        text(e["ServiceName"]).rsplit(".", 1)[1] if "Ref" in str(e["ServiceName"]) else e["ServiceName"]
        for e in templates.all("AWS::EC2::VPCEndpoint")
    }


def called(templates: Templates, function: Resource) -> set[str]:
    """Services that a function's role may call."""
    role = function["Role"]["Fn::GetAtt"][0]
    found = [p for p in templates.all("AWS::IAM::Policy") if role in json.dumps(p["Roles"])]
    actions = {a for p in found for s in statements(p["PolicyDocument"]) for a in listed(s["Action"])}
    return (
        {SERVICES.get(name, name) for name in (action.split(":")[0] for action in actions)}
        - BY_OTHERS
        - UNREACHED
    )


def test_whatever_a_function_inside_may_call_has_an_endpoint(full: Templates) -> None:
    ends = {name.rsplit(".", 1)[-1] for name in reached(full)}
    inside = [function for function in full.functions.values() if "VpcConfig" in function]
    assert inside
    for function in inside:
        assert called(full, function) <= ends, function["FunctionName"]


def test_no_endpoint_is_paid_for_that_no_function_inside_calls(full: Templates) -> None:
    inside = [function for function in full.functions.values() if "VpcConfig" in function]
    assert {name.rsplit(".", 1)[-1] for name in reached(full)} <= set().union(
        *(called(full, f) for f in inside)
    )


def test_every_interface_stands_in_each_zone_and_answers_to_the_services_own_name(full: Templates) -> None:
    found = [e for e in full.all("AWS::EC2::VPCEndpoint") if e.get("VpcEndpointType") == "Interface"]
    assert len(found) == len(interfaces(planned("full")))
    for endpoint in found:
        assert len(endpoint["SubnetIds"]) == ZONES and endpoint["PrivateDnsEnabled"] is True


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        ({"generator": "none"}, set()),
        ({}, {"bedrock"}),
        ({"sentiment": "comprehend"}, {"bedrock", "comprehend"}),
    ],
)
def test_paid_services_have_an_interface_only_where_they_are_asked(
    options: dict[str, str], asked: set[str]
) -> None:
    found = set(interfaces(planned("full", **options))) - set(INTERFACES)
    assert found == {ASKED[service][0] for service in asked}


def test_in_the_smaller_sizes_no_function_is_inside_a_network_and_no_endpoint_is_paid(
    lean: Templates, grown: Templates
) -> None:
    for templates in (lean, grown):
        kinds = {endpoint.get("VpcEndpointType") for endpoint in templates.all("AWS::EC2::VPCEndpoint")}
        assert kinds <= {"Gateway"}
        assert not [name for name, function in templates.functions.items() if "VpcConfig" in function]
