"""TLP 2.0 (FIRST, August 2022) as STIX 2.1 marks it: OASIS fixed these ids, the same for everyone."""

from collections.abc import Mapping, Sequence

from mesh.kit.records import Tlp

# https://github.com/oasis-open/cti-stix-common-objects, extension-definition-specifications/tlp-2.0
MARKINGS: Mapping[Tlp, str] = {
    "TLP:CLEAR": "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    "TLP:GREEN": "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    "TLP:AMBER": "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    "TLP:AMBER+STRICT": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    "TLP:RED": "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}
EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
CREATED = "2022-10-01T00:00:00.000Z"
# TLP 1.0 as STIX 2.1 fixed it (7.2.1.4); what it called AMBER stayed within the organisation.
FIRST_EDITION: Mapping[str, Tlp] = {
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": "TLP:CLEAR",
    "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": "TLP:GREEN",
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": "TLP:AMBER",
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": "TLP:RED",
}
_STRICTER: Sequence[Tlp] = ("TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED")


def marking(level: str) -> str:
    """The id of a level's marking definition; `level` as questions have it (GREEN) or rows (TLP:GREEN)."""
    known = named(f"TLP:{level.removeprefix('TLP:')}")
    assert known is not None, level
    return MARKINGS[known]


def strictest(given: Sequence[Tlp]) -> Tlp | None:
    """Of several markings the one that lets the least go on; None of none.

    >>> strictest(["TLP:GREEN", "TLP:RED", "TLP:CLEAR"])
    'TLP:RED'
    """
    return max(given, key=_STRICTER.index, default=None)


def named(text: str) -> Tlp | None:
    """The level that a name or a tag gives, of either edition; None where it is none.

    >>> named("tlp:white"), named("TLP:AMBER+STRICT"), named("tlp:ex:chr")
    ('TLP:CLEAR', 'TLP:AMBER+STRICT', None)
    """
    level = text.strip().upper().replace("TLP:WHITE", "TLP:CLEAR")
    return next((known for known in _STRICTER if known == level), None)
