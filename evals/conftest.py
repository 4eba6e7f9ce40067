"""What scores an agent whose folder was removed goes with it; what else cannot be imported here fails."""

from importlib import import_module
from pathlib import Path

AGENTS = "mesh.agents"


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """True for a module here that needs an agent that is not there."""
    if collection_path.suffix != ".py" or collection_path == Path(__file__):
        return None
    inside = collection_path.relative_to(Path(__file__).parents[1]).with_suffix("")
    try:
        import_module(".".join(inside.parts).removesuffix(".__init__"))
    except ImportError as missing:
        if (missing.name or "").startswith(AGENTS):
            return True
    return None
