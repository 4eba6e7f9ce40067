"""Which words, word pairs and pieces of words a sentence holds, as 32-bit codes.

A name nobody saw before still shares its pieces with known ones. The codes are hashes, so that a model
needs no list of strings; they are fixed, since trained weights depend on them.
"""

import re
from collections.abc import Sequence
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
    _, codes, counts = ngrams_of([sentence])
    return codes, counts


def ngrams_of(
    sentences: Sequence[str],
) -> "tuple[NDArray[np.int64], NDArray[np.uint32], NDArray[np.float32]]":
    """The same for many sentences at once: the number of the sentence, ascending, code and count of each."""
    import numpy as np

    named: list[int] = []
    sizes: list[int] = []
    lines: list[bytes] = []
    for sentence in sentences:
        words = [word.encode("utf-8", "replace") for word in _WORD.findall(sentence[:LONGEST].lower())]
        named += [crc32(word) for word in words]
        named += [crc32(first + b" " + second) for first, second in pairwise(words)]
        sizes.append(max(0, 2 * len(words) - 1))
        lines.append(b" " + b" ".join(words) + b" ")
    # Sentence and code in one number, so that one sort brings both into order.
    rows = np.arange(len(sentences), dtype=np.uint64) << np.uint64(32)
    words_found = np.repeat(rows, sizes) | np.array(named, np.uint64) & np.uint64(CHARACTERS - 1)
    runs_found = _runs(b"".join(lines), np.repeat(rows, list(map(len, lines))))
    keys, counts = np.unique(np.concatenate([words_found, *runs_found]), return_counts=True)
    codes = (keys & np.uint64(0xFFFFFFFF)).astype(np.uint32)
    return (keys >> np.uint64(32)).astype(np.int64), codes, 1 + np.log(counts.astype(np.float32))


def _runs(text: bytes, rows: "NDArray[np.uint64]") -> "list[NDArray[np.uint64]]":
    """The codes of the runs of each size that lie within one sentence, with the sentence's upper half."""
    import numpy as np

    letters = np.frombuffer(text, np.uint8).astype(np.uint32)
    rolling = np.zeros(len(letters), np.uint32)
    found = []
    for size in range(1, min(SIZES[-1], len(letters)) + 1):
        count = len(letters) - size + 1
        rolling = rolling[:count] * np.uint32(_MULTIPLIER) + letters[size - 1 :] + np.uint32(size)
        if size in SIZES:
            whole = rows[:count] == rows[size - 1 :]
            # Mixed once more, so that short runs too are spread over all codes.
            codes = rolling[whole] * np.uint32(_MULTIPLIER) | np.uint32(CHARACTERS)
            found.append(rows[:count][whole] | codes)
    return found
