"""Which words, word pairs and pieces of words a sentence holds, as 32-bit codes.

A name nobody saw before still shares its pieces with known ones. The codes are hashes, so that a model
needs no list of strings; they are fixed, since trained weights depend on them.
"""

import re
from itertools import pairwise
from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIZES = (2, 3, 4, 5)
LONGEST = 2_000
# Codes of characters have the upper bit, codes of words do not.
CHARACTERS = 1 << 31
_WORD = re.compile(r"[^\W_]+(?:[._'-][^\W_]+)*")
_MULTIPLIER = 0x9E3779B1


def ngrams(sentence: str) -> "tuple[NDArray[np.uint32], NDArray[np.float32]]":
    """The distinct codes of a sentence, ascending, and for each 1 + ln(how often it occurs).

    Words and pairs of words first, then runs of 2 to 5 bytes of the words in lower case with one blank
    around each. Only the first 2,000 characters count.
    """
    import numpy as np

    words = [word.encode("utf-8", "replace") for word in _WORD.findall(sentence[:LONGEST].lower())]
    pairs = [first + b" " + second for first, second in pairwise(words)]
    named = np.array([crc32(term) for term in (*words, *pairs)], np.uint64) & np.uint64(CHARACTERS - 1)
    spelt = _runs(b" " + b" ".join(words) + b" ") | np.uint64(CHARACTERS)
    codes, counts = np.unique(np.concatenate([named, spelt]).astype(np.uint32), return_counts=True)
    return codes, 1 + np.log(counts.astype(np.float32))


def _runs(text: bytes) -> "NDArray[np.uint64]":
    import numpy as np

    low = np.uint64(0xFFFFFFFF)
    letters = np.frombuffer(text, np.uint8).astype(np.uint64)
    rolling = np.zeros(len(letters), np.uint64)
    found = []
    for size in range(1, min(SIZES[-1], len(letters)) + 1):
        count = len(letters) - size + 1
        rolling = (rolling[:count] * np.uint64(_MULTIPLIER) + letters[size - 1 :] + np.uint64(size)) & low
        if size in SIZES:
            found.append(rolling)
    # Mixed once more, so that short runs too are spread over all codes.
    return (np.concatenate(found) * np.uint64(_MULTIPLIER)) & low
