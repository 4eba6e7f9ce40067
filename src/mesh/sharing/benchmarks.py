"""Percentiles over MSPs, released once a quarter for each question, and then the same for everyone who asks.

A release passes the gate (`benchmark_gate`), gets noise (`benchmark_noise`), is entered in the budget of
every MSP it was made of and of the one that asks (`budgets`), and leaves a receipt with each of the former
before anyone sees it. It is served while all of them still agree, and not a moment longer.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta

from pydantic_core import to_json

from mesh.kit.platform import Commons, Platform, Tenants
from mesh.kit.ports import Clock, Percentiles, Withheld
from mesh.kit.problem import Conflict
from mesh.sharing.benchmark_contributions import Contributions
from mesh.sharing.benchmark_drawing import drawn, shown
from mesh.sharing.benchmark_gate import FLOOR, choose
from mesh.sharing.benchmark_measures import MEASURES, NAMES, Figure, MeasureName, plain
from mesh.sharing.benchmark_noise import chance
from mesh.sharing.benchmark_releases import Place, Release, Releases
from mesh.sharing.budgets import ALLOWANCE, Budgets, quarter, renews
from mesh.sharing.consent import BENCHMARKS, Consents
from mesh.sharing.receipts import Receipts, receipts_of
from mesh.sharing.signing import canonical, secret_bytes

NOISE_KEY = "benchmarks_noise_key"  # the secret's name
MESH = "mesh"
# One that is on its way for longer was cut off, and is taken up by whoever asks next.
PENDING = timedelta(seconds=30)
TRIES = 200
NOT_ENOUGH = (
    "not enough contributors: figures are released from at least five MSPs that agreed, none with more than"
    " a quarter of the weight, in groups no two of which differ by fewer than five, while their privacy"
    " budgets last (they renew on {renews:%Y-%m-%d}). Which of these failed is not said: it would tell of"
    " single MSPs."
)


@dataclass(frozen=True, slots=True)
class Question:
    measure: MeasureName
    segment: str | None
    region: str | None
    simulated: bool
    period: str

    @property
    def place(self) -> Place:
        return Place(self.measure, self.segment, self.simulated)


@dataclass(frozen=True, slots=True)
class Benchmarking:
    """Everything that releases need. `secret` names the key that noise and digests come from."""

    commons: Commons
    clock: Clock
    tenants: Tenants
    receipts: Receipts
    secret: Callable[[], str]

    @property
    def consents(self) -> Consents:
        return Consents(self.commons, self.clock)

    @property
    def contributions(self) -> Contributions:
        return Contributions(self.commons, self.consents, self.clock)

    @property
    def budgets(self) -> Budgets:
        return Budgets(self.commons)

    def ask(self, msp_id: str, measure: str, segment: str | None, region: str | None) -> Release | Withheld:
        """The release that answers the question, made now where there is none yet."""
        if measure not in NAMES:
            return Withheld(f"{measure[:60]} is no measure of the mesh; there are: {', '.join(NAMES)}")
        if segment and not MEASURES[measure].by_segment:
            return Withheld(f"{measure} is not known by segment")
        tenant, period = self.tenants.find(msp_id), quarter(self.clock.now())
        simulated = bool(tenant and tenant.simulated)
        question = Question(measure, plain(segment), plain(region), simulated, period)
        release = self._release(question)
        if release is None:
            return Withheld(NOT_ENOUGH.format(renews=renews(period)))
        if not self.budgets.charge(msp_id, "asked", period, release.id, release.epsilon):
            return Withheld(
                f"your budget for new figures is spent: they would pass epsilon {ALLOWANCE:g} in {period};"
                f" it renews on {renews(period):%Y-%m-%d}. Figures you saw this quarter stay."
            )
        return release

    def _release(self, question: Question) -> Release | None:
        releases = Releases(self.commons)
        for _ in range(TRIES):
            held, version = releases.read(question.place)
            live = self._live(question)
            known = self._known(question, held, live)
            if known:
                return known if known.state == "released" else self._settled(question, known, live)
            made = self._made(question, held, live)
            if made is None:
                return None
            if releases.write(question.place, [*held, made], version, question.period):
                return self._finished(question, made, live) if made.state == "pending" else None
        raise Conflict("Too many figures are asked for at once; try again.", retry_after_s=1)

    def _live(self, question: Question) -> dict[str, tuple[str, Figure]]:
        """Who may count, by digest."""
        found = self.contributions.live(
            question.measure, question.segment, question.region, simulated=question.simulated
        )
        key = secret_bytes(self.secret())
        return {_digest(key, "member", msp_id): (msp_id, figure) for msp_id, figure in found.items()}

    def _known(
        self, question: Question, held: Sequence[Release], live: Mapping[str, object]
    ) -> Release | None:
        """A release of this quarter that may still be served for this question: its own, else one over the
        very same MSPs, whom a second draw would only expose twice.
        """
        now = [each for each in held if each.quarter == question.period and set(each.members) <= live.keys()]
        now = [each for each in now if each.state in ("pending", "released")]
        own = [each for each in now if each.region == question.region]
        same = [each for each in now if set(each.members) == live.keys()]
        found = own or same
        return found[-1] if found else None

    def _made(
        self, question: Question, held: Sequence[Release], live: Mapping[str, tuple[str, Figure]]
    ) -> Release | None:
        """A new release, not yet stored; one in state `dominated` is only to be remembered."""
        if any(_was_dominated(each, question, frozenset(live)) for each in held):
            return None
        earlier = {frozenset(each.members) for each in held if each.state != "dominated"}
        key = secret_bytes(self.secret())
        order = sorted(live, key=lambda name: _digest(key, "order", f"{question.period}{name}"))
        weights = {name: figure.weight for name, (_, figure) in live.items()}
        cohort = choose(weights, order, earlier)
        if cohort.reason == "dominated":
            return self._new(question, sorted(live), "dominated")
        if cohort.members is None:
            return None
        members = sorted(cohort.members)
        made = self._drawn(question, members, {name: live[name][1] for name in members})
        owners = [live[name][0] for name in members]
        fits = (self.budgets.affords(o, "shared", question.period, made.id, made.epsilon) for o in owners)
        return made if all(fits) else None

    def _new(self, question: Question, members: list[str], state: str) -> Release:
        where = f"{question.measure}/{question.segment or 'all'}/{question.region or 'all'}"
        number = _digest(secret_bytes(self.secret()), "cohort", "".join(members))[:8]
        return Release.model_validate(
            {
                "id": f"{where}/{question.period}/{number}",
                "region": question.region,
                "quarter": question.period,
                "members": members,
                "state": state,
                "at": self.clock.now(),
            }
        )

    def _drawn(self, question: Question, members: list[str], figures: Mapping[str, Figure]) -> Release:
        """The release with its figures. The same members with the same values get the same noise."""
        new = self._new(question, members, "pending")
        values = [figures[name].value for name in members]
        # Without the quarter: the same figures on the two sides of its end are not drawn twice.
        asked = to_json([question.measure, question.segment, question.simulated, members, values])
        uniform = chance(secret_bytes(self.secret()), asked)
        told = drawn(values, MEASURES[question.measure].grid, uniform)
        as_of = max(figures[name].as_of for name in members)
        return new.model_copy(update={**asdict(told), "as_of": as_of})

    def _settled(self, question: Question, known: Release, live: Mapping[str, tuple[str, Figure]]) -> Release:
        """One that another request is finishing: its figures stand. One that was cut off is finished."""
        if self.clock.now() - known.at < PENDING:
            return known
        return self._finished(question, known, live) or known

    def _finished(
        self, question: Question, made: Release, live: Mapping[str, tuple[str, Figure]]
    ) -> Release | None:
        """Charge and tell every MSP it is made of, and only then let it be served."""
        releases = Releases(self.commons)
        owners = [live[name][0] for name in made.members]
        consents = self.consents.all()
        told = canonical(shown(made.model_dump(mode="json")))
        for owner in owners:
            if not self.budgets.charge(owner, "shared", made.quarter, made.id, made.epsilon):
                releases.change(question.place, made.id, lambda r: r.model_copy(update={"state": "void"}))
                return None
        for owner in owners:
            self.receipts.issue(
                owner,
                "benchmark",
                MESH,
                BENCHMARKS,
                made.epsilon,
                made.id,
                consent_version=consents[owner].version if owner in consents else 0,
                released=told,
            )
        releases.change(question.place, made.id, lambda r: r.model_copy(update={"state": "released"}))
        return made


@dataclass(frozen=True, slots=True)
class MeshBenchmarks:
    """The Benchmarks port of one tenant."""

    msp_id: str
    benchmarking: Benchmarking

    def percentiles(
        self, measure: str, *, segment: str | None = None, region: str | None = None
    ) -> Percentiles | Withheld:
        found = self.benchmarking.ask(self.msp_id, measure, segment, region)
        if isinstance(found, Withheld):
            return found
        tenant = self.benchmarking.tenants.find(self.msp_id)
        known = Percentiles(found.p25, found.p50, found.p75, found.cohort, found.epsilon, found.as_of)
        return replace(known, simulated=bool(tenant and tenant.simulated))


def benchmarking_of(platform: Platform) -> Benchmarking:
    return Benchmarking(
        platform.commons,
        platform.clock,
        platform.tenants,
        receipts_of(platform),
        lambda: platform.secrets(NOISE_KEY),
    )


def _digest(key: bytes, what: str, name: str) -> str:
    return hmac.new(key, f"{what}:{name}".encode(), hashlib.sha256).hexdigest()[:16]


def _was_dominated(release: Release, question: Question, live: frozenset[str]) -> bool:
    """A cohort that was refused for one's weight stays so for the quarter, unless five came or left."""
    if (release.state, release.region, release.quarter) != ("dominated", question.region, question.period):
        return False
    return len(live.symmetric_difference(release.members)) < FLOOR
