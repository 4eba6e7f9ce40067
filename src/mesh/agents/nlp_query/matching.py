"""Which words of a question are which phrases: the longest that fits, and misspelt ones put right."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from mesh.agents.nlp_query.layer import layer
from mesh.agents.nlp_query.vocabulary import MOST_WORDS, Meaning, Vocabulary

# Ratcliff and Obershelp's similarity from which a word counts as another one misspelt.
LIKE = 0.82
SHORTEST = 4
# Where a window's words stood: no phrase reaches across.
GAP = "\x00"


@dataclass(frozen=True, slots=True)
class Match:
    """Words `first` up to `last` and what they may mean; `written` is how they were spelt."""

    first: int
    last: int
    words: tuple[str, ...]
    meanings: tuple[Meaning, ...]


@dataclass(frozen=True, slots=True)
class Matched:
    words: tuple[str, ...]
    matches: tuple[Match, ...]
    unknown: tuple[int, ...]
    corrected: tuple[tuple[str, str], ...]


def match(tokens: Sequence[str], known: Vocabulary) -> Matched:
    """The phrases in reading order, and the places of words that are neither phrases nor filler."""
    spelt, corrected = _spelt(tokens, known)
    found = tuple(_longest(spelt, known))
    taken = {place for each in found for place in range(each.first, each.last)}
    filler = layer().filler
    unknown = tuple(
        place
        for place, word in enumerate(spelt)
        if place not in taken and word != GAP and word not in filler and not word.isdigit()
    )
    return Matched(tuple(spelt), found, unknown, tuple(corrected))


def _longest(tokens: Sequence[str], known: Vocabulary) -> Iterator[Match]:
    place = 0
    while place < len(tokens):
        for length in range(min(MOST_WORDS, len(tokens) - place), 0, -1):
            phrase = tuple(tokens[place : place + length])
            meanings = known.phrases.get(phrase)
            if meanings:
                yield Match(place, place + length, phrase, meanings)
                place += length
                break
        else:
            place += 1


def _spelt(tokens: Sequence[str], known: Vocabulary) -> tuple[list[str], list[tuple[str, str]]]:
    filler = layer().filler
    spelt, corrected = [], []
    for word in tokens:
        fine = word in known.words or word in filler or word in known.titles or word == GAP
        if not fine and len(word) >= SHORTEST and word.isalpha():
            near = _nearest(word, known)
            if near is not None:
                corrected.append((word, near))
                word = near
        spelt.append(word)
    return spelt, corrected


def _nearest(word: str, known: Vocabulary) -> str | None:
    """A word that differs by few letters and begins alike; its plural counts as the same word."""
    for end in ("s", "es", "d", "ed"):
        if word.endswith(end) and word.removesuffix(end) in known.words:
            return word.removesuffix(end)
    swapped = [w for w in known.words if w[0] == word[0] and sorted(w) == sorted(word)]
    if swapped:
        return min(swapped)
    candidates = [
        w for w in known.words if abs(len(w) - len(word)) <= 2 and w.isalpha() and len(w) >= SHORTEST
    ]
    near = get_close_matches(word, sorted(candidates), n=1, cutoff=LIKE)
    return near[0] if near else None
