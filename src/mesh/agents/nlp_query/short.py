"""The few words that answer, read out of the quoted sentences by a language model where there is one.

What it says counts only where it stands in one of the sentences, word for word, and is shown beside them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mesh.agents.nlp_query.documents import Passage
from mesh.kit.agent import ModelUsed
from mesh.kit.ports import Ports
from mesh.kit.problem import Unanswered, Unavailable

# Of what asks for a thing there may be a few words; of "do we have a policy on ..." there are none.
ASKS = re.compile(r"\b(?:who|whom|when|where|which|what|how (?:long|often|many|much|old|soon|fast|far))\b")
SAYS = re.compile(
    r"\b(?:what|which)\b.*\b(?:say|says|said|state|states|rules?|policies|documents?|articles?)\b"
)

# A small reader answers from whatever it is given: the sentences that fit less well would mislead it.
BEST = 2


@dataclass(frozen=True, slots=True)
class Short:
    """`words` are empty, and `by` is None, where a provider that is set up did not answer."""

    words: str
    by: ModelUsed | None
    notes: tuple[str, ...]


def short(query: str, text: str, found: Sequence[Passage], ports: Ports) -> Short | None:
    """None where nobody reads, or nothing fits; `text` is the query in small letters."""
    if ASKS.search(text) is None or SAYS.search(text) is not None:
        return None
    try:
        provided = ports.generator.answer(query, "\n".join(passage.text for passage in found[:BEST]))
    except Unanswered as problem:
        return Short("", None, (f"No short answer was read out of them: {problem.detail}",))
    except Unavailable:
        return None
    words = (provided.value or "").strip()
    if not words or not any(words in passage.text for passage in found):
        return None
    read = f"{provided.by.name} read the short answer out of the sentences quoted; check it against them."
    return Short(words, provided.by, (read, *([provided.instead_of] if provided.instead_of else [])))
