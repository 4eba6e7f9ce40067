"""Sentences, n-grams, and what is made of them; a classifier made by hand and an embedder that is none."""

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from mesh.agents.threat_intelligence.ngrams import CHARACTERS, ngrams, ngrams_of
from mesh.agents.threat_intelligence.sentences import LONGEST, sentences
from mesh.agents.threat_intelligence.techniques import (
    MOST_CHARACTERS,
    MOST_SPANS,
    Classifier,
    recognise,
    weigh,
)
from mesh.kit.fakes import NoEmbedder
from mesh.kit.problem import Unavailable

WORDS = ("screenshots", "registry", "phishing")
IDS = ("T1113", "T1112", "T1566.001")


class NoMeaning:
    """Embeds every text as nothing, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked += texts
        return np.zeros((len(texts), 384), np.float32)


@pytest.fixture
def embedder() -> NoMeaning:
    return NoMeaning()


@pytest.fixture
def classifier() -> Classifier:
    """Each technique is one word; a sentence with any of the words is promising and shows something."""
    owners = {int(ngrams(word)[0][0]): column for column, word in enumerate(WORDS)}
    codes = np.array(sorted(owners), np.uint32)
    grams = np.zeros((len(codes), len(IDS) + 2), np.int8)
    for row, code in enumerate(codes):
        grams[row, [owners[int(code)], -2, -1]] = 100
    return Classifier(
        labels=IDS,
        codes=codes,
        idf=np.ones(len(codes), np.float32),
        grams=grams,
        scale=np.full(len(IDS) + 2, 0.1, np.float32),
        vectors=np.zeros((384, len(IDS) + 2), np.float32),
        bias=np.array([0, 0, 0, -5, -5], np.float32),
        allowance=np.zeros(len(IDS), np.float32),
        curve=np.array([1, 0, 1, 0, 0, -10], np.float32),
        promising_from=0.0,
        threshold=0.5,
    )


def test_a_technique_is_given_with_the_sentence_that_shows_it(
    classifier: Classifier, embedder: NoMeaning
) -> None:
    text = "Good morning everybody.\nThe malware takes screenshots every minute. It was a quiet week."
    reading = recognise(text, classifier, embedder)
    assert [shown.technique for shown in reading.shown] == ["T1113"]
    assert reading.shown[0].confidence > 0.9
    ((start, end),) = reading.shown[0].spans
    assert text[start:end] == "The malware takes screenshots every minute."


def test_a_text_that_shows_nothing_gives_nothing_and_is_not_embedded(
    classifier: Classifier, embedder: NoMeaning
) -> None:
    reading = recognise("Lunch is at noon in the garden. Please bring a chair.", classifier, embedder)
    assert (reading.shown, reading.unread) == ((), 0)
    assert embedder.asked == []


@pytest.mark.parametrize("text", ["", " ", "\n\n\n", "....", "a", "\0\0", "\ud800 \ud800", "T1059.001"])
def test_a_text_without_a_sentence_gives_nothing(
    classifier: Classifier, embedder: NoMeaning, text: str
) -> None:
    assert recognise(text, classifier, embedder).shown == ()


def test_no_more_than_three_sentences_are_cited(classifier: Classifier, embedder: NoMeaning) -> None:
    text = " ".join(f"It takes screenshots of desk {number}." for number in range(10))
    (shown,) = recognise(text, classifier, embedder).shown
    assert len(shown.spans) == MOST_SPANS


def test_only_so_much_is_embedded_and_what_was_left_is_counted(
    classifier: Classifier, embedder: NoMeaning
) -> None:
    reading = recognise("The registry was changed by the tool. " * 2_000, classifier, embedder)
    assert sum(map(len, embedder.asked)) <= MOST_CHARACTERS
    assert reading.unread + len(embedder.asked) == 2_000


def test_without_the_embedding_model_nothing_is_guessed(classifier: Classifier) -> None:
    with pytest.raises(Unavailable):
        recognise("The malware takes screenshots every minute.", classifier, NoEmbedder())


def test_the_words_and_the_spelling_of_a_sentence_weigh_the_same(classifier: Classifier) -> None:
    codes = np.unique(ngrams("It takes screenshots of the registry")[0])
    ((_, values),) = weigh(["It takes screenshots of the registry"], codes, np.ones(len(codes), np.float32))
    words = int((codes < CHARACTERS).sum())
    assert np.linalg.norm(values[:words]) == pytest.approx(1)
    assert np.linalg.norm(values[words:]) == pytest.approx(1)


def test_n_grams_do_not_change_since_trained_weights_depend_on_them() -> None:
    codes, counts = ngrams("Dumps LSASS")
    assert codes[:3].tolist() == [1347254077, 1643715827, 1734461831]
    assert int(codes.sum(dtype=np.uint64)) == 134669054868
    assert counts.min() == 1


def test_the_n_grams_of_a_sentence_do_not_depend_on_its_neighbours() -> None:
    texts = ["Dumps LSASS, dumps it twice", "", "a", "Ünï cödé \ud800", "x" * 5_000, "Dumps LSASS"]
    rows, codes, counts = ngrams_of(texts)
    for row, text in enumerate(texts):
        alone, times = ngrams(text)
        assert codes[rows == row].tolist() == alone.tolist()
        assert counts[rows == row].tolist() == times.tolist()


def test_of_equal_scores_the_technique_without_a_rival_is_surer(classifier: Classifier) -> None:
    drawn = replace(classifier, curve=np.array([0, 0, 0, 0, 1, 0], np.float32))
    alone, rivalled = drawn.confidences(np.array([[1, -1, -1, 0, 0], [1, 1, -1, 0, 0]], np.float32))
    assert alone[0] > rivalled[0]


def test_upper_case_and_punctuation_do_not_matter_to_n_grams() -> None:
    assert ngrams("DUMPS, LSASS!")[0].tolist() == ngrams("dumps lsass")[0].tolist()


def test_abbreviations_names_and_wrapped_lines_do_not_end_a_sentence() -> None:
    text = (
        "The group (a.k.a. FIN7) ran cmd.exe, e.g.\nfrom Word v. 2.1. It left.\n\n"
        "Next heading here\n• An item"
    )
    assert [each.text for each in sentences(text)] == [
        "The group (a.k.a. FIN7) ran cmd.exe, e.g.\nfrom Word v. 2.1.",
        "It left.",
        "Next heading here",
        "An item",
    ]


def test_a_text_without_any_stop_is_cut_at_blanks() -> None:
    pieces = sentences("malware " * 1_000)
    assert len(pieces) > 10
    assert all(len(piece.text) <= LONGEST for piece in pieces)
    assert not any(piece.text.startswith("alware") for piece in pieces)


@given(st.text(max_size=2_000))
def test_a_sentence_is_the_text_between_its_offsets(text: str) -> None:
    end = 0
    for sentence in sentences(text):
        assert text[sentence.start : sentence.end] == sentence.text
        assert sentence.start >= end
        end = sentence.end


@pytest.mark.parametrize(
    "part", ["a", "a b ", ". ", "x.\n", "(e.g. ", "\r\n", "a.)\"'", "word, ", "the actor ran cmd. ", "|\t"]
)
def test_no_text_makes_cutting_slow(part: str) -> None:
    text = part * (200_000 // len(part))
    started = time.process_time()
    sentences(text)
    assert time.process_time() - started < 5, "seconds, where a fraction of one is usual"
