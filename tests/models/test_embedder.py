from pathlib import Path

import numpy as np
import pytest

from mesh.adapters.models import build_embedder
from mesh.adapters.models.embedder import OnnxEmbedder, ready_embedder
from mesh.adapters.models.store import ModelMismatch, ModelMissing, ModelStore

pytestmark = pytest.mark.filterwarnings("default")


def test_a_vector_has_384_numbers_and_unit_length(embedder: OnnxEmbedder) -> None:
    vectors = embedder.embed(["The attacker dumped LSASS memory.", "Lunch is at noon.", ""])
    assert vectors.shape == (3, 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_text_gives_no_vector(embedder: OnnxEmbedder) -> None:
    assert embedder.embed([]).shape == (0, 384)


def test_texts_of_like_meaning_lie_closer_than_others(embedder: OnnxEmbedder) -> None:
    stolen, taken, lunch = embedder.embed(
        ["The attacker stole passwords.", "Credentials were taken by an intruder.", "We had soup for lunch."]
    )
    assert stolen @ taken > 0.5 > 0.2 > stolen @ lunch


def test_a_text_has_the_same_vector_alone_and_among_others(embedder: OnnxEmbedder) -> None:
    texts = ["short", "a text of some more words than the other", "short"]
    texts += ["and one more word " * times for times in range(1, 12)]
    together = embedder.embed(texts)
    alone = np.vstack([embedder.embed([text]) for text in texts])
    np.testing.assert_array_equal(together, alone)


def test_texts_embedded_at_the_same_time_have_the_vectors_they_have_one_by_one(home: Path) -> None:
    texts = [f"The tool took {count} files from the share." * (count % 5) for count in range(40)]
    by_one, by_four = (OnnxEmbedder(ModelStore([home / "models"]), at_once=count) for count in (1, 4))
    np.testing.assert_array_equal(by_one.embed(texts), by_four.embed(texts))


def test_a_text_beyond_the_limit_is_cut_not_refused(embedder: OnnxEmbedder) -> None:
    vectors = embedder.embed(["word " * 300, "word " * 500, "x" * 1_000_000])
    np.testing.assert_array_equal(vectors[0], vectors[1])


def test_half_a_surrogate_pair_does_no_harm(embedder: OnnxEmbedder) -> None:
    assert np.isfinite(embedder.embed(["bad \ud800 text"])).all()


def test_a_model_that_is_there_is_not_built_again(home: Path) -> None:
    def refuse(message: str) -> None:
        raise AssertionError(message)

    ready_embedder(ModelStore([home / "models"]), home, refuse)


def test_a_damaged_model_is_refused_not_rebuilt(home: Path, tmp_path: Path) -> None:
    name = build_embedder.NAME
    (tmp_path / "models" / name).mkdir(parents=True)
    for file in (home / "models" / name).iterdir():
        (tmp_path / "models" / name / file.name).write_bytes(file.read_bytes())
    with (tmp_path / "models" / name / "model.onnx").open("r+b") as stream:
        stream.seek(1000)
        stream.write(b"\0")
    with pytest.raises(ModelMismatch):
        ready_embedder(ModelStore([tmp_path / "models"]), tmp_path, print)


def test_without_the_source_package_it_is_said_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build_embedder, "SOURCE_MODULE", "no_such_package")
    with pytest.raises(ModelMissing, match="no_such_package"):
        ready_embedder(ModelStore([tmp_path / "models"]), tmp_path, print)
    assert not list(tmp_path.rglob("*.onnx"))
