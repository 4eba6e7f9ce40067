"""The bucket that templates and packages are uploaded to, and the uploading."""

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

from mesh.adapters.aws.deployment.account import TAG, TAGGED, Account, plainly
from mesh.adapters.aws.deployment.assembly import Upload, zipped
from mesh.kit.problem import Conflict, Unavailable

Say = Callable[[str], None]
# Where templates and packages lie; of no stack, since it must be there before the first.
BUCKET = "msp-intelligence-assets-${AWS::AccountId}-${AWS::Region}"
# The bucket of CDK's own bootstrap stack: it is AWS's tool that makes that one.
BOOTSTRAP = "cdk-"
MEGABYTE = 1_000_000


def upload(uploads: Iterable[Upload], account: Account, say: Say) -> int:
    """Uploads what is not there yet; how many files that were. Names are hashes of the content."""
    s3, sent, ready = account.client("s3"), 0, set[str]()
    for one in uploads:
        bucket, key = account.filled(one.bucket), account.filled(one.key)
        if bucket not in ready:
            ready_bucket(bucket, account, say)
            ready.add(bucket)
        with plainly(f"uploading {one.name}"):
            if _is_there(s3, bucket, key):
                continue
            body = zipped(one.source) if one.zipped else one.source.read_bytes()
            if len(body) > MEGABYTE:
                say(f"  uploading {one.name}, {len(body) / MEGABYTE:.0f} MB")
            s3.upload_fileobj(BytesIO(body), bucket, key)
        sent += 1
    return sent


def ready_bucket(bucket: str, account: Account, say: Say) -> None:
    """Makes the bucket unless it is there: private, encrypted, over TLS alone. Raises Conflict when it is
    another account's.
    """
    s3 = account.client("s3")
    state = _state(s3, bucket)
    if state == "another's":
        raise Conflict(
            f"The bucket {bucket} belongs to another account, so nothing can be uploaded there: "
            "deploy to another region, or ask that account's owner to give up the name."
        )
    if state == "here":
        return
    if bucket.startswith(BOOTSTRAP):
        raise Unavailable(
            f"The bucket {bucket} of CDK's bootstrap stack is missing: run `npx aws-cdk bootstrap` once for "
            "this account and region, or synthesise without it."
        )
    say(f"  making the bucket {bucket} for templates and packages")
    with plainly(f"making the bucket {bucket}"):
        where = {"LocationConstraint": account.region}
        more: dict[str, Any] = {} if account.region == "us-east-1" else {"CreateBucketConfiguration": where}
        s3.create_bucket(Bucket=bucket, **more)
        _close_off(s3, bucket, account)


def _close_off(s3: Any, bucket: str, account: Account) -> None:
    """Buckets are encrypted from their making; this closes them to the public and to plain HTTP."""
    shut = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=dict.fromkeys(shut, True))
    s3.put_bucket_policy(Bucket=bucket, Policy=_tls_only(f"arn:{account.partition}:s3:::{bucket}"))
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": TAG, "Value": TAGGED}]})


def _tls_only(bucket: str) -> str:
    import json

    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket, f"{bucket}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _state(s3: Any, bucket: str) -> str:
    from botocore.exceptions import ClientError

    with plainly(f"looking for the bucket {bucket}"):
        try:
            s3.head_bucket(Bucket=bucket)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in ("404", "NoSuchBucket", "NotFound"):
                return "missing"
            if code in ("403", "AccessDenied", "Forbidden"):
                return "another's"
            raise
    return "here"


def _is_there(s3: Any, bucket: str, key: str) -> bool:
    from botocore.exceptions import ClientError

    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchKey", "NotFound"):
            return False
        raise
    return True
