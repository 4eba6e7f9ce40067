"""What carries events and jobs: limits, retries, and where what fails ends."""

import json

from mesh.adapters.aws.intelligence import GRAVE
from mesh.entrypoints.work import LEASE_S
from tests.infra.templates import Resource, Templates


def mapping(templates: Templates, name: str) -> Resource:
    """The event source mapping of a function."""
    for found in templates.template("agents")["Resources"], templates.template("realtime")["Resources"]:
        for resource in found.values():
            if resource["Type"] == "AWS::Lambda::EventSourceMapping":
                function = found[resource["Properties"]["FunctionName"]["Ref"]]["Properties"]
                if function["FunctionName"] == f"msp-intelligence-{name}":
                    properties: Resource = resource["Properties"]
                    return properties
    raise AssertionError(f"{name} has no mapping")


def test_the_stream_has_one_encrypted_shard_that_keeps_a_day(lean: Templates) -> None:
    stream = lean.one("AWS::Kinesis::Stream")
    assert (stream["Name"], stream["ShardCount"], stream["RetentionPeriodHours"]) == (
        "msp-intelligence-events", 1, 24,
    )  # fmt: skip
    assert stream["StreamEncryption"]["EncryptionType"] == "KMS"


def test_kinesis_records_are_tried_a_few_times_halved_and_then_put_aside(lean: Templates) -> None:
    records = mapping(lean, "event-processor")
    assert records["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert records["BisectBatchOnFunctionError"] is True and records["MaximumRetryAttempts"] == 5
    assert "msp-events-dlq" in json.dumps(records["DestinationConfig"]["OnFailure"])


def test_the_broadcaster_and_the_relay_get_events_alone_and_whole_batches_again(
    lean: Templates,
) -> None:
    for name in ("broadcaster", "relay"):
        records = mapping(lean, name)
        assert "FunctionResponseTypes" not in records
        assert 0 < records["MaximumRetryAttempts"] <= 20
        assert "msp-events-dlq" in json.dumps(records["DestinationConfig"]["OnFailure"])
        (pattern,) = [json.loads(f["Pattern"]) for f in records["FilterCriteria"]["Filters"]]
        assert pattern == {
            "eventName": ["INSERT"],
            "dynamodb": {"NewImage": {"type": {"S": [{"exists": True}]}}},
        }


def test_jobs_come_again_after_six_times_the_functions_time_and_five_times_at_most(lean: Templates) -> None:
    jobs = lean.named("AWS::SQS::Queue", "QueueName")["msp-async-processing"]
    function = lean.functions["msp-intelligence-async-processor"]
    assert jobs["VisibilityTimeout"] == 6 * function["Timeout"]
    assert jobs["RedrivePolicy"]["maxReceiveCount"] == 5
    assert mapping(lean, "async-processor")["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_the_async_processor_outlasts_the_slowest_agent_within_the_jobs_lease(lean: Templates) -> None:
    slowest = max(
        f["Timeout"] for f in lean.functions.values() if "MESH_AGENT" in f["Environment"]["Variables"]
    )
    assert slowest < lean.functions["msp-intelligence-async-processor"]["Timeout"] < LEASE_S


def test_grave_threats_reach_people(lean: Templates) -> None:
    rule = lean.named("AWS::Events::Rule", "Name")["ThreatDetectionRule"]
    assert rule["EventPattern"]["detail"]["data"]["severity"] == sorted(GRAVE)
    assert rule["EventPattern"]["source"] == ["msp-intelligence-mesh"]
    (target,) = rule["Targets"]
    assert "Alerts" in json.dumps(target["Arn"]) and "DeadLetterConfig" in target


def test_feeds_are_refreshed_daily_and_lost_jobs_looked_for_every_few_minutes(lean: Templates) -> None:
    rules = lean.named("AWS::Events::Rule", "Name")
    assert rules["msp-intelligence-feed-refresher"]["ScheduleExpression"] == "rate(1 day)"
    assert rules["msp-intelligence-job-reminder"]["ScheduleExpression"] == "rate(5 minutes)"
    assert rules["msp-intelligence-benchmark-refresher"]["ScheduleExpression"] == "rate(6 hours)"
    for slug in ("feed-refresher", "job-reminder", "benchmark-refresher"):
        assert "DeadLetterConfig" in lean.functions[f"msp-intelligence-{slug}"]
