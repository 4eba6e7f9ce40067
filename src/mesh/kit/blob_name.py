"""Which names a blob may have: the same in memory, in a folder and in a bucket."""

import re

from mesh.kit.problem import FieldError, Invalid

# No part may start with a dot, so neither `..` nor temporary files of a store can be named.
PART = r"[A-Za-z0-9_-][A-Za-z0-9._-]*"
NAME = re.compile(rf"(?=.{{1,200}}\Z){PART}(/{PART})*")


def checked(name: str) -> str:
    """The name itself. Raises Invalid when it is not one.

    >>> checked("policies/2026/soc2.txt")
    'policies/2026/soc2.txt'
    """
    if not NAME.fullmatch(name):
        reason = "use letters, digits, '.', '_', '-' and '/', no part starting with a dot, 200 at most"
        raise Invalid("The blob's name is not valid.", errors=[FieldError("name", reason)])
    return name
