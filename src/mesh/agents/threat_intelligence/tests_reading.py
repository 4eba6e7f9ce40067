"""How the classifier's findings come into the answer, with a classifier of one word."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mesh.agents.threat_intelligence import AGENT
from mesh.agents.threat_intelligence.model import Answer, Question
from mesh.agents.threat_intelligence.ngrams import ngrams
from mesh.agents.threat_intelligence.techniques import FILE, MODEL
from mesh.agents.threat_intelligence.tests import knowledge
from mesh.kit.agent import Answered
from mesh.kit.fakes import fake_ports
from mesh.kit.ports import Ports

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class FlatEmbedder:
    def embed(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        import numpy as np

        return np.zeros((len(texts), 384), np.float32)


class OneWordModels:
    """Holds a classifier to which the word "encrypted" shows T1486, and nothing else shows anything."""

    def __init__(self, folder: Path) -> None:
        import numpy as np

        codes, _ = ngrams("encrypted")
        columns = 3  # one technique, "any" and "promising"
        np.savez(
            folder / FILE, labels=np.array(["T1486"]), codes=codes, idf=np.ones(len(codes), np.float32),
            grams=np.full((len(codes), columns), 100, np.int8), scale=np.full(columns, 0.1, np.float32),
            vectors=np.zeros((384, columns), np.float32), bias=np.full(columns, -45, np.float32),
            allowance=np.zeros(1, np.float32), curve=np.array([1, 0, 1, 0, 0, 0], np.float32),
            promising_from=0.0, threshold=0.5,
        )  # fmt: skip
        self._folder = folder

    def path(self, name: str) -> Path:
        assert name == MODEL
        return self._folder

    def card(self, name: str) -> Mapping[str, Any]:
        return {"name": name, "version": "7", "sha256": str(self._folder)}


@pytest.fixture
def reach(tmp_path: Path) -> Ports:
    return fake_ports(knowledge=knowledge(), models=OneWordModels(tmp_path), embedder=FlatEmbedder())


def ask(text: str, reach: Ports) -> Answered[Answer]:
    return AGENT.answer(Question(text=text), reach)


def test_evidence_is_the_sentence_with_its_place(reach: Ports) -> None:
    text = "We were called at six. All shares were encrypted over night. Mail still works."
    (found,) = ask(text, reach).answer.techniques
    (shown,) = found.evidence
    assert (found.id, found.source, found.tactics) == ("T1486", "classifier", ("impact",))
    assert shown.text == "All shares were encrypted over night." == text[shown.start : shown.end]


def test_a_denied_technique_is_not_read(reach: Ports) -> None:
    assert ask("There is no evidence that any share was encrypted by them.", reach).answer.techniques == ()
    mixed = ask("Mail was not encrypted, but all shares were encrypted over night.", reach).answer
    assert [t.id for t in mixed.techniques] == ["T1486"]


def test_what_the_classifier_shows_makes_severity_and_kind(reach: Ports) -> None:
    answer = ask("All shares were encrypted over night.", reach).answer
    assert (answer.threat_type, answer.severity) == ("ransomware", "HIGH")
    assert answer.not_known == ()


def test_stated_and_read_techniques_are_one(reach: Ports) -> None:
    (found,) = ask("Data was encrypted at noon (T1486), they say.", reach).answer.techniques
    assert found.source == "stated" and found.confidence == 1 and len(found.evidence) == 2


def test_the_answer_names_the_classifier_that_read_the_text(reach: Ports) -> None:
    read, unread = (
        ask("All shares were encrypted.", reach).by,
        ask("All shares were encrypted.", fake_ports()).by,
    )
    assert read.provider == "onnx" and "techniques-7" in read.version
    assert unread.provider == "rules" and read.version != unread.version


def test_an_indicator_within_the_evidence_is_linked_to_the_technique_in_stix(reach: Ports) -> None:
    import json

    from mesh.agents.threat_intelligence.stix import render
    from mesh.agents.threat_intelligence.tests import envelope

    text = "Files were encrypted by a tool of bad-tools[.]top. Mail went through other-host[.]top instead."
    objects = json.loads(render(envelope(ask(text, reach).answer)))["objects"]
    names = {made["id"]: made.get("name", "") for made in objects}
    indicates = [made for made in objects if made.get("relationship_type") == "indicates"]
    assert [names[made["source_ref"]] for made in indicates] == ["domain bad-tools.top"]
