"""The knowledge store: versioned public facts, and the feeds that renew them."""

from mesh.adapters.knowledge.feeds import FEEDS, Feed, list_editions, load, open_store, refresh, seed
from mesh.adapters.knowledge.fetch import over_https
from mesh.adapters.knowledge.store import KnowledgeStore

__all__ = [
    "FEEDS", "Feed", "KnowledgeStore", "list_editions", "load", "open_store", "over_https", "refresh", "seed",
]  # fmt: skip
