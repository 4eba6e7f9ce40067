"""What a run is given, checked by what its playbook says it takes."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, create_model, model_validator

from mesh.kit.ports import Ports
from mesh.kit.problem import FieldError, Invalid, validated
from mesh.kit.records import Moment
from mesh.kit.records import Name as ShortText
from mesh.workflows.library import find
from mesh.workflows.playbook import Input, Playbook

MOST_TEXT = 1_000_000
MOST_EVENTS = 10_000
KINDS: Mapping[str, Any] = {
    "text": Annotated[str, Field(min_length=1, max_length=MOST_TEXT, pattern=r"\S")],
    "name": ShortText,
    "names": Annotated[list[ShortText], Field(max_length=20)],
    "number": FiniteFloat,
    "whole": int,
    "moment": Moment,
    "events": Annotated[list[dict[str, Any] | str], Field(min_length=1, max_length=MOST_EVENTS)],
    "client": ShortText,
    "result": ShortText,
}


class Given(BaseModel):
    model_config = ConfigDict(extra="forbid")


@cache
def model(name: str) -> type[Given]:
    """What the playbook of that name takes, as a model with a schema of its own."""
    playbook = find(name)
    title = "".join(part.capitalize() for part in name.split("-")) + "Input"
    base = type("Given", (Given,), {"__module__": __name__, **_any_of(playbook)})
    fields: Any = {field: _field(about) for field, about in playbook.input.items()}
    made: type[Given] = create_model(title, __base__=base, **fields)
    made.__doc__ = playbook.summary
    made.model_config["json_schema_extra"] = _schema_extra(playbook)
    made.model_rebuild(force=True)
    return made


def _field(about: Input) -> Any:
    kind = KINDS[about.type]
    if about.type in ("number", "whole"):
        kind = Annotated[kind, Field(ge=about.least, le=about.most)]
    if about.required:
        return kind, Field(description=about.about)
    return kind | None, Field(default=about.default, description=about.about)


def _any_of(playbook: Playbook) -> dict[str, Any]:
    names = playbook.any_of
    if not names:
        return {}

    def something_given(self: Given) -> Given:
        if all(getattr(self, name) is None for name in names):
            raise ValueError(f"give {', '.join(names[:-1])} or {names[-1]}")
        return self

    return {"_something_given": model_validator(mode="after")(something_given)}


def _schema_extra(playbook: Playbook) -> dict[str, Any]:
    extra: dict[str, Any] = {"examples": [dict(example.input) for example in playbook.examples]}
    if playbook.any_of:
        extra["anyOf"] = [{"required": [name]} for name in playbook.any_of]
    return extra


def checked(playbook: Playbook, given: Mapping[str, Any], ports: Ports) -> dict[str, Any]:
    """The input as it is stored with the run: JSON values, without what was not given.

    Raises Invalid that names each field that is wrong, or that names a client or an answer not stored.
    """
    value = validated(model(playbook.name), given).model_dump(mode="json", exclude_none=True)
    errors = list(_not_stored(playbook, value, ports))
    if errors:
        raise Invalid(f"Check {', '.join(error.field for error in errors)}.", errors=errors)
    return value


def _not_stored(playbook: Playbook, value: Mapping[str, Any], ports: Ports) -> Iterator[FieldError]:
    for name, about in playbook.input.items():
        if name not in value:
            continue
        if about.type == "client" and ports.records.find("clients", value[name]) is None:
            yield FieldError(name, "is the id of no client you have stored")
        if about.type == "result":
            result = ports.results.find(value[name])
            if result is None or about.agent not in (None, result.agent):
                yield FieldError(name, f"is the id of no stored answer of {about.agent or 'an agent'}")
