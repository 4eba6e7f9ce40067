"""Ports that are made when they are first asked something: what they stand on is not imported before."""

from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar, cast

PortT = TypeVar("PortT")


def late(make: Callable[[], PortT]) -> PortT:
    """What stands for a port until then; `make` is called once, and imports what it needs.

    >>> late(lambda: "a port").upper()
    'A PORT'
    """
    return cast(PortT, _Late(make))


class _Late:
    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    @cached_property
    def _port(self) -> Any:
        return self._make()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)
