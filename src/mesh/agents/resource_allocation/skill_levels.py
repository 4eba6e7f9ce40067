"""Skills as they are given: one, a list of them, or the level of each."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from mesh.kit.records import Name


def skill_levels(given: Any) -> Any:
    """A skill, a list of them, or levels by skill, as levels by skill; without a level it is 0.

    >>> skill_levels("Network; cloud"), skill_levels(["m365"]), skill_levels({"Voice": 4})
    ({'network': 0, 'cloud': 0}, {'m365': 0}, {'voice': 4})
    """
    if isinstance(given, str):
        given = [part for part in given.replace(";", ",").split(",") if part.strip()]
    if isinstance(given, list) and all(isinstance(one, str) for one in given):
        given = dict.fromkeys(given, 0)
    if isinstance(given, dict):
        return {" ".join(str(name).casefold().split()): level for name, level in given.items()}
    return given


Skills = Annotated[
    dict[Name, Annotated[int, Field(ge=0, le=10)]],
    BeforeValidator(skill_levels, json_schema_input_type=dict[str, int] | list[str] | str),
    Field(max_length=50),
]
