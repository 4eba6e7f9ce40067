"""Asking to meet a partner, and answering who asks: names and contacts show only when both agreed."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mesh.kit.agent import Act, View
from mesh.kit.ports import Introduction, Ports
from mesh.kit.records import Name


class Introducing(BaseModel):
    """Open one with a `partner` and a `message`, or accept or decline one by its `introduction_id`."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    action: Literal["open", "accept", "decline"]
    partner: Name | None = Field(default=None, description="The handle of a match")
    message: Annotated[str, Field(max_length=2_000)] = Field(
        default="", description="What the other side reads"
    )
    introduction_id: Name | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.action == "open" and (self.partner is None or not self.message):
            raise ValueError("to open one, name the partner and give a message")
        if self.action != "open" and self.introduction_id is None:
            raise ValueError(f"to {self.action} one, name its introduction_id")
        return self


class Which(BaseModel):
    model_config = ConfigDict(extra="forbid")

    state: Literal["open", "accepted", "declined"] | None = None


class Introductions(BaseModel):
    introductions: list[Introduction]


def introduce(ask: Introducing, ports: Ports) -> Introduction:
    """The introduction as it stands afterwards."""
    if ask.action == "open":
        return ports.partners.introduce(ask.partner or "", ask.message)
    return ports.partners.answer(ask.introduction_id or "", accept=ask.action == "accept")


def listed(ask: Which, ports: Ports) -> Introductions:
    """The tenant's own, newest first."""
    found = ports.partners.introductions()
    return Introductions(introductions=[each for each in found if ask.state in (None, each.state)])


PATH = "/collaboration/introductions"
ASK = Act(PATH, "Open, accept or decline an introduction", Introducing, Introduction, introduce)
LIST = View(PATH, "Introductions you asked for or were asked for", Which, Introductions, listed)
