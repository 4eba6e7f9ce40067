"""./mesh aws synth: CloudFormation templates and packages from the stacks in infra/."""

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mesh.entrypoints.commands.aws.place import step
from mesh.entrypoints.commands.up import say
from mesh.kit.problem import FieldError, Invalid, Unavailable

ROOT = Path(__file__).resolve().parents[5]
OUT = ROOT / ".mesh" / "cdk.out"
SIZES = ("lean", "standard", "full")
GET_CDK = "Templates are made with CDK, which is not installed: run this through ./mesh in a checkout."
YES_NO = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    synth = commands.add_parser(
        "synth", help="write the templates and packages into a folder; needs no account"
    )
    add_size(synth)
    synth.add_argument(
        "--out", type=Path, default=OUT, metavar="DIR", help=f"where to (default: {_short(OUT)})"
    )
    synth.add_argument("--stand-ins", action="store_true", help="templates alone, without building packages")
    synth.set_defaults(run=run)


def add_size(command: argparse.ArgumentParser) -> None:
    """What is to be made."""
    command.add_argument(
        "--size", choices=SIZES, default="lean", help="how much is switched on (default: lean)"
    )
    command.add_argument(
        "--set",
        dest="switches",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="one switch of infra/plan.py, e.g. waf=on or alert_email=ops@example.com; may be repeated",
    )


def run(options: argparse.Namespace) -> int:
    out = synthesised(options.size, options.out, options.switches, built=not options.stand_ins)
    say(f"The templates are in {out}. ./mesh aws deploy makes its own.")
    return 0


def synthesised(size: str, out: Path, switches: Sequence[str] = (), *, built: bool = True) -> Path:
    """The folder of the assembly, with the functions' packages unless `built` is False.

    Raises Unavailable where infra/ or CDK is missing, Invalid for a switch that does not fit.
    """
    if not (ROOT / "infra" / "app.py").is_file():
        raise Unavailable("infra/ is part of the source checkout: run it from there.")
    chosen = dict(_switch(text) for text in switches)
    app = _infra("app")
    packages = {"packages": _built()} if built else {}
    with step(f"Synthesising the {size} size"):
        try:
            app.synth(size, out, **packages, **chosen)
        except (ValueError, TypeError) as error:
            # A WrongPlan, or a name that is no option of the plan.
            raise Invalid("The switches do not fit.", errors=[FieldError("--set", str(error))]) from error
    return out


def _built() -> Any:
    """The functions' packages, made or taken from the last time. Raises Unavailable."""
    build = _infra("build")
    with step("Building the functions' packages"):
        try:
            return build.build(lambda line: say(f"  {line}"))
        except ValueError as error:
            raise Unavailable(f"{error}") from error


def _infra(module: str) -> Any:
    sys.path.insert(0, str(ROOT))
    try:
        return importlib.import_module(f"infra.{module}")
    except ImportError as error:
        raise Unavailable(f"{GET_CDK} ({error})") from error
    finally:
        sys.path.remove(str(ROOT))


def _switch(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        reason = f"{text[:50]!r} is not NAME=VALUE"
        raise Invalid("A switch cannot be read.", errors=[FieldError("--set", reason)])
    if value.lower() in YES_NO:
        return name, YES_NO[value.lower()]
    try:
        return name, float(value)
    except ValueError:
        return name, value


def _short(path: Path) -> str:
    return str(path.relative_to(ROOT))
