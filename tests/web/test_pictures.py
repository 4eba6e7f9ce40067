"""The pictures in docs/screens show what the pages say. `MESH_WRITE_SCREENS=1` draws them anew:

MESH_WRITE_SCREENS=1 python -m pytest tests/web/test_pictures.py
"""

import json
import os
from collections.abc import Callable, Iterator

import httpx
import pytest

from mesh.demo.video.script import Scene, Script, Step
from mesh.demo.video.stage import Stage
from tests.conftest import NewHome
from tests.server import Server
from tests.web.pictures import CONTENTS, MOST_BYTES, PICTURES, SCREENS, save, says
from tests.web.visit import MSP, Visit

# A machine that does much else builds and draws slowly; nothing here measures time.
pytestmark = pytest.mark.timeout(900)
WRITE = os.environ.get("MESH_WRITE_SCREENS") == "1"
OTHERS = ("demo-harbor", "demo-juniper", "demo-willow")
KINDS = ("clients", "technicians")


@pytest.fixture(scope="module")
def peopled(built: object, new_home: NewHome) -> Iterator[Server]:
    """A mesh of enough MSPs that benchmarks are told."""
    running = Server(new_home("pictures"), options=("--no-open", "--demo", "8")).start()
    yield running
    running.end()


@pytest.fixture(scope="module")
def keys(peopled: Server) -> dict[str, str]:
    return {msp: peopled.key(msp) for msp in (MSP, *OTHERS)}


@pytest.fixture(scope="module")
def names(peopled: Server, keys: dict[str, str]) -> list[str]:
    """What is data wherever it shows: names of clients and technicians."""
    asked = {"headers": {"x-api-key": keys[MSP]}, "params": {"limit": 1000}}
    pages = [httpx.get(f"{peopled.url}/records/{kind}", **asked).json() for kind in KINDS]  # type: ignore[arg-type]
    return [row["name"] for page in pages for row in page["items"]]


@pytest.fixture(scope="module")
def kept() -> Iterator[dict[str, list[str]]]:
    """What the pages said when the pictures were drawn; written anew at the end where that is asked for."""
    found: dict[str, list[str]] = (
        json.loads(CONTENTS.read_text(encoding="utf-8")) if CONTENTS.is_file() else {}
    )
    yield found
    if WRITE:
        told = json.dumps(
            {name: found[name] for name in PICTURES if name in found}, indent=1, ensure_ascii=False
        )
        CONTENTS.write_text(told + "\n", encoding="utf-8")


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_shows_what_its_page_says(
    name: str,
    opened: Callable[..., Visit],
    peopled: Server,
    keys: dict[str, str],
    names: list[str],
    kept: dict[str, list[str]],
) -> None:
    picture = PICTURES[name]
    visit = opened(peopled.url, None if name == "enter" else keys[MSP], picture.theme, picture.size[0])
    if name == "enter":
        visit.page.goto(f"{peopled.url}/app/")
        visit.page.get_by_label("Your key").wait_for()
    else:
        visit.go(picture.open)
    visit.settled()
    steps = [Step.model_validate(step) for step in picture.steps]
    scene = Scene(caption=name, steps=steps)
    stage = Stage(visit.page.context.browser, peopled.url, keys, Script.model_construct(texts={}))  # type: ignore[arg-type]
    stage.play(visit.page, scene)
    visit.settled()
    told = says(visit.page, names)
    if WRITE:
        save(visit.page, picture, SCREENS / f"{name}.webp")
        kept[name] = told
    assert told == kept.get(name), "the page has changed: draw the pictures anew with MESH_WRITE_SCREENS=1"


def test_each_picture_is_there_and_together_they_are_small() -> None:
    files = {file.stem: file.stat().st_size for file in SCREENS.glob("*.webp")}
    assert sorted(files) == sorted(PICTURES)
    assert sum(files.values()) <= MOST_BYTES
