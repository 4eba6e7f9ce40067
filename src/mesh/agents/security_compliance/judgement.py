"""From evidence to a verdict on each requirement. Nothing is met without a quoted, current affirmation."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mesh.agents.security_compliance.catalogue import Requirement, topics
from mesh.agents.security_compliance.evidence import Evidence
from mesh.agents.security_compliance.intervals import interval, words_for
from mesh.agents.security_compliance.likeness import likeness, rarest
from mesh.agents.security_compliance.model import Status
from mesh.agents.security_compliance.words import stems

# From which share of a requirement's wording a passage speaks of it, beside one of its topics; and from which
# it says all of it, topics or not. A passage about one of several alike requirements speaks of those that it
# fits nearly as well as the one it fits best. Chosen on our own catalogue: see the model card.
SPEAKS, SAYS_ALL, NEARLY = 0.15, 0.6, 0.85
# An interval a little longer than asked is the same interval in other words.
SLACK = 1.05
MOST_QUOTES = 4
_ORDER = {"affirmed": 0, "in_part": 1, "denied": 2, "weak": 3, "planned": 4}
_AGAINST = ("denied", "in_part")


@dataclass(frozen=True, slots=True)
class Link:
    """Evidence as it bears on one requirement.

    `fit` (0 to 1) says how well the quote fits its wording, `best` how well it fits the wording of that
    requirement of the framework which it fits best and which names one of the same topics.
    """

    evidence: Evidence
    fit: float
    best: float
    shared: frozenset[str]
    says_all: bool

    @property
    def particular(self) -> bool:
        return self.says_all or (self.fit >= SPEAKS and self.fit >= NEARLY * self.best)

    @property
    def affirms(self) -> bool:
        return self.evidence.claim.stance == "affirmed"

    @property
    def current(self) -> bool:
        return self.affirms and not self.evidence.stale and (self.says_all or not self.evidence.by_meaning)


@dataclass(frozen=True, slots=True)
class Verdict:
    requirement: Requirement
    status: Status
    reason: str
    links: Sequence[Link]
    open_topics: Sequence[str]


class Docket:
    """The evidence of all documents, found by topic and by word, before one framework.

    `meaning` gives the cosine of a requirement's wording and a quote (0 where it knows neither); without it
    words alone decide.
    """

    def __init__(
        self,
        evidence: Sequence[Evidence],
        requirements: Sequence[Requirement],
        meaning: Callable[[Requirement, str], float] | None = None,
    ) -> None:
        self._evidence = evidence
        self._words = [frozenset(stems(each.quote)) for each in evidence]
        self._requirements = requirements
        self._meaning = meaning
        self._by_topic: dict[str, list[int]] = {}
        self._by_word: dict[str, list[int]] = {}
        for place, (each, words) in enumerate(zip(evidence, self._words, strict=True)):
            for topic in each.topics:
                self._by_topic.setdefault(topic, []).append(place)
            for word in words:
                self._by_word.setdefault(word, []).append(place)

    def judge(self) -> list[Verdict]:
        """A verdict on each requirement, in their order."""
        near = [self._near(each) for each in self._requirements]
        best: dict[tuple[int, str], float] = {}
        for found in near:
            for place, (fit, shared, _) in found.items():
                for topic in shared:
                    best[place, topic] = max(fit, best.get((place, topic), 0.0))
        verdicts = []
        for requirement, found in zip(self._requirements, near, strict=True):
            links = [
                Link(
                    self._evidence[place],
                    fit,
                    max((best[place, t] for t in shared), default=fit),
                    shared,
                    whole,
                )
                for place, (fit, shared, whole) in found.items()
            ]
            verdicts.append(_verdict(requirement, links))
        return verdicts

    def _near(self, requirement: Requirement) -> dict[int, tuple[float, frozenset[str], bool]]:
        """By the evidence's place: its fit, the topics it shares, and whether it says all of the wording."""
        wanted = frozenset(requirement.topics)
        places = {place for topic in wanted for place in self._by_topic.get(topic, ())}
        rare = rarest(requirement)
        places |= set(self._by_word.get(rare, ()))
        found = {}
        for place in sorted(places):
            each, words = self._evidence[place], self._words[place]
            shared = each.topics & wanted
            whole = likeness(requirement, words) >= SAYS_ALL
            if shared or whole:
                found[place] = (self._fit(requirement, each, words, shared), shared, whole)
        return found

    def _fit(
        self, requirement: Requirement, evidence: Evidence, words: frozenset[str], shared: frozenset[str]
    ) -> float:
        fit = likeness(requirement, words, shared)
        if self._meaning is not None:
            fit = max(fit, 0.5 * (fit + self._meaning(requirement, evidence.quote)))
        return round(fit, 3)


def _verdict(requirement: Requirement, links: Sequence[Link]) -> Verdict:
    if not links:
        return Verdict(requirement, "no_evidence", "Nothing given speaks of it.", (), requirement.topics)
    affirmed = [link for link in links if link.current]
    if not any(link.affirms or link.evidence.claim.stance == "in_part" for link in links):
        return Verdict(requirement, "missing", _denied(links), _shown(links), requirement.topics)
    open_topics = _open(requirement, affirmed)
    lacks = _lacks(requirement, links, affirmed, open_topics)
    if not lacks:
        return Verdict(requirement, "met", _met(affirmed), _shown(links), ())
    return Verdict(requirement, "partial", " ".join(lacks), _shown(links), open_topics or requirement.topics)


def _open(requirement: Requirement, affirmed: Sequence[Link]) -> tuple[str, ...]:
    """The requirement's topics that nothing current affirms."""
    if any(link.says_all for link in affirmed):
        return ()
    held = {topic for link in affirmed for topic in link.shared}
    return tuple(topic for topic in requirement.topics if topic not in held)


def _lacks(
    requirement: Requirement, links: Sequence[Link], affirmed: Sequence[Link], open_topics: Sequence[str]
) -> list[str]:
    """What keeps it from being met, in words; empty when nothing does."""
    lacks = []
    if not affirmed and any(link.affirms and link.evidence.stale for link in links):
        lacks.append("The evidence is older than it may be.")
    elif not affirmed and any(link.affirms for link in links):
        lacks.append("It seems to be said, in words of its own: a person must tell whether it is.")
    elif not affirmed:
        lacks.append("It is said for a part only.")
    elif open_topics:
        names = ", ".join(topics()[topic].name.lower() for topic in open_topics)
        lacks.append(f"Nothing current says: {names}.")
    elif len(requirement.topics) == 1 and not any(link.particular for link in affirmed):
        lacks.append("The subject is spoken of, but not this of it.")
    against = [link for link in links if link.evidence.claim.stance in _AGAINST and not link.evidence.stale]
    if affirmed and against:
        lacks.append(f"Something speaks against it: {against[0].evidence.claim.why}.")
    if affirmed and (late := _too_seldom(requirement, affirmed)):
        lacks.append(late)
    return lacks


def _too_seldom(requirement: Requirement, affirmed: Sequence[Link]) -> str:
    wanted = interval(requirement.wording)
    if wanted is None:
        return ""
    said = [each for link in affirmed if (each := interval(link.evidence.quote)) is not None]
    if not said:
        return f"It does not say how often; {words_for(wanted)} is asked for."
    if min(said) > wanted * SLACK:
        return f"It says {words_for(min(said))}; {words_for(wanted)} is asked for."
    return ""


def _denied(links: Sequence[Link]) -> str:
    stances = {link.evidence.claim.stance for link in links}
    if "denied" in stances:
        return "It is said not to be done."
    if "planned" in stances:
        return "It is planned or promised, not done."
    return "It is left open whether it is done."


def _met(affirmed: Sequence[Link]) -> str:
    documents = {link.evidence.document.title for link in affirmed}
    return f"Affirmed by {len(affirmed)} current passage{'s' * (len(affirmed) > 1)} in {len(documents)} " + (
        "documents." if len(documents) > 1 else "document."
    )


def _shown(links: Sequence[Link]) -> list[Link]:
    """The links to quote: the best of each topic, and always what speaks against it."""

    def rank(link: Link) -> tuple[int, int, float, str, int]:
        each = link.evidence
        return _ORDER[each.claim.stance], each.stale, -link.fit, each.document.id, each.start

    ordered = sorted(links, key=rank)
    first: dict[frozenset[str], Link] = {}
    for link in ordered:
        first.setdefault(link.shared, link)
    against = [link for link in ordered if link.evidence.claim.stance in _AGAINST][:1]
    chosen = dict.fromkeys([*ordered[:1], *against, *first.values(), *ordered])
    return sorted(list(chosen)[:MOST_QUOTES], key=rank)


def score(verdicts: Sequence[Verdict]) -> float:
    """0 to 100, by weight: met counts whole, partial half."""
    worth: Mapping[Status, float] = {"met": 1.0, "partial": 0.5, "missing": 0.0, "no_evidence": 0.0}
    return _share(verdicts, worth)


def examined(verdicts: Sequence[Verdict]) -> float:
    """0 to 100, by weight: the share of which any evidence speaks."""
    return _share(verdicts, {"met": 1.0, "partial": 1.0, "missing": 1.0, "no_evidence": 0.0})


def _share(verdicts: Sequence[Verdict], worth: Mapping[Status, float]) -> float:
    total = sum(each.requirement.weight for each in verdicts)
    return round(100 * sum(each.requirement.weight * worth[each.status] for each in verdicts) / total, 1)
