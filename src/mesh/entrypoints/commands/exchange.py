"""./mesh exchange: indicators from other tools into a tenant's own records, and from the mesh to them."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from mesh.adapters.exchange import misp, stix
from mesh.adapters.exchange.indicator import Indicator, Reading, of_row, rows_of, told
from mesh.adapters.exchange.released import MAKER, released_to, shareable
from mesh.entrypoints.commands.ask import LOCAL
from mesh.entrypoints.home import add_home, opened
from mesh.kit.platform import Platform
from mesh.kit.ports import Sighted
from mesh.kit.problem import FieldError, Invalid, NotFound, TooLarge
from mesh.kit.records import Moment
from mesh.sharing.imported import KIND

LARGEST_FILE = 100_000_000
AT_ONCE = 5_000
# What one answer may tell of at a time.
TOLD_AT_ONCE = 200
FORMATS = ("auto", "stix", "misp")


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    exchange = commands.add_parser("exchange", help="indicators to and from MISP, STIX and TAXII")
    add_home(exchange)
    exchange.add_argument("--msp", default=LOCAL.msp_id, metavar="MSP_ID", help="whose indicators they are")
    actions = exchange.add_subparsers(required=True, metavar="ACTION")
    from_file = actions.add_parser("import", help="take the indicators of a STIX bundle or of MISP's JSON")
    from_file.add_argument("file", metavar="FILE", type=Path)
    from_file.add_argument("--format", choices=FORMATS, default="auto")
    _add_taking(from_file)
    from_file.set_defaults(run=import_file)
    from_server = actions.add_parser("taxii", help="take the indicators of a TAXII 2.1 collection")
    from_server.add_argument("url", metavar="URL", help="https://server/root/collections/ID/")
    from_server.add_argument("--user", default="", metavar="NAME")
    from_server.add_argument(
        "--password-from", default="", metavar="VARIABLE", help="environment variable with it"
    )
    from_server.add_argument("--since", default="", metavar="TIME", help="what was added after it alone")
    _add_taking(from_server)
    from_server.set_defaults(run=import_taxii)
    out = actions.add_parser("export", help="write indicators as a STIX bundle or an event of MISP")
    out.add_argument("--format", choices=("stix", "misp"), default="stix")
    out.add_argument(
        "--what", choices=("mesh", "own"), default="mesh",
        help="mesh: what it released to you; own: your imported ones that may go to others",
    )  # fmt: skip
    out.add_argument("--all", action="store_true", help="with own: those that must not go on as well")
    out.add_argument("--to", type=Path, metavar="FILE", help="instead of the terminal")
    out.set_defaults(run=export)


def _add_taking(action: argparse.ArgumentParser) -> None:
    action.add_argument("--source", default="import", metavar="NAME", help="what they are kept under")
    action.add_argument(
        "--tell", "--seen", dest="tell", action="store_true",
        help="tell the mesh, as far as their TLP and your consent allow, that you imported them: it counts"
        " nobody as having seen what stands on a list",
    )  # fmt: skip
    action.add_argument("--dry-run", action="store_true", help="say what would be stored, and store nothing")


def import_file(options: argparse.Namespace) -> int:
    """0 when indicators were taken, 1 when there was none, 2 for bad use."""
    if options.file.stat().st_size > LARGEST_FILE:
        raise TooLarge(f"{options.file} is larger than {LARGEST_FILE >> 20} MiB; split it.")
    content = options.file.read_bytes()
    return _taken(options, lambda now: _read(content, options.format, now))


def import_taxii(options: argparse.Namespace) -> int:
    from mesh.adapters.exchange import taxii

    password = os.environ.get(options.password_from, "") if options.password_from else ""
    if options.password_from and not password:
        reason = f"{options.password_from} is not set in the environment"
        raise Invalid("There is no password.", errors=[FieldError("--password-from", reason)])
    since = _moment(options.since) if options.since else None
    return _taken(
        options, lambda now: taxii.read(options.url, now, user=options.user, password=password, since=since)
    )


def export(options: argparse.Namespace) -> int:
    """0 when indicators were written, 1 when there is none."""
    with opened(options) as platform:
        _known(platform, options.msp)
        now = platform.clock.now()
        if options.what == "mesh":
            listed = released_to(platform, options.msp)
        else:
            rows = platform.ports(options.msp).records
            listed = [of_row(row) for row in rows.scan(KIND)]
            listed = listed if options.all else shareable(listed, rows)
    owner = MAKER if options.what == "mesh" else options.msp
    made: Any = (
        stix.bundle(listed, now, owner) if options.format == "stix" else misp.event(listed, now, owner)
    )
    text = json.dumps(made, indent=2, ensure_ascii=False) + "\n"
    if options.to:
        options.to.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 0 if listed else 1


def _read(content: bytes, form: str, now: datetime) -> Reading:
    if form == "auto":
        try:
            form = "misp" if misp.is_misp(json.loads(content)) else "stix"
        except (ValueError, RecursionError) as error:
            raise Invalid("The file is not JSON.", errors=[FieldError("file", "is no JSON text")]) from error
    return misp.read(content, now) if form == "misp" else stix.read(content, now)


def _taken(options: argparse.Namespace, read: Callable[[datetime], Reading]) -> int:
    with opened(options) as platform:
        _known(platform, options.msp)
        reading = read(platform.clock.now())
        rows = rows_of(reading.indicators, options.source)
        shared = 0
        if not options.dry_run:
            for start in range(0, len(rows), AT_ONCE):
                platform.ports(options.msp).records.put(KIND, rows[start : start + AT_ONCE])
            if options.tell:
                shared = _tell(platform, options.msp, reading.indicators, options.source)
    done = "would be stored" if options.dry_run else "stored"
    out = [f"{len(reading.indicators):,} indicators read, {len(rows):,} {done} under {options.source!r}"]
    if options.tell and not options.dry_run:
        out.append(f"  {shared:,} told to the mesh as imported from {options.source!r}")
    out += [f"  not taken: {line}" for line in told(reading.skipped)]
    sys.stdout.write("\n".join(out) + "\n")
    return 0 if rows else 1


def _tell(platform: Platform, msp_id: str, indicators: Sequence[Indicator], source: str) -> int:
    things = [Sighted(one.kind, one.value, one.tlp, source) for one in indicators]
    sightings = platform.ports(msp_id).sightings
    return sum(
        sightings.tell(things[start : start + TOLD_AT_ONCE], f"import {source} {start}")
        for start in range(0, len(things), TOLD_AT_ONCE)
    )


def _moment(text: str) -> datetime:
    try:
        return TypeAdapter(Moment).validate_python(text)
    except ValidationError as error:
        reason = "is no time: 2026-03-02 or 2026-03-02T08:00:00Z"
        raise Invalid("A time cannot be read.", errors=[FieldError("--since", reason)]) from error


def _known(platform: Platform, msp_id: str) -> None:
    if platform.tenants.find(msp_id) is None:
        if msp_id != LOCAL.msp_id:
            raise NotFound(f"There is no MSP {msp_id!r} here; make one with ./mesh keys create {msp_id}")
        platform.tenants.put(LOCAL)
