"""MSPs with a figure each, for tests of what is released of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from mesh.adapters.defaults import new_secret
from mesh.kit.fakes import MemoryCommons, MemoryRecords, StoppedClock
from mesh.kit.platform import Commons, Tenant
from mesh.kit.ports import Percentiles, Withheld
from mesh.sharing.benchmarks import Benchmarking, MeshBenchmarks, _digest
from mesh.sharing.budgets import quarter
from mesh.sharing.consent import BENCHMARKS, Consents
from mesh.sharing.receipts import Receipts
from mesh.sharing.signing import Ed25519, secret_bytes

# Prices of June are old enough, those of July are not.
NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)
MONTH = "2026-06-01T00:00:00Z"


@dataclass
class MemoryTenants:
    held: dict[str, Tenant] = field(default_factory=dict)

    def put(self, tenant: Tenant) -> None:
        self.held[tenant.msp_id] = tenant

    def find(self, msp_id: str) -> Tenant | None:
        return self.held.get(msp_id)

    def listing(self) -> list[Tenant]:
        return [self.held[name] for name in sorted(self.held)]

    def erase(self, msp_id: str) -> int:
        return int(self.held.pop(msp_id, None) is not None)


@dataclass
class World:
    """A mesh in memory. `join` adds an MSP with one price, and with its consent unless it is told not to."""

    commons: Commons = field(default_factory=MemoryCommons)
    clock: StoppedClock = field(default_factory=lambda: StoppedClock(NOW))
    tenants: Any = field(default_factory=MemoryTenants)
    secret: str = field(default_factory=new_secret)
    records: dict[str, MemoryRecords] = field(default_factory=dict)

    @property
    def benchmarking(self) -> Benchmarking:
        receipts = Receipts(self.commons, self.clock, Ed25519(lambda: self.secret))
        return Benchmarking(self.commons, self.clock, self.tenants, receipts, lambda: self.secret)

    def join(
        self,
        name: str,
        price: float = 150.0,
        *,
        seats: int = 100,
        region: str = "us-west",
        agrees: bool = True,
        simulated: bool = False,
        month: str = MONTH,
        currency: str = "USD",
        industry: str = "dental",
        marked: bool = False,
    ) -> None:
        self.tenants.put(Tenant(msp_id=name, name=name, simulated=simulated))
        more = {"simulated": True} if simulated or marked else {}
        clients = [
            {"id": f"{name}-{n}", "name": f"Client {n}", "industry": industry, "region": region, **more}
            for n in range(4)
        ]
        invoices = [
            {"id": f"{name}-{n}", "at": month, "client_id": f"{name}-{n}", "service": "support",
             "amount": price * seats / 4, "seats": seats // 4, "currency": currency, **more}
            for n in range(4)
        ]  # fmt: skip
        records = self.records[name] = MemoryRecords()
        records.put("clients", clients)
        records.put("revenue", invoices)
        if agrees:
            self.agree(name)

    def agree(self, name: str, yes: bool = True) -> None:
        Consents(self.commons, self.clock).change(name, {("benchmark", BENCHMARKS): yes})
        tenant = self.tenants.find(name)
        self.benchmarking.contributions.refresh(
            name, self.records[name], simulated=bool(tenant and tenant.simulated), force=True
        )

    def many(self, count: int, first: int = 0, **more: Any) -> list[str]:
        names = [f"msp-{n:02}" for n in range(first, first + count)]
        for place, name in enumerate(names):
            self.join(name, 100.0 + 3 * place, **more)
        return names

    def ask(
        self, name: str = "msp-00", measure: str = "price_per_seat", **where: str | None
    ) -> Percentiles | Withheld:
        return MeshBenchmarks(name, self.benchmarking).percentiles(measure, **where)

    def spent(self, name: str, side: Any = "shared") -> float:
        return self.benchmarking.budgets.of(name, side, quarter(self.clock.now())).spent

    def cohorts(self) -> list[frozenset[str]]:
        """Of everything that was released, by the names of the MSPs."""
        key = secret_bytes(self.secret)
        names = {_digest(key, "member", name): name for name in self.records}
        found: list[frozenset[str]] = []
        for entry in self.commons.scan("benchmark-releases"):
            body: Mapping[str, Any] = entry.body
            for release in body["releases"]:
                if release["state"] == "released":
                    found.append(frozenset(names[each] for each in release["members"]))
        return found


def released(told: Percentiles | Withheld) -> Percentiles:
    assert isinstance(told, Percentiles), told
    return told


def withheld(told: Percentiles | Withheld) -> str:
    assert isinstance(told, Withheld), told
    return told.reason
