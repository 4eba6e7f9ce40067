"""What the entrypoints need beyond an agent's ports: tenants, keys, jobs, the outbox, replayed replies."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from pydantic import BaseModel

from mesh.kit.event import Draft, Event
from mesh.kit.ports import Clock, Knowledge, Models, Page, Ports
from mesh.kit.trace import Observer


class Tenant(BaseModel):
    """One MSP. `simulated` marks a demo tenant: every screen and answer about it says so."""

    msp_id: str
    name: str
    simulated: bool = False


# An admin's key does what any key of the tenant does, and looks after keys, feeds and cost besides.
Role = Literal["member", "admin"]


class KeyInfo(BaseModel):
    """What may be shown of a key; the key itself is not kept. `last_used_at` is right to the hour."""

    key_id: str
    msp_id: str
    label: str
    role: Role = "member"
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


class Tenants(Protocol):
    def put(self, tenant: Tenant) -> None:
        """Add or rename a tenant."""

    def find(self, msp_id: str) -> Tenant | None: ...

    def listing(self) -> Sequence[Tenant]: ...

    def erase(self, msp_id: str) -> int:
        """Remove the tenant and everything of it, keys included; how many rows went."""


class Keys(Protocol):
    def create(self, msp_id: str, label: str = "", role: Role = "member") -> str:
        """A new key for a known tenant. It is shown this once; only a hash is stored. Raises NotFound."""

    def tenant_of(self, key: str) -> Tenant | None:
        """Whose key this is, compared in constant time; None when unknown or revoked."""

    def find(self, key_id: str) -> KeyInfo | None:
        """What may be shown of the key with that id, as of now; None when there is none."""

    def listing(self, msp_id: str | None = None) -> Sequence[KeyInfo]:
        """Every key by tenant and age, revoked ones too; with `msp_id`, that tenant's alone."""

    def revoke(self, key_id: str) -> bool:
        """Whether the key was there and live; it is dead when this returns."""


JobState = Literal["waiting", "running", "done", "dead"]


class Job(BaseModel):
    """A question to be answered later. `attempts` counts those begun."""

    job_id: str
    msp_id: str
    agent: str
    question: dict[str, Any]
    state: JobState = "waiting"
    attempts: int = 0
    created_at: datetime
    not_before: datetime
    result_id: str | None = None
    problem: dict[str, Any] | None = None


class Jobs(Protocol):
    def add(self, job: Job) -> None:
        """Durable on return."""

    def claim(self, lease_s: float, *, of: str | None = None, but: Collection[str] = ()) -> Job | None:
        """The next job that is due, now running; if its lease ends before it is done, it is due again.

        Only jobs `of` that agent, or all `but` those of these.
        """

    def done(self, job: Job, result_id: str) -> None:
        """The job is answered; announces `job.finished`."""

    def failed(self, job: Job, problem: Mapping[str, Any], retry_at: datetime | None) -> None:
        """Due again at `retry_at`; with None it goes to the dead letters and `job.failed` is announced."""

    def find(self, msp_id: str, job_id: str) -> Job | None: ...

    def page(
        self,
        msp_id: str,
        *,
        state: str | None = None,
        agent: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Job]:
        """Newest first."""

    def redrive(self, msp_id: str, job_id: str) -> bool:
        """Puts a dead job back in line with its attempts at 0; whether it was dead."""


class Outbox(Protocol):
    """Events, committed together with what they announce."""

    def after(self, msp_id: str, last_id: str | None, limit: int = 500) -> Sequence[Event]:
        """The tenant's events after that id, oldest first. Raises Malformed for an id it never gave."""

    def add(self, msp_id: str, drafts: Sequence[Draft]) -> None: ...


class Bus(Protocol):
    """Delivers the outbox inside this process: at least once, in order, from the moment of subscribing."""

    def subscribe(self, deliver: Callable[[Event], None]) -> Callable[[], None]:
        """Calls `deliver` (which must not block) for each new event; returns how to stop."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP reply as it can be replayed."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Replies(Protocol):
    """First replies by Idempotency-Key, kept 24 hours."""

    def begin(self, msp_id: str, key: str, fingerprint: str, lease_s: float) -> Reply | None:
        """None: go on, and call `finish` or `abandon`. A reply: send it again.

        Raises Conflict while the first is under way, Invalid when the key came with another question.
        """

    def finish(self, msp_id: str, key: str, reply: Reply) -> None: ...

    def abandon(self, msp_id: str, key: str) -> None:
        """The first try left nothing: the key may be used again."""


class Use(BaseModel):
    """How much a tenant asked, and how much it may. What nobody counted is None; `note` says who counts.

    Days are of UTC. `since` is when counting began, where that was within what is asked for.
    """

    requests_a_second: float
    burst: float
    this_minute: int | None
    today: int | None
    this_month: int | None
    refused_today: int | None
    since: datetime | None
    note: str


class Throttle(Protocol):
    def take(self, msp_id: str) -> float:
        """0 when the request may go on, else seconds until the next one may."""

    def use(self, msp_id: str, now: datetime) -> Use:
        """The limits as they are set, and what the tenant used of them."""


class State(BaseModel):
    """How one question to an agent went; /agents/status is computed from these."""

    agent: str
    at: datetime
    took_ms: float
    outcome: Literal["answered", "refused", "failed"]
    detail: str = ""


class States(Protocol):
    def note(self, state: State) -> None:
        """May be lost in a crash: telemetry, not data."""

    def recent(self, agent: str, limit: int = 200) -> Sequence[State]:
        """Newest first."""


class Listing(BaseModel):
    """What one MSP shows of itself to the others, and what is told only to those it agreed to meet."""

    msp_id: str
    handle: str
    card: dict[str, Any]
    name: str
    contact: str | None = None
    simulated: bool = False


class Meeting(BaseModel):
    """An introduction as both sides share it; `asking` and `asked` are tenants."""

    id: str
    asking: str
    asked: str
    state: Literal["open", "accepted", "declined"] = "open"
    message: str
    opened_at: datetime
    answered_at: datetime | None = None


class Directory(Protocol):
    """What MSPs chose to show one another. Entries of an erased tenant are gone."""

    def publish(self, listing: Listing) -> None:
        """Shows it from now on, in place of what the tenant showed before."""

    def withdraw(self, msp_id: str) -> None:
        """Nobody sees it from now on."""

    def listing(self, msp_id: str) -> Listing | None:
        """What one MSP shows now; None where that is nothing."""

    def listings(self) -> Sequence[Listing]:
        """Everything that is shown, by handle."""

    def keep(self, meeting: Meeting, before: str | None) -> bool:
        """Store it if its state is `before` (None: it is new); whether it was so."""

    def meetings(self, msp_id: str) -> Sequence[Meeting]:
        """The tenant's, newest first."""


class Entry(BaseModel):
    """One row of the commons. It has one owner, and goes when that tenant is erased.

    `version` counts the changes of the row at its place, from 1; the store sets it. Some time after `until`
    the store removes the row; it may be read until then, and is read without it.
    """

    shelf: str
    key: str
    owner: str
    body: dict[str, Any]
    version: int = 0
    until: datetime | None = None


class Commons(Protocol):
    """What left its tenant, or says what may: consents, sightings, contributions, receipts, ledgers.

    Rows stand on shelves, by key. Only `mesh.sharing` reads it; agents see it through ports that name no
    owner.
    """

    def put(self, entry: Entry, before: int | None = None) -> bool:
        """Store it in place of what stands there, if that has version `before` (0: nothing stands there;
        None: whatever does); whether it was so. Durable on return.
        """

    def find(self, shelf: str, key: str) -> Entry | None:
        """The row as of now, or None."""

    def scan(self, shelf: str, prefix: str = "") -> Iterator[Entry]:
        """Rows whose keys start so, by key."""

    def scan_many(self, shelf: str, prefixes: Sequence[str]) -> Mapping[str, Sequence[Entry]]:
        """What `scan` gives for each prefix under which there is something, read side by side."""

    def owned(self, owner: str, shelf: str) -> Iterator[Entry]:
        """The owner's rows on a shelf as of now, by key: nothing that was put before is missing."""

    def remove(self, shelf: str, key: str) -> bool:
        """Whether there was such a row; it is gone in any case."""


@dataclass(frozen=True, slots=True)
class Rates:
    """What a deployment costs at list prices, in US dollars by service: `fixed` a month, `each` a request.

    `size` is the deployment's, `priced_on` the ISO date or month of the prices, `region` where they hold.
    """

    size: str
    priced_on: str
    region: str
    fixed: Mapping[str, float]
    each: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Platform:
    """All that a process was given at its start."""

    clock: Clock
    tenants: Tenants
    keys: Keys
    jobs: Jobs
    outbox: Outbox
    bus: Bus
    replies: Replies
    throttle: Throttle
    states: States
    directory: Directory
    commons: Commons
    # The mesh's own secrets by name, as base64 of 32 bytes. Raises Unavailable where one is not set up.
    secrets: Callable[[str], str]
    knowledge: Knowledge
    # Fetches newer editions of these feeds from their public homes: a line for each step.
    refresh: Callable[[Sequence[str]], Iterator[str]]
    # What it costs to run, but for providers; None where nothing is metered.
    rates: Callable[[], Rates | None]
    models: Models
    observer: Observer
    ids: Callable[[], str]
    ports: Callable[[str], Ports]
    close: Callable[[], None]
