"""What goes into each function's package, told by the registry and pyproject.toml; fetches nothing."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.packaging import AUTHORIZER, FEEDS, PLAIN, PLATFORM, SHARED, TRAINING
from mesh.entrypoints.work import LEARNING
from mesh.kit.agent import Agent

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "mesh"
# What functions never do: serve one machine or a terminal, deploy, show the demo.
LEFT_OUT = (
    "demo", "adapters/embedded", "adapters/aws/deployment",
    "entrypoints/commands", "entrypoints/cli.py", "entrypoints/home.py", "entrypoints/server.py",
    "entrypoints/socket.py",
)  # fmt: skip
TESTS = ("tests.py", "tests_*.py", "test_*.py")
NO_CODE = ("__pycache__", "README.md")
# Agents whose libraries no function takes: Flower, with what it stands on, has 316 MB. A task has them.
NOT_IN_A_FUNCTION = frozenset({LEARNING})
# What is shared, whoever shares it, is signed.
SIGNING = "cryptography"
# What the shared packages need besides; versions are those of the lock.
BESIDES: Mapping[str, Sequence[str]] = {
    # The documentation's pages, and the formats in which a stored answer is asked for.
    PLATFORM: ("jinja2", "stix2", "icalendar", SIGNING),
    AUTHORIZER: ("pyjwt[crypto]",),
    PLAIN: (),
    FEEDS: ("httpx", "pyyaml"),
    # Calibrates a shared model on each MSP's own clients.
    TRAINING: ("scipy",),
}


@dataclass(frozen=True)
class Target:
    """Where a package will run."""

    python: str = "3.13"
    platform: str = "aarch64-manylinux_2_28"


@dataclass(frozen=True)
class Recipe:
    """One package: extras of pyproject.toml, further requirements, and the agents whose code is in it."""

    name: str
    extras: tuple[str, ...]
    besides: tuple[str, ...]
    agents: tuple[str, ...]
    # Whether a function runs it: a task's package may be larger than Lambda takes.
    in_function: bool = True

    def files(self) -> Iterator[tuple[str, Path]]:
        """Every file of the mesh that goes in, with its name in the package; sorted."""
        for path in sorted(SOURCE.rglob("*")):
            name = path.relative_to(SOURCE)
            if path.is_file() and not _left_out(name) and self._wants(name):
                yield f"mesh/{name.as_posix()}", path

    def _wants(self, name: Path) -> bool:
        is_agents = len(name.parts) > 2 and name.parts[0] == "agents"
        return not is_agents or name.parts[1] in self.agents


def recipes(agents: Iterable[Agent]) -> dict[str, Recipe]:
    """A package for each agent with its own libraries; and the shared ones, with every agent's code but none
    of their libraries.
    """
    known = tuple(agents)
    extras = _extras()
    folders = tuple(agent.name for agent in known)
    of_agents = {a.slug: Recipe(a.slug, _own(a.slug, extras), (SIGNING,), (a.name,)) for a in known}
    shared = {name: Recipe(name, ("aws",), tuple(BESIDES[name]), folders) for name in SHARED}
    trainer = {TRAINING: _trainer(known)} if any(a.slug in NOT_IN_A_FUNCTION for a in known) else {}
    return {**of_agents, **shared, **trainer}


def _trainer(known: Iterable[Agent]) -> Recipe:
    """What the training task runs: every agent's code, since some read rows for it; Flower and its like."""
    extras = ("aws", *sorted(NOT_IN_A_FUNCTION & _extras()))
    besides = (SIGNING, *BESIDES[TRAINING])
    return Recipe(TRAINING, extras, besides, tuple(agent.name for agent in known), in_function=False)


def _own(slug: str, extras: frozenset[str]) -> tuple[str, ...]:
    return ("aws", slug) if slug in extras and slug not in NOT_IN_A_FUNCTION else ("aws",)


def _extras() -> frozenset[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return frozenset(project.get("optional-dependencies", {}))


def _left_out(name: Path) -> bool:
    text = name.as_posix()
    return (
        any(text == one or text.startswith(f"{one}/") for one in LEFT_OUT)
        or any(name.match(pattern) for pattern in TESTS)
        or any(part in NO_CODE for part in name.parts)
    )
