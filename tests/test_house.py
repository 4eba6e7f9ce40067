"""The shape of the house: what starts quickly, and what can be taken out without a trace."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mesh import registry
from tests.server import CLEAN

SOURCE = Path(__file__).resolve().parents[1] / "src"
# What takes long to load belongs inside the functions that need it.
HEAVY = (
    "numpy",
    "onnxruntime",
    "scipy",
    "stix2",
    "sigma",
    "uvicorn",
    "tokenizers",
    "jinja2",
    "sqlite3",
    "httpx",
)

LOADED = """
import sys
import mesh.entrypoints.http
from mesh import registry
agents = registry.agents()
print(" ".join(name for name in {heavy!r} if name in sys.modules))
"""

WORKS = """
import json
from mesh import registry
from mesh.entrypoints import openapi
from mesh.entrypoints.table import endpoints
table = endpoints()
document = openapi.document([e for e in table if not e.path.startswith(("/docs", "/openapi"))])
print(json.dumps({"agents": registry.names(), "paths": list(document["paths"])}))
"""


def python(program: str, path: Path) -> str:
    """What the program prints, run over the sources in `path`."""
    environment = {**CLEAN, "PYTHONPATH": str(path)}
    ended = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_the_routes_and_all_agents_load_without_anything_heavy() -> None:
    assert python(LOADED.format(heavy=HEAVY), SOURCE).split() == []


@pytest.mark.parametrize("name", registry.names())
def test_without_an_agents_folder_the_mesh_is_whole_but_for_that_agent(name: str, tmp_path: Path) -> None:
    shutil.copytree(SOURCE / "mesh", tmp_path / "mesh", ignore=shutil.ignore_patterns("__pycache__"))
    agent = registry.find(name)
    shutil.rmtree(tmp_path / "mesh" / "agents" / name)
    left = json.loads(python(WORKS, tmp_path))
    assert left["agents"] == [other for other in registry.names() if other != name]
    assert agent.route not in left["paths"] and "/results" in left["paths"]


def test_an_agent_is_added_by_its_folder_alone(tmp_path: Path) -> None:
    shutil.copytree(SOURCE / "mesh", tmp_path / "mesh", ignore=shutil.ignore_patterns("__pycache__"))
    folder = tmp_path / "mesh" / "agents" / "echo"
    folder.mkdir()
    acting = (Path(__file__).parent / "acting.py").read_text(encoding="utf-8")
    (folder / "__init__.py").write_text(acting + "\nAGENT = acting()\n", encoding="utf-8")
    left = json.loads(python(WORKS, tmp_path))
    assert "echo" in left["agents"] and "/echo/ask" in left["paths"]


def test_a_test_that_cannot_be_imported_ends_the_run(tmp_path: Path) -> None:
    """Examples are collected from the same files: an option that forgives these would hide tests as well."""
    (tmp_path / "test_lost.py").write_text("import mesh.nowhere\n\ndef test_it() -> None: ...\n")
    settings = SOURCE.parent / "pyproject.toml"
    command = [sys.executable, "-m", "pytest", "-c", str(settings), "--rootdir", str(tmp_path), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, env=CLEAN, cwd=tmp_path, check=False)
    assert done.returncode == 2 and "No module named 'mesh.nowhere'" in done.stdout, done.stdout
