"""The CloudEvents 1.0 envelope that every event of the mesh travels in."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Draft(BaseModel):
    """An event before it is stored: what happened, not yet when it was committed or under which id."""

    model_config = ConfigDict(frozen=True)

    type: str = Field(pattern=r"^[a-z][a-z-]*\.[a-z][a-z-]*$", description="subject.past_verb")
    topic: str = Field(description="What a socket subscribes to: an agent's slug, jobs or mesh")
    subject: str = Field(description="Id of the thing it happened to")
    data: Mapping[str, Any]


class Event(BaseModel):
    """A stored event (CloudEvents 1.0, JSON format). Ids grow in the order events were committed."""

    model_config = ConfigDict(frozen=True)

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str = "/msp-intelligence-mesh"
    type: str
    subject: str
    time: datetime
    datacontenttype: Literal["application/json"] = "application/json"
    # Extension attributes are lower case without separators (CloudEvents 1.0, naming conventions).
    mspid: str
    topic: str
    data: Mapping[str, Any]
