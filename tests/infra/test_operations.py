"""Alarms, dashboard, budget, firewalls, the dashboard's home."""

import json

from infra.observability import METRICS_FOR_NOTHING
from mesh import registry
from tests.infra.templates import Resource, Templates, text


def of_errors(alarm: Resource) -> bool:
    return (
        (alarm["MetricName"], alarm["Threshold"], alarm["Period"]) == ("Errors", 5, 300)
        and alarm["ComparisonOperator"] == "GreaterThanThreshold"
        and alarm["Statistic"] == "Sum"
    )


def test_every_agent_has_an_alarm_on_more_than_five_errors_in_five_minutes(size: Templates) -> None:
    alarms = size.named("AWS::CloudWatch::Alarm", "AlarmName")
    for agent in registry.agents():
        alarm = alarms[f"msp-intelligence-{agent.slug}-errors"]
        assert of_errors(alarm) and alarm["Dimensions"][0]["Value"] == f"msp-intelligence-{agent.slug}"


def test_errors_of_the_other_functions_raise_one_alarm_in_the_lean_size_and_their_own_in_others(
    lean: Templates, full: Templates
) -> None:
    (shared,) = [a for a in lean.all("AWS::CloudWatch::Alarm") if a["AlarmName"].endswith("functions-errors")]
    assert of_errors(shared) and "Dimensions" not in shared
    alarms = full.named("AWS::CloudWatch::Alarm", "AlarmName")
    assert all(of_errors(alarms[f"{name}-errors"]) for name in full.functions)


def test_every_alarm_says_what_to_do_and_tells_the_same_people(lean: Templates) -> None:
    for alarm in lean.all("AWS::CloudWatch::Alarm"):
        assert len(alarm["AlarmDescription"]) > 20 and "Alerts" in json.dumps(alarm["AlarmActions"])


def test_server_errors_throttling_late_streams_and_dead_letters_raise_alarms(lean: Templates) -> None:
    alarms = lean.named("AWS::CloudWatch::Alarm", "AlarmName")
    assert alarms["msp-intelligence-api-server-errors"]["Threshold"] == 10
    assert alarms["msp-intelligence-functions-throttled"]["MetricName"] == "Throttles"
    late = [alarm for alarm in alarms.values() if alarm["MetricName"] == "IteratorAge"]
    assert {alarm["Dimensions"][0]["Value"].removeprefix("msp-intelligence-") for alarm in late} == {
        "event-processor", "relay", "broadcaster", "key-watcher",
    }  # fmt: skip
    depths = [a for a in alarms.values() if a["MetricName"] == "ApproximateNumberOfMessagesVisible"]
    queues = {dimension["Value"] for alarm in depths for dimension in alarm["Dimensions"]}
    assert queues == {"msp-async-dlq", "msp-events-dlq"} and {a["Threshold"] for a in depths} == {0}


def test_the_dashboard_has_a_row_for_every_function_and_no_metric_by_tenant(lean: Templates) -> None:
    dashboard = lean.one("AWS::CloudWatch::Dashboard")
    assert dashboard["DashboardName"] == "MSP-Intelligence-Overview"
    drawn = json.dumps(dashboard["DashboardBody"])
    assert all(f'\\"{name}\\"' in drawn.replace('\\\\"', '\\"') for name in lean.functions)
    assert "msp_id" not in drawn


def test_the_dashboard_is_among_those_that_aws_gives_for_nothing(lean: Templates) -> None:
    """Distinct metrics: several statistics of one count once."""
    body = json.loads(text(lean.one("AWS::CloudWatch::Dashboard")["DashboardBody"]))
    lines = [line for widget in body["widgets"] for line in widget["properties"].get("metrics", [])]
    shown = {json.dumps([part for part in line if isinstance(part, str)]) for line in lines}
    assert len(agents_drawn(shown)) == len(registry.agents())
    assert len(shown) <= METRICS_FOR_NOTHING


def agents_drawn(shown: set[str]) -> set[str]:
    names = {agent.slug for agent in registry.agents()}
    return {name for name in names if any(f'-{name}"' in one and '"Duration"' in one for one in shown)}


def test_people_are_told_when_four_fifths_of_the_budget_are_spent(size: Templates) -> None:
    budget = size.one("AWS::Budgets::Budget")
    assert budget["Budget"]["BudgetLimit"] == {"Amount": 60, "Unit": "USD"}
    told = {n["Notification"]["NotificationType"]: n for n in budget["NotificationsWithSubscribers"]}
    assert told["ACTUAL"]["Notification"]["Threshold"] == 80
    assert "Alerts" in json.dumps(told["ACTUAL"]["Subscribers"])


def test_the_full_size_has_firewalls_before_the_api_and_the_dashboard(full: Templates) -> None:
    scopes = {acl["Scope"] for acl in full.all("AWS::WAFv2::WebACL")}
    assert scopes == {"REGIONAL", "CLOUDFRONT"}
    assert len(full.all("AWS::WAFv2::WebACLAssociation")) == 1
    assert "WebACLId" in full.one("AWS::CloudFront::Distribution")["DistributionConfig"]


def test_a_firewall_lets_a_report_of_an_attack_pass(full: Templates) -> None:
    for acl in full.all("AWS::WAFv2::WebACL"):
        (common,) = [rule for rule in acl["Rules"] if rule["Name"] == "AWSManagedRulesCommonRuleSet"]
        changed = common["Statement"]["ManagedRuleGroupStatement"]["RuleActionOverrides"]
        assert {one["Name"] for one in changed if "Count" in one["ActionToUse"]} >= {
            "SizeRestrictions_BODY", "CrossSiteScripting_BODY",
        }  # fmt: skip
        (known,) = [one for one in acl["Rules"] if one["Name"] == "AWSManagedRulesKnownBadInputsRuleSet"]
        counted = known["Statement"]["ManagedRuleGroupStatement"]["RuleActionOverrides"]
        assert {one["Name"] for one in counted} == {"Log4JRCE_BODY", "JavaDeserializationRCE_BODY"}


def test_config_rules_are_in_the_full_size_alone(lean: Templates, full: Templates) -> None:
    assert not lean.all("AWS::Config::ConfigRule") and not lean.all("AWS::WAFv2::WebACL")
    assert len(full.all("AWS::Config::ConfigRule")) > 5
    assert len(full.all("AWS::Config::ConfigurationRecorder")) == 1


def test_cloudfront_alone_reads_the_dashboards_bucket(size: Templates) -> None:
    config = size.one("AWS::CloudFront::Distribution")["DistributionConfig"]
    assert (
        size.one("AWS::CloudFront::OriginAccessControl") and "OriginAccessControlId" in config["Origins"][0]
    )
    assert config["PriceClass"] == "PriceClass_100" and config["DefaultCacheBehavior"]["Compress"] is True


def test_hashed_files_are_cached_a_day_and_pages_a_minute(lean: Templates) -> None:
    kept = {policy["CachePolicyConfig"]["DefaultTTL"] for policy in lean.all("AWS::CloudFront::CachePolicy")}
    assert kept == {60, 86_400}
    (hashed,) = lean.one("AWS::CloudFront::Distribution")["DistributionConfig"]["CacheBehaviors"]
    assert hashed["PathPattern"] == "assets/*"


def test_errors_of_the_dashboard_have_pages_of_their_own(lean: Templates) -> None:
    from infra.recipe import ROOT

    shown = lean.one("AWS::CloudFront::Distribution")["DistributionConfig"]["CustomErrorResponses"]
    for page in {answer["ResponsePagePath"] for answer in shown}:
        assert (ROOT / "infra" / "web_placeholder" / page.removeprefix("/")).is_file()
