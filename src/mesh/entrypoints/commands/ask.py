"""./mesh ask AGENT: an answer on the terminal, without a server."""

import argparse
import shutil
import sys
from pathlib import Path

from mesh import registry
from mesh.entrypoints.home import add_home, home_of, opened
from mesh.kit.agent import Agent
from mesh.kit.platform import Tenant
from mesh.kit.problem import FieldError, Malformed

LOCAL = Tenant(msp_id="local", name="This machine")


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    ask = commands.add_parser(
        "ask", help="ask an agent", description="Ask an agent; ./mesh ask AGENT --help."
    )
    ask.set_defaults(run=run)
    ask.add_argument("agent", metavar="AGENT", help=", ".join(n.replace("_", "-") for n in registry.names()))
    ask.add_argument("rest", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> int:
    """0 with an answer, 1 with none and why, 2 for bad use."""
    agent = registry.find(options.agent)
    chosen = _parser(agent).parse_args(options.rest)
    question = registry.checked(agent, agent.terminal.read(_inputs(agent, chosen)))
    _build_models(agent, chosen)
    with opened(chosen) as platform:
        if platform.tenants.find(chosen.msp) is None:
            platform.tenants.put(LOCAL.model_copy(update={"msp_id": chosen.msp}))
        envelope = registry.ask(agent, question, platform, chosen.msp)
    if agent.terminal.picture and chosen.plot:
        chosen.plot.write_bytes(agent.terminal.picture(question, envelope))
    if chosen.format != "text":
        formats = {
            "json": lambda e: e.model_dump_json(indent=2),
            **{n: f.render for n, f in agent.formats.items()},
        }
        sys.stdout.write(formats[chosen.format](envelope) + "\n")
    else:
        width = max(60, min(shutil.get_terminal_size((100, 24)).columns, 160))
        sys.stdout.write(agent.terminal.show(question, envelope, width).rstrip() + "\n")
    why_not = agent.terminal.why_not(agent.reply.model_validate(envelope.answer))
    if why_not:
        sys.stderr.write(f"mesh: no answer: {why_not}\n")
    return 1 if why_not else 0


def _parser(agent: Agent) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"mesh ask {agent.slug}", description=agent.summary)
    parser.add_argument(
        "input", nargs="?", metavar="FILE", help="a file with the input, or - for standard input"
    )
    for flag in agent.terminal.flags:
        metavar = "FILE" if flag.file else flag.name.replace("-", "_").upper()
        parser.add_argument(f"--{flag.name}", metavar=metavar, help=flag.help)
    parser.add_argument("--format", default="text", choices=["text", "json", *agent.formats])
    parser.add_argument("--json", dest="format", action="store_const", const="json", help="for machines")
    parser.add_argument("--msp", default=LOCAL.msp_id, metavar="MSP_ID", help="whose stored rows to use")
    if agent.terminal.picture:
        parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the answer into this PNG file")
    add_home(parser)
    return parser


def _inputs(agent: Agent, chosen: argparse.Namespace) -> dict[str, str]:
    given = {f.name: getattr(chosen, f.name.replace("-", "_")) for f in agent.terminal.flags}
    files = {f.name for f in agent.terminal.flags if f.file}
    inputs = {
        name: _text(value, f"--{name}") if name in files else value
        for name, value in given.items()
        if value is not None
    }
    if chosen.input:
        inputs["input"] = _text(chosen.input, "FILE")
    elif not inputs and not sys.stdin.isatty():
        inputs["input"] = _text("-", "standard input")
    return inputs


def _text(path: str, name: str) -> str:
    content = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        reason = f"is not UTF-8: byte {error.start} cannot be read"
        raise Malformed("The input cannot be read.", errors=[FieldError(name, reason)]) from error


def _build_models(agent: Agent, chosen: argparse.Namespace) -> None:
    from mesh.adapters.models.build_embedder import NAME

    if NAME in agent.models:
        from mesh.demo.first_start import prepare_models
        from mesh.entrypoints.commands.up import say

        prepare_models(home_of(chosen), say)
