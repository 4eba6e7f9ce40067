"""Figures of the compliance agent: its ranking for public narratives, its crosswalk, its verdicts,
and its way of classifying text on privacy policies.
"""

import csv
import gzip
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from evals.compliance_texts import Texts, classified
from evals.figure import Figure
from evals.narratives import narratives
from mesh.agents.security_compliance.answer import answer
from mesh.agents.security_compliance.catalogue import frameworks, topics
from mesh.agents.security_compliance.crosswalk import same
from mesh.agents.security_compliance.model import Question
from mesh.agents.security_compliance.nearest import Near
from mesh.kit.fakes import fake_ports
from mesh.kit.ports import Embedder

AREA = "compliance"
Say = Callable[[str], None]
Rows = Sequence[Mapping[str, str]]
TRAIN, TEST = "opp115_majority_train.csv.gz", "opp115_majority_validation.csv.gz"
NARRATIVES = "opencontrol_redhat_narratives_dev.csv.gz"
CONTROLS = "nist_800_53_r4_controls.csv.gz"
TEMPLATES = "jupiterone_policy_templates.json.gz"
CHECKS = "prowler_aws_requirements_to_checks.csv.gz"
# Policies of the JupiterOne set that a HIPAA standard belongs to, as we read the two.
PLACES = {
    "164.308(a)(1)(ii)(A)": "risk-mgmt", "164.308(a)(1)(ii)(B)": "risk-mgmt", "164.308(a)(1)(ii)(C)": "hr",
    "164.308(a)(1)(ii)(D)": "system-audit", "164.308(a)(2)": "rar", "164.308(a)(3)(ii)(A)": "access",
    "164.308(a)(3)(ii)(B)": "hr", "164.308(a)(3)(ii)(C)": "access", "164.308(a)(4)(ii)(B)": "access",
    "164.308(a)(4)(ii)(C)": "access", "164.308(a)(5)(ii)(A)": "rar", "164.308(a)(5)(ii)(B)": "threat",
    "164.308(a)(5)(ii)(C)": "system-audit", "164.308(a)(5)(ii)(D)": "access", "164.308(a)(6)(ii)": "ir",
    "164.308(a)(7)(ii)(A)": "data-mgmt", "164.308(a)(7)(ii)(B)": "bcdr", "164.308(a)(7)(ii)(C)": "bcdr",
    "164.308(a)(7)(ii)(D)": "bcdr", "164.308(a)(7)(ii)(E)": "bcdr", "164.308(a)(8)": "compliance-audit",
    "164.308(b)(1)": "vendor", "164.310(a)(2)(i)": "bcdr", "164.310(a)(2)(ii)": "facility",
    "164.310(a)(2)(iii)": "facility", "164.310(a)(2)(iv)": "facility", "164.310(b)": "hr",
    "164.310(c)": "facility", "164.310(d)(2)(i)": "mdm", "164.310(d)(2)(ii)": "mdm",
    "164.310(d)(2)(iii)": "asset-mgmt", "164.310(d)(2)(iv)": "data-mgmt", "164.312(a)(2)(i)": "access",
    "164.312(a)(2)(ii)": "access", "164.312(a)(2)(iii)": "access", "164.312(a)(2)(iv)": "data-protection",
    "164.312(b)": "system-audit", "164.312(c)(1)": "data-protection", "164.312(d)": "access",
    "164.312(e)(1)": "data-protection", "164.312(e)(2)(i)": "data-protection",
    "164.312(e)(2)(ii)": "data-protection", "164.314(a)(2)(i)": "vendor", "164.316(a)": "policy-mgmt",
    "164.316(b)(1)": "policy-mgmt", "164.316(b)(2)(i)": "policy-mgmt", "164.404": "breach",
    "164.406": "breach",
    "164.408": "breach", "164.410": "breach", "164.520": "privacy",
}  # fmt: skip


def evaluate(area: Path, data: Path | None, train: Path | None, say: Say) -> list[Figure]:
    """All figures, or those of `data`: segments (text, label) or narratives (control, text_masked)."""
    embedder = _embedder(say)
    if data is None:
        return [
            *_segments(_rows(area / TEST), _rows(train or area / TRAIN), embedder, say),
            *_narratives(_rows(area / NARRATIVES), area, None, embedder, say),
            *_templates(area, embedder, say),
            *_crosswalk(_rows(area / CHECKS), say),
            *_promises(),
        ]
    rows = _rows(data)
    if rows and {"text", "label"} <= set(rows[0]):
        return _segments(rows, _rows(train or area / TRAIN), embedder, say)
    if rows and {"control", "text_masked"} <= set(rows[0]):
        return _narratives(rows, area, train, embedder, say)
    say(f"{data} has no form that compliance is scored on")
    return []


def _rows(path: Path) -> Rows:
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")
    if path.suffixes[:1] == [".json"]:
        found: Rows = json.loads(text)
        return found
    return list(csv.DictReader(io.StringIO(text)))


def _embedder(say: Say) -> Embedder:
    from mesh.adapters.models.embedder import ready_embedder
    from mesh.adapters.models.store import ModelStore, standard_folders

    home = Path(__file__).parents[1] / ".mesh" / "eval-home"
    return ready_embedder(ModelStore(standard_folders(home)), home, say)


def _segments(rows: Rows, train: Rows, embedder: Embedder, say: Say) -> list[Figure]:
    say(f"Classifying {len(rows)} segments of privacy policies, fitted on {len(train)} ...")
    fit = Texts([r["text"] for r in train], [r["label"].split("|") for r in train])
    micro, macro = classified(
        fit, Texts([r["text"] for r in rows], [r["label"].split("|") for r in rows]), embedder
    )
    anchors = "TF-IDF .786, BERT .840, PrivBERT .872"
    note = "fitted for measuring only; nothing of it is part of the agent"
    return [
        Figure("OPP-115 micro-F1", micro, 0.84, anchors=anchors, rows=len(rows), note=note),
        Figure(
            "OPP-115 macro-F1", macro, None, anchors="BERT .784, PrivBERT .821", rows=len(rows), note=note
        ),
    ]


def _narratives(rows: Rows, area: Path, train: Path | None, embedder: Embedder, say: Say) -> list[Figure]:
    say(f"Ranking controls for {len(rows)} narratives ...")
    return narratives(rows, _rows(area / CONTROLS), _rows(train or area / NARRATIVES), embedder)


def _templates(area: Path, embedder: Embedder, say: Say) -> list[Figure]:
    say("Ranking policy templates for HIPAA's requirements ...")
    held = json.loads(gzip.decompress((area / TEMPLATES).read_bytes()))
    wordings = {each.id: each.text for each in frameworks()["HIPAA"].requirements}
    asked = [name for name in PLACES if name in wordings]
    near = Near([f"{each['name']}. {each['text'][:1500]}" for each in held], embedder)
    scores = near.scores([wordings[name] for name in asked])
    hits = [
        held[place]["policy"] == PLACES[name]
        for place, name in zip(scores.argmax(axis=1), asked, strict=True)
    ]
    note = "which of 25 policies; the right one by our own reading, since the set holds no mapping"
    return [
        Figure(
            "HIPAA requirement to policy template, hit@1",
            float(np.mean(hits)),
            0.5,
            rows=len(hits),
            note=note,
        )
    ]


def _crosswalk(rows: Rows, say: Say) -> list[Figure]:
    """Pairs of HIPAA, CSF and 800-53 requirements that Prowler gives some of the same checks."""
    say("Comparing the crosswalk with Prowler's checks ...")
    checks: dict[tuple[str, str], set[str]] = {}
    ids = {f: {_bare(each.id): each for each in frameworks()[f].requirements} for f in frameworks()}
    for row in rows:
        framework = _of_prowler(row["framework"], row["version"])
        if framework and _bare(row["requirement_id"]) in ids[framework] and row["checks"]:
            checks.setdefault((framework, _bare(row["requirement_id"])), set()).update(
                row["checks"].split("|")
            )
    likely = [(framework, name) for framework, name in checks]
    hits = chance = tried = 0.0
    for framework, name in likely:
        here = checks[framework, name]
        for other in same(ids[framework][name]):
            there = checks.get((other.requirement.framework, _bare(other.requirement.id)))
            if there is None:
                continue
            tried += 1
            hits += bool(here & there)
            peers = [c for (f, _), c in checks.items() if f == other.requirement.framework]
            chance += sum(bool(here & c) for c in peers) / len(peers)
    if not tried:
        return [Figure("crosswalk pairs with a check in common", None, note="no requirement was matched")]
    note = f"a random pair of the same frameworks: {chance / tried:.2f}"
    return [
        Figure(
            "crosswalk pairs with a Prowler check in common", hits / tried, None, rows=int(tried), note=note
        )
    ]


def _of_prowler(framework: str, version: str) -> str | None:
    name = framework.upper().replace("_", "-")
    if name == "NIST-800-53" or name.startswith("NIST-800-53"):
        return "NIST-800-53"
    if name == "NIST-CSF":
        return "NIST-CSF" if version.startswith("2") else None
    found = {"HIPAA": "HIPAA", "SOC2": "SOC2", "PCI": "PCI-DSS", "ISO27001": "ISO27001"}.get(name)
    return None if found == "ISO27001" and "2022" not in version else found


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower().removeprefix("cc-"))


def _promises() -> list[Figure]:
    """The highest score of a policy that promises every topic and does nothing, over all frameworks."""
    openings = ("We plan that next year", "We intend to see to it that", "It is our goal that soon")
    text = "\n".join(
        f"{o} {t.met_when[0].lower()}{t.met_when[1:]}" for t in topics().values() for o in openings
    )
    scores = [
        answer(Question(framework=f, policy_text=text), fake_ports()).answer.score for f in frameworks()
    ]
    whole = ["\n".join(r.wording for r in each.requirements) for each in frameworks().values()]
    stated = [
        answer(Question(framework=f, policy_text=t), fake_ports()).answer.score
        for f, t in zip(frameworks(), whole, strict=True)
    ]
    return [
        Figure("a policy of pure promises, highest score", max(scores), 10.0, higher_is_better=False,
               rows=len(scores)),
        Figure("a policy that states every wording, lowest score", min(stated), None, rows=len(stated),
               note="of 100; our own wordings"),
    ]  # fmt: skip
