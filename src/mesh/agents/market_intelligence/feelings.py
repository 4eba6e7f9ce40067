"""How texts sound, by the provider of sentiment; which sentence decided; how many texts sound together."""

from collections.abc import Mapping, Sequence

from mesh.agents.market_intelligence.model import Quote
from mesh.agents.market_intelligence.sentences import Sentence, sentences
from mesh.kit.agent import ModelUsed
from mesh.kit.ports import Feeling, Provided, Sentiment, Tone

TONES: tuple[Tone, ...] = ("POSITIVE", "NEGATIVE", "NEUTRAL", "MIXED")
# Deciding sentences are looked for among so many of a text's sentences: the rest is still in its feeling.
MOST_SENTENCES = 40
# Of all texts together, so many characters are judged, some 2,500 sentences: more would take minutes.
MOST_JUDGED = 150_000


class Felt:
    """The feelings of texts and of their sentences, asked for in one call."""

    def __init__(self, texts: Sequence[str], sentiment: Sentiment):
        distinct = list(dict.fromkeys(texts))
        room = MOST_JUDGED if sum(map(len, distinct)) <= MOST_JUDGED else MOST_JUDGED // len(distinct)
        self.shortened = sum(len(text) > room for text in distinct)
        self._start = {text: text[:room] for text in distinct}
        self._cut = {start: sentences(start)[:MOST_SENTENCES] for start in self._start.values()}
        asked = list(dict.fromkeys([*self._cut, *(each.text for cut in self._cut.values() for each in cut)]))
        provided: Provided[Sequence[Feeling]] = sentiment.judge(asked)
        self._by = dict(zip(asked, provided.value, strict=True))
        self.model: ModelUsed = provided.by
        self.instead_of = provided.instead_of

    def of(self, text: str) -> Feeling:
        return self._by[self._start[text]]

    def deciding(self, text: str) -> Quote:
        """The sentence surest of the text's tone; of a mixed text, the surest that leans to either side."""
        text = self._start[text]
        tone = self._by[text].tone
        cut = self._cut[text] or [Sentence(text.strip(), len(text) - len(text.lstrip()), len(text.rstrip()))]

        def strength(each: Sentence) -> float:
            scores = self._by.get(each.text, self._by[text]).scores
            return max(scores["POSITIVE"], scores["NEGATIVE"]) if tone == "MIXED" else scores[tone]

        best = max(cut, key=strength)
        own = self._by.get(best.text, self._by[text])
        return Quote(
            text=best.text,
            start=best.start,
            end=best.end,
            tone=own.tone,
            score=round(own.scores[own.tone], 4),
        )


def together(feelings: Sequence[Feeling]) -> Feeling:
    """How several texts sound as one: the mean, in which disagreement is mixed.

    What texts judged positive and texts judged negative hold against each other goes from both tones to
    MIXED; texts that are only unsure of themselves do not disagree.

    >>> good = Feeling("POSITIVE", {"POSITIVE": 1.0, "NEGATIVE": 0.0, "NEUTRAL": 0.0, "MIXED": 0.0})
    >>> bad = Feeling("NEGATIVE", {"POSITIVE": 0.0, "NEGATIVE": 1.0, "NEUTRAL": 0.0, "MIXED": 0.0})
    >>> together([good, bad]).tone, together([good, good, good, bad]).tone
    ('MIXED', 'POSITIVE')
    """
    count = len(feelings)
    scores: dict[Tone, float] = {tone: sum(f.scores[tone] for f in feelings) / count for tone in TONES}
    praised = sum(f.scores["POSITIVE"] for f in feelings if f.tone == "POSITIVE") / count
    blamed = sum(f.scores["NEGATIVE"] for f in feelings if f.tone == "NEGATIVE") / count
    against = min(praised, blamed)
    scores["POSITIVE"] -= against
    scores["NEGATIVE"] -= against
    scores["MIXED"] += 2 * against
    return Feeling(max(TONES, key=lambda tone: scores[tone]), scores)


def shown(scores: Mapping[Tone, float]) -> dict[Tone, float]:
    """The scores to four decimals, which still sum to 1 but for rounding."""
    return {tone: round(scores[tone], 4) for tone in TONES}
