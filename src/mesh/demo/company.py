"""One simulated MSP: who it is, what it charges, and how well it works."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from mesh.demo.calendar import Span, WorkingWeek, span, working_week
from mesh.demo.market import SERVICES, SPECIAL, TOWNS, Town
from mesh.demo.names import MSP_ENDINGS, MSP_WORDS
from mesh.kit.platform import Tenant

# Existing names, in front of those that are put together.
FIRST_NAMES = ("Cedar IT (simulated)", "Harbor Systems (simulated)")
FEWEST, MOST = 15, 60
# As many MSPs are looked at most closely.
CLOSE = 2


@dataclass(frozen=True)
class Company:
    """`price` and `pace` are factors on the world's prices and times to resolve; `rises` is the yearly price
    rise of each calendar year in `raised_in` (a month, 0 for January), `offers` the services it sells."""

    number: int
    seed: int
    tenant: Tenant
    town: Town
    span: Span
    week: WorkingWeek
    clients: int
    price: float
    pace: float
    raised_in: int
    rises: dict[int, float]
    offers: tuple[str, ...]

    def chance(self, what: str) -> np.random.Generator:
        """Draws for one purpose, so that a change to one leaves the others as they were."""
        return np.random.default_rng([self.seed, self.number, *what.encode()])

    def id(self, kind: str, number: int, width: int = 2) -> str:
        return f"{self.tenant.msp_id}-{kind}{number:0{width}d}"


def tenant(number: int) -> Tenant:
    """The tenant of MSP `number`, 0 and up."""
    word = MSP_WORDS[number % len(MSP_WORDS)]
    again = number // len(MSP_WORDS)
    name = f"{word}{f' {again + 1}' if again else ''} {MSP_ENDINGS[number % len(MSP_ENDINGS)]} (simulated)"
    return Tenant(
        msp_id=f"demo-{word.lower()}{f'-{again + 1}' if again else ''}",
        name=FIRST_NAMES[number] if number < len(FIRST_NAMES) else name,
        simulated=True,
    )


def company(number: int, months: int, seed: int, until: datetime) -> Company:
    """Draw MSP `number` of the world of `seed`."""
    chance = np.random.default_rng([seed, number])
    over = span(months, until)
    town = TOWNS[number % len(TOWNS)]
    years = range(over.start.year - 1, over.until.year + 2)
    lacks = {SPECIAL[place] for place in chance.permutation(len(SPECIAL))[: int(chance.integers(0, 3))]}
    return Company(
        number=number,
        seed=seed,
        tenant=tenant(number),
        town=town,
        span=over,
        week=working_week(over, town.offset_h),
        clients=int(chance.integers(FEWEST, MOST + 1)),
        price=float(town.price * np.exp(chance.normal(0, 0.13))),
        pace=float(np.exp(chance.normal(0, 0.18))),
        raised_in=int(chance.integers(0, 12)),
        rises={year: float(np.clip(chance.gamma(2.2, 0.022), 0.0, 0.18)) for year in years},
        offers=tuple(service.name for service in SERVICES if service.name not in lacks),
    )
