"""The nearest question that can be answered, by meaning where the embedding model is there, else by words."""

from collections.abc import Sequence

from mesh.agents.nlp_query.layer import layer
from mesh.agents.nlp_query.said import Unread
from mesh.agents.nlp_query.vocabulary import words
from mesh.kit.ports import Ports
from mesh.kit.problem import Unavailable


def nearest(query: str, unread: Unread, ports: Ports) -> str:
    """One of the layer's own questions, or of the choices given."""
    if unread.metric:
        return layer().metrics[unread.metric].question
    questions = [metric.question for metric in layer().metrics.values()]
    if unread.reason in ("instruction", "other_tenant"):
        return questions[0]
    try:
        vectors = ports.embedder.embed([query, *questions])
    except Unavailable:
        return _by_words(query, questions)
    return questions[int((vectors[1:] @ vectors[0]).argmax())]


def _by_words(query: str, questions: Sequence[str]) -> str:
    filler = layer().filler
    asked = {w.removesuffix("s") for w in words(query) if w not in filler}

    def shared(question: str) -> int:
        return len(asked & {w.removesuffix("s") for w in words(question)})

    return max(questions, key=shared)
