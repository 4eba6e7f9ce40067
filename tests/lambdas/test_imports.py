"""What a function imports before its first event: its own agent, and little of anything else."""

import subprocess
import sys

import pytest

from mesh import registry

SETTINGS = (
    "Settings(data_bucket='some-data', models_bucket='some-models', jobs_queue_url='q', dead_letters_url='d')"
)
OPENED = f"""
import sys
from mesh.adapters.aws.platform import open_platform
from mesh.adapters.aws.settings import Settings
from mesh.entrypoints.lambdas.http import served
platform = open_platform({SETTINGS})
served(platform, sys.argv[1])
platform.ports("msp-a")
print(*sys.modules)
"""
MADE = """
import sys
from mesh.adapters.aws.clients import Clients
Clients(region_name="us-east-1").dynamodb
print(*sys.modules)
"""
SOME = ("client_health", "security_compliance", "revenue_optimization")
AGENTS = [agent.name for agent in registry.agents() if agent.name in SOME]


def imported(code: str, *arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return set(done.stdout.split())


def below(names: set[str], package: str) -> set[str]:
    """The packages or modules right below a package, of those names."""
    depth = package.count(".") + 1
    return {name.split(".")[depth] for name in names if name.startswith(f"{package}.")}


@pytest.mark.parametrize("agent", AGENTS)
def test_the_function_of_an_agent_imports_no_other_agent(agent: str) -> None:
    assert below(imported(OPENED, agent), "mesh.agents") == {agent}


@pytest.mark.parametrize("agent", AGENTS)
def test_the_function_of_an_agent_imports_none_of_what_the_platforms_own_routes_need(agent: str) -> None:
    names = imported(OPENED, agent)
    assert "mesh.entrypoints.table" not in names and not below(names, "mesh.workflows")
    assert below(names, "mesh.entrypoints.routes") == {"agents"}
    # Whoever meets other MSPs imports what it takes by then.
    assert below(names, "mesh.sharing") <= {"profiles"}


@pytest.mark.parametrize("agent", AGENTS)
def test_no_library_of_models_or_of_aws_is_imported_before_it_is_used(agent: str) -> None:
    heavy = {"boto3", "botocore", "numpy", "scipy", "onnxruntime", "tokenizers", "jinja2", "cryptography"}
    assert not heavy & imported(OPENED, agent)


def test_the_platforms_function_has_its_routes() -> None:
    assert "mesh.entrypoints.table" in imported(OPENED, "")


def test_a_client_of_aws_is_made_without_what_boto3_adds() -> None:
    assert not {"boto3", "s3transfer", "multiprocessing"} & imported(MADE)


def test_versions_of_shared_models_are_read_without_numpy_where_a_package_has_none() -> None:
    code = "import sys, mesh.sharing.federation_versions, mesh.sharing.withdrawals; print(*sys.modules)"
    assert "numpy" not in imported(code)
