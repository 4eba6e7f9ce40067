"""A bound no plan can pass, and a plan, by column generation over the relaxation.

The lowest value of the relaxation at any multipliers is the bound; the schedules it was found with are nearly
what the best plan is made of.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mesh.agents.resource_allocation.diving import dive
from mesh.agents.resource_allocation.multipliers import Search, searched
from mesh.agents.resource_allocation.packing import completed
from mesh.agents.resource_allocation.programme import Column
from mesh.agents.resource_allocation.tables import tabled
from mesh.agents.resource_allocation.watch import Watch
from mesh.agents.resource_allocation.work import Plan, Visit, Work, price

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

FIRST_ROUNDS = 160
ROUNDS = 60
LAST_ROUNDS = 12
NEVER = 10**9
# Of the time there is, by when each step is over on a machine that is too slow.
DIVE_SHARE, PROOF_SHARE = 0.8, 0.95


@dataclass(slots=True)
class Bound:
    """`points` are thousandths. `prices` (jobs,) are the multipliers at which the relaxation was lowest,
    `columns` the orders of jobs found, by shift, the latest last.
    """

    points: int
    prices: "Floats"
    columns: list[dict[Column, None]] = field(default_factory=list)
    plan: dict[int, Visit] = field(default_factory=dict)


def bound(work: Work, plan: Plan, watch: Watch) -> Bound:
    """The lowest bound found, starting from the points of a plan, and the plan its columns make.

    `plan` of what comes back may be worth less than what was given. Where the times need a fine grid,
    multipliers and columns come from a coarse one whose bound would not hold, and the bound from the fine
    one at those multipliers.
    """
    import numpy as np

    search = searched(work, plan, watch, FIRST_ROUNDS, ROUNDS)
    made = completed(work, dive(search, work, lambda: watch.over(DIVE_SHARE)))
    better = max(plan, made, key=lambda one: price(work, one).points)
    # Tangents at the better plan's loads, and on the fine grid: this bound holds.
    last = Search(tabled(work, better, proving=True), [], NEVER)
    last.descend(search.best, price(work, better).points, LAST_ROUNDS, lambda: watch.over(PROOF_SHARE), 0.3)
    value = min(last.value, search.value if search.tables.proves else last.value)
    return Bound(int(np.floor(value + 0.5)), search.best, search.columns, dict(made))


def columns(
    work: Work, plan: Plan, watch: Watch, first_rounds: int, rounds: int, prices: "Floats | None" = None
) -> Bound:
    """Columns and the plan they make, without a proof: `points` is no bound but what the plan is worth.

    `prices` (jobs,) are multipliers known to be good, of the whole that this work is a part of.
    """
    search = searched(work, plan, watch, first_rounds, rounds, prices)
    made = completed(work, dive(search, work, lambda: watch.over(DIVE_SHARE)))
    return Bound(price(work, made).points, search.best, search.columns, dict(made))
