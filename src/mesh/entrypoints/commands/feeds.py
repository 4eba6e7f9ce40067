"""./mesh feeds: the public facts the agents know, their editions, and newer ones."""

import argparse
import sys
from pathlib import Path

from mesh.entrypoints.home import add_home, home_of


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    feeds = commands.add_parser("feeds", help="list, load and refresh public knowledge")
    add_home(feeds)
    actions = feeds.add_subparsers(required=True, metavar="ACTION")
    actions.add_parser("list", help="which edition of each is loaded").set_defaults(run=listing)
    load_one = actions.add_parser("load", help="load one from a file")
    load_one.add_argument("name", metavar="NAME")
    load_one.add_argument("file", metavar="FILE")
    load_one.set_defaults(run=load)
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
