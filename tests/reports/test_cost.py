"""The sum of a month follows from the templates, the counts and the prices, and from nothing else."""

import json

import pytest

from infra.plan import Switches
from reports.assumptions import ASSUMED, Load, Use
from reports.cost import (
    LOADS,
    PRICES,
    Item,
    after_allowances,
    by_service,
    changes,
    items,
    prices,
    told,
    total,
)
from reports.documents import SWITCHES
from reports.template import Resource
from reports.usage import HOURS, uses
from tests.reports.assembly import function, resource, small

NOTHING = Load("idle", 0, 0)


def usd(found: list[Item], price: str) -> float:
    return sum(item.usd for item in found if item.use.price == price)


def test_at_rest_only_what_rests_is_paid() -> None:
    found = items(small(), NOTHING)
    assert usd(found, "kinesis_shard_hour") == pytest.approx(0.015 * 730)
    assert all(item.use.rests for item in found if item.use.price not in ("logs_gb",))


def test_requests_are_paid_in_proportion() -> None:
    one, two = (items(small(), Load("x", n, 10)) for n in (10_000_000, 20_000_000))
    for price in ("rest_request", "dynamodb_write", "kinesis_put", "transfer_gb"):
        assert usd(two, price) == pytest.approx(2 * usd(one, price))
    assert usd(one, "rest_request") == pytest.approx(35.0)


def test_a_larger_function_costs_more_at_rest_of_its_snapshot_and_less_time_when_it_was_starved() -> None:
    def gb_seconds(memory: int) -> float:
        agents = small(function("echo", MemorySize=memory))
        return sum(
            u.units
            for u in uses(agents, Load("x", 10_000_000, 10))
            if u.of == "function echo" and u.price == "lambda_gb_second"
        )

    # Below a whole processor, twice the memory halves the time; what is waited stays.
    assert gb_seconds(512) < gb_seconds(1024) < 2 * gb_seconds(512)
    assert gb_seconds(3538) == pytest.approx(2 * gb_seconds(1769))


def test_rare_requests_find_their_function_cold() -> None:
    def each(requests: int) -> float:
        return usd(items(small(), Load("x", requests, 1)), "lambda_gb_second") / requests

    assert each(1_000) > 2 * each(10_000_000)


@pytest.mark.parametrize(
    ("more", "price", "units"),
    [
        (resource("Acl", "WAFv2::WebACL", Rules=[{}, {}, {}]), "waf_rule_month", 3),
        (
            resource("S2", "ApiGateway::Stage", CacheClusterEnabled=True, MethodSettings=[]),
            "api_cache_hour",
            HOURS,
        ),
        (
            resource("E", "EC2::VPCEndpoint", VpcEndpointType="Interface", SubnetIds=["a", "b"]),
            "endpoint_hour",
            2 * HOURS,
        ),
        (resource("E", "EC2::VPCEndpoint", VpcEndpointType="Gateway"), "endpoint_hour", 0),
        (resource("A", "CloudWatch::Alarm", MetricName="Errors"), "alarm_month", 1),
        (
            resource(
                "A",
                "CloudWatch::Alarm",
                Metrics=[{"MetricStat": {}}, {"MetricStat": {}}, {"Expression": "a/b"}],
            ),
            "alarm_month",
            2,
        ),
        (
            function("echo", SnapStart={"ApplyOn": "PublishedVersions"}),
            "lambda_snapstart_cache_gb_second",
            0.5 * HOURS * 3600,
        ),
    ],
    ids=["firewall", "cache", "endpoints", "free endpoints", "alarm", "alarm over metrics", "snapshot"],
)
def test_what_is_switched_on_is_paid_at_rest(more: object, price: str, units: float) -> None:
    found = uses(small(more), NOTHING)  # type: ignore[arg-type]
    assert sum(use.units for use in found if use.price == price) == pytest.approx(units)


def told_to(**variables: str) -> Resource:
    return function("echo", Environment={"Variables": {"MESH_AGENT": "echo", **variables}})


def test_models_and_sentiment_are_paid_by_what_they_are_asked_where_they_are_switched_on() -> None:
    load = Load("x", 1_000, 1)
    asked = small(told_to(MESH_GENERATOR="bedrock", MESH_SENTIMENT="comprehend"))
    units = {use.price: use.units for use in uses(asked, load)}
    questions = 1_000 * ASSUMED["model_share"][0]
    assert units["bedrock_token_read"] == pytest.approx(questions * ASSUMED["tokens_read"][0])
    assert units["bedrock_token_written"] == pytest.approx(questions * ASSUMED["tokens_written"][0])
    assert units["comprehend_unit"] == pytest.approx(1_000 * ASSUMED["texts_judged"][0] * 3)
    alone = {use.price for use in uses(small(told_to(MESH_GENERATOR="local", MESH_SENTIMENT="local")), load)}
    assert not alone & {"bedrock_token_read", "bedrock_token_written", "comprehend_unit"}


def test_a_run_of_a_playbook_is_paid_by_the_states_it_enters() -> None:
    step = {"StartAt": "a", "States": {"a": {"Type": "Task"}, "a left out": {"Type": "Pass"}}}
    states = {"both": {"Type": "Parallel", "Branches": [step, step]}, "Finish": {"Type": "Task"}}
    machine = resource("M", "StepFunctions::StateMachine", DefinitionString=json.dumps({"States": states}))
    (found,) = [u for u in uses(small(machine), Load("x", 10_000, 1)) if u.price == "state_transition"]
    assert found.units == pytest.approx(10_000 * ASSUMED["run_share"][0] * 5)


def test_the_tenant_is_in_no_metric_so_that_msps_add_none() -> None:
    few, many = (items(small(), Load("x", 1_000_000, msps)) for msps in (1, 1_000))
    assert usd(few, "metric_month") == usd(many, "metric_month") > 0


def test_allowances_are_used_up_once_by_everything_together() -> None:
    found = [
        Item("SQS", Use("sqs_request", 800_000, "a"), 0.32),
        Item("SQS", Use("sqs_request", 800_000, "b"), 0.32),
    ]
    assert total(found) == pytest.approx(0.64)
    assert after_allowances(found) == pytest.approx(600_000 * 4e-07)


def test_changes_are_those_that_save_most_and_save_no_more_than_is_spent() -> None:
    for load in LOADS:
        found = items(small(), load)
        saved = [change.usd for change in changes(small(), found)]
        assert saved == sorted(saved, reverse=True) and saved[0] <= total(found)
    assert changes(small(), items(small(), NOTHING))[0].what.endswith("without Kinesis")


def test_shares_add_up() -> None:
    found = items(small(), LOADS[2])
    assert sum(by_service(found).values()) == pytest.approx(total(found), abs=1e-5)
    assert "a request" in told(small(), LOADS[2], "lean")


def test_every_price_has_its_source_date_and_whether_it_was_checked() -> None:
    dated = json.loads(PRICES.read_text())
    assert dated["read_on"] and dated["region"] == "us-east-1"
    for name, price in prices().items():
        assert price["usd"] > 0 and price["checked"] in ("AWS", "list", "page"), name
        assert ("seen" in price) == (price["checked"] == "list"), name
        assert price["source"].startswith("https://aws.amazon.com/"), name
    assert all(use.price in prices() for load in LOADS for use in uses(small(), load))


def test_every_switch_of_a_plan_has_its_price_told() -> None:
    switches = set(Switches.__dataclass_fields__)
    # Traces are paid by the request, trainings by the hour, Config's recorder by the items that rules count.
    assert set(SWITCHES) | {"user_pool"} == switches - {"tracing", "training", "config_recorder"}
    assert all(name in prices() for _, paid in SWITCHES.values() for name in paid)


def test_every_assumption_says_what_it_is() -> None:
    assert all(value > 0 and len(why) > 15 for value, why in ASSUMED.values())
