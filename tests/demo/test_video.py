"""The film of the walkthrough: its script, its page, what is said where something is missing, a short one."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mesh.demo.video import film, record, script, told
from mesh.entrypoints.cli import main
from mesh.kit.problem import Invalid, Unavailable

DOCS = Path(__file__).resolve().parents[2] / "docs"


def written(folder: Path, **scene: Any) -> Path:
    """A script of one scene in a file."""
    file = folder / "script.json"
    scenes = [{"caption": "One", **scene}]
    file.write_text(json.dumps({"title": "Short", "chapters": [{"title": "Only", "scenes": scenes}]}))
    return file


def test_the_page_for_a_presenter_is_what_the_script_says() -> None:
    page = (DOCS / "demo.md").read_text(encoding="utf-8")
    assert page == told.page(script.read()), "./mesh demo video --print > docs/demo.md"


def test_every_caption_can_be_read_in_about_five_minutes_together() -> None:
    seconds = sum(scene.least_s for scene in script.read().scenes)
    assert 230 <= seconds <= 300


def test_every_text_that_a_scene_names_is_in_the_script() -> None:
    walkthrough = script.read()
    named = [step.type.text for scene in walkthrough.scenes for step in scene.steps if step.type]
    named += [
        value for scene in walkthrough.scenes for step in scene.steps if step.others
        for value in step.others.question.values()
    ]  # fmt: skip
    assert all(walkthrough.text(text) != text for text in named if text.startswith("$"))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"steps": [{"click": {"role": "button"}, "pause_s": 1}]}, "chapters.0.scenes.0.steps.0"),
        ({"steps": [{"jump": 1}]}, "chapters.0.scenes.0.steps.0"),
        ({"caption": ""}, "chapters.0.scenes.0.caption"),
        ({"steps": [{"pause_s": 3600}]}, "chapters.0.scenes.0.steps.0.pause_s"),
    ],
)
def test_a_script_that_cannot_be_played_is_refused_by_field(
    tmp_path: Path, wrong: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        script.read(written(tmp_path, **wrong))
    assert refused.value.errors[0].field.startswith(field)


def test_without_ffmpeg_one_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["demo", "video", "--out", str(tmp_path / "film.mp4")]) == 1
    assert capsys.readouterr().err == (
        "mesh: ffmpeg is not installed; it makes the film (Debian: apt install ffmpeg).\n"
    )


def test_without_chromium_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("playwright", reason="the Python package playwright is not installed")
    monkeypatch.setattr(record, "CHROMIUM", ())
    with pytest.raises(Unavailable, match="apt install chromium"), record.chromium():
        pass


def test_a_film_of_another_kind_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["demo", "video", "--out", str(tmp_path / "film.gif")]) == 2
    assert "--out" in capsys.readouterr().err


def seconds_of(file: Path) -> float:
    asked = ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", str(file)]
    return float(subprocess.run(asked, capture_output=True, text=True, check=True).stdout)


def test_two_scenes_become_one_film_as_long_as_both(tmp_path: Path) -> None:
    if shutil.which("ffmpeg") is None or not any(Path(path).exists() for path in record.CHROMIUM):
        pytest.skip("LOUDLY: there is no ffmpeg or no Chromium here")
    pytest.importorskip("playwright", reason="the Python package playwright is not installed")
    scenes = [
        {"caption": "What a command says", "command": ["--help"]},
        {"caption": "A picture & its <caption>", "picture": "docs/architecture-aws.svg"},
    ]
    short = script.Script.model_validate(
        {"title": "Short", "chapters": [{"title": "Both", "scenes": scenes}]}
    )
    said: list[str] = []
    done = record.record(short, "http://127.0.0.1:9", {}, tmp_path / "film.mp4", said.append)
    assert done.scenes == 2 and len(said) == 3
    assert seconds_of(done.file) == pytest.approx(done.seconds, abs=0.5)
    shown = tmp_path / "frame.png"
    film.ffmpeg(["-ss", "1", "-i", str(done.file), "-frames:v", "1", str(shown)])
    from PIL import Image

    with Image.open(shown) as frame:
        assert frame.size == (1280, 720 + film.CAPTION_PX)
        assert sum(count > 0 for count in frame.convert("L").histogram()) > 10
