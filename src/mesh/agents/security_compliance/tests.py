"""What whoever answers for compliance relies on."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from mesh.agents.security_compliance import AGENT
from mesh.agents.security_compliance.catalogue import everything, frameworks, topics
from mesh.agents.security_compliance.crosswalk import same
from mesh.agents.security_compliance.examples import PROMISED, WRITTEN
from mesh.agents.security_compliance.model import Answer, Judged, Question
from mesh.agents.security_compliance.passages import Passage, passages
from mesh.agents.security_compliance.stance import claim
from mesh.kit.agent import Answered
from mesh.kit.fakes import fake_ports
from mesh.kit.ports import Row
from mesh.kit.problem import Invalid

ALL = tuple(frameworks())
# Promises as people make them; none of them says that anything is done.
HOPES = """
We are committed to protecting customer data and will do our utmost to keep it safe.
Over the coming months we will encrypt all laptops and servers.
By 2027 all backups will be tested every quarter.
Management has agreed to fund MFA for all administrators in the next fiscal year.
We have decided to review access rights quarterly starting in January 2030.
Our vision is a workplace where every employee is trained in security every year.
A SIEM has been ordered and logs will be reviewed daily once it is installed.
The board has approved a project to introduce vulnerability scanning.
We look forward to having an incident response plan.
Access reviews are on the list for 2028.
We want to make sure that passwords are strong.
Ideally, every laptop is encrypted.
Patching within 14 days is our ambition.
The team is drafting a business continuity plan.
It is envisaged that suppliers are assessed every year.
We shall endeavour to keep audit logs for one year.
A disaster recovery plan is to be written.
Firewalls are expected to be reviewed every six months from next year.
We hope that all devices are inventoried by summer.
Visitors will be escorted.
Data retention rules will apply from 2031.
We would require MFA if the budget were available.
In future, risk assessments are carried out annually.
We foresee encryption of all databases.
A security officer is to be appointed.
Staff are going to be trained.
Penetration tests start next year.
Malware protection gets rolled out to all systems in the course of 2027.
We strive for least privilege.
Starting next quarter, privileged access is logged.
"""
PROMISES = "\n".join(
    f"{opening} {topic.met_when[0].lower()}{topic.met_when[1:]}"
    for topic in topics().values()
    for opening in ("We plan that next year", "It is our goal that", "Staff should see to it that")
)


def asked(
    framework: str = "HIPAA", rows: Mapping[str, Sequence[Row]] | None = None, **more: Any
) -> Answered[Answer]:
    return AGENT.answer(Question(framework=framework, **more), fake_ports(rows=rows))


def check(framework: str = "HIPAA", text: str | None = None, **more: Any) -> Answer:
    return asked(framework, policy_text=text, **more).answer


def one(answer: Answer, name: str) -> Judged:
    return next(each for each in answer.requirements if each.id == name)


def policy(text: str, at: str | None = "2026-01-10T00:00:00+00:00", **more: Any) -> dict[str, Any]:
    row = {"id": "p1", "title": "Policy", "text": text, **more}
    return {"policies": [row if at is None else {**row, "at": at}]}


def reading(
    metric_type: str, value: float, at: str = "2026-02-20T00:00:00+00:00", **more: Any
) -> dict[str, Any]:
    return {
        "id": f"{metric_type}-{at}-{more.get('device', '')}",
        "metric_type": metric_type,
        "value": value,
        "at": at,
        **more,
    }


@pytest.mark.parametrize("framework", ALL)
@pytest.mark.parametrize(
    "text", [WRITTEN, PROMISED, PROMISES, "", None], ids=["written", "promised", "promises", "blank", "none"]
)
def test_nothing_is_met_without_a_current_affirmation_quoted_from_its_document(
    framework: str, text: str | None
) -> None:
    found = check(framework, text or None)
    documents = {"policy_text": text or ""}
    for each in found.requirements:
        for quote in each.evidence:
            assert documents[quote.document][quote.start : quote.end] == quote.quote
        affirmed = [q for q in each.evidence if q.claim == "affirmed" and not q.stale]
        assert affirmed or each.status not in ("met",)
        assert (not each.evidence) == (each.status == "no_evidence")
        assert bool(each.write) == (each.status != "met")


@pytest.mark.parametrize("framework", ALL)
def test_a_policy_of_pure_promises_scores_under_ten_per_cent(framework: str) -> None:
    for text in (PROMISED, PROMISES, HOPES):
        found = check(framework, text)
        assert found.score < 10 and found.counts.met == 0


@pytest.mark.parametrize("framework", ALL)
def test_an_unexamined_estate_has_no_score_and_is_said_to_be_unexamined(framework: str) -> None:
    found = check(framework)
    assert (found.score, found.examined, found.counts.met) == (0, 0, 0)
    assert found.counts.no_evidence == len(found.requirements)
    assert "nothing was examined" in found.not_known[0] and AGENT.terminal.why_not(found)


@pytest.mark.parametrize("framework", ALL)
def test_a_policy_that_states_what_is_asked_for_meets_most_of_it(framework: str) -> None:
    text = "\n".join(each.wording for each in frameworks()[framework].requirements)
    found = check(framework, text)
    assert found.counts.met > 0.6 * len(found.requirements), found.counts


def test_the_weight_of_requirements_counts_in_the_score() -> None:
    heavy = check("HIPAA", "Access is removed within 24 hours when a person leaves.")
    weights = {each.id: each.weight for each in heavy.requirements}
    gained = sum(
        weights[each.id] * {"met": 1, "partial": 0.5}.get(each.status, 0) for each in heavy.requirements
    )
    assert heavy.score == pytest.approx(100 * gained / sum(weights.values()), abs=0.06) and gained > 0


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Multi-factor authentication is required for remote network access.", "met"),
        ("Multi-factor authentication will be introduced for remote network access next year.", "missing"),
        ("Multi-factor authentication should be used for remote network access.", "missing"),
        ("Multi-factor authentication is not required for remote network access.", "missing"),
        ("Does remote network access require MFA?", "no_evidence"),
        ("Customers are responsible for MFA on their remote network access.", "no_evidence"),
        ("PCI DSS requires MFA for remote network access.", "no_evidence"),
        ("MFA for remote network access", "no_evidence"),
        ("Only some users have MFA for remote network access.", "partial"),
        ("MFA is required for remote network access. It is not enforced.", "partial"),
        ("We plan to:\n- require MFA for remote network access\n- log it", "missing"),
        ("# Roadmap\n\nRemote network access requires MFA.", "missing"),
        ("The following is required:\n- MFA for remote network access", "met"),
    ],
)
def test_what_a_sentence_claims_decides(text: str, status: str) -> None:
    assert one(check("CIS", text), "6.4").status == status


def test_evidence_that_is_too_old_is_partial_and_said_to_be_old() -> None:
    text = "Remote network access requires MFA."
    now = asked("CIS", policy(text)).answer
    then = asked("CIS", policy(text, "2024-06-01T00:00:00+00:00")).answer
    assert (one(now, "6.4").status, one(then, "6.4").status) == ("met", "partial")
    assert then.documents[0].stale and any("Too old" in note for note in then.not_known)
    assert one(check("CIS", text, as_of="2029-01-01"), "6.4").status == "met"
    dated = f"Last reviewed: 3 May 2023\n\n{text}"
    assert one(check("CIS", dated), "6.4").status == "partial"
    assert check("CIS", dated).documents[0].dated == date(2023, 5, 3)


def test_a_policy_of_a_later_day_is_no_evidence_of_an_earlier_one() -> None:
    rows = policy("Remote network access requires MFA.")
    earlier = datetime(2025, 12, 1, tzinfo=UTC)
    assert not asked("CIS", rows, as_of=earlier).answer.documents


def test_a_stored_policy_without_a_date_is_said_to_have_none() -> None:
    found = asked("CIS", policy("Remote network access requires MFA.", at=None)).answer
    assert any("Without a date" in note for note in found.not_known)


def test_readings_count_as_evidence_and_speak_against_a_policy_they_belie() -> None:
    rows = policy("Remote network access requires MFA.")
    good = asked("CIS", {**rows, "metrics": [reading("mfa_coverage", 99.5)]}).answer
    bad = asked("CIS", {**rows, "metrics": [reading("mfa_coverage", 0.62)]}).answer
    assert one(good, "6.4").status == "met" and one(bad, "6.4").status == "partial"
    quote = next(q for q in one(bad, "6.4").evidence if q.document == "metrics/mfa_coverage")
    assert quote.quote.startswith("62 % of accounts") and quote.dated == date(2026, 2, 20)
    old = asked("CIS", {"metrics": [reading("backup_success_rate", 100, "2025-06-01T00:00:00+00:00")]}).answer
    assert old.documents[0].stale and one(old, "11.2").status == "partial"


def test_the_latest_reading_of_each_device_counts() -> None:
    rows = [
        reading("patch_compliance", 10, "2026-01-01T00:00:00+00:00", device="a"),
        reading("patch_compliance", 100, "2026-02-01T00:00:00+00:00", device="a"),
        reading("patch_compliance", 90, "2026-02-01T00:00:00+00:00", device="b"),
    ]
    found = asked("CIS", {"metrics": rows}).answer
    assert "95 % of devices" in one(found, "7.3").evidence[0].quote
    assert "lowest 90 %" in one(found, "7.3").evidence[0].quote


def test_a_given_policy_is_judged_alone_unless_stored_rows_are_wanted_as_well() -> None:
    rows = {**policy("Remote network access requires MFA."), "metrics": [reading("mfa_coverage", 99.5)]}
    alone = asked("CIS", rows, policy_text="Backups run every day.").answer
    both = asked("CIS", rows, policy_text="Backups run every day.", include_stored=True).answer
    assert [each.id for each in alone.documents] == ["policy_text"]
    assert [each.id for each in both.documents] == ["policy_text", "p1", "metrics/mfa_coverage"]


def test_simulated_rows_mark_the_answer() -> None:
    assert asked("CIS", policy("MFA is required.", simulated=True)).simulated
    assert asked("CIS", {"metrics": [reading("mfa_coverage", 99, simulated=True)]}).simulated
    assert not asked("CIS", policy("MFA is required.")).simulated


def test_an_interval_longer_than_asked_for_is_partial_and_so_is_none() -> None:
    yearly = one(
        check(
            "PCI-DSS",
            "Firewall rules are documented, approved and reviewed every year; devices are hardened.",
        ),
        "1.2",
    )
    often = one(
        check(
            "PCI-DSS",
            "Firewall rules are documented, approved and reviewed every six months; devices are hardened.",
        ),
        "1.2",
    )
    silent = one(
        check("PCI-DSS", "Firewall rules are documented, approved and reviewed; devices are hardened."), "1.2"
    )
    assert yearly.status == "partial" and "every six months is asked for" in yearly.reason
    assert often.status == "met" and "how often" in silent.reason


def test_what_is_particular_to_a_requirement_must_be_said_itself() -> None:
    found = check("HIPAA", "Affected people are notified of a breach within 30 days.")
    assert one(found, "164.404").status == "met"
    assert one(found, "164.406").status == "partial" and "not this of it" in one(found, "164.406").reason


def test_baselines_of_800_53_nest_and_no_other_framework_has_them() -> None:
    low, moderate = (check("NIST-800-53", "x", baseline=each) for each in ("low", "moderate"))
    assert {r.id for r in low.requirements} < {r.id for r in moderate.requirements}
    assert (len(low.requirements), len(moderate.requirements)) == (149, 287)
    with pytest.raises(ValidationError, match="only NIST-800-53"):
        Question(framework="CIS", baseline="low")


@pytest.mark.parametrize(
    ("name", "known"),
    [("soc 2", "SOC2"), ("ISO/IEC 27001:2022", "ISO27001"), ("hipaa", "HIPAA"), ("nist csf 2.0", "NIST-CSF"),
     ("NIST SP 800-53 Rev. 5", "NIST-800-53"), ("PCI DSS 4.0", "PCI-DSS"), ("CIS Controls v8", "CIS")],
)  # fmt: skip
def test_usual_names_of_a_framework_are_understood(name: str, known: str) -> None:
    assert Question(framework=name).framework == known


def test_catalogues_are_whole_and_name_known_topics_only() -> None:
    counts = {f.id: len(f.requirements) for f in frameworks().values()}
    assert counts == {
        "SOC2": 61,
        "ISO27001": 93,
        "HIPAA": 62,
        "NIST-CSF": 106,
        "NIST-800-53": 287,
        "PCI-DSS": 63,
        "CIS": 153,
    }
    for each in everything():
        assert set(each.topics) <= set(topics()) and each.weight in (1, 2, 3) and each.wording.endswith(".")
    for framework in frameworks().values():
        assert len({each.id for each in framework.requirements}) == len(framework.requirements)
        assert framework.edition and framework.publisher and framework.url.startswith("https://")


def test_the_same_requirement_is_found_in_other_frameworks() -> None:
    mfa = next(r for r in everything() if (r.framework, r.id) == ("CIS", "6.5"))
    found = {(each.requirement.framework, each.requirement.id) for each in same(mfa)}
    assert ("NIST-800-53", "IA-2(1)") in found and all(framework != "CIS" for framework, _ in found)
    assert all(0.35 <= each.likeness <= 1 for each in same(mfa))


def test_quotes_are_cut_where_two_things_are_said() -> None:
    text = "Laptops are encrypted at rest, but servers are not. Logs are kept."
    assert [p.text for p in passages(text)] == [
        "Laptops are encrypted at rest",
        "servers are not.",
        "Logs are kept.",
    ]
    assert one(check("CIS", text), "3.11").status == "partial"


@pytest.mark.parametrize(
    "wrong",
    [
        {"framework": "COBIT"},
        {"framework": 7},
        {"framework": "CIS", "policy_text": ""},
        {"framework": "CIS", "policy_text": "x" * 200_001},
        {"framework": "CIS", "as_of": "yesterday"},
        {"framework": "CIS", "text": "x"},
    ],
)
def test_a_question_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Question.model_validate(wrong)


def test_a_terminal_without_a_framework_is_told_to_name_one() -> None:
    with pytest.raises(Invalid, match="--framework"):
        AGENT.terminal.read({"text": "x"})
    assert AGENT.terminal.read({"framework": "cis", "input": "x"}) == {"framework": "cis", "policy_text": "x"}


@pytest.mark.parametrize(
    ("text", "stance"),
    [
        ("The system will lock after 5 tries.", "affirmed"),
        ("Sessions will time out after 15 minutes of inactivity.", "affirmed"),
        ("The security officer will review access quarterly.", "affirmed"),
        ("Backups will be encrypted.", "planned"),
        ("We will encrypt backups every night.", "planned"),
        ("The system will lock accounts in the next release.", "planned"),
    ],
)
def test_will_is_a_rule_where_an_event_or_a_rhythm_makes_it_one(text: str, stance: str) -> None:
    assert claim(Passage(text, 0, len(text))).stance == stance
