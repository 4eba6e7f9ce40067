"""How much of what must not leave the scrubber takes out, on texts filled from the simulated world."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from evals.figure import Figure
from evals.scrubbing_texts import HARD, HELD_OUT, SECRETS, TUNED_ON, Labelled, sites, texts
from mesh.kit.problem import FieldError, Invalid
from mesh.sharing.scrubbing import Scrubber

# No public data: the texts are made here. The figures stand in this document as well.
AREA = ""
CARD = "docs/scrubbing.md"
MSPS, TEXTS_EACH, SEED = 12, 150, 20_260_301
AIM = 0.99


def evaluate(_: Path, data: Path | None, train: Path | None, say: Callable[[str], None]) -> list[Figure]:
    """Recall by kind on texts that were held out, what is lost beside it, and recall on other texts."""
    if data or train:
        raise Invalid("The scrubber takes no file.", errors=[FieldError("--data", "its texts are made")])
    held, seen, hard = Tally(), Tally(), Tally()
    parts = ((held, HELD_OUT, True), (seen, TUNED_ON, False), (hard, HARD, True))
    for place, site in enumerate(sites(MSPS, SEED)):
        scrubber = Scrubber(site.known)
        for tally, templates, second in parts:
            for one in texts(site, templates, TEXTS_EACH, SEED + place, second=second):
                tally.count(one, scrubber.scrub(one.text).text)
        say(f"{place + 1} of {MSPS} simulated MSPs")
    note = f"{len(HELD_OUT)} forms of text and names that were held out; simulated"
    rows = held.secrets.total()
    figures = [Figure("recall of what must go, held-out texts", held.recall(), AIM, rows=rows, note=note)]
    figures += [
        Figure(f"recall of {kind}", held.recall(kind), AIM, rows=held.secrets[kind])
        for kind in dict.fromkeys(SECRETS.values())
    ]
    of_hard = "names in small letters or alone, misspelt clients, machines named at will"
    figures += [
        Figure("recall on texts it was written with", seen.recall(), AIM, rows=seen.secrets.total()),
        Figure("recall on hard forms", hard.recall(), rows=hard.secrets.total(), note=of_hard),
        Figure("indicators, CVEs, techniques that stay", held.share_kept(), AIM, rows=held.kept.total()),
    ]
    figures.append(Figure("other words that stay", held.share_words(), rows=held.words["all"]))
    for kind, text in [*held.missed[:20], *hard.missed[:4]]:
        say(f"missed {kind}: {text}")
    return figures


class Tally:
    """What went and what stayed, counted over texts."""

    def __init__(self) -> None:
        self.secrets: Counter[str] = Counter()
        self.gone: Counter[str] = Counter()
        self.kept: Counter[bool] = Counter()
        self.words: Counter[str] = Counter()
        self.missed: list[tuple[str, str]] = []

    def count(self, one: Labelled, scrubbed: str) -> None:
        for kind, value in one.secrets:
            self.secrets[kind] += 1
            if is_gone(value, scrubbed):
                self.gone[kind] += 1
            else:
                self.missed.append((kind, f"{value!r} in {scrubbed!r}"))
        for value in one.kept:
            self.kept[value in scrubbed] += 1
        rest = one.text
        for value in [*(value for _, value in one.secrets), *one.kept]:
            rest = rest.replace(value, " ")
        told, left = re.findall(r"\w+", rest), re.findall(r"\w+", re.sub(r"\[\w+\]", " ", scrubbed))
        self.words["all"] += len(told)
        self.words["stay"] += _common(told, left)

    def recall(self, kind: str = "") -> float:
        if kind:
            return self.gone[kind] / max(1, self.secrets[kind])
        return self.gone.total() / max(1, self.secrets.total())

    def share_kept(self) -> float:
        return self.kept[True] / max(1, self.kept.total())

    def share_words(self) -> float:
        return self.words["stay"] / max(1, self.words["all"])


def is_gone(value: str, scrubbed: str) -> bool:
    """Whether neither the value nor a part of it that tells (a name of four letters or more) is left."""
    parts = [part for part in value.replace("\\", " ").split() if len(part) > 3 and part[0].isupper()]
    return value not in scrubbed and not any(part in scrubbed for part in parts)


def _common(words: Sequence[str], left: Sequence[str]) -> int:
    there = Counter(left)
    return sum(min(count, there[word]) for word, count in Counter(words).items())
