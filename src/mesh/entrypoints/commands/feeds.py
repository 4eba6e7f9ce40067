"""./mesh feeds: the public facts the agents know, their editions and newer ones; and news, as articles."""

import argparse
import sys
from pathlib import Path

from mesh.entrypoints.commands.ask import LOCAL
from mesh.entrypoints.home import add_home, home_of, opened
from mesh.kit.problem import NotFound, Problem


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    feeds = commands.add_parser("feeds", help="list, load and refresh public knowledge, and read news")
    add_home(feeds)
    actions = feeds.add_subparsers(required=True, metavar="ACTION")
    actions.add_parser("list", help="which edition of each is loaded").set_defaults(run=listing)
    load_one = actions.add_parser("load", help="load one from a file")
    load_one.add_argument("name", metavar="NAME")
    load_one.add_argument("file", metavar="FILE")
    load_one.set_defaults(run=load)
    read_news = actions.add_parser("read", help="store the articles of an RSS or Atom feed for an MSP")
    read_news.add_argument("sources", nargs="+", metavar="URL|FILE")
    read_news.add_argument("--msp", default=LOCAL.msp_id, metavar="MSP_ID", help="whose articles they are")
    read_news.set_defaults(run=read)
    refresh_some = actions.add_parser("refresh", help="fetch newer editions from their public homes")
    refresh_some.add_argument("names", nargs="*", metavar="NAME")
    refresh_some.set_defaults(run=refresh)


def listing(options: argparse.Namespace) -> int:
    from mesh.adapters.knowledge.feeds import list_editions, open_store

    store = open_store(home_of(options))
    try:
        for feed, edition in list_editions(store):
            told = (
                f"{edition.version:<16} {edition.published:<12} {edition.rows:>9,} rows  {edition.source}"
                if edition
                else "not loaded"
            )
            sys.stdout.write(f"{feed.name:<10} {told}\n")
    finally:
        store.close()
    return 0


def load(options: argparse.Namespace) -> int:
    from mesh.adapters.knowledge import feeds

    store = feeds.open_store(home_of(options))
    try:
        edition = feeds.load(store, options.name, Path(options.file))
    finally:
        store.close()
    sys.stdout.write(
        f"{edition.name} {edition.version}, published {edition.published}: {edition.rows:,} rows\n"
    )
    return 0


def read(options: argparse.Namespace) -> int:
    """Each source by itself: one that cannot be read is told of, and the others are stored."""
    from mesh.adapters.imports.news_reading import read_source
    from mesh.adapters.knowledge.fetch import over_https

    failed = 0
    with opened(options) as platform:
        if platform.tenants.find(options.msp) is None and options.msp != LOCAL.msp_id:
            raise NotFound(f"There is no MSP {options.msp!r} here.")
        ports = platform.ports(options.msp)
        for source in options.sources:
            try:
                told = read_source(source, ports, over_https)
            except (Problem, OSError) as problem:
                failed += 1
                told = [f"{source}: {problem.detail if isinstance(problem, Problem) else problem.strerror}"]
            for line in told:
                sys.stdout.write(line + "\n")
    return 1 if failed else 0


def refresh(options: argparse.Namespace) -> int:
    from mesh.adapters.knowledge import feeds
    from mesh.adapters.knowledge.fetch import over_https

    store = feeds.open_store(home_of(options))
    try:
        for line in feeds.refresh(store, options.names, over_https):
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
    finally:
        store.close()
    return 0
