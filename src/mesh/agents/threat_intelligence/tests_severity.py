from typing import Any

import pytest

from mesh.agents.threat_intelligence.model import (
    DetectionFound,
    Exploited,
    IndicatorFound,
    TechniqueFound,
    VulnerabilityFound,
)
from mesh.agents.threat_intelligence.negation import covers, denied, without
from mesh.agents.threat_intelligence.severity import TACTICS, assess
from mesh.agents.threat_intelligence.threat_type import threat_type


def technique(
    tactic: str, confidence: float = 1.0, key: str = "T0001", source: Any = "classifier"
) -> TechniqueFound:
    return TechniqueFound(id=key, name=key, tactics=(tactic,), confidence=confidence, source=source)


def indicator(kind: str, value: str = "x", **more: Any) -> IndicatorFound:
    return IndicatorFound.model_validate(
        {"type": kind, "value": value, "benign": False, "source": "text", **more}
    )


def detection(level: Any, product: str = "aws") -> DetectionFound:
    return DetectionFound(rule_id="r", title="Rule", level=level, product=product)


def exploited(cve: str = "CVE-2021-1", **more: Any) -> VulnerabilityFound:
    kev = Exploited(name="n", date_added="2021-12-10", due_date="", ransomware=False, action="")
    return VulnerabilityFound(cve=cve, in_kev=True, kev=kev, **more)


def test_nothing_found_is_low_and_needs_no_reason() -> None:
    assert assess([], [], [], []) == ("LOW", 0, [])


def test_graver_tactics_count_more() -> None:
    scores = [assess([], [technique(tactic)], [], [])[1] for tactic in TACTICS]
    assert scores == sorted(scores, reverse=True) and scores[0] > scores[-1]


def test_less_sure_techniques_count_less() -> None:
    scores = [assess([], [technique("impact", sure)], [], [])[1] for sure in (0.3, 0.6, 0.9)]
    assert scores == sorted(scores) and len(set(scores)) == 3


def test_techniques_of_one_tactic_do_not_add_up() -> None:
    one, many = [technique("discovery")], [technique("discovery", key=f"T000{n}") for n in range(9)]
    assert assess([], one, [], [])[1] == assess([], many, [], [])[1]


def test_a_technique_known_from_a_rule_alone_counts_with_the_rule() -> None:
    assert assess([], [technique("impact", source="sigma")], [], [])[1] == 0


@pytest.mark.parametrize(
    ("found", "most"),
    [
        (([], [technique(t, key=t) for t in TACTICS], [], []), 70),
        (([], [], [detection("critical")] * 9, []), 70),
        (([], [], [], [exploited(f"CVE-2021-{n}") for n in range(99)]), 65),
        (([indicator("url", str(n), seen_by=9) for n in range(99)], [], [], []), 33),
    ],
    ids=["techniques", "detections", "vulnerabilities", "indicators"],
)
def test_each_kind_of_evidence_has_its_ceiling(found: Any, most: float) -> None:
    _, score, reasons = assess(*found)
    assert score <= most and sum(reason.points for reason in reasons) == pytest.approx(score)


def test_everything_together_is_critical_and_at_most_a_hundred() -> None:
    grade, score, _ = assess(
        [indicator("sha256")], [technique("impact")], [detection("critical")], [exploited()]
    )
    assert (grade, score) == ("CRITICAL", 100)


def test_a_list_of_indicators_alone_stays_low() -> None:
    listed = [indicator("sha256", str(n)) for n in range(500)]
    assert assess(listed, [], [], [])[0] == "LOW"


@pytest.mark.parametrize("mark", [{"benign": True}, {"negated": True}, {"source": "events"}])
def test_what_is_harmless_denied_or_merely_in_an_event_counts_nothing(mark: dict[str, Any]) -> None:
    assert assess([indicator("sha256", **mark)], [], [], [])[1] == 0


def test_a_denied_vulnerability_counts_nothing() -> None:
    assert assess([], [], [], [exploited(negated=True)])[1] == 0


@pytest.mark.parametrize(
    ("techniques", "kind"),
    [
        ([technique("impact", key="T1486"), technique("execution"), technique("initial-access", key="T1566")],
         "ransomware"),
        ([technique("initial-access", key="T1566.002")], "phishing"),
        ([technique("credential-access", key="T1003.001")], "credential-theft"),
        ([technique("exfiltration", key="T1041"), technique("collection", key="T1005")], "data-exfiltration"),
        ([technique("impact", key="T1498.001")], "denial-of-service"),
        ([technique("initial-access", key="T1190")], "exploitation"),
        ([technique("reconnaissance", key="T1595")], "reconnaissance"),
        ([technique("execution", key="T1059"), technique("command-and-control", key="T1071")], "malware"),
    ],
)  # fmt: skip
def test_techniques_say_which_kind_of_threat_it_is(techniques: list[TechniqueFound], kind: str) -> None:
    found, confidence = threat_type("", [], techniques, [], [])
    assert found == kind and 0 < confidence < 1


def test_many_generic_techniques_do_not_drown_a_specific_one() -> None:
    generic = [technique("execution", key=f"T{n}") for n in range(1000, 1040)]
    assert threat_type("", [], [*generic, technique("impact", key="T1486")], [], [])[0] == "ransomware"


def test_words_alone_make_no_kind_and_decide_between_kinds() -> None:
    assert threat_type("ransomware everywhere", [], [], [], []) == ("none", 0.0)
    beacon = [technique("command-and-control", 0.6, key="T1071")]
    assert threat_type("", [], beacon, [], [])[0] == "malware"
    assert threat_type("a ransom note", [], beacon, [], [])[0] == "ransomware"


def test_an_address_alone_speaks_for_no_kind() -> None:
    assert threat_type("", [indicator("ipv4", "203.0.114.9")], [], [], [])[0] == "unknown"


def test_cloud_detections_are_abuse_of_the_account() -> None:
    assert threat_type("", [], [], [detection("high")], [])[0] == "cloud-account-abuse"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("We found no evidence of ransomware but LSASS was dumped.", "We found but LSASS was dumped."),
        ("No data was exfiltrated. Files were encrypted.", ". Files were encrypted."),
        ("Ransomware was ruled out; files were read.", "; files were read."),
        ("There is no sign of it: http://a.example was shut.", "There is : http://a.example was shut."),
        ("This is not a phishing mail", "This"),
        ("The host is not vulnerable to CVE-2021-44228", "The host"),
        ("Nothing was encrypted", ""),
        ("We have not observed exploitation of it", ""),
        ("The gang was not detected and encrypted files", "and encrypted files"),
        ("Users could not open their files.", "Users could not open their files."),
        ("It is not only slow, it is encrypted.", "It is not only slow, it is encrypted."),
        ("They no longer answer.", "They no longer answer."),
    ],
)  # fmt: skip
def test_denied_clauses_are_left_out_and_the_rest_stays(text: str, left: str) -> None:
    kept = without(text, denied(text))
    assert len(kept) == len(text)
    assert " ".join(kept.split()) == " ".join(left.split())


def test_a_place_is_covered_only_within_a_denied_span() -> None:
    spans = [(5, 10), (20, 30)]
    assert covers(spans, 5, 10) and covers(spans, 22, 25)
    assert not covers(spans, 4, 8) and not covers(spans, 8, 12) and not covers(spans, 12, 14)
    assert not covers([], 0, 1)
