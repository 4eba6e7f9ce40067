"""The network that functions answering for tenants run in, where the switch `vpc` is on.

Two zones, no way in, and no way out but to the services they call. DynamoDB and S3 are reached through
gateways, which cost nothing; SQS, STS, Secrets Manager and whichever of Bedrock and Comprehend is asked
through interfaces, 7.30 USD a month for each and zone. What must reach the internet (the feed refresher) or
API Gateway's sockets stays outside, and so does the function that starts state machines.
"""

from collections.abc import Mapping

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.plan import PREFIX, Plan

ZONES = 2
ADDRESSES = "10.42.0.0/16"
GATEWAYS = {"DynamoDb": ec2.GatewayVpcEndpointAwsService.DYNAMODB, "S3": ec2.GatewayVpcEndpointAwsService.S3}
INTERFACES = {
    "Sqs": ec2.InterfaceVpcEndpointAwsService.SQS, "Sts": ec2.InterfaceVpcEndpointAwsService.STS,
    "SecretsManager": ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
}  # fmt: skip
# By the service's name among an agent's `services`.
ASKED = {
    "bedrock": ("BedrockRuntime", ec2.InterfaceVpcEndpointAwsService.BEDROCK_RUNTIME),
    "comprehend": ("Comprehend", ec2.InterfaceVpcEndpointAwsService.COMPREHEND),
}


def interfaces(plan: Plan) -> Mapping[str, ec2.InterfaceVpcEndpointAwsService]:
    """What is reached through an interface: paid services only where an agent of the plan asks them."""
    asked = {service for agent in plan.agents for service in plan.asked_by(agent)}
    return INTERFACES | dict(ASKED[service] for service in sorted(asked))


def private_vpc(scope: Construct, key: kms.IKey, plan: Plan) -> ec2.Vpc:
    subnet = ec2.SubnetConfiguration(
        name="answering", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=22
    )
    vpc = ec2.Vpc(
        scope, "Vpc", max_azs=ZONES, nat_gateways=0, subnet_configuration=[subnet],
        restrict_default_security_group=False, ip_addresses=ec2.IpAddresses.cidr(ADDRESSES),
    )  # fmt: skip
    for name, service in GATEWAYS.items():
        vpc.add_gateway_endpoint(name, service=service)
    inside = ec2.SecurityGroup(
        scope, "Endpoints", vpc=vpc, description="HTTPS from inside", allow_all_outbound=False
    )
    inside.add_ingress_rule(ec2.Peer.ipv4(ADDRESSES), ec2.Port.tcp(443), "functions")
    for name, called in interfaces(plan).items():
        vpc.add_interface_endpoint(
            name, service=called, private_dns_enabled=True, security_groups=[inside], open=False
        )
    flows = logs.LogGroup(
        scope, "Flows", log_group_name=f"/vpc/{PREFIX}", retention=logs.RetentionDays.ONE_WEEK,
        encryption_key=key, removal_policy=RemovalPolicy.DESTROY,
    )  # fmt: skip
    vpc.add_flow_log("FlowLog", destination=ec2.FlowLogDestination.to_cloud_watch_logs(flows))
    return vpc
