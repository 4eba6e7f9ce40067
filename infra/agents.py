"""The functions: one for each agent of the registry, the platform's, and those that work behind them."""

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import grants, packaging, queues
from infra.data import Data
from infra.functions import LIVE, MeshFunction, Spec, Surroundings, invoked
from infra.names import function_arn, machine_arn
from infra.plan import JOBS_QUEUE, TRAININGS, Plan, function_name
from mesh.adapters.aws.tables import EVENTS, Table
from mesh.kit.agent import Agent
from mesh.workflows import library

# The job's own function may need all its time; the rest is for calling it and writing down how it went.
AROUND_A_JOB_S = 15
# How many jobs are answered at once: an account may have as few as ten functions running.
JOBS_AT_ONCE = 5
# Events have a type; the count of a tenant's events and numbers that were not used have none.
COMMITTED = lambda_.FilterCriteria.filter(
    {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"type": {"S": lambda_.FilterRule.exists()}}}}
)


def job_timeout_s(plan: Plan) -> int:
    """Seconds the async processor gets: it waits for the slowest agent."""
    return max(agent.size.timeout_s for agent in plan.agents) + AROUND_A_JOB_S


class Agents(Stack):
    """`functions` by slug: the agents' first."""

    def __init__(self, scope: Construct, name: str, around: Surroundings, data: Data) -> None:
        super().__init__(scope, name, description="MSP Intelligence Mesh: agents and what works behind them")
        self.data = data
        self.failed_events = queues.named_failed_events(self)
        plan = around.plan
        specs = [
            *(self._agent(agent, plan) for agent in plan.agents),
            *self._platform(plan),
            *self._behind(plan),
        ]
        self.functions = {spec.slug: MeshFunction(self, spec, around) for spec in specs}
        self._jobs()
        self._events()
        self._clock()
        self.add_stack_dependency(data)
        CfnOutput(self, "Functions", value=",".join(function_name(slug) for slug in self.functions))

    def _agent(self, agent: Agent, plan: Plan) -> Spec:
        return Spec(
            slug=agent.slug, handler="http.handler", package=agent.slug, memory_mb=agent.size.memory_mb,
            timeout_s=agent.size.timeout_s, description=f"Agent: {agent.title}", answers=True,
            environment={"MESH_AGENT": agent.slug, **self._tenants, **_providers(agent, plan)},
            may=[
                *grants.answer(agent.models, self.data.tenant_role.role_arn),
                *grants.work_off_jobs(),
                *grants.ask_services(plan.asked_by(agent), plan.language_model),
                *(grants.meet_partners() if agent.introduces else []),
            ],
        )  # fmt: skip

    def _platform(self, plan: Plan) -> Sequence[Spec]:
        models = sorted({model for agent in plan.agents for model in agent.models})
        may = [
            *grants.answer(models, self.data.tenant_role.role_arn),
            *grants.serve_platform(),
            *grants.administer(),
        ]
        return [
            Spec("platform", "http.handler", packaging.PLATFORM, 512, 29, "Records, results, jobs, status",
                 may, environment={**self._tenants, "MESH_SIZE": plan.size}, answers=True),
            Spec("authorizer", "authorizer.handler", packaging.AUTHORIZER, 256, 5, "Who asks",
                 [*grants.look_up_keys(), *grants.note_keys()]),
        ]  # fmt: skip

    def _behind(self, plan: Plan) -> Sequence[Spec]:
        stream = self.data.tables[EVENTS.name].table_stream_arn
        assert stream
        agents = [function_arn(agent.slug, invoked(agent.slug, plan)) for agent in plan.agents]
        called = {"MESH_AGENT_FUNCTION": function_name("{agent}") + (f":{LIVE}" if plan.published else "")}
        called["MESH_STATE_MACHINE"] = machine_arn("{playbook}")
        called["MESH_FEEDS_FUNCTION"] = function_name("feed-refresher")
        told = [function_arn("feed-refresher")]
        if plan.trains:
            called["MESH_TRAININGS_FUNCTION"] = function_name(TRAININGS)
            told.append(function_arn(TRAININGS))
        plain = packaging.PLAIN
        return [
            Spec("async-processor", "queue.handler", plain, 256, job_timeout_s(plan),
                 "Has stored questions answered", environment=called,
                 may=[*grants.hand_on_jobs([*agents, *told]),
                      *grants.receive(JOBS_QUEUE),
                      *grants.start_runs(machine_arn(name) for name in library.names())]),
            Spec("event-processor", "kinesis.handler", plain, 256, 60, "Counts events, keeps grave threats",
                 [*grants.count_events(), *grants.follow_events()]),
            Spec("relay", "relay.handler", plain, 256, 60, "Passes committed events on",
                 [*grants.pass_events_on(), *grants.follow_table(stream)]),
            Spec("feed-refresher", "schedule.refresh_feeds", packaging.FEEDS, 1024, 600,
                 "Fetches newer public facts", [*grants.refresh_feeds(), *grants.fetch_when_asked()],
                 failures=self.failed_events),
            Spec("benchmark-refresher", "schedule.refresh_benchmarks", plain, 512, 840,
                 "Brings the figures of MSPs that agreed up to date",
                 grants.refresh_benchmarks(self.data.tenant_role.role_arn), environment=self._tenants,
                 answers=True, failures=self.failed_events),
            Spec("job-reminder", "schedule.remind_of_jobs", plain, 256, 60,
                 "Finds jobs whose messages were lost", grants.remind_of_jobs(),
                 failures=self.failed_events),
        ]  # fmt: skip

    @property
    def _tenants(self) -> dict[str, str]:
        return {"MESH_TENANT_ROLE": self.data.tenant_role.role_arn}

    def _jobs(self) -> None:
        """A message is a question that may take a minute: each gets a function of its own."""
        lambda_.EventSourceMapping(
            self, "JobMessages", target=self.functions["async-processor"].function,
            event_source_arn=self.data.jobs.queue_arn, batch_size=1, report_batch_item_failures=True,
            max_concurrency=JOBS_AT_ONCE,
        )  # fmt: skip

    def _events(self) -> None:
        lambda_.EventSourceMapping(
            self, "EventRecords", target=self.functions["event-processor"].function,
            event_source_arn=self.data.events.stream_arn, batch_size=100,
            max_batching_window=Duration.seconds(1), starting_position=lambda_.StartingPosition.TRIM_HORIZON,
            report_batch_item_failures=True, bisect_batch_on_error=True, retry_attempts=5,
            max_record_age=Duration.hours(6), on_failure=event_sources.SqsDlq(self.failed_events),
        )  # fmt: skip
        follow_table(
            self, self.functions["relay"], self.data, self.failed_events,
            retry_attempts=20, max_record_age=Duration.hours(12),
        )  # fmt: skip

    def _clock(self) -> None:
        for slug, rate in (
            ("feed-refresher", Duration.days(1)), ("benchmark-refresher", Duration.hours(6)),
            ("job-reminder", Duration.minutes(5)),
        ):  # fmt: skip
            rule = events.Rule(
                self, f"{slug}-clock", rule_name=function_name(slug), schedule=events.Schedule.rate(rate)
            )
            target = targets.LambdaFunction(
                self.functions[slug].function,
                retry_attempts=2,
                max_event_age=Duration.hours(1),
                dead_letter_queue=self.failed_events,
            )
            rule.add_target(target)


def _providers(agent: Agent, plan: Plan) -> dict[str, str]:
    """Which providers an agent asks, where it asks any (`mesh.adapters.models`)."""
    told: dict[str, str] = {}
    if "bedrock" in agent.services:
        told |= {
            "MESH_GENERATOR": plan.generator,
            "MESH_BEDROCK_MODEL": plan.language_model,
            "MESH_GENERATOR_TOKENS_A_DAY": str(plan.tokens_a_day),
        }
    if "comprehend" in agent.services:
        told |= {"MESH_SENTIMENT": plan.sentiment}
    return told


def follow_table(
    scope: Construct,
    follower: MeshFunction,
    data: Data,
    failed: sqs.IQueue,
    *,
    retry_attempts: int,
    max_record_age: Duration,
    table: Table = EVENTS,
    only: Mapping[str, Any] = COMMITTED,
) -> None:
    """Bring a function what is committed to a table. What fails comes again as a whole, halved each time,
    until the record that cannot be passed is alone; it ends among the failed events.
    """
    lambda_.EventSourceMapping(
        scope, f"{follower.spec.slug}-records", target=follower.function,
        event_source_arn=data.tables[table.name].table_stream_arn, batch_size=100,
        starting_position=lambda_.StartingPosition.TRIM_HORIZON, bisect_batch_on_error=True,
        retry_attempts=retry_attempts, max_record_age=max_record_age, filters=[only],
        on_failure=event_sources.SqsDlq(failed),
    )  # fmt: skip
