"""Indicators of compromise in any text: found, refanged, placed, and judged by warning lists."""

from .benign import WarningLists, shipped_lists
from .defanging import defang
from .extraction import DEFAULT_TYPES, HASHES, TYPES, WALLETS, extract
from .hosts import registrable
from .indicator import Indicator
from .refanging import Refanged, refang

__all__ = [
    "DEFAULT_TYPES",
    "HASHES",
    "TYPES",
    "WALLETS",
    "Indicator",
    "Refanged",
    "WarningLists",
    "defang",
    "extract",
    "refang",
    "registrable",
    "shipped_lists",
]
