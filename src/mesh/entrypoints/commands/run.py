"""./mesh run PLAYBOOK --msp X: agents act on each other's answers, and every step is told as it ends."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mesh.entrypoints.commands.up import say
from mesh.entrypoints.endpoint import parse_json
from mesh.entrypoints.home import add_home, opened
from mesh.kit.agent import Envelope
from mesh.kit.platform import Job, Platform
from mesh.kit.problem import FieldError, Malformed, NotFound
from mesh.workflows import engine, inputs, library
from mesh.workflows.playbook import Input, Playbook
from mesh.workflows.run import StepRun

MARKS = {"done": "done", "skipped": "skipped", "failed": "failed, is tried again"}
LISTS = ("names", "events")


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    run = commands.add_parser(
        "run",
        help="run a playbook: agents that act on each other's answers",
        description="Without a playbook, lists those there are; ./mesh run PLAYBOOK --help shows its inputs.",
    )
    run.set_defaults(run=run_playbook)
    run.add_argument("playbook", nargs="?", metavar="PLAYBOOK", help=", ".join(library.names()))
    run.add_argument("rest", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)


def run_playbook(options: argparse.Namespace) -> int:
    """0 when the run ended, 1 when none of its steps could be done, 2 for bad use."""
    if options.playbook is None:
        for one in library.playbooks():
            sys.stdout.write(f"{one.name:<20} {one.summary}\n")
        return 0
    playbook = library.find(options.playbook)
    chosen = _parser(playbook).parse_args(options.rest)
    with opened(chosen) as platform:
        if platform.tenants.find(chosen.msp) is None:
            reason = "is no MSP of this mesh"
            raise NotFound(f"There is no MSP {chosen.msp[:60]!r}.", errors=[FieldError("--msp", reason)])
        job = _new(playbook, chosen, platform)
        say(f"{playbook.title} for {chosen.msp}: run {job.job_id}")
        envelope = engine.perform(job, platform, say=_tell)
    sys.stdout.write(envelope.model_dump_json(indent=2) + "\n" if chosen.json else written(envelope))
    return 0 if any(step["state"] == "done" for step in envelope.answer["steps"]) else 1


def _parser(playbook: Playbook) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"mesh run {playbook.name}", description=playbook.summary)
    parser.add_argument("--msp", required=True, metavar="MSP_ID", help="whose records to use")
    for name, field in playbook.input.items():
        many = " (several with commas)" if field.type == "names" else ""
        kind = "FILE" if field.type == "events" else name.upper()
        parser.add_argument(_flag(name), metavar=kind, help=f"{field.about}{many}")
    parser.add_argument("--input", metavar="FILE", help="all inputs as a JSON object; - for standard input")
    parser.add_argument("--json", action="store_true", help="for machines")
    add_home(parser)
    return parser


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _new(playbook: Playbook, chosen: argparse.Namespace, platform: Platform) -> Job:
    given = _given(playbook, chosen)
    checked = inputs.checked(playbook, given, platform.ports(chosen.msp))
    return engine.opened(playbook, checked, platform, chosen.msp, begun_by="command", mine=True)


def _given(playbook: Playbook, chosen: argparse.Namespace) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if chosen.input:
        whole = _json(chosen.input, "--input")
        if not isinstance(whole, dict):
            errors = [FieldError("--input", "must hold a JSON object")]
            raise Malformed("The input cannot be read.", errors=errors)
        given = whole
    flags = {name: getattr(chosen, name) for name in playbook.input}
    return {**given, **{n: _value(n, playbook.input[n], v) for n, v in flags.items() if v is not None}}


def _value(name: str, field: Input, text: str) -> Any:
    if field.type == "names":
        return [part.strip() for part in text.split(",") if part.strip()]
    if field.type == "events":
        return _events(text, name)
    return text


def _events(path: str, name: str) -> list[Any]:
    """A JSON array, or a line an event."""
    text = _read(path, _flag(name))
    if text.lstrip().startswith(b"["):
        events = parse_json(text)
        return events if isinstance(events, list) else [events]
    lines = text.decode("utf-8-sig", "replace").splitlines()
    return [line for line in lines if line.strip()]


def _json(path: str, name: str) -> Any:
    return parse_json(_read(path, name))


def _read(path: str, name: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except FileNotFoundError as error:
        errors = [FieldError(name, f"there is no file {path}")]
        raise Malformed("The input cannot be read.", errors=errors) from error


def _tell(step: StepRun) -> None:
    took = f"{(step.took_ms or 0) / 1000:6.2f} s" if step.took_ms is not None else ""
    why = step.reason or (step.failures[-1].reason if step.state == "failed" else "")
    say(f"  {step.title}: {MARKS.get(step.state, step.state)} {took}{f' ({why})' if why else ''}")


def written(envelope: Envelope) -> str:
    """The report as text; behind each sentence the step that it is from."""
    report: Mapping[str, Any] = envelope.answer
    lines = [report["headline"], *(["(simulated data)"] if envelope.simulated else [])]
    for section in report["sections"]:
        lines += ["", section["title"]]
        for sentence in section["sentences"]:
            steps = ", ".join(source["step"] for source in sentence["sources"])
            lines.append(f"  - {sentence['text']}{f' [{steps}]' if steps else ''}")
        lines += [f"  ? {reason}" for reason in section["not_known"]]
    lines += ["", "Results"]
    for step in report["steps"]:
        for result_id in step["result_ids"]:
            lines.append(f"  {step['step']:<16} {result_id}")
    return "\n".join(lines) + "\n"
