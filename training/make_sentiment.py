"""Fits anew what the signs of a sentence count in models/sentiment, after tuning: version 2 becomes 3.

    python -m training.make_sentiment

Tuning stops before the 14 signs, which start from nothing, have found their weights. They are fitted here on
what the tuned network says of the texts it was tuned with, tempered because it is too sure of those: softmax
regression with a ridge, on the tweets and every fourth film snippet, less the fifth that
evals/market_intelligence.py holds out, and on our own examples. The temper was chosen among three on that
fifth; all else is fitted. It takes a classifier without n-grams and landmarks, as tuning makes it.
"""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import minimize

from evals.data import ROOT, area
from evals.market_intelligence import Scored, held_out
from mesh.adapters.models.sentiment_classifier import FILE, MODEL, Classifier, load
from mesh.adapters.models.sentiment_signs import SIGNS, signs
from mesh.adapters.models.store import Card, digest
from training.sentiment_texts import FILMS, TWEETS, examples, rated, shares

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Doubles = NDArray[np.float64]

TEMPER, RIDGE, EACH_FILM = 0.7, 1.0, 4
BEFORE, AFTER = "2", "3"


def settled(
    classifier: Classifier, texts: list[str], vectors: "NDArray[np.float32]", told: "Doubles"
) -> Classifier:
    """The classifier with its network tempered and its signs and bias fitted to `told`, shape (texts, 3)."""
    logs = TEMPER * np.log(classifier.probabilities(texts, vectors).astype(np.float64) + 1e-9)
    seen = np.array([signs(text, classifier.valence) for text in texts])

    def cost(flat: "Doubles") -> "tuple[float, Doubles]":
        weights, bias = flat[: 3 * SIGNS].reshape(SIGNS, 3), flat[3 * SIGNS :]
        scores = logs + seen @ weights + bias
        scores -= scores.max(axis=1, keepdims=True)
        sure = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        gap = np.exp(sure) - told
        loss = -float((told * sure).sum()) + RIDGE * float((weights**2).sum()) / 2
        return loss, np.concatenate([(seen.T @ gap + RIDGE * weights).ravel(), gap.sum(axis=0)])

    found = minimize(cost, np.zeros(3 * SIGNS + 3), jac=True, method="L-BFGS-B").x
    return replace(
        classifier,
        linear=(TEMPER * classifier.linear).astype(np.float32),
        signs=(TEMPER * classifier.signs + found[: 3 * SIGNS].reshape(SIGNS, 3)).astype(np.float32),
        bias=(TEMPER * classifier.bias + found[3 * SIGNS :]).astype(np.float32),
    )


def texts_of(data: Path) -> "tuple[list[str], Doubles]":
    """The training texts and the shares of their tones."""
    tweets, films = ([row for row in rated(data / n) if not held_out(row[0])] for n in (TWEETS, FILMS))
    known, ours = [*tweets, *films[::EACH_FILM]], examples(data)
    told = np.concatenate([shares(np.array([r for _, r in known])), np.array([tone for _, tone in ours])])
    return [text for text, _ in [*known, *ours]], told


def main() -> None:
    folder, data = ROOT / "models" / MODEL, area("sentiment")
    if data is None:
        raise SystemExit("the training data are not here; set MESH_DATA to their folder")
    scored = Scored(print)
    card = dict(scored.models.card(MODEL))
    if card["version"] != BEFORE:
        raise SystemExit(f"models/{MODEL} is of version {card['version']}: tune it first")
    texts, told = texts_of(data)
    made = settled(load(folder), texts, scored.vectors(texts), told)
    with np.load(folder / FILE, allow_pickle=False) as held:
        kept: dict[str, Any] = {name: held[name] for name in held.files}
    kept |= {name: getattr(made, name) for name in ("linear", "signs", "bias")}
    np.savez_compressed(folder / FILE, **kept)
    built = f"{card['built_with']}; training/make_sentiment.py, scipy"
    Card(**{**card, "version": AFTER, "sha256": digest(folder / FILE), "built_with": built}).write(folder)


if __name__ == "__main__":
    main()
