"""AWS Config: the rules the deployment is held to, and the recorder they need where the account has none."""

from aws_cdk import Aws, Duration, Stack
from aws_cdk import aws_config as config
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from infra.names import bucket_name
from infra.plan import PREFIX, Plan
from infra.removal import kept

# Only what the rules look at is recorded: each recorded change costs 0.003 USD.
RECORDED = (
    "AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::Lambda::Function", "AWS::IAM::Policy", "AWS::IAM::Role",
    "AWS::SNS::Topic", "AWS::ApiGateway::Stage", "AWS::Kinesis::Stream",
)  # fmt: skip
RULES = (
    "S3_BUCKET_PUBLIC_READ_PROHIBITED", "S3_BUCKET_PUBLIC_WRITE_PROHIBITED", "S3_BUCKET_SSL_REQUESTS_ONLY",
    "S3_BUCKET_VERSIONING_ENABLED", "DYNAMODB_PITR_ENABLED", "LAMBDA_FUNCTION_PUBLIC_ACCESS_PROHIBITED",
    "IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS", "SNS_ENCRYPTED_KMS", "API_GW_ASSOCIATED_WITH_WAF",
    "API_GW_EXECUTION_LOGGING_ENABLED", "KINESIS_STREAM_ENCRYPTED",
)  # fmt: skip


def rules(stack: Stack, plan: Plan) -> None:
    made = _recorder(stack, plan) if plan.switches.config_recorder else None
    for name in RULES:
        rule = config.ManagedRule(
            stack, name, identifier=name, config_rule_name=f"{PREFIX}-{name.lower().replace('_', '-')}"
        )
        if made:
            rule.node.add_dependency(made)


def _recorder(stack: Stack, plan: Plan) -> config.CfnConfigurationRecorder:
    bucket = s3.Bucket(
        stack, "ConfigHistory", bucket_name=bucket_name("config"), enforce_ssl=True, versioned=True,
        encryption=s3.BucketEncryption.S3_MANAGED, block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(365))],
        server_access_logs_bucket=s3.Bucket.from_bucket_name(stack, "AccessLogs", bucket_name("access-logs")),
        server_access_logs_prefix="s3/config/", removal_policy=kept(plan),
    )  # fmt: skip
    managed = iam.ManagedPolicy.from_aws_managed_policy_name("service-role/AWS_ConfigRole")
    role = iam.Role(
        stack, "RecorderRole", assumed_by=iam.ServicePrincipal("config.amazonaws.com"), path=f"/{PREFIX}/",
        managed_policies=[managed],
    )  # fmt: skip
    history = f"AWSLogs/{Aws.ACCOUNT_ID}/*"
    role.add_to_policy(
        iam.PolicyStatement(actions=["s3:PutObject"], resources=[bucket.arn_for_objects(history)])
    )
    role.add_to_policy(iam.PolicyStatement(actions=["s3:GetBucketAcl"], resources=[bucket.bucket_arn]))
    group = config.CfnConfigurationRecorder.RecordingGroupProperty(resource_types=list(RECORDED))
    recorder = config.CfnConfigurationRecorder(
        stack, "Recorder", name=PREFIX, role_arn=role.role_arn, recording_group=group
    )
    channel = config.CfnDeliveryChannel(stack, "Channel", name=PREFIX, s3_bucket_name=bucket.bucket_name)
    # A channel can be made only beside a recorder, and CloudFormation starts that when both are there.
    channel.node.add_dependency(role)
    return recorder
