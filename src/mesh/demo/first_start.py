"""What a fresh home folder needs: the models built, and a simulated world to look at."""

import json
from collections.abc import Callable
from pathlib import Path

from mesh.kit.problem import Unavailable

# Says which world the home has, or that it wants none: the next start need not look further.
MARK = "demo.json"
MOST_MSPS = 200


def prepare(home: Path, say: Callable[[str], None], msps: int | None = None) -> None:
    """Make what is missing, once. A model that cannot be built is said, and the agents will say it too.

    `msps` is how many simulated MSPs the first start loads; 0 for none.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(
            f"Cannot write to {home}: {error.strerror}; name another folder with --home."
        ) from error
    prepare_models(home, say)
    if not (home / MARK).exists():
        _prepare_world(home, say, msps)


def prepare_models(home: Path, say: Callable[[str], None]) -> None:
    """Build the models that packages ship the weights of into the home folder, unless they are there."""
    from mesh.adapters.models.build_sentiment import ready_hearing
    from mesh.adapters.models.embedder import ready_embedder
    from mesh.adapters.models.local_reader import ready_reader
    from mesh.adapters.models.store import ModelStore, standard_folders

    store = ModelStore(standard_folders(home))
    for ready, what in (
        (ready_embedder, "sentence embeddings"),
        (ready_hearing, "sentiment"),
        (ready_reader, "a reader of texts"),
    ):
        try:
            ready(store, home, say)
        except Unavailable as problem:
            say(f"Going on without {what}: {problem.detail}")


def mark(home: Path, msps: int, months: int, seed: int, until: str) -> None:
    """Write down which world was loaded whole; `msps` 0 when it was taken out."""
    words = json.dumps({"msps": msps, "months": months, "seed": seed, "until": until})
    fresh = home / f"{MARK}.new"
    fresh.write_text(words + "\n", encoding="utf-8")
    fresh.replace(home / MARK)


def unmark(home: Path) -> None:
    """Before a load: if it is cut off, the next start loads again."""
    (home / MARK).unlink(missing_ok=True)


def _prepare_world(home: Path, say: Callable[[str], None], msps: int | None) -> None:
    from mesh.adapters.embedded.platform import open_platform
    from mesh.demo.load import load
    from mesh.demo.world import MONTHS, MSPS, SEED
    from mesh.kit.problem import Conflict

    count = MSPS if msps is None else msps
    if count == 0:
        return
    say(f"Loading {count} simulated MSPs with {MONTHS} months of rows, this once ...")
    platform = open_platform(home)
    try:
        done = load(platform, count, say=say)
        mark(home, count, MONTHS, SEED, done.until.isoformat())
    except Conflict as problem:
        say(f"Going on without the simulated MSPs: {problem.detail}")
        return
    finally:
        platform.close()
    say(f"Loaded {done.msps} simulated MSPs, {done.rows.total():,} rows, in {done.seconds:.0f} s.")
    say("To ask as one of them: export MESH_KEY=$(./mesh keys create demo-cedar)")
