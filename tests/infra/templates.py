"""Synthesised templates, as tests ask about them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Resource = Mapping[str, Any]


@dataclass(frozen=True)
class Templates:
    """All stacks of one assembly."""

    folder: Path

    @property
    def files(self) -> list[Path]:
        return sorted(self.folder.glob("*.template.json"))

    def template(self, stack: str) -> Resource:
        text = (self.folder / f"msp-intelligence-{stack}.template.json").read_text(encoding="utf-8")
        found: Resource = json.loads(text)
        return found

    def whole(self, kind: str) -> list[Resource]:
        """Every resource of a type, with its policies for removal."""
        every = [json.loads(path.read_text(encoding="utf-8")).get("Resources", {}) for path in self.files]
        return [r for resources in every for r in resources.values() if r["Type"] == kind]

    def all(self, kind: str) -> list[Resource]:
        """The properties of every resource of a type."""
        return [resource.get("Properties", {}) for resource in self.whole(kind)]

    def named(self, kind: str, prop: str) -> dict[str, Resource]:
        """Resources of a type by the property that names them."""
        return {str(found[prop]): found for found in self.all(kind) if prop in found}

    def one(self, kind: str) -> Resource:
        (found,) = self.all(kind)
        return found

    @property
    def functions(self) -> dict[str, Resource]:
        return self.named("AWS::Lambda::Function", "FunctionName")

    def outputs(self) -> set[str]:
        every = (json.loads(path.read_text(encoding="utf-8")).get("Outputs", {}) for path in self.files)
        return {name for outputs in every for name in outputs}


def statements(value: Any) -> Iterator[Resource]:
    """Every policy statement anywhere in it."""
    if isinstance(value, Mapping):
        if "Effect" in value and "Action" in value:
            yield value
        for inner in value.values():
            yield from statements(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from statements(inner)


def listed(value: Any) -> list[Any]:
    """One or many, as a list."""
    return value if isinstance(value, list) else [value]


def text(value: Any) -> str:
    """A value with references as `<Name>`, such as `arn:<AWS::Partition>:s3:::a`."""
    if isinstance(value, str):
        return value
    (kind, inner), *_ = value.items()
    if kind == "Fn::Join":
        return str(inner[0]).join(text(part) for part in inner[1])
    return f"<{'.'.join(inner) if isinstance(inner, list) else text(inner)}>"
