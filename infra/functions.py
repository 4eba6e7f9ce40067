"""One Lambda with its own role, log group and nothing that it does not use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from aws_cdk.aws_iam import PolicyStatement
from constructs import Construct

from infra import grants
from infra.data import ANSWERING
from infra.packaging import Packages
from infra.plan import PREFIX, Plan, function_name

HANDLERS = "mesh.entrypoints.lambdas"
# The name under which the newest version is called where functions start from snapshots.
LIVE = "live"


@dataclass(frozen=True)
class Spec:
    """A function as data. `handler` is below mesh.entrypoints.lambdas; `answers` for tenants or not."""

    slug: str
    handler: str
    package: str
    memory_mb: int
    timeout_s: int
    description: str
    may: Sequence[PolicyStatement]
    environment: Mapping[str, str] = field(default_factory=dict)
    answers: bool = False
    failures: sqs.IQueue | None = None


@dataclass(frozen=True)
class Surroundings:
    """What all functions of a deployment share."""

    plan: Plan
    packages: Packages
    environment: Mapping[str, str]
    key: kms.IKey
    vpc: ec2.IVpc | None
    # ARN of the secret that holds the mesh's own keys.
    secret: str


class MeshFunction(Construct):
    def __init__(self, scope: Construct, spec: Spec, around: Surroundings) -> None:
        super().__init__(scope, spec.slug)
        self.spec = spec
        self.name = function_name(spec.slug)
        group = logs.LogGroup(
            self, "Logs", log_group_name=f"/aws/lambda/{self.name}", encryption_key=around.key,
            retention=logs.RetentionDays.ONE_WEEK, removal_policy=RemovalPolicy.DESTROY,
        )  # fmt: skip
        inside = around.vpc if spec.answers else None
        snap_start = spec.slug in around.plan.restored
        self.function = lambda_.Function(
            self, "Function", function_name=self.name, description=spec.description,
            runtime=lambda_.Runtime.PYTHON_3_13, architecture=lambda_.Architecture.ARM_64,
            handler=f"{HANDLERS}.{spec.handler}", code=around.packages.code(spec.package),
            memory_size=spec.memory_mb, timeout=Duration.seconds(spec.timeout_s),
            environment={**around.environment, **spec.environment},
            role=self._role(around, inside is not None), log_group=group, vpc=inside,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED) if inside else None,
            tracing=lambda_.Tracing.ACTIVE if around.plan.switches.tracing else lambda_.Tracing.DISABLED,
            snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS if snap_start else None,
            dead_letter_queue=spec.failures,
        )  # fmt: skip
        if spec.slug in around.plan.published:
            # Only published versions have snapshots, so that is what must be called.
            lambda_.Alias(self, "Live", alias_name=LIVE, version=self.function.current_version)

    def _role(self, around: Surroundings, in_vpc: bool) -> iam.Role:
        role = iam.Role(
            self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"Of the function {self.name}",
            path=ANSWERING if self.spec.answers else f"/{PREFIX}/",
        )  # fmt: skip
        for statement in [*grants.write_logs(f"/aws/lambda/{self.name}"), *self.spec.may]:
            role.add_to_policy(statement)
        if self.spec.answers:
            for statement in grants.read_secret(around.secret, around.key.key_arn):
                role.add_to_policy(statement)
        if in_vpc:
            role.add_to_policy(grants.have_network_interfaces())
        return role


def invoked(slug: str, plan: Plan) -> str:
    """The alias that callers of a function must name; empty where they call the function itself."""
    return LIVE if slug in plan.published else ""
