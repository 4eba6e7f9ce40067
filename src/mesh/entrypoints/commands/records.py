"""./mesh records: bring in what another tool exported, and see how its columns are read."""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from mesh.adapters.imports import journal
from mesh.adapters.imports import mapping as mappings
from mesh.adapters.imports.mapping import ColumnMapping
from mesh.adapters.imports.taking import Line, Taken, take
from mesh.entrypoints.commands.ask import LOCAL
from mesh.entrypoints.commands.up import say
from mesh.entrypoints.home import add_home, opened
from mesh.entrypoints.rows import lines_of_file
from mesh.kit.platform import Platform
from mesh.kit.ports import Ports
from mesh.kit.problem import FieldError, Invalid, NotFound
from mesh.kit.records import KINDS

AT_ONCE = 5_000
TOLD_EVERY = 20_000
REFUSED_SHOWN = 20


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    records = commands.add_parser("records", help="import rows from files and other tools' exports")
    add_home(records)
    records.add_argument("--msp", default=LOCAL.msp_id, metavar="MSP_ID", help="whose rows they are")
    actions = records.add_subparsers(required=True, metavar="ACTION")
    take_in = actions.add_parser("import", help="store the rows of a CSV, JSON, NDJSON or Parquet file")
    take_in.add_argument("kind", metavar="KIND", choices=list(KINDS), help=", ".join(KINDS))
    take_in.add_argument("file", metavar="FILE", type=Path, help="may be gzipped")
    take_in.add_argument(
        "--source", default="", metavar="NAME", help="a mapping: see ./mesh records mappings"
    )
    take_in.add_argument(
        "--map", action="append", default=[], metavar="FIELD=COLUMN", help="kept under --source for next time"
    )
    take_in.add_argument(
        "--default", action="append", default=[], metavar="FIELD=VALUE", help="where a line has none"
    )
    take_in.add_argument("--timezone", default="", metavar="ZONE", help="of times without one: Europe/London")
    take_in.add_argument("--time-format", default="", metavar="FORMAT", help="of times: %%d/%%m/%%Y %%H:%%M")
    take_in.add_argument("--dry-run", action="store_true", help="say what would happen, and store nothing")
    take_in.add_argument(
        "--refused", type=Path, metavar="FILE", help="write every refused line here, as NDJSON"
    )
    take_in.add_argument("--json", action="store_true", help="the report for machines")
    take_in.set_defaults(run=run)
    known = actions.add_parser("mappings", help="list the mappings, or show one")
    known.add_argument("name", nargs="?", metavar="NAME")
    known.set_defaults(run=show)


def run(options: argparse.Namespace) -> int:
    """0 when rows were taken, 1 when there was none to take, 2 for bad use."""
    with opened(options) as platform:
        ports = _ports(platform, options.msp)
        mapping = _mapping(options, ports)
        lines = _told(lines_of_file(options.file))
        taken = take(options.kind, lines, mapping, show=sys.maxsize if options.refused else 1_000)
        if not options.dry_run:
            _store(ports, options, taken)
            journal.note(options.kind, options.source, taken, ports)
            if mapping and (options.map or options.default or options.timezone or options.time_format):
                mappings.save(mapping, ports.blobs)
    if options.refused:
        refusals = "".join(json.dumps(asdict(refusal)) + "\n" for refusal in taken.refused)
        options.refused.write_text(refusals, encoding="utf-8")
    _report(options, taken)
    return 0 if taken.rows else 1


def show(options: argparse.Namespace) -> int:
    with opened(options) as platform:
        blobs = _ports(platform, options.msp).blobs
        own = {mapping.name: mapping for mapping in mappings.saved(blobs)}
    known = {**mappings.ready(), **own}
    if options.name:
        if options.name not in known:
            raise NotFound(f"There is no mapping {options.name!r}. There are: {', '.join(sorted(known))}.")
        sys.stdout.write(known[options.name].model_dump_json(indent=2) + "\n")
        return 0
    for name, mapping in sorted(known.items()):
        whose = "yours" if name in own else "ready"
        sys.stdout.write(f"{name:<16} {mapping.kind:<12} {whose:<6} {mapping.title}".rstrip() + "\n")
    return 0


def _ports(platform: Platform, msp_id: str) -> Ports:
    if platform.tenants.find(msp_id) is None:
        if msp_id != LOCAL.msp_id:
            raise NotFound(f"There is no MSP {msp_id!r} here; make one with ./mesh keys create {msp_id}")
        platform.tenants.put(LOCAL)
    return platform.ports(msp_id)


def _mapping(options: argparse.Namespace, ports: Ports) -> ColumnMapping | None:
    columns, defaults = _pairs(options.map, "--map"), _pairs(options.default, "--default")
    changes = bool(columns or defaults or options.timezone or options.time_format)
    if not options.source:
        if changes:
            reason = "give the mapping a name, under which it is kept: --source my-tool"
            raise Invalid("The mapping has no name.", errors=[FieldError("--source", reason)])
        return None
    known = {**mappings.ready(), **{m.name: m for m in mappings.saved(ports.blobs)}}
    if not changes:
        return mappings.find(options.source, options.kind, ports.blobs)
    return mappings.changed(
        known.get(options.source),
        options.source,
        options.kind,
        columns=columns,
        defaults=defaults,
        timezone=options.timezone,
        time_format=options.time_format,
    )


def _pairs(texts: list[str], flag: str) -> list[tuple[str, str]]:
    pairs = [text.partition("=") for text in texts]
    for field, equals, value in pairs:
        if not (field and equals and value):
            raise Invalid(
                "A mapping cannot be read.", errors=[FieldError(flag, "is FIELD=COLUMN or FIELD=VALUE")]
            )
    return [(field.strip(), value.strip()) for field, _, value in pairs]


def _told(lines: Iterator[Line]) -> Iterator[Line]:
    for count, line in enumerate(lines, start=1):
        if count % TOLD_EVERY == 0:
            say(f"{count:,} lines read")
        yield line


def _store(ports: Ports, options: argparse.Namespace, taken: Taken) -> None:
    rows = list(taken.rows.values())
    for start in range(0, len(rows), AT_ONCE):
        ports.records.put(options.kind, rows[start : start + AT_ONCE])
        if len(rows) > AT_ONCE:
            say(f"{min(start + AT_ONCE, len(rows)):,} of {len(rows):,} {options.kind} stored")


def _report(options: argparse.Namespace, taken: Taken) -> None:
    if options.json:
        told = {
            "kind": options.kind, "read": taken.read, "taken": len(taken.rows), "merged": taken.merged,
            "contradicting": [asdict(r) for r in taken.contradicting],
            "refused_lines": taken.refused_lines, "refused": [asdict(r) for r in taken.refused[:1_000]],
            "defaulted": taken.defaulted, "unused_columns": taken.unused, "stored": not options.dry_run,
        }  # fmt: skip
        sys.stdout.write(json.dumps(told, indent=2) + "\n")
        return
    done = "would be stored" if options.dry_run else "stored"
    merged = f"{taken.merged:,} lines merged into them, {taken.refused_lines:,} refused"
    out = [f"{taken.read:,} lines read: {len(taken.rows):,} {options.kind} {done}, {merged}"]
    out += [
        f"  {field}: {count:,} lines had none and got the default" for field, count in taken.defaulted.items()
    ]
    if taken.unused:
        out.append(f"  columns not used: {', '.join(taken.unused)}")
    out += [f"  line {r.line}: {r.field}: {r.reason}" for r in taken.contradicting[:REFUSED_SHOWN]]
    untold = len(taken.contradicting) - REFUSED_SHOWN
    if untold > 0:
        out.append(f"  and {untold:,} more lines that contradict an earlier one; --json tells up to 1,000")
    out += [f"  line {r.line}: {r.field}: {r.reason}" for r in taken.refused[:REFUSED_SHOWN]]
    more = len(taken.refused) - REFUSED_SHOWN
    if more > 0:
        out.append(f"  and {more:,} more reasons; --refused FILE writes all of them")
    sys.stdout.write("\n".join(out) + "\n")
