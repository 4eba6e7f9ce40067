"""Models that are built on the machine that uses them, from packages that ship the weights."""

import importlib.util
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mesh.adapters.models.store import ModelMissing, ModelStore


class SourceMissing(RuntimeError):
    """A package that the build needs, the one with the original weights for one, is not installed."""


@contextmanager
def whole(target: Path) -> Iterator[Path]:
    """A folder to write a model into. It becomes `target` at the end, whole or not at all; one that is
    there already stays.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as scratch:
        made = Path(scratch) / target.name
        made.mkdir()
        yield made
        if not (target / "card.json").exists():
            made.rename(target)


def weights_of(
    model: str, tools: Sequence[str], module: str, package: str, inside: str, files: Sequence[str]
) -> Path:
    """The folder `inside` of a package's module that holds the files. Raises SourceMissing.

    The module is found, never imported: what it asks for may be torch.
    """
    for needed in (*tools, module):
        if importlib.util.find_spec(needed) is None:
            raise SourceMissing(f"building {model} needs the Python module {needed}, which is not installed")
    spec = importlib.util.find_spec(module)
    folder = Path(spec.origin).parent / inside if spec and spec.origin else Path()
    if not all((folder / name).is_file() for name in files):
        raise SourceMissing(f"the package {package} is installed without its weights")
    return folder


def ready(store: ModelStore, name: str, home: Path, build: Callable[[Path], None]) -> None:
    """See to it that a model is there: built into `home`/models now, in some seconds, if it was missing.

    `store` must search that folder. Raises ModelMismatch for a damaged model and ModelMissing when it can
    not be built here.
    """
    try:
        store.path(name)
    except ModelMissing:
        try:
            build(home / "models" / name)
        except SourceMissing as fault:
            raise ModelMissing(f"The model {name!r} is not here and cannot be built: {fault}.") from fault
        store.path(name)
