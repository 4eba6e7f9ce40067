"""What others are given of an answer: assessment results, a page, and what a model adds."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mesh.agents.security_compliance import AGENT
from mesh.agents.security_compliance.catalogue import frameworks
from mesh.agents.security_compliance.examples import WRITTEN
from mesh.agents.security_compliance.model import Question
from mesh.kit.agent import Envelope
from mesh.kit.fakes import fake_ports
from mesh.kit.ports import Ports

TOKEN = re.compile(r"^[A-Za-z_][A-Za-z0-9._-]*$")
UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[45][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(1)"> ${7*7} MFA is required for remote access.'


class OneDirection:
    """Everything means the same as the topic of backups, or as nothing."""

    def embed(self, texts: Any) -> NDArray[np.float32]:
        vectors = np.zeros((len(texts), 384), np.float32)
        for row, text in enumerate(texts):
            vectors[row, 0 if text.startswith(("Backup.", "Nightly")) else 1 + row % 300] = 1
        return vectors


def envelope(framework: str = "HIPAA", text: str | None = WRITTEN, ports: Ports | None = None) -> Envelope:
    answered = AGENT.answer(Question(framework=framework, policy_text=text), ports or fake_ports())
    return Envelope(
        result_id="r-1",
        agent="security-compliance",
        msp_id="msp-a",
        answered_at=datetime(2026, 3, 2, 12, tzinfo=UTC),
        took_ms=1.0,
        model=answered.by,
        simulated=answered.simulated,
        answer=answered.answer.model_dump(mode="json"),
    )


def assessed(**given: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(AGENT.formats["oscal"].render(envelope(**given)))["assessment-results"]
    return found


@pytest.mark.parametrize("framework", list(frameworks()))
def test_assessment_results_hold_together(framework: str) -> None:
    found = assessed(framework=framework)
    result = found["results"][0]
    chosen = [
        c["control-id"] for c in result["reviewed-controls"]["control-selections"][0]["include-controls"]
    ]
    assert len(set(chosen)) == len(chosen) == len(result["findings"]) and all(map(TOKEN.match, chosen))
    observed = {each["uuid"] for each in result["observations"]}
    for finding in result["findings"]:
        assert finding["target"]["target-id"] in chosen
        assert {each["observation-uuid"] for each in finding.get("related-observations", [])} <= observed
        status = next(p["value"] for p in finding["props"] if p["name"] == "status")
        assert (finding["target"]["status"]["state"] == "satisfied") == (status == "met")
    uuids = re.findall(r'"uuid": "([^"]+)"', json.dumps(found))
    assert all(map(UUID.match, uuids)) and len(set(uuids)) == len(uuids)
    assert found["import-ap"]["href"] == "#" + found["back-matter"]["resources"][0]["uuid"]


@pytest.mark.parametrize("text", [WRITTEN, None])
def test_assessment_results_are_what_oscal_models_take(text: str | None) -> None:
    models = pytest.importorskip(
        "trestle.oscal.assessment_results", reason="compliance-trestle is not installed"
    )
    for framework in frameworks():
        models.AssessmentResults.model_validate(assessed(framework=framework, text=text))


def test_the_same_result_has_the_same_identifiers() -> None:
    assert assessed() == assessed()


def test_a_page_shows_hostile_text_as_text() -> None:
    page = AGENT.formats["html"].render(envelope(framework="CIS", text=HOSTILE))
    assert "<script" not in page and "<img" not in page and "&lt;script&gt;" in page
    assert "${7*7}" in page and "default-src" in page


def test_a_page_says_score_reach_and_every_requirement() -> None:
    page = AGENT.formats["html"].render(envelope())
    for each in frameworks()["HIPAA"].requirements:
        assert each.id in page
    assert "only an audit can tell" in page and "of 100" in page


def test_what_is_said_in_other_words_is_a_hint_and_never_met() -> None:
    text = "Nightly duplicates are kept in a vault of another town."
    with_model = envelope("CIS", text, fake_ports(embedder=OneDirection()))
    without = envelope("CIS", text)
    status = {each["id"]: each["status"] for each in with_model.answer["requirements"]}
    assert status["11.2"] == "partial" and "met" not in status.values()
    assert all(each["status"] == "no_evidence" for each in without.answer["requirements"])
    assert (with_model.model.provider, without.model.provider) == ("onnx", "rules")
    assert any("not by meaning" in note for note in without.answer["not_known"])


def as_pdf(**given: Any) -> str:
    pytest.importorskip("reportlab", reason="ReportLab is not installed")
    return AGENT.formats["pdf"].render(envelope(**given))


def test_the_pdf_is_a_pdf_of_ascii_alone_and_always_the_same() -> None:
    made = as_pdf()
    assert made.startswith("%PDF-1.") and made.rstrip().endswith("%%EOF") and made.isascii()
    assert made == as_pdf() and made != as_pdf(framework="SOC2")


def test_every_place_that_the_pdf_names_is_where_it_says() -> None:
    """Readers find the objects by the table of their places."""
    made = as_pdf()
    table = int(re.findall(r"startxref\n(\d+)", made)[-1])
    assert made[table:].startswith("xref")
    places = [int(place) for place in re.findall(r"^(\d{10}) \d{5} n", made[table:], re.MULTILINE)]
    assert len(places) > 10
    for number, place in enumerate(places, start=1):
        assert made[place:].startswith(f"{number} 0 obj")


@pytest.mark.parametrize(
    "text",
    [
        HOSTILE,
        "<para><b>MFA is required</b></para> &bogus; <img src='file:///etc/passwd'/> for remote access.",
        "MFA is required for remote access. Доступ по паролю запрещён. \x00\x07",
        "MFA is required for " + "x" * 5_000 + ".",
    ],
)
def test_no_policy_breaks_the_pdf_or_is_read_as_its_markup(text: str) -> None:
    assert as_pdf(text=text).startswith("%PDF-")
