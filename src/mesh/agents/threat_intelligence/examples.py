"""The two example questions: a report in words, and CloudTrail events. All names in them are invented."""

from mesh.kit.agent import Example

_REPORT = """\
Incident note, Monday 06:40. Two employees of the client opened an invoice mail from \
billing@parcel-desk-support[.]com; the attached document ran a macro that started PowerShell \
with an encoded command and fetched a loader from \
hxxps://cdn.parcel-desk-support[.]com/upd/inv.dat (SHA-256 \
9f2c6a1be07d54c3380f9d4be1f2a7a0c6e55d18b9043ef7721ac4d0586be3f1). The loader talks to \
telemetry.parcel-desk-support[.]com over HTTPS every minute. From there the intruders dumped \
credentials from LSASS memory, moved to the file server over RDP and got domain rights through \
Zerologon (CVE-2020-1472). At 05:10 they deleted the volume shadow copies with vssadmin and \
encrypted the shared folders; a ransom note asks for payment in Bitcoin. There is no evidence \
that data was exfiltrated. Backups are on 10.20.0.15 and were not reached.
"""


def _call(at: str, source: str, name: str, **more: object) -> dict[str, object]:
    return {
        "eventVersion": "1.09",
        "userIdentity": {
            "type": "IAMUser",
            "arn": "arn:aws:iam::123456789012:user/backup-operator",
            "accountId": "123456789012",
            "userName": "backup-operator",
            "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
        },
        "eventTime": at,
        "eventSource": source,
        "eventName": name,
        "awsRegion": "eu-central-1",
        "sourceIPAddress": "198.51.100.23",
        "userAgent": "aws-cli/2.17.0 Python/3.11 Linux/6.1",
        "recipientAccountId": "123456789012",
        "eventType": "AwsApiCall",
        **more,
    }


_EVENTS = [
    _call("2026-02-27T02:11:04Z", "sts.amazonaws.com", "GetCallerIdentity", readOnly=True),
    _call(
        "2026-02-27T02:14:40Z",
        "iam.amazonaws.com",
        "CreateAccessKey",
        requestParameters={"userName": "payroll-admin"},
        responseElements={"accessKey": {"userName": "payroll-admin", "status": "Active"}},
    ),
    _call(
        "2026-02-27T02:16:12Z",
        "cloudtrail.amazonaws.com",
        "StopLogging",
        requestParameters={"name": "organisation-trail"},
    ),
    _call(
        "2026-02-27T02:19:55Z",
        "ec2.amazonaws.com",
        "ModifySnapshotAttribute",
        requestParameters={
            "snapshotId": "snap-0a1b2c3d4e5f60718",
            "attributeType": "CREATE_VOLUME_PERMISSION",
            "createVolumePermission": {"add": {"items": [{"userId": "999988887777"}]}},
        },
    ),
]

EXAMPLES = (
    Example("A report of a ransomware attack, with defanged indicators", {"text": _REPORT, "tlp": "AMBER"}),
    Example("CloudTrail events of a stolen access key", {"events": _EVENTS, "client_id": "harbor-dental"}),
)
