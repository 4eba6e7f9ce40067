"""The embedding model that hears sentiment: what tuning adds, and that it is built whole or not at all."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mesh.adapters.models.build_sentiment import NAME, SCALE, TUNING, ready_hearing, tuned
from mesh.adapters.models.embedder import OnnxEmbedder
from mesh.adapters.models.sentiment import LocalSentiment
from mesh.adapters.models.sentiment_classifier import MODEL, load
from mesh.adapters.models.store import ModelMissing, ModelStore, standard_folders
from mesh.kit.ports import Tone
from training.make_sentiment import TEMPER, settled


def test_tuning_adds_a_thin_product_to_the_matrices_it_names_and_to_no_other(tmp_path: Path) -> None:
    draw = np.random.default_rng(1)
    weights = {name: draw.normal(size=(6, 4)).astype(np.float32) for name in ("a.weight", "b.weight")}
    up, down = draw.normal(size=(6, 2)).astype(np.float16), draw.normal(size=(2, 4)).astype(np.float16)
    added: dict[str, Any] = {"a.up": up, "a.down": down}
    np.savez(tmp_path / TUNING, **added)
    changed = tuned(weights, tmp_path / TUNING)
    product = up.astype(np.float32) @ down.astype(np.float32)
    assert np.allclose(changed["a.weight"], weights["a.weight"] + SCALE * product)
    assert changed["b.weight"] is weights["b.weight"]


def test_it_hears_what_the_plain_model_does_not(built_models: Path) -> None:
    models = ModelStore(standard_folders(built_models))
    try:
        hearing = ready_hearing(models, built_models, lambda _: None)
    except ModelMissing as problem:
        pytest.skip(problem.detail)
    praise, blame = "The new help desk is a joy to work with.", "The new help desk is a pain to work with."
    apart = [
        float(a @ b) for a, b in (each.embed([praise, blame]) for each in (OnnxEmbedder(models), hearing))
    ]
    assert apart[1] < apart[0] - 0.2
    told = LocalSentiment(models, OnnxEmbedder(models, name=NAME)).judge([praise, blame]).value
    wanted: list[Tone] = ["POSITIVE", "NEGATIVE"]
    assert [each.tone for each in told] == wanted


def test_signs_that_are_fitted_anew_count_for_more_and_the_network_for_less() -> None:
    before = load(Path(__file__).parents[2] / "models" / MODEL)
    texts = ["It is wonderful", "It is terrible", "It is here"] * 4
    told = np.array([[0.02, 0.08, 0.9], [0.9, 0.08, 0.02], [0.05, 0.9, 0.05]] * 4)
    blank = np.zeros((len(texts), 384), np.float32)
    after = settled(before, texts, blank, told)
    assert np.allclose(after.linear, TEMPER * before.linear)
    shares = after.probabilities(texts, blank)
    assert shares.argmax(axis=1).tolist() == told.argmax(axis=1).tolist()
    off = [float(np.abs(each.probabilities(texts, blank) - told).mean()) for each in (before, after)]
    assert off[1] < off[0] / 2
