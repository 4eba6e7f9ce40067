"""Detection over events: what the rules name in recorded attacks and say of ordinary work, and how fast.

Stratus Red Team records each attack of its catalogue as CloudTrail events (Apache-2.0), SigmaHQ events that
each of its rules must match (DRL 1.1), Invictus an account under attack and in between (MIT).
"""

import gzip
import json
import statistics
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from evals.figure import Figure
from mesh.agents.threat_intelligence.events import normalise
from mesh.agents.threat_intelligence.rulebook import Rules, own_catalogue
from mesh.agents.threat_intelligence.sigma import Detection, detect
from mesh.agents.threat_intelligence.sigma_compile import compile_all
from mesh.agents.threat_intelligence.sigma_rule import Catalogue

Say = Callable[[str], None]
DETONATIONS = "stratus_detonation_logs_dev.json.gz"
ACTIVITY = "cloudtrail_stratus_invictus.jsonl.gz"
REGRESSION = "sigma_regression_dev.json.gz"
COMMUNITY = "sigma_rules.json.gz"

# Every attack of the AWS catalogue -> the ATT&CK techniques that describe it. Each inner tuple is one thing
# to be named; any of its techniques names it (a sub-technique names its technique as well).
EXPECTED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "aws.credential-access.ec2-get-password-data": (("T1552", "T1555"),),
    "aws.credential-access.ec2-steal-instance-credentials": (("T1552.005",),),
    "aws.credential-access.secretsmanager-batch-retrieve-secrets": (("T1555.006",),),
    "aws.credential-access.secretsmanager-retrieve-secrets": (("T1555.006",),),
    "aws.credential-access.ssm-retrieve-securestring-parameters": (("T1555.006", "T1552"),),
    "aws.defense-evasion.bedrock-guardrail-delete": (("T1562",),),
    "aws.defense-evasion.bedrock-model-invocation-logging-delete": (("T1562.008",),),
    "aws.defense-evasion.cloudtrail-delete": (("T1562.008",),),
    "aws.defense-evasion.cloudtrail-event-selectors": (("T1562.008",),),
    "aws.defense-evasion.cloudtrail-lifecycle-rule": (("T1562.008",),),
    "aws.defense-evasion.cloudtrail-stop": (("T1562.008",),),
    "aws.defense-evasion.dns-delete-logs": (("T1562.008",),),
    "aws.defense-evasion.dns-delete": (("T1562.008",),),
    "aws.defense-evasion.organizations-leave": (("T1666", "T1562"),),
    "aws.defense-evasion.vpc-remove-flow-logs": (("T1562.008",),),
    "aws.discovery.bedrock-enumerate-models-multiple-regions": (("T1580", "T1526"),),
    "aws.discovery.ec2-download-user-data": (("T1580", "T1552.005"),),
    "aws.discovery.ec2-enumerate-from-instance": (("T1580",), ("T1087.004",)),
    "aws.discovery.ses-enumerate": (("T1526",),),
    "aws.execution.ec2-launch-unusual-instances": (("T1578.002", "T1496"),),
    "aws.execution.ec2-user-data": (("T1059", "T1651", "T1037"),),
    "aws.execution.sagemaker-update-lifecycle-config": (("T1059", "T1651"),),
    "aws.execution.ssm-send-command": (("T1651",),),
    "aws.execution.ssm-start-session": (("T1651", "T1021"),),
    "aws.exfiltration.ec2-security-group-open-port-22-ingress": (("T1562.007",),),
    "aws.exfiltration.ec2-share-ami": (("T1537",),),
    "aws.exfiltration.ec2-share-ebs-snapshot": (("T1537",),),
    "aws.exfiltration.rds-share-snapshot": (("T1537",),),
    "aws.exfiltration.s3-backdoor-bucket-policy": (("T1537", "T1530"),),
    "aws.exfiltration.s3-bedrock": (("T1552.005", "T1530", "T1537"),),
    "aws.impact.bedrock-invoke-model": (("T1496.004",),),
    "aws.impact.ec2-deregister-ami": (("T1485", "T1490"),),
    "aws.impact.s3-ransomware-batch-deletion": (("T1485",),),
    "aws.impact.s3-ransomware-client-side-encryption": (("T1486",),),
    "aws.impact.s3-ransomware-individual-deletion": (("T1485",),),
    "aws.initial-access.console-login-without-mfa": (("T1078.004",),),
    "aws.lateral-movement.ec2-instance-connect": (("T1021",),),
    "aws.lateral-movement.ec2-serial-console-send-ssh-public-key": (("T1021",),),
    "aws.lateral-movement.ssm-start-session": (("T1021", "T1651"),),
    "aws.persistence.cognito-refresh-token-reuse": (("T1550.001", "T1098"),),
    "aws.persistence.ec2-create-suspicious-keypair": (("T1098.001",),),
    "aws.persistence.iam-backdoor-role": (("T1098",),),
    "aws.persistence.iam-backdoor-user": (("T1098.001",),),
    "aws.persistence.iam-create-admin-user": (("T1136.003",), ("T1098",)),
    "aws.persistence.iam-create-backdoor-role": (("T1136.003", "T1098"),),
    "aws.persistence.iam-create-user-login-profile": (("T1098",),),
    "aws.persistence.lambda-backdoor-function": (("T1546", "T1098"),),
    "aws.persistence.lambda-layer-extension": (("T1546", "T1648"),),
    "aws.persistence.lambda-overwrite-code": (("T1546", "T1648"),),
    "aws.persistence.rolesanywhere-create-trust-anchor": (("T1098",),),
    "aws.persistence.sts-federation-token": (("T1550.001", "T1078.004"),),
    "aws.privilege-escalation.change-iam-user-password": (("T1098",),),
    "aws.privilege-escalation.iam-update-user-login-profile": (("T1098",),),
    "aws.privilege-escalation.sagemaker-update-lifecycle-config": (("T1059", "T1651"),),
}


def figures(area: Path, data: Path | None, train: Path | None, say: Say) -> list[Figure]:  # noqa: ARG001
    """Figures of detection; `area` holds the threat data, and recorded attacks lie in `ops` beside it."""
    if data is not None:
        return _of_file(data, area, say)
    ops = area.parent / "ops"
    found: list[Figure] = []
    if (ops / DETONATIONS).is_file():
        found += _of_detonations(_loaded(ops / DETONATIONS), say)
    if (ops / ACTIVITY).is_file():
        found += _of_activity(_loaded(ops / ACTIVITY), say)
    if (area / REGRESSION).is_file() and (area / COMMUNITY).is_file():
        found += _of_regression(_loaded(area / REGRESSION), _community(area, say), say)
    return found


def _of_file(data: Path, area: Path, say: Say) -> list[Figure]:
    rows = _loaded(data)
    keys = set(rows[0]) if rows else set()
    if {"technique", "events"} <= keys:
        return _of_detonations(rows, say)
    if {"rule_ids", "events"} <= keys:
        return _of_regression(rows, _community(area, say), say)
    if {"eventName", "eventSource"} <= keys:
        return _of_activity(rows, say)
    return []


def named(detections: Sequence[Detection], wanted: Sequence[Sequence[str]]) -> bool:
    """Whether every wanted thing is named by one of its techniques, or by a sub-technique of one."""
    seen = {technique for each in detections for technique in each.techniques}
    seen |= {technique.partition(".")[0] for technique in seen}
    return all(seen & set(any_of) for any_of in wanted)


def _of_detonations(rows: Sequence[Mapping[str, Any]], say: Say) -> list[Figure]:
    rules = Rules([own_catalogue()])
    fired: dict[str, list[Detection]] = {}
    for row in rows:  # one attack may have been recorded more than once
        name, times = row["technique"], sum(each.partition(" #")[0] == row["technique"] for each in fired)
        fired[f"{name} #{times + 1}" if times else name] = detect(normalise(row["events"]), rules)
    wanted = {name: EXPECTED.get(name.partition(" #")[0], ()) for name in fired}
    known = [name for name in fired if wanted[name]]
    missed = [name for name in known if not named(fired[name], wanted[name])]
    for name, detections in fired.items():
        mark = "missed" if name in missed else "named" if name in known else "unknown to the table"
        say(f"{name}: {mark}: " + "; ".join(f"{each.title} [{each.level}]" for each in detections))
    strays = _strays(fired)
    for (rule, owner), where in strays.items():
        say(f"also elsewhere: {rule} (of {owner}) in {', '.join(where)}")
    note = "missed: " + ", ".join(missed) if missed else ""
    elsewhere = sum(len(where) for where in strays.values()) / max(len(rows) * (len(rows) - 1), 1)
    return [
        Figure(
            "Stratus detonations named",
            _share(len(known) - len(missed), len(known)),
            1.0,
            rows=len(known),
            note=note,
        ),
        Figure(
            "Stratus detonations with a medium or graver detection",
            _share(sum(any(_grave(each) for each in found) for found in fired.values()), len(fired)),
            rows=len(fired),
        ),
        Figure(
            "Attack rules firing per other attack's log",
            elsewhere,
            higher_is_better=False,
            rows=len(rows) * (len(rows) - 1),
            note="the act itself may stand in the other log; see what is said",
        ),
    ]


def _grave(detection: Detection) -> bool:
    return detection.level in {"medium", "high", "critical"}


def _strays(fired: Mapping[str, Sequence[Detection]]) -> dict[tuple[str, str], list[str]]:
    """(rule, the attack it names) -> other attacks in whose logs it fires, medium and graver rules only."""
    strays: dict[tuple[str, str], list[str]] = {}
    for owner, detections in fired.items():
        for each in filter(_grave, detections):
            ids = {other: {one.rule_id for one in found} for other, found in fired.items() if other != owner}
            where = [other for other, found in ids.items() if each.rule_id in found]
            if where:
                strays[each.title, owner] = where
    return strays


def _of_activity(rows: Sequence[Mapping[str, Any]], say: Say) -> list[Figure]:
    """Detections in an account's ordinary hours and, where labels say, in those of an attack."""
    rules = Rules([own_catalogue()])
    ordinary = [
        _unlabelled(row)
        for row in rows
        if not row.get("_label_stratus_any") and not row.get("_label_detonation")
    ]
    attack = [_unlabelled(row) for row in rows if row.get("_label_detonation")]
    found: dict[str, list[Detection]] = {}
    for what, records in (("ordinary", ordinary), ("attack", attack)):
        detections = found[what] = detect(normalise(records), rules)
        by_level = Counter(each.level for each in detections)
        say(f"{what}: {len(records)} events, {dict(by_level)}")
        for each in detections:
            shown = ", ".join(f"{pair.field}={pair.value[:60]}" for pair in each.evidence[:3])
            say(f"  {what}: [{each.level}] {each.title} x{each.count}: {shown}")
    changes = [row for row in attack if row.get("readOnly") is False and not _undoes(row)]
    touched = {at for each in detect(normalise(changes), rules) for at in each.events}
    for row in (row for at, row in enumerate(changes) if at not in touched):
        say(f"  change without a detection: {row['eventSource']} {row['eventName']}")
    return [
        Figure(
            "Medium or graver detections per 1,000 ordinary CloudTrail events",
            1000 * sum(map(_grave, found["ordinary"])) / max(len(ordinary), 1),
            higher_is_better=False,
            rows=len(ordinary),
        ),
        Figure(
            "Changes made by the attack that a detection covers",
            _share(len(touched), len(changes)),
            rows=len(changes),
        ),
    ]


def _undoes(row: Mapping[str, Any]) -> bool:
    request = json.dumps(row.get("requestParameters"))
    return row["eventName"] in _NOT_ACTS or '"remove": {' in request or '"valuesToRemove"' in request


# Changes in the recorded attack that undo it, or that agents make: not acts of an attacker.
_NOT_ACTS = {
    "UpdateInstanceInformation", "UpdateInstanceAssociationStatus", "PutComplianceItems", "PutInventory",
    "StartLogging", "DeleteAccessKey", "RevokeSecurityGroupIngress", "DetachUserPolicy", "DeleteUser",
    "DeleteTrustAnchor", "DeleteLoginProfile", "DeleteProfile", "RemovePermission20150331v2",
}  # fmt: skip


def _of_regression(rows: Sequence[Mapping[str, Any]], catalogue: Catalogue, say: Say) -> list[Figure]:
    rules = Rules([catalogue])
    started = time.perf_counter()
    found = [{each.rule_id for each in detect(normalise(row["events"]), rules)} for row in rows]
    first = time.perf_counter() - started
    missed = [row for row, ids in zip(rows, found, strict=True) if not ids & set(row["rule_ids"])]
    for row in missed:
        say(f"missed: {row.get('path')}: {', '.join(row['rule_ids'])}")
    say(f"first pass over {len(rows)} cases, indexing included: {first:.2f} s")
    others = statistics.fmean(len(ids - set(row["rule_ids"])) for row, ids in zip(rows, found, strict=True))
    loaded = Rules([own_catalogue(), catalogue])
    return [
        Figure(
            "Sigma regression cases matched by their rule",
            _share(len(rows) - len(missed), len(rows)),
            1.0,
            rows=len(rows),
        ),
        Figure(
            "Other community rules matched per regression case",
            others,
            higher_is_better=False,
            rows=len(rows),
        ),
        Figure(
            "CPU milliseconds for 100 events against all rules, once warm",
            _milliseconds([event for row in rows for event in row["events"]][:100], loaded),
            300.0,
            higher_is_better=False,
            rows=len(loaded),
            note="median of 5, normalisation included; rows: rules loaded",
        ),
    ]


def _milliseconds(events: Sequence[Any], rules: Rules) -> float:
    """Of processor time, which other work on the machine does not lengthen as it does the clock's."""
    taken = []
    for _ in range(6):
        started = time.process_time()
        detect(normalise(events), rules)
        taken.append((time.process_time() - started) * 1000)
    return statistics.median(taken[1:])


def _community(area: Path, say: Say) -> Catalogue:
    started = time.perf_counter()
    rules, refused = compile_all(_loaded(area / COMMUNITY))
    seconds = time.perf_counter() - started
    say(f"compiled {len(rules)} community rules in {seconds:.1f} s, refused {len(refused)}")
    return Catalogue("sigma", "as in the data folder", rules, refused)


def _unlabelled(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if not key.startswith("_label")}


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _loaded(path: Path) -> list[Any]:
    content = path.read_bytes()
    text = (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).decode("utf-8")
    if path.name.removesuffix(".gz").endswith(".jsonl"):
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    loaded = json.loads(text)
    return loaded if isinstance(loaded, list) else [loaded]
