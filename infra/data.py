"""Where rows, objects, events and jobs are kept. Outlives the other stacks, and its own."""

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import grants, queues
from infra.foundation import Foundation
from infra.names import bucket_name, role_arn
from infra.plan import EVENTS_STREAM, JOBS_DLQ, JOBS_QUEUE, PREFIX, Plan
from infra.removal import kept
from mesh.adapters.aws.tables import TABLES, Key, Table

# Roles under this path answer for tenants, and may become one of them.
ANSWERING = f"/{PREFIX}/answering/"
TEMPORARY, TEMPORARY_DAYS = "temporary/", 30
# Objects that a tenant removed can be brought back for this long, and are then gone for good.
REMOVED_KEPT_DAYS = 30
RECEIVED_AT_MOST = 5
# AWS asks for six times the function's timeout, so that no message comes again while it is being answered.
TIMES_TIMEOUT = 6


class Data(Stack):
    def __init__(
        self, scope: Construct, name: str, plan: Plan, foundation: Foundation, *, job_timeout_s: int
    ) -> None:
        super().__init__(scope, name, description="MSP Intelligence Mesh: tables, buckets, events, jobs")
        self.tables = {table.name: self._table(table, plan) for table in TABLES}
        self._logs = s3.Bucket.from_bucket_name(self, "AccessLogs", bucket_name("access-logs"))
        self.data = self._data_bucket(plan)
        self.models = self._models_bucket(plan)
        self.events = kinesis.Stream(
            self, "EventStream", stream_name=EVENTS_STREAM, shard_count=1,
            retention_period=Duration.hours(24), stream_mode=kinesis.StreamMode.PROVISIONED,
            encryption=kinesis.StreamEncryption.MANAGED, removal_policy=kept(plan),
        )  # fmt: skip
        self.dead_letters = sqs.Queue(self, "DeadLetters", queue_name=JOBS_DLQ, **queues.PROPERTIES)
        self.jobs = sqs.Queue(
            self, "Jobs", queue_name=JOBS_QUEUE, **queues.PROPERTIES,
            visibility_timeout=Duration.seconds(TIMES_TIMEOUT * job_timeout_s),
            dead_letter_queue=sqs.DeadLetterQueue(
                max_receive_count=RECEIVED_AT_MOST, queue=self.dead_letters
            ),
        )  # fmt: skip
        self.tenant_role = self._tenant_role()
        self.add_stack_dependency(foundation)
        for label, value in (
            ("DataBucket", self.data.bucket_name), ("ModelsBucket", self.models.bucket_name),
            ("JobsQueueUrl", self.jobs.queue_url), ("DeadLettersUrl", self.dead_letters.queue_url),
            ("EventsStream", self.events.stream_name),
            ("EventBus", "default"), ("TenantRole", self.tenant_role.role_arn),
        ):  # fmt: skip
            CfnOutput(self, label, value=value)

    def _table(self, table: Table, plan: Plan) -> dynamodb.Table:
        """Encrypted with DynamoDB's own key: it is free, and a key of ours would add a call to each read."""
        made = dynamodb.Table(
            self, table.name, table_name=table.name, partition_key=_attribute(table.partition),
            sort_key=_sorting(table.sort),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            stream=dynamodb.StreamViewType[table.stream], time_to_live_attribute=table.expiry,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            encryption=dynamodb.TableEncryption.DEFAULT, removal_policy=kept(plan),
        )  # fmt: skip
        for index in table.indexes:
            projection = dynamodb.ProjectionType[index.projection]
            sort_key = _sorting(index.sort)
            if index.partition:
                made.add_global_secondary_index(
                    index_name=index.name, projection_type=projection, sort_key=sort_key,
                    partition_key=_attribute(index.partition),
                )  # fmt: skip
            else:
                assert sort_key
                made.add_local_secondary_index(
                    index_name=index.name, projection_type=projection, sort_key=sort_key
                )
        return made

    def _data_bucket(self, plan: Plan) -> s3.Bucket:
        """Only what is put under `temporary/` ends by itself: blobs and bodies are tenants' data."""
        return self._bucket("Data", "data", plan, [
            s3.LifecycleRule(prefix=TEMPORARY, expiration=Duration.days(TEMPORARY_DAYS)),
            s3.LifecycleRule(noncurrent_version_expiration=Duration.days(REMOVED_KEPT_DAYS)),
        ])  # fmt: skip

    def _models_bucket(self, plan: Plan) -> s3.Bucket:
        """Models are read often when new and seldom when old; which, S3 finds out itself."""
        at_once = s3.Transition(
            storage_class=s3.StorageClass.INTELLIGENT_TIERING, transition_after=Duration.days(0)
        )
        return self._bucket("Models", "models", plan, [
            s3.LifecycleRule(
                transitions=[at_once], noncurrent_version_expiration=Duration.days(90),
                noncurrent_versions_to_retain=5,
            ),
        ])  # fmt: skip

    def _bucket(self, label: str, purpose: str, plan: Plan, rules: list[s3.LifecycleRule]) -> s3.Bucket:
        unfinished = s3.LifecycleRule(abort_incomplete_multipart_upload_after=Duration.days(7))
        return s3.Bucket(
            self, label, bucket_name=bucket_name(purpose), versioned=True, enforce_ssl=True,
            encryption=s3.BucketEncryption.S3_MANAGED, block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED, lifecycle_rules=[*rules, unfinished],
            server_access_logs_bucket=self._logs, server_access_logs_prefix=f"s3/{purpose}/",
            removal_policy=kept(plan),
        )  # fmt: skip

    def _tenant_role(self) -> iam.Role:
        """Reaches every tenant's rows; each session is fenced to one by its policy (`fence.policy`)."""
        answering = iam.AccountRootPrincipal().with_conditions(
            {"ArnLike": {"aws:PrincipalArn": role_arn(f"{ANSWERING.strip('/')}/*")}}
        )
        role = iam.Role(
            self, "EveryTenant", assumed_by=answering, path=f"/{PREFIX}/",
            description="Assumed for one tenant at a time, with a session policy that names it",
        )  # fmt: skip
        for statement in grants.every_tenants_rows():
            role.add_to_policy(statement)
        return role


def _sorting(key: Key | None) -> dynamodb.Attribute | None:
    return _attribute(key) if key else None


def _attribute(key: Key) -> dynamodb.Attribute:
    types = {"S": "STRING", "N": "NUMBER", "B": "BINARY"}
    return dynamodb.Attribute(name=key.name, type=dynamodb.AttributeType[types[key.type]])
