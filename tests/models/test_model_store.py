import json
from dataclasses import replace
from pathlib import Path

import pytest

from mesh.adapters.models.store import Card, ModelMismatch, ModelMissing, ModelStore, digest
from mesh.kit.problem import Unavailable


def put(folder: Path, name: str = "toy", content: bytes = b"weights") -> Path:
    """A model of one file and one companion, with its card."""
    made = folder / name
    made.mkdir(parents=True)
    (made / "model.bin").write_bytes(content)
    (made / "words.txt").write_bytes(b"a b c")
    card = Card(
        name=name,
        version="1",
        file="model.bin",
        sha256=digest(made / "model.bin"),
        source="made up",
        licence="MIT",
        built_with="pytest",
        also={"words.txt": digest(made / "words.txt")},
    )
    card.write(made)
    return made


def test_a_model_is_found_by_its_name_with_its_card(tmp_path: Path) -> None:
    made = put(tmp_path)
    store = ModelStore([tmp_path / "not there", tmp_path])
    assert store.path("toy") == made
    assert store.card("toy")["licence"] == "MIT"
    assert store.card("toy")["sha256"] == digest(made / "model.bin")
    assert store.names() == ["toy"]


def test_the_first_folder_wins(tmp_path: Path) -> None:
    first = put(tmp_path / "a", content=b"one")
    put(tmp_path / "b", content=b"two")
    assert ModelStore([tmp_path / "a", tmp_path / "b"]).path("toy") == first


def test_a_missing_model_is_named_and_where_it_was_looked_for_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ModelMissing, match="'toy'") as caught:
        ModelStore([tmp_path]).path("toy")
    assert str(tmp_path) not in str(caught.value) and str(tmp_path) in caplog.text
    assert isinstance(caught.value, Unavailable)


@pytest.mark.parametrize("file", ["model.bin", "words.txt"])
def test_one_changed_byte_in_any_file_is_refused(tmp_path: Path, file: str) -> None:
    path = put(tmp_path) / file
    path.write_bytes(b"X" + path.read_bytes()[1:])
    with pytest.raises(ModelMismatch, match="card says"):
        ModelStore([tmp_path]).path("toy")


def test_a_file_that_was_deleted_is_refused(tmp_path: Path) -> None:
    (put(tmp_path) / "words.txt").unlink()
    with pytest.raises(ModelMismatch, match="lacks its file"):
        ModelStore([tmp_path]).card("toy")


@pytest.mark.parametrize("text", ["", "[]", "null", "{}", '{"name": 1', "[1, 2]", '"card"'])
def test_a_card_that_is_no_card_is_refused(tmp_path: Path, text: str) -> None:
    (put(tmp_path) / "card.json").write_text(text)
    with pytest.raises(ModelMismatch):
        ModelStore([tmp_path]).path("toy")


def test_a_card_cannot_point_outside_its_folder(tmp_path: Path) -> None:
    made = put(tmp_path)
    secret = tmp_path / "secret"
    secret.write_bytes(b"s")
    card = Card(**json.loads((made / "card.json").read_text()))
    replace(card, file="../secret", sha256=digest(secret)).write(made)
    with pytest.raises(ModelMismatch):
        ModelStore([tmp_path]).path("toy")


@pytest.mark.parametrize("name", ["../toy", "a/b", "..", ".", "", ".hidden"])
def test_a_name_is_no_path(tmp_path: Path, name: str) -> None:
    put(tmp_path)
    put(tmp_path, ".hidden")
    (tmp_path / "inner").mkdir()
    with pytest.raises(ModelMissing):
        ModelStore([tmp_path / "inner", tmp_path]).path(name)


def test_a_card_of_a_later_version_with_more_in_it_is_read(tmp_path: Path) -> None:
    made = put(tmp_path)
    values = json.loads((made / "card.json").read_text())
    (made / "card.json").write_text(json.dumps({**values, "later": [1]}))
    assert ModelStore([tmp_path]).card("toy")["version"] == "1"
