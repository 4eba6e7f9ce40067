"""Alarms and the dashboard: a row and an alarm for each function, in the order of the registry."""

from collections.abc import Sequence

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from constructs import Construct

from infra.foundation import Foundation
from infra.plan import (
    DASHBOARD,
    EVENTS_DLQ,
    EVENTS_STREAM,
    JOBS_DLQ,
    JOBS_QUEUE,
    PREFIX,
    REST_API,
    STAGE,
    Plan,
    function_name,
)

FIVE_MINUTES = Duration.minutes(5)
ERRORS, SERVER_ERRORS, LATE_MS = 5, 10, 60_000
STREAMED = ("event-processor", "relay", "broadcaster", "key-watcher")
# AWS gives each account three dashboards for nothing that show this many metrics at most.
METRICS_FOR_NOTHING = 50
WIDE, HALF, THIRD = 24, 12, 8


class Observability(Stack):
    """`slugs` are those of all functions that are no agent's."""

    def __init__(
        self, scope: Construct, name: str, plan: Plan, foundation: Foundation, slugs: Sequence[str]
    ) -> None:
        super().__init__(scope, name, description="MSP Intelligence Mesh: alarms and dashboard")
        self._tell = actions.SnsAction(foundation.alerts)
        agents = [agent.slug for agent in plan.agents]
        for slug in [*agents, *(slugs if plan.switches.alarm_each else [])]:
            self._alarm(
                f"{slug}-errors", _of_function(slug, "Errors"), ERRORS,
                f"{function_name(slug)} failed more than {ERRORS} times in five minutes: read its log.",
            )  # fmt: skip
        if not plan.switches.alarm_each:
            self._alarm(
                "functions-errors", _of_all_functions("Errors"), ERRORS,
                f"Functions of this account failed more than {ERRORS} times in five minutes: the dashboard "
                "shows which.",
            )  # fmt: skip
        self._of_api()
        self._of_queues()
        for slug in STREAMED:
            self._alarm(
                f"{slug}-late", _of_function(slug, "IteratorAge", "Maximum"), LATE_MS,
                f"{function_name(slug)} is more than a minute behind what was committed.",
            )  # fmt: skip
        self.dashboard = cloudwatch.Dashboard(
            self, "Dashboard", dashboard_name=DASHBOARD, default_interval=Duration.hours(3)
        )
        self.dashboard.add_widgets(*_of_mesh())
        for agent in plan.agents:
            self.dashboard.add_widgets(*_row(agent.slug, agent.title))
        self.dashboard.add_widgets(*_behind(slugs))

    def _of_api(self) -> None:
        self._alarm(
            "api-server-errors", _of_api("5XXError"), SERVER_ERRORS,
            f"The API answered 5xx more than {SERVER_ERRORS} times in five minutes: see which function did.",
        )  # fmt: skip
        # Functions share the account's concurrency, whoever uses it up.
        self._alarm(
            "functions-throttled", _of_all_functions("Throttles"), 0,
            "Functions were refused for want of concurrency: raise the account's quota.",
        )  # fmt: skip
        self._alarm(
            "events-throttled",
            cloudwatch.Metric(
                namespace="AWS/Kinesis", metric_name="WriteProvisionedThroughputExceeded", statistic="Sum",
                period=FIVE_MINUTES, dimensions_map={"StreamName": EVENTS_STREAM},
            ), 0, "The event stream's shard is full: add a shard.",
        )  # fmt: skip

    def _of_queues(self) -> None:
        for label, queue in (("jobs-given-up", JOBS_DLQ), ("events-given-up", EVENTS_DLQ)):
            depth = _of_queue(queue, "ApproximateNumberOfMessagesVisible")
            self._alarm(
                label, depth, 0, f"There are messages in {queue}: see why, mend it, then redrive them."
            )

    def _alarm(self, label: str, metric: cloudwatch.IMetric, above: float, meaning: str) -> None:
        alarm = cloudwatch.Alarm(
            self, label, alarm_name=f"{PREFIX}-{label}", alarm_description=meaning, metric=metric,
            threshold=above, evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            # A function that nobody called has no errors.
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )  # fmt: skip
        alarm.add_alarm_action(self._tell)


def _of_mesh() -> list[cloudwatch.IWidget]:
    return [
        cloudwatch.TextWidget(markdown="# MSP Intelligence Mesh", width=WIDE, height=1),
        # How many there were is a statistic of their latency, and no metric more.
        _graph(
            "Requests", THIRD,
            *(_of_api("Latency", "SampleCount", "requests"), _of_api("4XXError"), _of_api("5XXError")),
        ),
        _graph("API latency, ms", THIRD, _of_api("Latency", "p50"), _of_api("Latency", "p95")),
        _graph(
            "Jobs and events that wait", THIRD,
            *(_of_queue(q, "ApproximateNumberOfMessagesVisible") for q in (JOBS_QUEUE, JOBS_DLQ, EVENTS_DLQ)),
        ),
    ]  # fmt: skip


def _row(slug: str, title: str) -> list[cloudwatch.IWidget]:
    called = _of_function(slug, "Duration", "SampleCount", "invocations")
    return [
        _graph(title, HALF, called, _of_function(slug, "Errors")),
        _graph(f"{title}: duration, ms", HALF, *(_of_function(slug, "Duration", s) for s in ("p50", "p95"))),
    ]


def _behind(slugs: Sequence[str]) -> list[cloudwatch.IWidget]:
    """What works behind the agents, together: AWS draws the rest of each function for nothing."""
    errors = [_of_function(slug, "Errors", label=slug) for slug in slugs]
    late = [_of_function(slug, "IteratorAge", "Maximum", slug) for slug in slugs if slug in STREAMED]
    return [_graph("Errors behind the agents", HALF, *errors), _graph("Behind by, ms", HALF, *late)]


def _graph(title: str, width: int, *metrics: cloudwatch.IMetric) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=width, height=5)


def _of_function(
    slug: str, metric: str, statistic: str = "Sum", label: str | None = None
) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/Lambda", metric_name=metric, statistic=statistic, period=FIVE_MINUTES,
        dimensions_map={"FunctionName": function_name(slug)}, label=label,
    )  # fmt: skip


def _of_all_functions(metric: str) -> cloudwatch.Metric:
    """Of all functions of the account and region, the mesh's or not."""
    return cloudwatch.Metric(namespace="AWS/Lambda", metric_name=metric, statistic="Sum", period=FIVE_MINUTES)


def _of_api(metric: str, statistic: str = "Sum", label: str | None = None) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/ApiGateway", metric_name=metric, statistic=statistic, period=FIVE_MINUTES,
        dimensions_map={"ApiName": REST_API, "Stage": STAGE}, label=label,
    )  # fmt: skip


def _of_queue(queue: str, metric: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/SQS", metric_name=metric, statistic="Maximum", period=FIVE_MINUTES,
        dimensions_map={"QueueName": queue},
    )  # fmt: skip
