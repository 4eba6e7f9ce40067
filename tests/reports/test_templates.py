"""Templates are read as a person reads them: by names, with references followed."""

import json
from pathlib import Path

from reports.access import actors, wildcards
from reports.overview import arrows, boxes
from reports.picture import draw
from reports.security import encryption, exposure, report
from reports.template import read
from tests.reports.assembly import allowed, arn, function, policy, resource, role, small


def test_a_reference_into_another_stack_is_followed_to_its_name(tmp_path: Path) -> None:
    data = {
        "Resources": {"Jobs": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "jobs"}}},
        "Outputs": {"O": {"Value": {"Fn::GetAtt": ["Jobs", "Arn"]}, "Export": {"Name": "data:JobsArn"}}},
    }
    user = {
        "Resources": {
            "F": {"Type": "AWS::Lambda::Function", "Properties": {"X": {"Fn::ImportValue": "data:JobsArn"}}}
        }
    }
    (tmp_path / "data.template.json").write_text(json.dumps(data))
    (tmp_path / "user.template.json").write_text(json.dumps(user))
    assembly = read(tmp_path)
    (found,) = assembly.of("AWS::Lambda::Function")
    assert assembly.text(found.properties["X"], found.stack) == "jobs"


def test_names_are_put_together_from_their_parts() -> None:
    assembly = small()
    assert (
        assembly.text(arn("dynamodb", "table/Events"), "s") == "arn:aws:dynamodb:REGION:ACCOUNT:table/Events"
    )
    assert assembly.text({"Fn::Sub": "${Stream}-${AWS::Region}"}, "s") == "msp-intelligence-events-REGION"
    assert assembly.text({"Ref": "Nowhere"}, "s") == "Nowhere"


def test_a_function_may_do_what_the_policies_of_its_role_say_and_no_more() -> None:
    found = {actor.name: actor for actor in actors(small())}
    relay = found["msp-intelligence-relay"]
    assert [(g.actions, g.resources) for g in relay.grants] == [
        (("kinesis:PutRecords",), ("msp-intelligence-events",))
    ]
    assert found["msp-intelligence-anomaly-detection"].grants[0].resources == ("table/ApiKeys",)


def test_every_star_is_named() -> None:
    starred = policy(
        "relay",
        allowed("s3:*", "arn:aws:s3:::b/*"),
        allowed(["xray:PutTraceSegments"], "*"),
        allowed("sqs:SendMessage", "*"),
    )
    assembly = small(starred)
    assert len(wildcards(assembly)) == 3
    told = report(assembly, "lean")
    assert "Actions with a star: msp-intelligence-relay." in told
    assert "Any resource, because the service knows none for it: `xray:PutTraceSegments`." in told
    assert "Any resource otherwise: msp-intelligence-relay: sqs:SendMessage." in told


def test_what_is_not_encrypted_or_may_be_public_is_shown_as_that() -> None:
    assembly = small(resource("B", "S3::Bucket", BucketName="b"), resource("Q", "SQS::Queue", QueueName="q"))
    rows = {row[0]: row for row in encryption(assembly)}
    assert rows["`b`"][2] == "**none**" and "**may be public**" in rows["`b`"][3]
    assert rows["`q`"][2] == "**none**"
    assert rows["`Events`"][3] == "point-in-time recovery"


def test_a_bucket_that_refuses_plain_http_is_told_from_one_that_does_not() -> None:
    refusing = {"Effect": "Deny", "Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    made = [resource(n, "S3::Bucket", BucketName=f"bucket-{n}") for n in ("a", "b")]
    policy_of_a = resource(
        "P", "S3::BucketPolicy", Bucket={"Ref": "a"}, PolicyDocument={"Statement": [refusing]}
    )
    rows = {row[0]: row[3] for row in encryption(small(*made, policy_of_a))}
    assert "TLS only" in rows["`bucket-a`"] and "TLS only" not in rows["`bucket-b`"]


def test_a_method_that_asks_for_no_key_is_exposed_with_its_path() -> None:
    def said(**properties: object) -> str:
        opened = resource(
            "Get", "ApiGateway::Method", HttpMethod="GET", ResourceId={"Ref": "Asked"}, **properties
        )
        return next(exposure(small(opened)))

    assert "without one: `GET /ask`" in said(AuthorizationType="NONE")
    assert "without one: none" in said(AuthorizationType="CUSTOM")


def test_a_function_that_anybody_may_call_is_named() -> None:
    def said(**more: object) -> str:
        return list(
            exposure(small(resource("P", "Lambda::Permission", Principal="s3.amazonaws.com", **more)))
        )[-1]

    assert "not bound to one source: s3.amazonaws.com" in said()
    assert "each bound to one source" in said(SourceArn="arn:aws:s3:::b")


def test_arrows_follow_integrations_sources_and_rights() -> None:
    found = {(start, end) for start, end, _ in arrows(small())}
    assert {("rest", "agents"), ("tables", "relay"), ("relay", "kinesis")} <= found
    assert not any("broadcaster" in pair for pair in found), "there is none in this deployment"


def test_a_new_agent_is_in_the_picture_without_being_drawn_by_anybody() -> None:
    more = small(function("echo"), role("echo"))
    assert boxes(more)["agents"].lines == ("anomaly-detection", "echo")
    assert ">echo</text>" in draw(more, "lean") and ">echo</text>" not in draw(small(), "lean")


def test_the_picture_is_well_formed_and_no_box_covers_another() -> None:
    from xml.etree import ElementTree

    from reports.picture import _frame

    many = small(*(function(f"agent-{number}") for number in range(9)))
    root = ElementTree.fromstring(draw(many, "<lean>"))
    assert root.tag.endswith("svg")
    frames = [_frame(box) for box in boxes(many).values()]
    for n, (x, y, w, h) in enumerate(frames):
        for ox, oy, ow, oh in frames[n + 1 :]:
            assert x + w <= ox or ox + ow <= x or y + h <= oy or oy + oh <= y


def test_nothing_but_the_templates_decides_what_is_told() -> None:
    assert report(small(), "lean") == report(small(), "lean")
    assert draw(small(), "lean") == draw(small(), "lean")
