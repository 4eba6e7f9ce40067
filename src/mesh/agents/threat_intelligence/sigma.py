"""Which detection rules a question's events match.

Two sources of rules: those in `rules/`, written for this agent, and the community's, where the knowledge set
`sigma` is loaded. Both are Sigma rules, compiled beforehand (see `sigma_compile`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mesh.agents.threat_intelligence.events import Event
from mesh.agents.threat_intelligence.rulebook import KNOWLEDGE, Rules, community_catalogue, own_catalogue
from mesh.agents.threat_intelligence.sigma_correlate import Hit, Together, correlate
from mesh.agents.threat_intelligence.sigma_match import View, evidence
from mesh.agents.threat_intelligence.sigma_rule import LEVELS, Compiled, Level
from mesh.kit.ports import Edition, Knowledge

_MOST_EVIDENCE = 12
_LONGEST_VALUE = 300


@dataclass(frozen=True, slots=True)
class Evidence:
    """A field of an event and the value a rule looked for; `text` where the rule read the whole event."""

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Detection:
    """One rule that matched.

    `events` are positions in what `normalise` gave; `count` is how many matched or, for a correlation, how
    many it counted. `evidence` is of the first event or, for a correlation, the group and the values counted.
    """

    rule_id: str
    title: str
    level: Level
    techniques: tuple[str, ...]
    tactics: tuple[str, ...]
    events: tuple[int, ...]
    count: int
    evidence: tuple[Evidence, ...]
    catalogue: str
    description: str
    falsepositives: tuple[str, ...]
    author: str


def detect(events: Sequence[Event], rules: Rules) -> list[Detection]:
    """Every rule that the events match, the gravest first; a rule that matches many events comes once."""
    matched: dict[int, tuple[Compiled, list[int], View]] = {}
    for position, event in enumerate(events):
        groups = rules.for_source(event.source)
        if not groups:
            continue
        view = View(event.fields, event.text)
        tried: set[int] = set()
        for ready in (each for group in groups for each in group.reached(view)):
            if id(ready) in tried:
                continue
            tried.add(id(ready))
            if ready.test(view):
                matched.setdefault(id(ready.rule), (ready.rule, [], view))[1].append(position)
    silent = _silent(rules)
    found = [
        _detection(rule, rules.catalogue_of(rule), positions, len(positions), _shown(rule, view))
        for rule, positions, view in matched.values()
        if not silent & {rule.id, rule.name}
    ]
    found += _correlated(events, rules, matched.values())
    return sorted(found, key=lambda each: (-LEVELS.index(each.level), each.events[0], each.rule_id))


def _silent(rules: Rules) -> set[str]:
    """Rules that a correlation refers to speak only through it.

    Unless it says `generate: true`; informational ones are only ever part of a correlation.
    """
    return {
        name
        for _, rule in rules.correlations
        if rule.correlation
        for reference in rule.correlation["rules"]
        for each in rules.by_name.get(reference, ())
        if not rule.correlation["generate"] or each.level == "informational"
        for name in (each.id, each.name)
        if name
    }


def _correlated(
    events: Sequence[Event], rules: Rules, matched: Iterable[tuple[Compiled, list[int], View]]
) -> list[Detection]:
    positions: dict[str, list[int]] = {}
    for rule, where, _ in matched:
        for name in filter(None, {rule.id, rule.name}):
            positions[name] = where
    found = []
    for catalogue, rule in rules.correlations:
        correlation = rule.correlation or {}
        hits = [
            Hit(reference, position, events[position])
            for reference in correlation["rules"]
            for position in positions.get(reference, ())
        ]
        for together in correlate(correlation, hits) if hits else ():
            shown = _counted(correlation, together)
            found.append(_detection(rule, catalogue, together.positions, together.count, shown))
    return found


def _detection(
    rule: Compiled, catalogue: str, positions: Sequence[int], count: int, shown: Iterable[tuple[str, str]]
) -> Detection:
    pairs = dict.fromkeys((field, value[:_LONGEST_VALUE]) for field, value in shown)
    return Detection(
        rule_id=rule.id,
        title=rule.title,
        level=rule.level,
        techniques=rule.techniques,
        tactics=rule.tactics,
        events=tuple(positions),
        count=count,
        evidence=tuple(Evidence(*pair) for pair in list(pairs)[:_MOST_EVIDENCE]),
        catalogue=catalogue,
        description=rule.description,
        falsepositives=rule.falsepositives,
        author=rule.author,
    )


def _shown(rule: Compiled, view: View) -> list[tuple[str, str]]:
    return evidence(rule.test, view) if rule.test else []


def _counted(correlation: Mapping[str, Any], together: Together) -> list[tuple[str, str]]:
    name = next(iter(correlation["fields"]), "")
    return [*together.group, *((name, value) for value in together.values if name)]


def prepared(row: Mapping[str, Any]) -> dict[str, Any]:
    """A community rule as the knowledge set should store it: what `rules_from` then reads without pySigma.

    Raises Refused where the rule cannot be evaluated. Call it once for each rule when the set is loaded.
    """
    from mesh.agents.threat_intelligence.sigma_compile import compile_rule

    return compile_rule(row).row()


_ready: dict[tuple[str, ...], Rules] = {}


def rules_from(knowledge: Knowledge) -> tuple[Rules, Edition | None]:
    """Our rules and, where the set is loaded, the community's; the edition is None where it is not.

    Rows made by `prepared` are used as they are; others are compiled here, some seconds for thousands, and
    kept as long as the process lives and the edition stays the same.
    """
    edition = knowledge.edition(KNOWLEDGE)
    key = (edition.name, edition.version, edition.source, edition.loaded_at.isoformat()) if edition else ()
    rules = _ready.get(key)
    if rules is None:
        catalogues = [own_catalogue()]
        if edition:
            catalogues.append(community_catalogue(knowledge.rows(KNOWLEDGE), edition.version))
        rules = Rules(catalogues)
        _ready.clear()
        _ready[key] = rules
    return rules, edition
