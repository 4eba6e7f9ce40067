"""What goes into the functions' packages, and what it takes to build them."""

import gzip
import json
import os
import py_compile
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from infra.build import build, fingerprint
from infra.packaging import AUTHORIZER, PLATFORM, SHARED
from infra.recipe import Target, recipes
from infra.trimming import fit, size, trim
from infra.wheels import LIMIT_BYTES, OURS_BYTES, BuildFailed
from mesh import registry

RECIPES = recipes(registry.agents())
HANDLERS = ["authorizer", "http", "kinesis", "queue", "relay", "schedule", "socket", "stream"]
ASKED = "MESH_TEST_PACKAGES"


def test_each_agent_has_a_package_with_its_own_code_and_nobody_elses() -> None:
    for agent in registry.agents():
        names = [name for name, _ in RECIPES[agent.slug].files()]
        inside = {
            name.split("/")[2] for name in names if name.startswith("mesh/agents/") and name.count("/") > 2
        }
        assert inside == {agent.name}


def test_the_shared_packages_know_every_agent_and_have_none_of_their_libraries() -> None:
    for name in SHARED:
        recipe = RECIPES[name]
        assert recipe.agents == registry.names() and recipe.extras == ("aws",)


def test_no_package_holds_tests_commands_or_the_embedded_mesh() -> None:
    for recipe in RECIPES.values():
        for name, _ in recipe.files():
            assert "/tests" not in name and not Path(name).name.startswith("test_")
            assert not name.startswith(("mesh/adapters/embedded", "mesh/entrypoints/commands", "mesh/demo"))


@pytest.mark.parametrize("name", [PLATFORM, AUTHORIZER, "threat-intelligence"])
def test_every_handler_loads_from_what_a_package_holds(name: str, tmp_path: Path) -> None:
    for inside, path in RECIPES[name].files():
        (tmp_path / inside).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / inside).write_bytes(path.read_bytes())
    modules = "; ".join(f"import mesh.entrypoints.lambdas.{handler}" for handler in HANDLERS)
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {modules}; print(mesh.__file__)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(tmp_path))


def test_our_own_sources_leave_the_libraries_the_room_they_are_promised() -> None:
    for recipe in RECIPES.values():
        # Compiled files are about as large as sources.
        assert 2 * sum(path.stat().st_size for _, path in recipe.files()) < OURS_BYTES


def test_the_same_sources_and_versions_have_the_same_fingerprint() -> None:
    recipe = RECIPES[PLATFORM]
    first, again = (fingerprint(recipe, "a==1", Target(), compiled=True) for _ in range(2))
    assert first == again
    assert first != fingerprint(recipe, "a==2", Target(), compiled=True)
    assert first != fingerprint(recipe, "a==1", Target(platform="x86_64-manylinux_2_28"), compiled=True)


def written(folder: Path, name: str, content: str = "x = 1\n") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def test_what_no_function_imports_is_trimmed_and_the_rest_stays(tmp_path: Path) -> None:
    gone = [
        "a/tests/b.py", "a/b.pyi", "a/b.h", "botocore/data/ec2/2016/service-2.json.gz", "bin/tool",
        "onnxruntime/capi/libonnxruntime.so.1.31.1", "statsmodels/datasets/x/x.csv",
    ]  # fmt: skip
    kept = [
        "a/b.py", "a/b.so", "botocore/data/s3/2006/service-2.json.gz", "botocore/data/partitions.json",
        "numpy/testing/c.py", "statsmodels/datasets/x/data.py", "a-1.dist-info/METADATA",
    ]  # fmt: skip
    for name in gone + kept:
        written(tmp_path, name)
    trim(tmp_path)
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert left == set(kept)


def test_where_services_are_is_told_of_those_that_functions_call(tmp_path: Path) -> None:
    service = written(tmp_path, "botocore/data/stepfunctions/2016/service-2.json.gz")
    service.write_bytes(gzip.compress(b'{"metadata": {"endpointPrefix": "states"}}'))
    partition = {"partition": "aws", "regions": {"eu-west-1": {}}, "services": {"states": {}, "ec2": {}}}
    whole = written(tmp_path, "installer/endpoints.json", json.dumps({"partitions": [partition]}))
    listed = tmp_path / "botocore" / "data" / "endpoints.json"
    os.link(whole, listed)
    trim(tmp_path)
    (left,) = json.loads(listed.read_text())["partitions"]
    assert left == {**partition, "services": {"states": {}}}
    assert json.loads(whole.read_text()) == {"partitions": [partition]}


def test_a_package_that_is_too_large_ships_compiled_modules_without_their_sources(tmp_path: Path) -> None:
    large = written(tmp_path, "large/__init__.py", "x = 'large'\n" + "# a comment\n" * 1_000)
    small = written(tmp_path, "small/__init__.py", "x = 'small'\n")
    for path in (large, small):
        py_compile.compile(str(path), doraise=True)
    assert list(fit(tmp_path, size(tmp_path) - 1_000)) == ["large"]
    assert not large.exists() and small.exists()
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import large, small; print(large.x, small.x)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["large", "small"]


@pytest.mark.timeout(3_000)
def test_every_package_fits_what_lambda_takes() -> None:
    """Fetches some hundred wheels for arm64, so it runs only where that was asked for."""
    if not os.environ.get(ASKED):
        pytest.skip(f"NO PACKAGE WAS BUILT: set {ASKED}=1 to fetch the wheels and check their sizes")
    try:
        packages = build(print)
    except BuildFailed as failed:
        if "fetched" in str(failed) or "resolved" in str(failed):
            pytest.skip(f"NO PACKAGE WAS BUILT: {failed}")
        raise
    assert set(packages.built) == set(RECIPES)
    for name, path in packages.built.items():
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
            assert size <= LIMIT_BYTES or not RECIPES[name].in_function
            assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
