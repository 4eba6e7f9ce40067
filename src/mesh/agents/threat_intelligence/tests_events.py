"""What events become, whatever shape they come in."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesh.agents.threat_intelligence.events import DEEPEST, MOST_EVENTS, MOST_FIELDS, Event, normalise

TRAIL = {
    "eventVersion": "1.08",
    "eventTime": "2026-03-04T05:06:07Z",
    "eventSource": "cloudtrail.amazonaws.com",
    "eventName": "StopLogging",
    "awsRegion": "eu-central-1",
    "sourceIPAddress": "203.0.113.7",
    "recipientAccountId": "111122223333",
    "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ana", "userName": "ana"},
    "requestParameters": {"name": "main"},
    "responseElements": None,
}


def one(raw: Any) -> Event:
    events = normalise([raw])
    assert len(events) == 1
    return events[0]


def test_a_cloudtrail_record_keeps_its_names_time_user_and_address() -> None:
    event = one(TRAIL)
    assert event.shape == "cloudtrail"
    assert event.source.serves(("aws", "", "cloudtrail"))
    assert event.values("requestParameters.name") == ("main",)
    assert event.values("responseElements") == ()
    assert event.time is not None
    assert event.time.isoformat() == "2026-03-04T05:06:07+00:00"
    assert (event.user, event.ip) == ("arn:aws:iam::111122223333:user/ana", "203.0.113.7")


def test_wrapped_records_come_out_one_by_one_with_their_paths() -> None:
    wrapped = {"Records": [TRAIL, TRAIL]}
    envelope = {"version": "0", "detail-type": "AWS API Call via CloudTrail", "detail": TRAIL}
    found = {"Events": [{"EventId": "x", "CloudTrailEvent": json.dumps(TRAIL)}]}
    events = normalise([wrapped, envelope, found])
    assert [event.origin for event in events] == [
        "events[0].Records[0]",
        "events[0].Records[1]",
        "events[1].detail",
        "events[2].Events[0].CloudTrailEvent",
    ]
    assert {event.shape for event in events} == {"cloudtrail"}


def test_a_policy_inside_a_string_is_read_whatever_its_spaces() -> None:
    policy = (
        '{ "Statement" : [ {"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::999988887777:root"},'
        '"Action":"sts:AssumeRole"} ] }'
    )
    event = one({**TRAIL, "requestParameters": {"assumeRolePolicyDocument": policy}})
    assert event.values("derived.policy.other_account") == ("true",)
    assert event.values("requestParameters.assumeRolePolicyDocument.Statement.Effect") == ("Allow",)
    own = policy.replace("999988887777", "111122223333")
    event = one({**TRAIL, "requestParameters": {"assumeRolePolicyDocument": own}})
    assert event.values("derived.policy.other_account") == ("false",)


def test_a_call_that_a_service_made_itself_is_told_from_a_callers() -> None:
    assert one(TRAIL).values("derived.by_service") == ("false",)
    assert one({**TRAIL, "sourceIPAddress": "rds.amazonaws.com"}).values("derived.by_service") == ("true",)


def test_ocsf_api_activity_reads_like_the_record_it_came_from() -> None:
    event = one(
        {
            "class_uid": 6003,
            "time_dt": "2026-03-04T05:06:07Z",
            "api": {
                "operation": "StopLogging",
                "service": {"name": "cloudtrail.amazonaws.com"},
                "request": {"data": '{"name": "main"}'},
            },
            "actor": {
                "user": {"type": "IAMUser", "uid": "arn:aws:iam::111122223333:user/ana", "name": "ana"}
            },
            "src_endpoint": {"ip": "203.0.113.7"},
            "cloud": {"region": "eu-central-1", "account": {"uid": "111122223333"}},
        }
    )
    assert event.shape == "ocsf"
    assert event.values("eventName") == ("StopLogging",)
    assert event.values("requestParameters.name") == ("main",)
    assert event.values("userIdentity.userName") == ("ana",)
    assert event.source.serves(("aws", "", "cloudtrail"))


def test_an_ocsf_process_reads_like_sysmon() -> None:
    process = {"cmd_line": "whoami /all", "file": {"path": "C:\\Windows\\System32\\whoami.exe"}}
    event = one(
        {"class_uid": 1007, "time": 1772600767000, "process": process, "device": {"os": {"type": "Windows"}}}
    )
    assert event.source.serves(("windows", "process_creation", ""))
    assert event.values("Image") == ("C:\\Windows\\System32\\whoami.exe",)
    assert event.time is not None


SYSMON = {
    "Event": {
        "System": {
            "Provider": {"#attributes": {"Name": "Microsoft-Windows-Sysmon"}},
            "EventID": 1,
            "TimeCreated": {"#attributes": {"SystemTime": "2026-03-04T05:06:07.123456700Z"}},
            "Channel": "Microsoft-Windows-Sysmon/Operational",
            "Computer": "pc1",
        },
        "EventData": {
            "Image": "C:\\a.exe",
            "CommandLine": "a.exe -x",
            "Hashes": "MD5=AB,IMPHASH=CD",
            "User": "pc1\\bo",
        },
    }
}


def test_a_nested_windows_event_is_flattened_to_sigma_names() -> None:
    event = one(SYSMON)
    assert event.shape == "windows"
    assert event.source.serves(("windows", "process_creation", ""))
    assert event.source.serves(("windows", "", "sysmon"))
    assert event.values("EventID") == ("1",)
    assert event.values("Imphash") == ("CD",)
    assert event.time is not None
    assert event.user == "pc1\\bo"


@pytest.mark.parametrize(
    "data",
    [
        {"Data": [{"#attributes": {"Name": "TargetUserName"}, "#text": "bo"}]},
        {"Data": [{"@Name": "TargetUserName", "#text": "bo"}]},
        {"TargetUserName": "bo"},
        {"Target User Name": "bo"},
    ],
)
def test_event_data_is_read_however_a_converter_wrote_it(data: dict[str, Any]) -> None:
    system = {"EventID": {"#text": "4624"}, "Channel": "Security"}
    event = one({"Event": {"System": system, "EventData": data}})
    assert event.values("TargetUserName") == ("bo",)
    assert event.values("EventID") == ("4624",)
    assert event.source.serves(("windows", "", "security"))


def test_flat_and_ecs_process_events_get_sigmas_names() -> None:
    flat = one({"EventID": 4688, "Channel": "Security", "NewProcessName": "C:\\a.exe", "CommandLine": "a"})
    ecs = one(
        {"process": {"executable": "/bin/sh", "command_line": "sh -c id"}, "host": {"os": {"type": "linux"}}}
    )
    beat = one({"winlog": {"channel": "Security", "event_id": 4625, "event_data": {"TargetUserName": "bo"}}})
    assert flat.values("Image") == ("C:\\a.exe",)
    assert flat.source.serves(("windows", "process_creation", ""))
    assert ecs.values("Image") == ("/bin/sh",)
    assert ecs.source.serves(("linux", "process_creation", ""))
    assert beat.values("TargetUserName") == ("bo",)
    assert beat.source.serves(("windows", "", "security"))


def test_an_auth_log_line_gives_user_and_address_and_an_order_without_a_year() -> None:
    message = "Failed password for invalid user admin from 203.0.113.9 port 4711 ssh2"
    line = f"Mar  4 05:06:07 web1 sshd[812]: {message}"
    event = one(line)
    assert event.shape == "syslog"
    assert (event.user, event.ip) == ("admin", "203.0.113.9")
    assert event.values("outcome") == ("failure",)
    assert event.time is None
    assert event.seconds is not None
    assert event.source.serves(("linux", "", "sshd"))


def test_a_web_access_line_gives_the_fields_that_web_rules_use() -> None:
    event = one(
        '203.0.113.9 - - [04/Mar/2026:05:06:07 +0100] "GET /a.php?id=1 HTTP/1.1" 404 12'
        ' "-" "curl/8.0 \\"x\\""'
    )
    assert event.shape == "access-log"
    assert event.values("cs-uri-stem") == ("/a.php",)
    assert event.values("cs-uri-query") == ("id=1",)
    assert event.values("sc-status") == ("404",)
    assert event.time is not None
    assert event.time.hour == 4


def test_cef_and_key_value_lines_are_read() -> None:
    cef = one(
        "Mar 4 05:06:07 fw CEF:0|Acme|Wall|1|100|Blocked \\| odd|5|"
        "src=203.0.113.9 suser=bo msg=no way in rt=1772600767000"
    )
    audit = one('type=EXECVE msg=audit(1772600767.123:42): argc=2 a0="cat" a1="/etc/shadow"')
    logfmt = one('ts=2026-03-04T05:06:07Z level=warn msg="refused twice" src_ip=203.0.113.9')
    assert (cef.shape, cef.ip, cef.user, cef.values("msg")) == ("cef", "203.0.113.9", "bo", ("no way in",))
    assert audit.source.serves(("linux", "", "auditd"))
    assert audit.values("a1") == ("/etc/shadow",)
    assert logfmt.shape == "key-value"
    assert logfmt.time is not None


def test_text_of_many_lines_and_json_lines_becomes_many_events() -> None:
    text = "\n".join([json.dumps(TRAIL), "", json.dumps(SYSMON)])
    assert [event.shape for event in normalise([text])] == ["cloudtrail", "windows"]
    assert [event.shape for event in normalise([json.dumps({"Records": [TRAIL]})])] == ["cloudtrail"]


def test_a_guardduty_finding_is_read_from_its_envelope() -> None:
    finding = {
        "schemaVersion": "2.0",
        "type": "CryptoCurrency:EC2/BitcoinTool.B!DNS",
        "severity": 8,
        "service": {"detectorId": "d", "eventLastSeen": "2026-03-04T05:06:07.000Z"},
    }
    event = one({"detail-type": "GuardDuty Finding", "source": "aws.guardduty", "detail": finding})
    assert event.source.serves(("aws", "", "guardduty"))
    assert event.time is not None
    assert event.values("type") == ("CryptoCurrency:EC2/BitcoinTool.B!DNS",)


def test_audit_logs_of_other_clouds_are_told_apart() -> None:
    google = {"protoPayload": {"methodName": "v1.compute.delete", "serviceName": "compute.googleapis.com"}}
    azure = {
        "operationName": "MICROSOFT.KEYVAULT/VAULTS/DELETE",
        "category": "Administrative",
        "time": "2026-03-04T00:00:00Z",
    }
    okta = {
        "eventType": "user.lock",
        "outcome": {"result": "DENY"},
        "actor": {"alternateId": "bo@example.com"},
    }
    sources = [one(each).source for each in (google, azure, okta)]
    wanted = [("gcp", "", "gcp.audit"), ("azure", "", "activitylogs"), ("okta", "", "okta")]
    assert all(source.serves(each) for source, each in zip(sources, wanted, strict=True))
    assert one(google).values("gcp.audit.method_name") == ("v1.compute.delete",)


@pytest.mark.parametrize(
    "odd", [None, 7, 2.5, True, "", "  ", "no log at all", [], {}, {"a": {"b": 1}}, {"Records": "x"}]
)
def test_what_is_not_recognised_is_called_unknown(odd: Any) -> None:
    assert all(event.shape == "unknown" and not event.source.products for event in normalise([odd]))


def test_a_document_nested_without_end_is_cut_and_says_so() -> None:
    deep: Any = "end"
    for _ in range(5_000):
        deep = {"a": deep}
    assert one({"x": 1, "deep": deep}).cut
    assert one({**TRAIL, "requestParameters": deep, "eventTime": deep}).cut
    assert one({"class_uid": 6003, "api": deep, "time": deep, "unmapped": deep}).cut
    assert one({"Event": {"System": {"EventID": 1}, "EventData": deep}}).shape == "windows"
    assert one({"logsource": deep, "winlog": deep, "detail": deep}).cut
    assert normalise(["[" * 100_000])[0].shape == "unknown"
    listed: Any = [TRAIL]
    for _ in range(DEEPEST * 3):
        listed = [listed]
    assert normalise([listed])


def test_an_event_of_endless_fields_and_a_question_of_endless_events_are_bounded() -> None:
    many = one({f"f{at}": at for at in range(MOST_FIELDS * 2)})
    assert many.cut
    assert len(many.fields) == MOST_FIELDS
    assert len(normalise(["x\n" * (MOST_EVENTS + 10)])) == MOST_EVENTS


def test_a_long_name_is_not_copied_into_a_thousand_others() -> None:
    event = one({"n" * 100_000: {f"k{at}": at for at in range(4_000)}, "short": 1})
    assert event.cut
    assert set(event.fields) == {"short"}


def test_text_that_utf_8_cannot_carry_is_replaced() -> None:
    event = one({**TRAIL, "requestParameters": {"name": "a\ud800b"}})
    assert event.values("requestParameters.name") == ("a?b",)
    assert one("Mar  4 05:06:07 h sshd[1]: \udfff").text.endswith("?")
    event.text.encode("utf-8")


def test_a_number_too_long_for_decimals_is_kept_in_another_base() -> None:
    long = 10**5_000
    assert one({"x": long}).values("x")[0].startswith("0x")
    normalise(
        [
            {**TRAIL, "requestParameters": {"n": long}},
            {"class_uid": long, "time": long, "logsource": {"a": long}},
        ]
    )


_NAMES = [
    "Records", "detail", "detail-type", "eventName", "eventSource", "userIdentity", "requestParameters",
    "Event",
    "System", "EventData", "EventID", "Channel", "Provider", "class_uid", "api", "actor", "unmapped", "time",
    "operationName", "category", "Statement", "Principal", "Data", "#attributes", "Hashes", "logsource",
]  # fmt: skip
TEXT = st.text(alphabet=st.characters(codec=None), max_size=20)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(_NAMES) | st.text(max_size=4),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(ANYTHING, max_size=3))
def test_no_input_raises(raw: list[Any]) -> None:
    for event in normalise(raw):
        event.text.encode("utf-8")
        assert all(isinstance(value, str) for values in event.fields.values() for value in values)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet='aA1:[]" -=|.\\{}CEF<>/%7Bjan04', max_size=200))
def test_no_line_raises(line: str) -> None:
    normalise([line, "Mar  4 05:06:07 h sshd[1]: " + line, "CEF:0|a|b|c|d|e|f|" + line, "type=a b=" + line])
