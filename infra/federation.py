"""What trains over several MSPs: a Fargate task for the time of one training, started by a function, and
nothing that is paid for in between.

The task runs the mesh's own code (`infra/training_start.py` fetches it) on Python's public image, so that
nobody has to build one. It has a network of its own: a way out over HTTPS, and one in for MSPs' own sites
where the plan names the ranges that these come from.
"""

from pathlib import Path

from aws_cdk import Aws, CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra import grants, packaging, queues
from infra.data import ANSWERING, Data
from infra.foundation import Foundation
from infra.functions import MeshFunction, Spec, Surroundings
from infra.network import GATEWAYS
from infra.plan import PREFIX, TRAININGS
from mesh.adapters.aws.trainings import CONTAINER
from mesh.adapters.federation.door import ADDRESS, AS_SEEN, PORT
from mesh.kit.agent import Agent

NAME = f"{PREFIX}-training"
# Its packages are for this Python; Debian's C library is newer than they ask for.
IMAGE = "public.ecr.aws/docker/library/python:3.13-slim-bookworm"
START = Path(__file__).with_name("training_start.py")
# Forty MSPs' rows and embeddings of their articles; arm64 has this size.
CPU, MEMORY_MB = 1024, 4096
ADDRESSES = "10.43.0.0/24"
ZONES = 2
GROUP = f"/ecs/{NAME}"
EVENT_AGE = Duration.hours(1)


class Federation(Stack):
    """`functions` by slug: the one that starts tasks and hears of those that stop."""

    def __init__(
        self, scope: Construct, name: str, around: Surroundings, foundation: Foundation, data: Data
    ) -> None:
        super().__init__(scope, name, description="MSP Intelligence Mesh: trainings over several MSPs")
        self.around = around
        self.failed_events = queues.named_failed_events(self)
        self.stored = around.packages.stored(self, packaging.TRAINING)
        vpc, group = self._network()
        self.cluster = ecs.Cluster(
            self, "Cluster", cluster_name=NAME, vpc=vpc,
            container_insights_v2=ecs.ContainerInsights.ENABLED,
        )  # fmt: skip
        self.roles = self._task_role(foundation, data), self._execution_role()
        self.definition = self._definition(data)
        self.functions = {TRAININGS: MeshFunction(self, self._starter(vpc, group), around)}
        self._rule()
        self.add_stack_dependency(data)
        CfnOutput(self, "TrainingCluster", value=self.cluster.cluster_name)

    def _network(self) -> tuple[ec2.Vpc, ec2.SecurityGroup]:
        """Public subnets cost nothing; a private one needs a NAT gateway or endpoints, paid by the hour."""
        subnet = ec2.SubnetConfiguration(
            name="training", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=26, map_public_ip_on_launch=False
        )
        vpc = ec2.Vpc(
            self, "Vpc", max_azs=ZONES, nat_gateways=0, subnet_configuration=[subnet],
            restrict_default_security_group=False, ip_addresses=ec2.IpAddresses.cidr(ADDRESSES),
        )  # fmt: skip
        for name, service in GATEWAYS.items():
            vpc.add_gateway_endpoint(name, service=service)
        flows = self._logs("Flows", f"/vpc/{NAME}")
        vpc.add_flow_log("FlowLog", destination=ec2.FlowLogDestination.to_cloud_watch_logs(flows))
        ranges = self.around.plan.site_ranges
        way = "sites inward" if ranges else "nothing inward"
        group = ec2.SecurityGroup(
            self, "Outward", vpc=vpc, description=f"HTTPS outward, {way}", allow_all_outbound=False
        )
        group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "AWS and the image")
        for each in ranges:
            group.add_ingress_rule(ec2.Peer.ipv4(each), ec2.Port.tcp(PORT), "Sites of MSPs, over TLS")
        return vpc, group

    def _task_role(self, foundation: Foundation, data: Data) -> iam.Role:
        """As the functions that answer: it becomes one tenant at a time, behind that tenant's fence."""
        role = iam.Role(
            self, "TaskRole", assumed_by=_tasks(), path=ANSWERING, description=f"Of the task {NAME}"
        )
        models = sorted({model for agent in self._readers() for model in agent.models})
        for statement in [
            *grants.train(models, data.tenant_role.role_arn),
            *grants.read_secret(self.around.secret, foundation.key.key_arn),
        ]:
            role.add_to_policy(statement)
        return role

    def _readers(self) -> list[Agent]:
        """The agents whose models a training compares with, or learns the classes of."""
        return [a for a in self.around.plan.agents if a.name in ("client_health", "threat_intelligence")]

    def _execution_role(self) -> iam.Role:
        """What ECS itself does for the task; the image is public, and needs no right."""
        role = iam.Role(
            self, "ExecutionRole", assumed_by=_tasks(), path=f"/{PREFIX}/",
            description=f"Writes the log of the task {NAME}",
        )  # fmt: skip
        for statement in grants.write_logs(GROUP):
            role.add_to_policy(statement)
        return role

    def _definition(self, data: Data) -> ecs.FargateTaskDefinition:
        task, execution = (role.without_policy_updates() for role in self.roles)
        made = ecs.FargateTaskDefinition(
            self, "Task", family=NAME, cpu=CPU, memory_limit_mib=MEMORY_MB,
            runtime_platform=ecs.RuntimePlatform(
                cpu_architecture=ecs.CpuArchitecture.ARM64,
                operating_system_family=ecs.OperatingSystemFamily.LINUX,
            ),
            task_role=task, execution_role=execution, volumes=[ecs.Volume(name="scratch")],
        )  # fmt: skip
        container = made.add_container(
            CONTAINER, image=ecs.ContainerImage.from_registry(IMAGE), readonly_root_filesystem=True,
            entry_point=["python", "-c"], command=[START.read_text(encoding="utf-8")],
            environment={
                **self.around.environment, "MESH_TENANT_ROLE": data.tenant_role.role_arn,
                "MESH_CODE_SHA256": self.stored.sha256, "AWS_DEFAULT_REGION": Aws.REGION, "HOME": "/tmp",  # noqa: S108
                **({ADDRESS: AS_SEEN} if self.around.plan.site_ranges else {}),
            },
            logging=ecs.LogDriver.aws_logs(
                stream_prefix=CONTAINER, log_group=self._logs("TaskLogs", GROUP)
            ),
        )  # fmt: skip
        container.add_mount_points(
            ecs.MountPoint(container_path="/tmp", source_volume="scratch", read_only=False)  # noqa: S108
        )
        return made

    def _starter(self, vpc: ec2.Vpc, group: ec2.SecurityGroup) -> Spec:
        subnets = [subnet.subnet_id for subnet in vpc.public_subnets]
        code = f"arn:{Aws.PARTITION}:s3:::{self.stored.bucket}/{self.stored.key}"
        may = grants.start_trainings(
            self.definition.task_definition_arn, self.cluster.cluster_arn,
            [role.role_arn for role in self.roles], code,
        )  # fmt: skip
        where = {
            "cluster": self.cluster.cluster_arn, "task": self.definition.task_definition_arn,
            "subnets": ",".join(subnets), "group": group.security_group_id,
            "code_bucket": self.stored.bucket, "code_key": self.stored.key,
        }  # fmt: skip
        return Spec(
            TRAININGS, "trainings.handler", packaging.PLAIN, 256, 60,
            "Starts trainings' tasks, and ends the jobs of those that stop before them", may,
            environment={f"MESH_TRAINING_{name.upper()}": value for name, value in where.items()},
            failures=self.failed_events,
        )  # fmt: skip

    def _rule(self) -> None:
        rule = events.Rule(
            self, "Stopped", rule_name=f"{NAME}-stopped", description="A training's task has stopped",
            event_pattern=events.EventPattern(
                source=["aws.ecs"], detail_type=["ECS Task State Change"],
                detail={"clusterArn": [self.cluster.cluster_arn], "lastStatus": ["STOPPED"]},
            ),
        )  # fmt: skip
        rule.add_target(
            targets.LambdaFunction(
                self.functions[TRAININGS].function, retry_attempts=5, max_event_age=EVENT_AGE,
                dead_letter_queue=self.failed_events,
            )
        )  # fmt: skip

    def _logs(self, label: str, name: str) -> logs.LogGroup:
        return logs.LogGroup(
            self, label, log_group_name=name, encryption_key=self.around.key,
            retention=logs.RetentionDays.ONE_WEEK, removal_policy=RemovalPolicy.DESTROY,
        )  # fmt: skip


def _tasks() -> iam.IPrincipal:
    """ECS's tasks of this account, so that others cannot use it as their deputy."""
    return iam.ServicePrincipal(
        "ecs-tasks.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
    )
