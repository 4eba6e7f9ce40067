"""Settings of providers, as the environment tells them."""

from collections.abc import Mapping


def number(told: Mapping[str, str], name: str, otherwise: float) -> float:
    """A positive number of the environment; what is none is not taken.

    >>> number({"A": "2.5", "B": "-1"}, "A", 8.0), number({"A": "2.5", "B": "-1"}, "B", 8.0)
    (2.5, 8.0)
    """
    try:
        found = float(told.get(name, ""))
    except ValueError:
        return otherwise
    return found if 0 < found < 1e12 else otherwise
