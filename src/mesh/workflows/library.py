"""The playbooks there are: a file in `mesh/workflows/playbooks` is one."""

import tomllib
from functools import cache
from importlib.resources import files

from mesh.kit.problem import FieldError, NotFound
from mesh.workflows.playbook import Playbook


@cache
def names() -> tuple[str, ...]:
    """Names of all playbooks, sorted; reads none of them."""
    folder = files("mesh.workflows").joinpath("playbooks")
    return tuple(sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml")))


@cache
def playbooks() -> tuple[Playbook, ...]:
    """All playbooks, by name. Raises pydantic's ValidationError for one that does not hang together."""
    return tuple(_read(name) for name in names())


def find(name: str) -> Playbook:
    """The playbook of that name. Raises NotFound with the names there are."""
    if name in names():
        return _read(name)
    reason = f"must be one of: {', '.join(names())}"
    raise NotFound(f"There is no playbook {name[:60]!r}.", errors=[FieldError("name", reason)])


@cache
def _read(name: str) -> Playbook:
    text = files("mesh.workflows").joinpath("playbooks", f"{name}.toml").read_text(encoding="utf-8")
    playbook = Playbook.model_validate(tomllib.loads(text))
    assert playbook.name == name, f"{name}.toml must hold the playbook of its name"
    return playbook
