"""./mesh test: every check, with the time each took. `./mesh test STEP` runs one alone.

`--aws` adds the checks that deploy the whole mesh into an AWS on this machine; `-- ...` is for pytest.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
CODE = ["src", "tests", "evals", "bench", "training", "infra", "reports", "mesh"]
STEPS: dict[str, list[str]] = {
    "format": [str(BIN / "ruff"), "format", "--check", *CODE],
    "lint": [str(BIN / "ruff"), "check", *CODE],
    "types": [str(BIN / "mypy")],
    "imports": [str(BIN / "lint-imports")],
    "tests": [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadgroup"],
}


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(chosen: list[str]) -> int:
    """Runs all steps, or those named; options for pytest follow `--`. The exit status."""
    deployed = {"MESH_TEST_AWS": "1"} if "--aws" in chosen else {}
    chosen = [word for word in chosen if word != "--aws"]
    names, extra = (
        (chosen[: chosen.index("--")], chosen[chosen.index("--") + 1 :]) if "--" in chosen else (chosen, [])
    )
    unknown = [name for name in names if name not in STEPS]
    if unknown:
        sys.stderr.write(f"mesh: there is no step {unknown[0]!r}; the steps are: {', '.join(STEPS)}\n")
        return 2
    failed = []
    for name in names or STEPS:
        say(f"== {name}")
        started = time.monotonic()
        command = STEPS[name] + (extra if name == "tests" else [])
        # Tests must not meet the key, home or address of whoever runs them.
        environment = {k: v for k, v in os.environ.items() if k not in ("MESH_HOME", "MESH_KEY")} | deployed
        if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode:
            failed.append(name)
        say(f"== {name}: {time.monotonic() - started:.0f} s")
    if failed:
        say(f"FAILED: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
