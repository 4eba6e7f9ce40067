"""./mesh test: every check, with the time each took. `./mesh test STEP` runs one alone.

`--aws` adds the checks that deploy the whole mesh into an AWS on this machine; `-- ...` is for pytest.
`--again` runs the few tests that failed once more, alone, and names those that then pass.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from subprocess import STDOUT, Popen
from tempfile import TemporaryFile

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
CODE = ["src", "tests", "evals", "bench", "training", "infra", "reports", "mesh"]
# A file's tests stay together and in order: what its fixtures start, they share. Files too: the browser's
# come last, since Playwright leaves a loop running in its worker.
STEPS: dict[str, list[str]] = {
    "format": [str(BIN / "ruff"), "format", "--check", *CODE],
    "lint": [str(BIN / "ruff"), "check", *CODE],
    "types": [str(BIN / "mypy")],
    "imports": [str(BIN / "lint-imports")],
    "tests": [sys.executable, "-m", "pytest", "-n", "3", "--dist", "loadfile", "--no-loadscope-reorder"],
}
FAILED_BEFORE = ROOT / ".pytest_cache" / "v" / "cache" / "lastfailed"
# More than a busy machine makes fail: a browser that was late, a process that took too long to start.
FEW = 5
# pytest's status where all ran and some failed; any other says that not all ran.
TESTS_FAILED = 1
# Keeps one core busy and needs nothing of the rest, so it goes on beside them.
BESIDE = "types"


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(chosen: list[str]) -> int:
    """Runs all steps, or those named; options for pytest follow `--`. The exit status."""
    deployed = {"MESH_TEST_AWS": "1"} if "--aws" in chosen else {}
    again = "--again" in chosen
    chosen = [word for word in chosen if word not in ("--aws", "--again")]
    names, extra = (
        (chosen[: chosen.index("--")], chosen[chosen.index("--") + 1 :]) if "--" in chosen else (chosen, [])
    )
    unknown = [name for name in names if name not in STEPS]
    if unknown:
        sys.stderr.write(f"mesh: there is no step {unknown[0]!r}; the steps are: {', '.join(STEPS)}\n")
        return 2
    # Tests must not meet the key, home or address of whoever runs them.
    environment = {k: v for k, v in os.environ.items() if k not in ("MESH_HOME", "MESH_KEY")} | deployed
    chosen = names or list(STEPS)
    if again:
        FAILED_BEFORE.unlink(missing_ok=True)
    with TemporaryFile() as said:
        beside = Popen(STEPS[BESIDE], cwd=ROOT, stdout=said, stderr=STDOUT) if BESIDE in chosen else None
        ended = {name: _run(name, extra, environment) for name in chosen if name != BESIDE}
        failed = [name for name, status in ended.items() if status]
        if again and ended.get("tests") == TESTS_FAILED and _passed_alone(environment):
            failed.remove("tests")
        if beside is not None:
            status = beside.wait()
            said.seek(0)
            say(f"== {BESIDE}\n{said.read().decode(errors='replace').rstrip()}")
            failed += [BESIDE] if status else []
    if failed:
        say(f"FAILED: {', '.join(failed)}")
    return 1 if failed else 0


def _run(name: str, extra: list[str], environment: dict[str, str]) -> int:
    say(f"== {name}")
    started = time.monotonic()
    command = STEPS[name] + (extra if name == "tests" else [])
    status = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    say(f"== {name}: {time.monotonic() - started:.0f} s")
    return status


def _passed_alone(environment: dict[str, str]) -> bool:
    """Whether the tests that failed were few, and passed with nothing beside them. All are named."""
    names = list(json.loads(FAILED_BEFORE.read_text())) if FAILED_BEFORE.exists() else []
    if not 0 < len(names) <= FEW:
        return False
    say("== tests that failed, alone")
    alone = [sys.executable, "-m", "pytest", "-n", "0", "--last-failed", "--last-failed-no-failures", "none"]
    if subprocess.run(alone, cwd=ROOT, env=environment, check=False).returncode:
        return False
    for name in names:
        say(f"UNSTEADY: {name} failed among the others and passed alone: find out why")
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
