"""`bench coldstart`: each agent's package as Lambda would start it, beside an empty handler and FastAPI.

The packages are those that are deployed, but for this machine's processor; they run in AWS's runtime client
over MiniStack. Lambda's own share (fetching the zip, starting the sandbox) is not in any number here.
"""

import hashlib
import json
import os
import platform as machine
import statistics
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.lambda_warm import event
from bench.processes import ROOT, Measured, say
from bench.runtime_api import FunctionFailed, started, tail
from mesh import registry
from mesh.kit.agent import Agent
from mesh.kit.platform import Tenant

CACHE = ROOT / ".mesh" / "coldstart"
RUNTIME, PEER = ("awslambdaric==4.2.2",), ("fastapi",)
HANDLERS = {
    "empty": "bench.lambda_peer.empty",
    "mesh": "mesh.entrypoints.lambdas.http.handler",
    "fastapi": "bench.lambda_peer.fastapi",
}
WARM_S = 4.0
# Aims, in milliseconds: of init without a model and with one, and of a warm request beyond the agent itself.
INIT_PLAIN, INIT_ANY, WARM = 500, 2_000, 3


@dataclass
class Start:
    """Milliseconds of each start of one handler, by what they were spent on."""

    times: dict[str, list[float]] = field(default_factory=dict)

    def note(self, **times: float) -> None:
        for name, value in times.items():
            self.times.setdefault(name, []).append(value)

    def least(self) -> dict[str, float]:
        """Of several starts, what disturbed one least: a busy machine only ever adds."""
        return {name: round(min(values), 1) for name, values in self.times.items()}

    def median(self) -> dict[str, float]:
        return {name: round(statistics.median(values), 1) for name, values in self.times.items()}


def measure(agents: Sequence[Agent], rounds: int) -> Measured:
    """Starts each agent's function `rounds` times, in turns with its peers."""
    python, peer = runtime()
    rows: dict[str, dict[str, Any]] = {}
    failed = 0
    with cloud() as at, TemporaryDirectory(prefix="mesh-coldstart-") as folder:
        for agent, package in packages(agents, Path(folder)):
            say(f"{agent.slug} ...")
            path, environment = [package, ROOT, peer], {**at.environment, "MESH_AGENT": agent.slug}
            asked = event(agent.route, dict(agent.examples[0].question))
            asked["headers"]["x-api-key"] = asked["multiValueHeaders"]["x-api-key"][0] = at.key
            try:
                rows[agent.slug] = _of(agent, python, path, environment, asked, at, rounds)
                say(told({agent.slug: rows[agent.slug]}, rounds))
            except FunctionFailed as error:
                say(f"{agent.slug} was not measured: {error}")
                failed += 1
    figures = {"bench": "coldstart", "machine": machine.machine(), "rounds": rounds, "agents": rows}
    return Measured(figures, told(rows, rounds), failed)


def _of(
    agent: Agent, python: Path, path: list[Path], environment: Mapping[str, str], asked: Any, at: "Cloud",
    rounds: int,
) -> dict[str, Any]:  # fmt: skip
    starts = {name: Start() for name in HANDLERS}
    for _ in range(rounds):
        for name, handler in HANDLERS.items():
            around = {**environment, "BENCH_PEER": name}
            with started(python, handler, path, around, at.log) as function:
                took, used, answer = function.invoke(asked)
                starts[name].note(
                    init=function.init_ms, init_cpu=function.init_cpu_ms, first=took, first_cpu=used
                )
                if name != "empty" and answer["statusCode"] != 200:
                    raise FunctionFailed(
                        f"{name} answered {answer['statusCode']}: {answer['body'][:300]}\n{tail(at.log)}"
                    )
    row: dict[str, Any] = {
        name: {"least": start.least(), "median": start.median()} for name, start in starts.items()
    }
    return {**row, "model": bool(agent.models), "warm": warm(agent, python, path, at)}


def warm(agent: Agent, python: Path, path: list[Path], at: "Cloud") -> dict[str, Any]:
    """Warm requests in the function's own Python; see `bench.lambda_warm`."""
    command = [python, "-m", "bench.lambda_warm", agent.slug, str(WARM_S), *at.models]
    around = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path)), "AWS_REGION": "us-east-1"}
    done = subprocess.run(
        [str(part) for part in command], env=around, cwd=path[0], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise FunctionFailed(f"warm requests of {agent.slug}: {done.stderr[-800:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@dataclass(frozen=True)
class Cloud:
    """MiniStack with a mesh's tables, and the environment of a function there."""

    environment: Mapping[str, str]
    key: str
    models: tuple[Path, ...]
    log: Path


@contextmanager
def cloud() -> Iterator[Cloud]:
    from mesh.adapters.aws.clients import Clients
    from mesh.adapters.aws.deployment import ministack
    from mesh.adapters.aws.models import publish
    from mesh.adapters.aws.platform import open_platform
    from mesh.adapters.aws.settings import PREFIX, Settings
    from mesh.adapters.models.store import CARD, standard_folders
    from mesh.demo.first_start import prepare_models
    from tests.aws.deployed import deploy

    running = ministack.start()
    try:
        with TemporaryDirectory(prefix="mesh-bench-") as home:
            clients = Clients(endpoint_url=running.url, region_name=ministack.REGION, **ministack.CREDENTIALS)
            queues = f"{running.url}/{ministack.ACCOUNT}"
            settings = Settings(
                data_bucket="bench-data", models_bucket="bench-models",
                jobs_queue_url=f"{queues}/jobs", dead_letters_url=f"{queues}/dead",
                scratch=Path(home) / "scratch",
            )  # fmt: skip
            deploy(settings, clients)
            # Models are built once, and kept for the next run.
            prepare_models(CACHE, say)
            folders = tuple(folder for folder in standard_folders(CACHE) if folder.is_dir())
            for card in (card for folder in folders for card in folder.glob(f"[!.]*/{CARD}")):
                publish(clients, settings, card.parent)
            platform = open_platform(settings, clients=clients)
            platform.tenants.put(Tenant(msp_id="bench", name="Bench"))
            environment = {
                f"{PREFIX}{name.upper()}": str(value)
                for name, value in settings.model_dump(exclude_defaults=True).items()
            }
            environment |= {
                "AWS_ENDPOINT_URL": running.url, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
            }  # fmt: skip
            yield Cloud(environment, platform.keys.create("bench"), folders, Path(home) / "function.log")
            platform.close()
    finally:
        running.stop()


def packages(agents: Sequence[Agent], folder: Path) -> Iterator[tuple[Agent, Path]]:
    """Each agent with its unpacked package, built for this machine where it has changed; unpacked one at a
    time, since together they are a gigabyte.
    """
    from infra.build import build
    from infra.recipe import Target

    target = Target(platform=f"{machine.machine()}-manylinux_2_28")
    names = {agent.slug for agent in agents}
    built = build(say, names=names, target=target, cache=ROOT / ".mesh" / "packages-here").built
    for agent in agents:
        with TemporaryDirectory(dir=folder) as place, zipfile.ZipFile(built[agent.slug]) as archive:
            archive.extractall(place)
            yield agent, Path(place)


def runtime() -> tuple[Path, Path]:
    """A Python like the functions' with AWS's runtime client, and a folder with FastAPI; installed once."""
    from infra.recipe import Target
    from infra.wheels import LOCK, python_like

    uv = ROOT / ".mesh" / "bin" / "uv"
    found = python_like(Target())
    if found is None:
        raise FunctionFailed(
            f"there is no Python {Target().python} here: install one (uv python install 3.13)"
        )
    # Made again with another lock: FastAPI must be of the time of the packages' own starlette.
    place = CACHE / hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]
    python, peer = place / "venv" / "bin" / "python", place / "peer"
    if not peer.exists():
        _run(str(uv), "venv", "--quiet", "--clear", "--python", found, str(place / "venv"))
        install = [str(uv), "pip", "install", "--quiet", "--python", str(python)]
        _run(*install, "--compile-bytecode", *RUNTIME)
        # What it stands on comes along; what a package has as well is taken from there, since that is first.
        _run(*install, "--constraint", str(LOCK), "--target", str(peer), *PEER)
        _run(str(python), "-m", "compileall", "-q", str(peer))
    return python, peer


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise FunctionFailed(f"{command[0]} failed: {done.stderr[-500:]}")


def told(rows: Mapping[str, Mapping[str, Any]], rounds: int) -> str:
    """Least of the rounds, and medians of warm requests: milliseconds, processor milliseconds in brackets."""
    lines = [
        f"Cold starts ({machine.machine()}), the least of {rounds}: ms, processor ms in brackets",
        "",
        f"{'':<24}{'init: empty':>14}{'mesh':>14}{'FastAPI':>14}   {'first: mesh':>14}{'FastAPI':>14}",
    ]
    for slug, row in rows.items():
        cells = [_pair(row[name]["least"], "init") for name in ("empty", "mesh", "fastapi")]
        firsts = [_pair(row[name]["least"], "first") for name in ("mesh", "fastapi")]
        lines.append(
            f"{slug:<24}" + "".join(f"{c:>14}" for c in cells) + "   " + "".join(f"{c:>14}" for c in firsts)
        )
    lines += [
        "",
        f"{'':<24}{'init/empty':>12}{'start/FastAPI':>15}   warm: {'agent':>13}{'+mesh':>13}{'+FastAPI':>13}",
    ]
    for slug, row in rows.items():
        lines.append(f"{slug:<24}" + _ratios(row))
    aims = f"Aims: init at most {INIT_PLAIN} ms without a model, {INIT_ANY} with one; +mesh at most {WARM}."
    return "\n".join([*lines, "", aims])


def _pair(times: Mapping[str, float], name: str) -> str:
    return f"{times[name]:.0f} ({times[f'{name}_cpu']:.0f})"


def _ratios(row: Mapping[str, Any]) -> str:
    """Of processor time, which a busy machine stretches less; warm times beyond `registry.ask`."""
    mesh, fastapi, empty = (row[name]["least"] for name in ("mesh", "fastapi", "empty"))
    spent = [times["init_cpu"] + times["first_cpu"] for times in (mesh, fastapi)]
    whole = spent[0] / spent[1] if spent[1] else float("nan")
    wall, cpu = row["warm"]["ms"], row["warm"]["cpu_ms"]
    warm = [f"{wall['agent']:.2f} ({cpu['agent']:.2f})"]
    warm += [f"{wall[way] - wall['ask']:.2f} ({cpu[way] - cpu['ask']:.2f})" for way in ("mesh", "fastapi")]
    ratios = f"{mesh['init_cpu'] / max(empty['init_cpu'], 1):>12.1f}{whole:>15.2f}"
    return f"{ratios}         " + "".join(f"{cell:>13}" for cell in warm)


def chosen(name: str) -> tuple[Agent, ...]:
    """One agent, or all. Raises NotFound."""
    return registry.agents() if name == "all" else (registry.find(name),)


if __name__ == "__main__":
    sys.stdout.write(measure(chosen(sys.argv[1]), 3).text + "\n")
