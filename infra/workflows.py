"""Runs of playbooks: a state machine for each, the function that begins and ends them, and the rule by which
a grave threat starts one.
"""

import json

from aws_cdk import Aws, CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra import grants, packaging, queues
from infra.data import Data
from infra.foundation import Foundation
from infra.functions import MeshFunction, Spec, Surroundings, invoked
from infra.names import function_arn, machine_name
from infra.plan import PREFIX
from infra.state_machines import definition
from mesh.workflows import library
from mesh.workflows.automatic import triggered
from mesh.workflows.playbook import Playbook, Step

SLUG = "workflows"
# Longer than the functions wait for each other, and within which a late event still starts a run.
EVENT_AGE = Duration.hours(1)


class Workflows(Stack):
    """After the agents, whose functions its machines call."""

    def __init__(
        self, scope: Construct, name: str, around: Surroundings, foundation: Foundation, data: Data
    ) -> None:
        super().__init__(scope, name, description="MSP Intelligence Mesh: playbooks and what starts them")
        self.plan = around.plan
        self.foundation = foundation
        role = data.tenant_role.role_arn
        spec = Spec(
            SLUG, "workflows.handler", packaging.PLAIN, 256, 29, "Steps without an agent, ends of runs",
            [*grants.answer([], role), *grants.work_off_jobs()],
            environment={"MESH_TENANT_ROLE": role}, answers=True,
        )  # fmt: skip
        self.functions = {SLUG: MeshFunction(self, spec, around)}
        for playbook in library.playbooks():
            self._machine(playbook)
        self._rule()
        self.add_stack_dependency(data)
        machines = (machine_name(playbook.name) for playbook in library.playbooks())
        CfnOutput(self, "StateMachines", value=",".join(machines))

    def _machine(self, playbook: Playbook) -> None:
        arns = {step.name: self._function(step) for step in playbook.steps}
        # Not CDK's own way, which leaves out what is null: then results would take the place of the names.
        text = json.dumps(definition(playbook, self._function))
        group = logs.LogGroup(
            self, f"{playbook.name}-logs",
            log_group_name=f"/aws/vendedlogs/states/{machine_name(playbook.name)}",
            encryption_key=self.foundation.key, retention=logs.RetentionDays.ONE_WEEK,
            removal_policy=RemovalPolicy.DESTROY,
        )  # fmt: skip
        role = iam.Role(
            self, f"{playbook.name}-role", path=f"/{PREFIX}/",
            assumed_by=iam.ServicePrincipal(
                "states.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
            ),
            description=f"Of the state machine {machine_name(playbook.name)}",
        )  # fmt: skip
        called = sorted({*arns.values(), self._function(None)})
        for statement in grants.run_steps(called, traced=self.plan.switches.tracing):
            role.add_to_policy(statement)
        destination = sfn.CfnStateMachine.LogDestinationProperty(
            cloud_watch_logs_log_group=sfn.CfnStateMachine.CloudWatchLogsLogGroupProperty(
                log_group_arn=group.log_group_arn
            )
        )
        machine = sfn.CfnStateMachine(
            self, playbook.name, state_machine_name=machine_name(playbook.name), definition_string=text,
            role_arn=role.role_arn, state_machine_type="STANDARD",
            # What is passed on are names and ids, and those need not stand in a log either.
            logging_configuration=sfn.CfnStateMachine.LoggingConfigurationProperty(
                level="ALL", include_execution_data=False, destinations=[destination]
            ),
            tracing_configuration=sfn.CfnStateMachine.TracingConfigurationProperty(
                enabled=self.plan.switches.tracing
            ),
        )  # fmt: skip
        # The role's policy must be there when the machine asks for its log.
        machine.node.add_dependency(role.node.find_child("DefaultPolicy"))

    def _function(self, step: Step | None) -> str:
        """What does a step: its agent's function, or the one here for all that has none."""
        agents = {agent.slug for agent in self.plan.agents}
        slug = step.agent if step and step.agent in agents else SLUG
        return function_arn(slug, invoked(slug, self.plan))

    def _rule(self) -> None:
        """The relay sends the grave events to the bus; which tenant wants a run, the function knows."""
        kinds = sorted({playbook.trigger.event for playbook in triggered() if playbook.trigger})
        rule = events.Rule(
            self, "Starts", rule_name=f"{PREFIX}-starts-runs", description="What may start a playbook",
            event_pattern=events.EventPattern(source=["msp-intelligence-mesh"], detail_type=kinds),
        )  # fmt: skip
        rule.add_target(
            targets.LambdaFunction(
                self.functions[SLUG].function, retry_attempts=5, max_event_age=EVENT_AGE,
                dead_letter_queue=queues.named_failed_events(self),
            )
        )  # fmt: skip
