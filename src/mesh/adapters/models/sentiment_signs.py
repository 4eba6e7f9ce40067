"""What the local classifier of sentiment sees of a sentence, beside its embedding.

N-grams are 32-bit codes of words (1 to 3) and of pieces of words (3 to 5 letters). The signs are 14 numbers:
what a lexicon of word valences makes of the sentence after Hutto and Gilbert (VADER, ICWSM 2014: negation,
boosters, capitals, "but"), its marks, and whether a sum is said to be above or below an earlier one.
"""

import math
import re
import string
from collections.abc import Iterator, Mapping, Sequence
from zlib import crc32

SIGNS = 14
LONGEST = 2_000
_WORD = re.compile(
    r"<3|[:;=8][-'^o]?[()\[\]dp/\\|*3]+|[^\W\d_]+(?:['’-][^\W\d_]+)*|\d+(?:[.,]\d+)*|[!?%]|[\U0001F300-\U0001FAFF]"
)
_NEGATION = frozenset(
    _WORD.findall(
        "not no never none nobody nothing nowhere neither nor without cannot hardly barely rarely seldom "
        "scarcely aint isnt arent wasnt werent dont doesnt didnt wont wouldnt cant couldnt shouldnt havent "
        "hasnt hadnt"
    )
)
_MORE = frozenset(
    _WORD.findall(
        "very really so extremely absolutely completely totally highly too incredibly especially most more "
        "quite deeply greatly hugely utterly truly remarkably particularly entirely exceptionally"
    )
)
_LESS = frozenset(
    _WORD.findall(
        "somewhat slightly partly barely little less almost fairly rather marginally kinda sorta occasionally"
    )
)
# Constants of the VADER paper: a booster, capitals among small letters, negation, and the flattening of sums.
_BOOST, _CAPITALS, _NEGATED, _FLAT = 0.293, 0.733, -0.74, 15.0
_DAMPED = (1.0, 0.95, 0.9)

_SUM = (
    r"(?:(?:eur|usd|gbp|sek|[$€£])\s?)?(-?\d{1,9}(?:[.,]\d{1,9}){0,3})\s?"
    r"(thousand|million|billion|mln|mn|bn|m|b|k|%)?\b"
)
_EARLIER = re.compile(
    rf"{_SUM}[^\d]{{0,60}}?\b(?:from|compared (?:to|with)|versus|vs\.?|against|as against|corresponding|"
    rf"than the)\b[^\d]{{0,40}}?{_SUM}",
    re.IGNORECASE,
)
_FROM_TO = re.compile(rf"\bfrom\s+{_SUM}[^\d]{{0,30}}?\bto\s+{_SUM}", re.IGNORECASE)
_SCALE = {"thousand": 1e3, "k": 1e3, "million": 1e6, "mln": 1e6, "mn": 1e6, "m": 1e6,
          "billion": 1e9, "bn": 1e9, "b": 1e9}  # fmt: skip
# Of these, more is worse.
_BAD = re.compile(
    r"\b(?:loss(?:es)?|costs?|expenses?|debts?|churn|unemployment|downtime|outages?|tickets?|complaints?|"
    r"breach(?:es)?|incidents?|delays?|deficit)\b",
    re.IGNORECASE,
)
_UP = re.compile(
    r"\b(?:up|rose|rise[sn]?|rising|increas\w{0,4}|grew|grow(?:s|n|ing|th)?|climb\w{0,3}|gain(?:s|ed)?|jump\w{0,3}|"
    r"improv\w{0,6}|soar\w{0,3}|surg\w{0,3}|expand\w{0,3}|doubl\w{0,3}|higher|boost\w{0,3}|strengthen\w{0,3})\b",
    re.IGNORECASE,
)
_DOWN = re.compile(
    r"\b(?:down|fell|fall(?:s|en|ing)?|decreas\w{0,4}|declin\w{0,3}|drop(?:s|ped|ping)?|shr[aiu]nk|slid|"
    r"slump\w{0,3}|plung\w{0,3}|lower(?:ed)?|weaken\w{0,3}|cut(?:s|ting)?|reduc\w{0,4}|halv\w{0,3}|tumbl\w{0,3}|worse\w{0,3})\b",
    re.IGNORECASE,
)


def codes(sentence: str) -> dict[int, int]:
    """How often each n-gram occurs; every number counts as the same word.

    >>> len(codes("Good help"))  # two words, their pair, and the pieces of " good " and " help "
    21
    """
    words = ["0" if word[0].isdigit() else word.lower() for word in _WORD.findall(sentence[:LONGEST])]
    counts: dict[int, int] = {}
    for gram in _grams(words):
        code = crc32(gram.encode("utf-8", "replace"))
        counts[code] = counts.get(code, 0) + 1
    return counts


def _grams(words: Sequence[str]) -> Iterator[str]:
    for size in (1, 2, 3):
        for place in range(len(words) - size + 1):
            yield "\t".join(words[place : place + size])
    for word in words:
        piece = f" {word} "
        for size in (3, 4, 5):
            for place in range(len(piece) - size + 1):
                yield "\n" + piece[place : place + size]


def signs(sentence: str, valence: Mapping[int, float]) -> list[float]:
    """The 14 signs; `valence` is by the CRC-32 of a word in small letters."""
    text = sentence[:LONGEST]
    tokens = [_bare(token) for token in text.split()]
    felt = _valences(tokens, valence)
    total = sum(felt)
    for_it, against = sum(v for v in felt if v > 0), sum(v for v in felt if v < 0)
    last = next((v for v in reversed(felt) if v), 0.0)
    exclaimed = min(text.count("!"), 4)
    loud = total + math.copysign(0.292 * exclaimed, total) if total else 0.0
    bad = -1 if _BAD.search(text) else 1
    up, down = len(_UP.findall(text)), len(_DOWN.findall(text))
    return [
        loud / math.sqrt(loud * loud + _FLAT),
        math.tanh(for_it / 4),
        math.tanh(against / 4),
        last / 4,
        max(felt, default=0.0) / 4,
        min(felt, default=0.0) / 4,
        1.0 if not any(felt) else 0.0,
        exclaimed / 4,
        min(text.count("?"), 3) / 3,
        math.tanh(up / 2) * bad,
        math.tanh(down / 2) * bad,
        math.tanh((up - down) / 2) * bad,
        float(_moved(text)),
        float(_moved(text) * bad),
    ]


def _bare(token: str) -> str:
    stripped = token.strip(string.punctuation)
    return stripped if len(stripped) > 2 else token


def _valences(tokens: Sequence[str], valence: Mapping[int, float]) -> list[float]:
    """The valence of each token, changed by the three before it; what follows "but" weighs more."""
    small = [token.lower() for token in tokens]
    some_small = any(not token.isupper() for token in tokens)
    found = [valence.get(crc32(token.encode("utf-8", "replace")), 0.0) for token in small]
    felt = []
    for place, plain in enumerate(found):
        value = 0.0 if small[place] in _MORE | _LESS else plain
        if value:
            if tokens[place].isupper() and some_small:
                value += math.copysign(_CAPITALS, value)
            for back, damped in enumerate(_DAMPED, start=1):
                if place < back:
                    break
                before = small[place - back]
                if before in _MORE:
                    value += math.copysign(_BOOST * damped, value)
                elif before in _LESS:
                    value -= math.copysign(_BOOST * damped, value)
                if before.replace("'", "").replace("’", "") in _NEGATION or before.endswith("n't"):
                    value *= _NEGATED
        felt.append(value)
    if "but" in small:
        turn = small.index("but")
        felt = [value * (0.5 if place < turn else 1.5) for place, value in enumerate(felt)]
    return felt


def _moved(text: str) -> int:
    """1 where a sum is above the earlier one that it is compared with, -1 below, 0 where none is compared."""
    for pattern, now, before in ((_FROM_TO, 3, 1), (_EARLIER, 1, 3)):
        match = pattern.search(text)
        if match:
            new, old = (_number(match[group], match[group + 1]) for group in (now, before))
            return (new > old) - (new < old)
    return 0


def _number(digits: str, scale: str | None) -> float:
    plain = digits.replace(",", "") if digits.count(",") and len(digits.split(",")[-1]) == 3 else digits
    parts = plain.replace(",", ".").split(".")
    number = float(parts[0] + "." + "".join(parts[1:])) if len(parts) > 1 else float(parts[0])
    return number * _SCALE.get((scale or "").lower(), 1.0)
