"""The script of the walkthrough: what is said and done, scene by scene.

`walkthrough.json` beside this comes with the mesh; docs/demo.md tells the same for a presenter.
"""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mesh.kit.problem import FieldError, Invalid

# Slow enough to be read by whoever sees a page for the first time.
WORDS_A_SECOND = 2.3
MOST_SCENES = 60


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Target(Strict):
    """Something on the page, as a screen reader names it: its role, and a part of its name."""

    role: str = Field(min_length=1)
    name: str = ""
    exact: bool = False
    nth: int = Field(default=0, ge=0)


class Typed(Strict):
    """`text` may be `$name`: one of the script's texts."""

    label: str = Field(min_length=1)
    text: str


class Pressed(Strict):
    key: str = Field(min_length=1)
    times: int = Field(default=1, ge=1, le=100)


class Dragged(Strict):
    target: Target
    right_px: int


class Others(Strict):
    """A question that other MSPs ask over the API, while this page is looked at."""

    msps: list[str] = Field(min_length=1, max_length=20)
    route: str
    question: dict[str, Any]


class Step(Strict):
    """One deed: exactly one of the fields."""

    click: Target | None = None
    wait: Target | None = None
    show: Target | None = None
    focus: Target | None = None
    drag: Dragged | None = None
    type: Typed | None = None
    press: Pressed | None = None
    others: Others | None = None
    pause_s: float | None = Field(default=None, gt=0, le=20)

    @model_validator(mode="after")
    def _one(self) -> "Step":
        if len(self.model_fields_set) != 1:
            raise ValueError("a step is one of: " + ", ".join(type(self).model_fields))
        return self


class Scene(Strict):
    """One caption and what is seen meanwhile: a page of the dashboard (`open`, or where the scene before
    ended), a command with what it prints (`command`), or a picture of the repository (`picture`)."""

    caption: str = Field(min_length=1, max_length=260)
    msp: str = "demo-cedar"
    open: str | None = None
    command: list[str] | None = Field(default=None, min_length=1)
    picture: str | None = None
    steps: list[Step] = Field(default_factory=list, max_length=40)

    @property
    def least_s(self) -> float:
        """How long the caption takes to read."""
        return 1.5 + len(self.caption.split()) / WORDS_A_SECOND


class Chapter(Strict):
    title: str = Field(min_length=1, max_length=80)
    scenes: list[Scene] = Field(min_length=1)


class Script(Strict):
    title: str
    texts: dict[str, str] = Field(default_factory=dict)
    chapters: list[Chapter] = Field(min_length=1, max_length=20)

    @property
    def scenes(self) -> list[Scene]:
        return [scene for chapter in self.chapters for scene in chapter.scenes]

    @property
    def msps(self) -> list[str]:
        """All that the script needs a key of, each once."""
        named = [scene.msp for scene in self.scenes if scene.command is None and scene.picture is None]
        asked = [msp for s in self.scenes for step in s.steps if step.others for msp in step.others.msps]
        return list(dict.fromkeys([*named, *asked]))

    def text(self, given: str) -> str:
        """A text of the script for `$name`, anything else as it is."""
        return self.texts.get(given[1:], given) if given.startswith("$") else given

    def filled(self, question: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: self.text(value) if isinstance(value, str) else value for name, value in question.items()
        }


def walkthrough() -> str:
    """The script that comes with the mesh, as JSON."""
    return files(__package__).joinpath("walkthrough.json").read_text(encoding="utf-8")


def read(path: Path | None = None) -> Script:
    """The script in a file, or the one that comes with the mesh. Raises Invalid that names the field."""
    text = path.read_text(encoding="utf-8") if path else walkthrough()
    try:
        script = Script.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "script"
        raise Invalid("The script cannot be played.", errors=[FieldError(field, first["msg"])]) from error
    if len(script.scenes) > MOST_SCENES:
        raise Invalid(
            "The script cannot be played.", errors=[FieldError("chapters", f"over {MOST_SCENES} scenes")]
        )
    return script
