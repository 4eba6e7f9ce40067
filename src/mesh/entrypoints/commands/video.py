"""./mesh demo video: films the walkthrough on a mesh of its own, which is gone afterwards."""

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mesh.entrypoints.commands.up import say
from mesh.kit.problem import NotFound, Unavailable

MSPS = 12
LISTENS = re.compile(r"listens on (http://[^\s]+)")
# The first start builds models and the dashboard.
START_S = 900.0
MESH = [sys.executable, "-m", "mesh.entrypoints.cli"]


def add(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    video = actions.add_parser("video", help="film a walkthrough of the simulated world, with captions")
    video.add_argument(
        "--out", type=Path, default=Path("walkthrough.mp4"), metavar="FILE", help="an .mp4 or .webm file"
    )
    video.add_argument("--script", type=Path, metavar="FILE", help="another script of the same form (JSON)")
    video.add_argument(
        "--msps", type=int, default=MSPS, help=f"simulated MSPs in the film's world (default: {MSPS})"
    )
    video.add_argument(
        "--print", action="store_true", help="print the script for whoever presents it by hand"
    )
    video.add_argument("--home", metavar="DIR", help="keep the film's mesh here instead of taking it away")
    video.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from mesh.demo.video import record
    from mesh.demo.video.script import read
    from mesh.demo.video.told import page

    script = read(options.script)
    if options.print:
        sys.stdout.write(page(script))
        return 0
    record.ready(options.out)
    with tempfile.TemporaryDirectory(prefix="mesh-video-") as own:
        home = Path(options.home).expanduser() if options.home else Path(own) / "home"
        with _serving(home, options.msps) as url:
            done = record.record(script, url, _keys(home, script.msps), options.out.resolve(), say)
    minutes, seconds = divmod(round(done.seconds), 60)
    sys.stdout.write(f"{done.file}: {minutes}:{seconds:02} in {done.scenes} scenes.\n")
    return 0


@contextmanager
def _serving(home: Path, msps: int) -> Iterator[str]:
    """`./mesh up` over `home`, from its address until the block is left."""
    home.mkdir(parents=True, exist_ok=True)
    log = home.with_name(f"{home.name}.log")
    command = [*MESH, "up", "--home", str(home), "--port", "0", "--demo", str(msps), "--no-open"]
    say(f"Starting a mesh with {msps} simulated MSPs ...")
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, stdin=subprocess.DEVNULL)  # noqa: S603
    try:
        yield _address(process, log)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


def _address(process: "subprocess.Popen[bytes]", log: Path) -> str:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        words = log.read_text(encoding="utf-8", errors="replace")
        found = LISTENS.search(words)
        if found and "The dashboard" in words.partition(found[0])[2]:
            return found[1]
        if process.poll() is not None:
            break
        time.sleep(0.2)
    last = (log.read_text(encoding="utf-8", errors="replace").strip().splitlines() or ["it said nothing"])[-1]
    raise Unavailable(f"The film's mesh did not start: {last}")


def _keys(home: Path, msps: list[str]) -> dict[str, str]:
    """A key for each. Raises Unavailable for one that the film's world does not have."""
    from mesh.adapters.embedded.platform import open_platform

    platform = open_platform(home)
    try:
        return {msp: platform.keys.create(msp, "film") for msp in msps}
    except NotFound as error:
        raise Unavailable(f"{error.detail} Is it in a world of that many MSPs?") from error
    finally:
        platform.close()
