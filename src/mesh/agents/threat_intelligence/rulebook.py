"""The rules that are asked: our own from `rules/`, the community's from a knowledge set, indexed together."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from threading import Lock
from typing import Any

from mesh.agents.threat_intelligence.events import Source
from mesh.agents.threat_intelligence.sigma_compile import compile_all, compile_yaml
from mesh.agents.threat_intelligence.sigma_index import Group, Ready
from mesh.agents.threat_intelligence.sigma_rule import Catalogue, Compiled, compiled_from, to_json

KNOWLEDGE = "sigma"
OWN = "mesh"
# Events may name any channel or product they like; what is remembered of them is bounded.
_MOST_SOURCES = 1_000


class Rules:
    """Rules ready to be asked, from one or more catalogues, indexed by log source and anchors."""

    def __init__(self, catalogues: Sequence[Catalogue]) -> None:
        self.catalogues = tuple(catalogues)
        self.correlations: list[tuple[str, Compiled]] = []
        self.by_name: dict[str, list[Compiled]] = {}
        self._groups: dict[tuple[str, str, str], Group] = {}
        self._catalogue_of: dict[int, str] = {}
        self._serving: dict[Source, list[Group]] = {}
        waiting: dict[tuple[str, str, str], list[Ready]] = {}
        for catalogue in catalogues:
            for rule in catalogue.rules:
                self._catalogue_of[id(rule)] = catalogue.name
                for name in filter(None, {rule.id, rule.name}):
                    self.by_name.setdefault(name, []).append(rule)
                if rule.correlation is not None:
                    self.correlations.append((catalogue.name, rule))
                else:
                    waiting.setdefault(rule.logsource, []).append(Ready(rule))
        self._waiting = waiting
        self._ready = [ready for group in waiting.values() for ready in group]
        # Threads of one process share the rules, and a group is moved from waiting to indexed once.
        self._indexing = Lock()

    def __len__(self) -> int:
        return sum(len(catalogue.rules) for catalogue in self.catalogues)

    @property
    def refused(self) -> list[str]:
        """Why rules are not asked, a sentence each: not compiled, or found to be unable to run."""
        compiled = [why for catalogue in self.catalogues for why in catalogue.refused]
        return compiled + [f"{each.rule.title}: {each.why_not}" for each in self._ready if each.why_not]

    def catalogue_of(self, rule: Compiled) -> str:
        return self._catalogue_of[id(rule)]

    def for_source(self, source: Source) -> list[Group]:
        """The groups of rules meant for such events; a group is indexed when it is first needed."""
        with self._indexing:
            if len(self._serving) >= _MOST_SOURCES:
                self._serving.clear()
            if source not in self._serving:
                for logsource in [each for each in self._waiting if source.serves(each)]:
                    group = self._groups[logsource] = Group()
                    for ready in self._waiting.pop(logsource):
                        group.add(ready)
                self._serving[source] = [group for each, group in self._groups.items() if source.serves(each)]
            return self._serving[source]


@lru_cache(maxsize=1)
def own_catalogue() -> Catalogue:
    """The rules of this agent, from `rules/compiled.json`, which a test keeps equal to the YAML beside it."""
    text = (files(__package__) / "rules" / "compiled.json").read_text(encoding="utf-8")
    rules = [compiled_from(row) for row in json.loads(text)]
    return Catalogue(OWN, str(len(rules)), rules)


def compiled_own() -> str:
    """What `rules/compiled.json` must hold.

    `python -m mesh.agents.threat_intelligence.rulebook` prints it; it takes pySigma.
    """
    folder = files(__package__) / "rules"
    sources = sorted(
        (each for each in folder.iterdir() if each.name.endswith(".yml")), key=lambda each: each.name
    )
    return to_json(compile_yaml(each.read_text(encoding="utf-8") for each in sources))


def community_catalogue(rows: Iterable[Mapping[str, Any]], version: str) -> Catalogue:
    """Rules from the rows of a knowledge set, prepared or in Sigma's own form."""
    rules: list[Compiled] = []
    documents: list[Mapping[str, Any]] = []
    for row in rows:
        if "test" in row or isinstance(row.get("logsource"), list):
            rules.append(compiled_from(row))
        else:
            documents.append(row)
    compiled, refused = compile_all(documents) if documents else ([], [])
    return Catalogue(KNOWLEDGE, version, [*rules, *compiled], refused)


if __name__ == "__main__":
    sys.stdout.write(compiled_own())
