"""What everything else stands on: the key, the alerts, the secret, the bucket of access logs, the network."""

from aws_cdk import Aws, CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra import identity, network, queues
from infra.names import arn, bucket_arn, bucket_name, machine_arn
from infra.plan import ALERTS, PREFIX, SECRET, THREAT_RULE, Plan
from infra.removal import kept
from mesh.adapters.aws.intelligence import GRAVE
from mesh.kit.event import Event
from mesh.workflows import library

ACCESS_LOGS_KEPT_DAYS = 90
# Services that put messages into the encrypted topic, for this account alone; rules do it under a role.
PUBLISHERS = ("cloudwatch.amazonaws.com", "budgets.amazonaws.com")


USING_FOR_MESSAGES = ("kms:GenerateDataKey", "kms:Decrypt")
USING = (
    "kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext", "kms:DescribeKey",
)  # fmt: skip
ADMINISTERING = (
    "kms:GetKeyPolicy", "kms:PutKeyPolicy", "kms:ListKeyPolicies", "kms:EnableKey", "kms:DisableKey",
    "kms:EnableKeyRotation", "kms:DisableKeyRotation", "kms:GetKeyRotationStatus", "kms:RotateKeyOnDemand",
    "kms:ListKeyRotations", "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion", "kms:UpdateKeyDescription",
    "kms:TagResource", "kms:UntagResource", "kms:ListResourceTags", "kms:CreateAlias", "kms:UpdateAlias",
    "kms:DeleteAlias", "kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant",
)  # fmt: skip


class Foundation(Stack):
    def __init__(self, scope: Construct, name: str, plan: Plan) -> None:
        super().__init__(scope, name, description="MSP Intelligence Mesh: key, alerts, secret, access logs")
        self.key = self._key()
        self.alerts = self._topic(plan)
        self.secret = self._secret()
        self.access_logs = self._access_logs(plan)
        # What the authorizer must know to accept tokens; empty where keys are the only way in.
        self.tokens = identity.user_pool(self, plan) if plan.switches.user_pool else {}
        self.vpc = network.private_vpc(self, self.key, plan) if plan.switches.vpc else None
        self.failed_events = queues.failed_events(self)
        self._alerting_rules()
        CfnOutput(self, "AlertsTopic", value=self.alerts.topic_arn)
        CfnOutput(self, "Secret", value=SECRET)
        CfnOutput(self, "FailedEventsUrl", value=self.failed_events.queue_url)

    def _key(self) -> kms.Key:
        """One key of our own, because the managed ones cannot: alarms and rules may not publish through
        alias/aws/sns. A dollar a month; the secret and the log groups use it as well, at no further cost.
        """
        key = kms.Key(
            self, "Key", alias=f"alias/{PREFIX}", enable_key_rotation=True, policy=_administered(),
            description="Alerts, secret and logs of the mesh", removal_policy=RemovalPolicy.DESTROY,
        )  # fmt: skip
        for service in PUBLISHERS:
            # Through the topic, whose policy says for which account; KMS is not told.
            key.grant(iam.ServicePrincipal(service), *USING_FOR_MESSAGES)
        logs = iam.ServicePrincipal(f"logs.{Aws.REGION}.amazonaws.com").with_conditions(
            {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": arn("logs", "*")}}
        )
        key.grant(logs, *USING)
        return key

    def _topic(self, plan: Plan) -> sns.Topic:
        topic = sns.Topic(self, "Alerts", topic_name=ALERTS, master_key=self.key, enforce_ssl=True)
        for service in PUBLISHERS:
            topic.add_to_resource_policy(
                iam.PolicyStatement(
                    principals=[_of_this_account(service)],
                    actions=["sns:Publish"],
                    resources=[topic.topic_arn],
                )
            )
        if plan.alert_email:
            topic.add_subscription(subscriptions.EmailSubscription(plan.alert_email))
        return topic

    def _secret(self) -> secretsmanager.Secret:
        """Without entries in the template: the command that deploys makes those the code reads, and keeps
        them (`mesh.adapters.aws.deployment.entries`).
        """
        # Named, so that CDK does not widen the key's policy by actions with wildcards.
        key = kms.Key.from_key_arn(self, "SecretsKey", self.key.key_arn)
        return secretsmanager.Secret(
            self, "Credentials", secret_name=SECRET, encryption_key=key, secret_object_value={},
            description="Entries the mesh reads, as one JSON object of texts",
            removal_policy=RemovalPolicy.DESTROY,
        )  # fmt: skip

    def _access_logs(self, plan: Plan) -> s3.Bucket:
        """CloudFront delivers its logs under an access control list: ownership is not enforced."""
        bucket = s3.Bucket(
            self, "AccessLogs", bucket_name=bucket_name("access-logs"), enforce_ssl=True,
            encryption=s3.BucketEncryption.S3_MANAGED, block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_PREFERRED, versioned=True,
            lifecycle_rules=[s3.LifecycleRule(
                expiration=Duration.days(ACCESS_LOGS_KEPT_DAYS),
                noncurrent_version_expiration=Duration.days(1),
                abort_incomplete_multipart_upload_after=Duration.days(1),
            )],
            removal_policy=kept(plan),
        )  # fmt: skip
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[_of_this_account("logging.s3.amazonaws.com")],
                actions=["s3:PutObject"],
                resources=[bucket.arn_for_objects("s3/*")],
                conditions={"ArnLike": {"aws:SourceArn": bucket_arn("*")}},
            )
        )
        return bucket

    def _alerting_rules(self) -> None:
        """What becomes an alert: grave events, which the relay puts on the bus, and runs of playbooks that
        did not come to their end, of which Step Functions tells.
        """
        self._alert_of(
            "ThreatRule", THREAT_RULE, "Threats of severity HIGH and above",
            events.EventPattern(
                source=[str(Event.model_fields["source"].default).strip("/")],
                detail={"data": {"severity": sorted(GRAVE)}},
            ),
        )  # fmt: skip
        self._alert_of(
            "RunsRule", f"{PREFIX}-runs-failed", "Runs of playbooks that did not come to their end",
            events.EventPattern(
                source=["aws.states"], detail_type=["Step Functions Execution Status Change"],
                detail={
                    "status": ["FAILED", "TIMED_OUT", "ABORTED"],
                    "stateMachineArn": [machine_arn(name) for name in library.names()],
                },
            ),
        )  # fmt: skip

    def _alert_of(self, rule_id: str, name: str, description: str, pattern: events.EventPattern) -> None:
        """A rule with a role of its own, which may publish to the topic and nothing else."""
        rule = events.Rule(self, rule_id, rule_name=name, description=description, event_pattern=pattern)
        role = iam.Role(
            self, f"{rule_id}Role", assumed_by=_of_this_account("events.amazonaws.com"), path=f"/{PREFIX}/"
        )
        for actions, resource in (
            (["sns:Publish"], self.alerts.topic_arn),
            (USING_FOR_MESSAGES, self.key.key_arn),
        ):
            role.add_to_policy(iam.PolicyStatement(actions=list(actions), resources=[resource]))
        target = targets.SnsTopic(
            self.alerts,
            retry_attempts=10,
            max_event_age=Duration.hours(2),
            dead_letter_queue=self.failed_events,
            authorize_using_role=True, role=role.without_policy_updates(),
        )  # fmt: skip
        rule.add_target(target)


def _administered() -> iam.PolicyDocument:
    """The account's own policies say who may use and administer the key, as with CDK's `kms:*`, action by
    action.
    """
    account = iam.PolicyStatement(
        principals=[iam.AccountRootPrincipal()], actions=[*USING, *ADMINISTERING], resources=["*"]
    )
    return iam.PolicyDocument(statements=[account])


def _of_this_account(service: str) -> iam.IPrincipal:
    """A service acting for this account, so that others cannot use it as their deputy."""
    return iam.ServicePrincipal(service).with_conditions(
        {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
    )
