"""The feeds: what each is called, where its public home is, and how its file is read."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mesh.adapters.knowledge import attack, epss, kev, nvd, sigma
from mesh.adapters.knowledge.content import Content
from mesh.adapters.knowledge.fetch import Fetch
from mesh.adapters.knowledge.store import KnowledgeStore
from mesh.kit.ports import Edition
from mesh.kit.problem import Invalid, NotFound, Problem, TooLarge

# The largest file any feed publishes today is under 60 MB (ATT&CK's bundle, a compressed year of NVD 2.0).
FILE_LIMIT = 256 << 20


@dataclass(frozen=True, slots=True)
class Feed:
    """One set of public facts. A feed that `merges` is published in parts, which add up to the edition."""

    name: str
    title: str
    homes: Callable[[int], tuple[str, ...]]  # of the current year
    parse: Callable[[bytes, str], Content]
    merges: bool = False


def _at(url: str) -> Callable[[int], tuple[str, ...]]:
    return lambda _year: (url,)


def _nvd_homes(year: int) -> tuple[str, ...]:
    # The last two years and what changed in the last eight days; older years are loaded from their files.
    parts = (str(year - 1), str(year), "modified")
    return tuple(f"https://nvd.nist.gov/feeds/json/cve/2.0/nvdcve-2.0-{part}.json.gz" for part in parts)


FEEDS = {
    feed.name: feed
    for feed in (
        Feed(
            "attack", "MITRE ATT&CK Enterprise",
            _at("https://raw.githubusercontent.com/mitre-attack/attack-stix-data/master/"
                "enterprise-attack/enterprise-attack.json"), attack.parse,
        ),
        Feed(
            "kev", "CISA known exploited vulnerabilities",
            _at("https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"),
            kev.parse,
        ),
        Feed(
            "epss", "FIRST exploit prediction scores",
            _at("https://epss.empiricalsecurity.com/epss_scores-current.csv.gz"), epss.parse,
        ),
        Feed("cvss", "NVD CVSS vectors", _nvd_homes, nvd.parse, merges=True),
        Feed(
            "sigma", "SigmaHQ detection rules",
            _at("https://github.com/SigmaHQ/sigma/releases/latest/download/sigma_all_rules.zip"), sigma.parse,
        ),
    )
}  # fmt: skip


def open_store(home: Path) -> KnowledgeStore:
    """The store of a home folder. ATT&CK is seeded from its package when it is first asked for."""
    seeds = {"attack": (attack.PACKAGED, attack.packaged)} if attack.is_packaged() else {}
    return KnowledgeStore(home / "knowledge.db", seeds)


def seed(store: KnowledgeStore) -> None:
    """Make the editions that packages ship, where none is loaded yet (under a second)."""
    store.edition("attack")


def list_editions(store: KnowledgeStore) -> list[tuple[Feed, Edition | None]]:
    """Every feed with its loaded edition, or None."""
    return [(feed, store.edition(name)) for name, feed in FEEDS.items()]


def load(store: KnowledgeStore, name: str, path: Path) -> Edition:
    """Load a feed's file. Raises NotFound, TooLarge, Malformed or Invalid; the loaded edition then stays."""
    feed = _feed(name)
    try:
        if path.stat().st_size > FILE_LIMIT:
            raise TooLarge(f"{path} is larger than {FILE_LIMIT >> 20} MiB.")
        raw = path.read_bytes()
    except OSError as error:
        raise NotFound(f"{path} cannot be read: {error.strerror or error}.") from error
    return store.load(name, feed.parse(raw, path.name), f"file {path.name}", merge=feed.merges)


def refresh(
    store: KnowledgeStore, names: Iterable[str], fetch: Fetch, now: datetime | None = None
) -> Iterator[str]:
    """Fetch feeds from their homes, all of them where `names` is empty; yields a line for each step.

    A feed that fails leaves its loaded edition as it was, says why in one line that starts with its name and
    "failed", and the next one is tried. Raises Invalid for an unknown name before anything is fetched.
    """
    year = (now or datetime.now(UTC)).year
    for feed in [_feed(name) for name in names] or list(FEEDS.values()):
        for url in feed.homes(year):
            try:
                yield _refresh_one(store, feed, url, fetch)
            except Problem as problem:
                yield f"{feed.name}: failed: {problem.detail} {_kept(store, feed.name)}"


def _refresh_one(store: KnowledgeStore, feed: Feed, url: str, fetch: Fetch) -> str:
    fetched = fetch(url, store.stamp(url), FILE_LIMIT)
    if fetched is None:
        return f"{feed.name}: not changed since it was last loaded ({url})"
    content = feed.parse(fetched.content, url.rsplit("/", 1)[-1])
    edition = store.load(feed.name, content, url, merge=feed.merges, stamps=[fetched.stamp])
    dated = f"of {edition.published}" if edition.published else "of unknown date"
    return f"{feed.name}: loaded {edition.version} {dated}, {edition.rows} rows ({url})"


def _kept(store: KnowledgeStore, name: str) -> str:
    edition = store.edition(name)
    return f"The loaded edition stays ({edition.version})." if edition else "Nothing is loaded."


def _feed(name: str) -> Feed:
    if name not in FEEDS:
        raise Invalid(f"There is no feed called {name}. The feeds are {', '.join(FEEDS)}.")
    return FEEDS[name]
