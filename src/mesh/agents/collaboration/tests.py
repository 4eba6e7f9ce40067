"""What an MSP that looks for help relies on."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError

from mesh.agents.collaboration import AGENT
from mesh.agents.collaboration.answer import answer
from mesh.agents.collaboration.diversity import order
from mesh.agents.collaboration.introduction import Introducing, Which, introduce, listed
from mesh.agents.collaboration.model import Answer, Question
from mesh.agents.collaboration.needs import needs
from mesh.kit.fakes import MemoryPartners, fake_ports
from mesh.kit.ports import Partner, Ports
from mesh.kit.problem import Invalid, NotFound


@dataclass(eq=False)
class WordEmbedder:
    """Each word has a direction of its own: texts are alike as far as they share words."""

    asked: int = 0

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked += len(texts)
        vectors = np.zeros((len(texts), 384), np.float32)
        for row, text in enumerate(texts):
            for word in text.casefold().replace(",", " ").replace(".", " ").split():
                vectors[row, int(hashlib.sha256(word.encode()).hexdigest(), 16) % 384] += 1
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        return vectors


def partner(handle: str, **card: Any) -> Partner:
    return Partner(handle, card, simulated=False)


SOC = partner(
    "soc", region="EU", services=["Security operations", "Incident response"], certifications=["SOC 2"],
    capacity_hours=120, description="Watches networks at night for clinics.",
)  # fmt: skip
CLOUD = partner(
    "cloud", region="US", services=["Cloud migration", "Backup"], certifications=["ISO/IEC 27001:2022"],
    capacity_hours=20, description="Moves small offices to the cloud.",
)  # fmt: skip
PHONES = partner("phones", region="EU", services=["Telephony"], certifications=[], description="Phones.")


def ports(*shown: Partner, with_model: bool = True) -> Ports:
    partners = MemoryPartners(shown or (SOC, CLOUD, PHONES))
    return (
        fake_ports(partners=partners, embedder=WordEmbedder())
        if with_model
        else fake_ports(partners=partners)
    )


def ask(requirements: str = "We need security operations at night.", **more: Any) -> Answer:
    return answer(Question(requirements=requirements, **more), ports()).answer


def test_the_partner_that_offers_what_is_asked_comes_first_with_its_own_words_as_proof() -> None:
    best = ask("Incident response for a clinic").partners[0]
    assert best.partner == "soc"
    assert [(c.field, c.quote) for c in best.covers] == [("services", "Incident response")]


def test_what_no_card_speaks_of_is_said_to_be_lacking() -> None:
    match = ask("Security operations; underwater welding").partners[0]
    assert match.lacks == ["underwater welding"] and "1 of 2" in match.why


@pytest.mark.parametrize(
    ("constraint", "left"),
    [
        ({"region": "eu"}, {"soc", "phones"}),
        ({"certifications": ["SOC2"]}, {"soc"}),
        ({"certifications": ["ISO 27001"]}, {"cloud"}),
        ({"capacity_hours": 100}, {"soc"}),
        ({"region": "US", "capacity_hours": 100}, set()),
    ],
)
def test_a_constraint_is_never_broken_and_who_does_not_show_it_is_left_out(
    constraint: dict[str, Any], left: set[str]
) -> None:
    found = ask(**constraint)
    assert {match.partner for match in found.partners} == left
    assert found.fitting == len(left) and found.considered == 3
    assert {each.partners for each in found.excluded} <= {1, 2, 3}


def test_nothing_shows_but_what_the_card_holds() -> None:
    for match in ask("phones").partners:
        assert match.card == next(p.card for p in (SOC, CLOUD, PHONES) if p.handle == match.partner)
        assert all(each.quote in str(match.card) for each in match.covers)


def test_without_a_model_partners_are_ranked_by_words_and_that_is_said() -> None:
    found = answer(Question(requirements="telephony"), ports(with_model=False))
    assert found.answer.partners[0].partner == "phones"
    assert any("by words alone" in note for note in found.answer.not_known)
    assert found.by.provider == "statistics"


def test_an_empty_mesh_is_said_to_be_empty() -> None:
    found = answer(Question(requirements="anything"), fake_ports())
    assert not found.answer.partners and "No other MSP" in found.answer.not_known[0]


def test_a_simulated_partner_marks_the_answer() -> None:
    shown = Partner("demo", dict(SOC.card), simulated=True)
    assert answer(Question(requirements="security"), ports(shown)).simulated
    assert not answer(Question(requirements="security"), ports(SOC)).simulated


def test_candidates_of_ones_own_are_ranked_in_place_of_the_mesh() -> None:
    found = ask("telephony", candidates=[{"id": "mine", "services": ["Telephony"]}])
    assert [match.partner for match in found.partners] == ["mine"]


def test_other_names_of_a_service_cover_it() -> None:
    match = ask("SOC around the clock, user support").partners[0]
    assert [(each.need, each.quote) for each in match.covers] == [
        ("SOC around the clock", "Security operations")
    ]


def test_the_words_of_a_request_are_read_as_the_clauses_it_has() -> None:
    text = "We urgently need a SOC, backup for 3 sites; and help with PCI DSS. Please: nothing else!"
    assert needs(text) == ["SOC", "backup for 3 sites", "PCI DSS", "nothing else"]
    assert needs("!!!") == ["!!!"]


def test_more_diversity_puts_an_unlike_partner_before_a_copy_of_the_best() -> None:
    vectors = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    scores = np.array([0.9, 0.8, 0.7])
    assert order(scores, vectors, 0.0, 3) == [0, 1, 2]
    assert order(scores, vectors, 0.5, 3) == [0, 2, 1]
    assert order(scores, None, 0.5, 2) == [0, 1]


def test_the_same_card_is_embedded_once() -> None:
    embedder = WordEmbedder()
    mine = fake_ports(partners=MemoryPartners((SOC, CLOUD)), embedder=embedder)
    answer(Question(requirements="backup"), mine)
    before = embedder.asked
    answer(Question(requirements="backup"), mine)
    assert embedder.asked == before + 1


def test_a_card_that_changed_is_weighed_as_it_is_now() -> None:
    mine = ports(SOC, CLOUD)
    first = answer(Question(requirements="telephony"), mine).answer.partners[0]
    changed = partner("cloud", **{**CLOUD.card, "services": ["Telephony"]})
    then = answer(Question(requirements="telephony"), ports(SOC, changed)).answer.partners[0]
    assert not first.covers and (then.partner, then.covers[0].quote) == ("cloud", "Telephony")


@pytest.mark.parametrize(
    "wrong",
    [
        {"requirements": ""},
        {"requirements": "x" * 6_000},
        {"requirements": "abc", "limit": 0},
        {"requirements": "abc", "capacity_hours": float("nan")},
        {"requirements": "abc", "certifications": ["a"] * 21},
        {"requirements": "abc", "name": "x"},
    ],
)
def test_a_question_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Question.model_validate(wrong)


def test_an_introduction_is_opened_accepted_and_listed() -> None:
    mine = ports()
    opened = introduce(Introducing(action="open", partner="soc", message="Hello"), mine)
    assert opened.state == "open" and opened.contact is None
    assert introduce(Introducing(action="accept", introduction_id=opened.id), mine).state == "accepted"
    assert [each.id for each in listed(Which(), mine).introductions] == [opened.id]
    assert not listed(Which(state="declined"), mine).introductions
    with pytest.raises(NotFound):
        introduce(Introducing(action="open", partner="nobody", message="Hello"), mine)


@pytest.mark.parametrize(
    "wrong", [{"action": "open"}, {"action": "accept"}, {"action": "open", "partner": "x"}]
)
def test_an_introduction_that_says_too_little_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=r"to (open|accept) one"):
        Introducing.model_validate(wrong)


def test_a_terminal_without_words_is_told_to_give_some() -> None:
    with pytest.raises(Invalid, match="--requirements"):
        AGENT.terminal.read({})
    assert AGENT.terminal.read({"input": "backup", "certifications": "SOC 2, ISO 27001"})[
        "certifications"
    ] == [
        "SOC 2",
        "ISO 27001",
    ]
