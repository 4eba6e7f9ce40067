"""Which control of NIST SP 800-53 a narrative in a system's security plan answers.

A narrative is ranked as a reader would: what it says beside the control's wording, and the letter of the part
it answers, since that part must be in the control. Formulas that stand in every narrative are left out, and
one of which nothing is left says nothing. Where narratives of other systems are known, the likest of them
speak for their controls; none of the same system does.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evals.figure import Figure
from mesh.agents.security_compliance.catalogue import frameworks
from mesh.agents.security_compliance.nearest import Near

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mesh.kit.ports import Embedder

Rows = Sequence[Mapping[str, str]]
# Said of any control, so that it tells of none: that a response is planned or tracked, whose duty it is.
FORMULAS = re.compile(
    r"https?://\S+|\[CONTROL\]\w?"
    r"|(?:a |the )?(?:complete |engineering )?(?:control )?(?:response|progress)[^.]*?(?:is planned|tracked "
    r"(?:via|at|on):?)\.?|documentation(?:/guidance)?(?: to satisfy| on satisfying| for)? this control is"
    r"|documentation/guidance (?:on|regarding|relating to|for)?"
    r"|(?:is|are)? ?(?:being )?tracked (?:on|via|in|at):?(?: github:?)?|is forthcoming\.?(?: this activity)?"
    r"|the customer (?:will be|is) (?:responsible for|required to)|a successful control response will "
    r"(?:need to )?(?:address|discuss|document|identify|explain|describe|outline)",
    re.IGNORECASE,
)
WORD, PART = re.compile(r"[a-z]{3,}"), re.compile(r"(?:^|\s)\(?([a-z])[.)]\s")
FEWEST_WORDS = 4
# What a fitting part counts beside scores of unit spread, and what a narrative just like this one does.
FITTING, EXAMPLE = 3.0, 6.0


@dataclass(frozen=True, slots=True)
class Narratives:
    """`said` is what formulas leave; `letters` of the part that is answered, empty for the whole control."""

    systems: Sequence[str]
    wanted: Sequence[str]
    letters: Sequence[str]
    said: Sequence[str]

    @property
    def telling(self) -> "NDArray[np.bool_]":
        return np.array([len(WORD.findall(each.lower())) >= FEWEST_WORDS for each in self.said], bool)


def read(rows: Rows, known: Mapping[str, Mapping[str, str]]) -> Narratives:
    kept = [(row, bare(row["control"])) for row in rows if bare(row["control"]) in known]
    return Narratives(
        systems=[row.get("product", "") for row, _ in kept],
        wanted=[wanted for _, wanted in kept],
        letters=[(row.get("part") or "").strip()[:1] for row, _ in kept],
        said=[re.sub(r"\s+", " ", FORMULAS.sub(" ", row["text_masked"])).strip(" '.") for row, _ in kept],
    )


def narratives(rows: Rows, controls: Rows, train: Rows, embedder: "Embedder") -> list[Figure]:
    """Without examples, and with those of `train` that are of other systems than the narrative itself."""
    known = {bare(row["label"]): row for row in controls}
    asked, others = read(rows, known), read(train, known)
    names = sorted({*asked.wanted, *others.wanted})
    ours = {each.id: each.text for each in frameworks()["NIST-800-53"].requirements}
    official = [f"{known[n]['title']}. {known[n]['statement']}" for n in names]
    parts = [set(PART.findall(known[name]["statement"])) for name in names]
    fits = np.array([[letter in held if letter else not held for held in parts] for letter in asked.letters])
    both = [f"{text} {ours.get(name, '')}" for name, text in zip(names, official, strict=True)]
    alone = Near(both, embedder).scores(asked.said) + FITTING * fits
    taught = alone + EXAMPLE * _examples(asked, others, names, embedder)
    plain, own = _hits(alone, names, asked), _own(asked, ours, embedder)
    told, telling = _hits(taught, names, asked), asked.telling
    silent = int((~telling).sum())
    most = f"zero-shot; {silent} say nothing, so {telling.mean():.3f} can be found; weights chosen on these"
    return [
        Figure("narratives to 800-53 controls, hit@1", float(plain.mean()), 0.5, anchors="TF-IDF .377",
               rows=len(plain), note=most),
        Figure("the same, of narratives that say something", _mean(plain[telling]), rows=len(plain) - silent),
        Figure("the same, with narratives of other systems known", float(told.mean()), 0.5, rows=len(told),
               note="for measuring only; nothing of it is part of the agent"),
        Figure("the same, of narratives that say something, other systems known", _mean(told[telling]),
               rows=len(told) - silent),
        Figure("the same, zero-shot by our wording alone", _mean(own), None, rows=len(own),
               note="controls of the low and moderate baselines"),
    ]  # fmt: skip


def bare(control: str) -> str:
    return re.sub(r"\s", "", control)


def _mean(hits: "NDArray[np.bool_]") -> float | None:
    return float(hits.mean()) if len(hits) else None


def _hits(scores: "NDArray[np.float64]", names: Sequence[str], asked: Narratives) -> "NDArray[np.bool_]":
    best = scores.argmax(axis=1)
    return np.array([names[place] == name for place, name in zip(best, asked.wanted, strict=True)], bool)


def _own(asked: Narratives, ours: Mapping[str, str], embedder: "Embedder") -> "NDArray[np.bool_]":
    mine = [place for place, name in enumerate(asked.wanted) if name in ours]
    names = sorted({asked.wanted[place] for place in mine})
    if not names:
        return np.zeros(0, bool)
    best = Near([ours[n] for n in names], embedder).scores([asked.said[p] for p in mine]).argmax(axis=1)
    return np.array([names[b] == asked.wanted[place] for b, place in zip(best, mine, strict=True)], bool)


def _examples(
    asked: Narratives, others: Narratives, names: Sequence[str], embedder: "Embedder"
) -> "NDArray[np.float64]":
    """Likeness, 0 to 1, of the likest known narrative of each control; half of it counts for any part."""
    found = np.zeros((len(asked.said), len(names)))
    kept = np.flatnonzero(others.telling).tolist()
    if not kept:
        return found
    near = Near([others.said[place] for place in kept], embedder)
    likeness = 0.5 * near.words(asked.said) + 0.5 * near.meanings(asked.said)
    columns = [names.index(others.wanted[place]) for place in kept]
    for row in np.flatnonzero(asked.telling).tolist():
        for place, column, like in zip(kept, columns, likeness[row], strict=True):
            if others.systems[place] != asked.systems[row]:
                here = like if others.letters[place] == asked.letters[row] else like / 2
                found[row, column] = max(found[row, column], here)
    return found
