"""The rules of a training: how many sites it takes, what each adds in noise, what may not go together, and
what a version says of where it came from."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from mesh.kit.federation import Defence, Strategy, TrainingPlan
from mesh.kit.problem import FieldError, Invalid
from mesh.sharing.federation_learner import GRID
from mesh.sharing.federation_noise import Release, epsilon_of, least_multiplier

LEAST_SITES = 3
# Other sites that may be in league with the coordinator: what they add in noise is not counted on.
IN_LEAGUE = 1
# The number of records is told once, under noise of this many records at epsilon 1.
COUNT_NOISE = 20.0
# How often the shared model is measured on held-out records on the way, besides at the end.
MEASURED = 2
# At the end a record is counted once for each of: the new model, the one in use.
COMPARED = 2


@dataclass(frozen=True, slots=True)
class Terms:
    """What every site is told before it takes part, and holds to: no later message can change any of it.

    Noise multipliers are standard deviations in units of what one record can move; 0 is no noise, which only
    measurements on public data use.
    """

    kind: str
    strategy: Strategy
    defence: Defence
    secure: bool
    inputs: int
    classes: int
    sites: int
    rounds: int
    local_steps: int
    rate: float
    shrink: float
    proximal: float
    clip: float
    epsilon: float
    delta: float
    train_noise: float
    count_noise: float
    score_noise: float
    measurements: int

    @property
    def threshold(self) -> int:
        """How many sites must stay to the end of a round: more than two thirds."""
        return threshold(self.sites)

    @property
    def sharers(self) -> int:
        """Among how many sites the noise of a secure sum is divided: those that must stay, less those that
        may be in league with the coordinator. Alone, each site brings all of it."""
        return max(1, self.threshold - IN_LEAGUE) if self.secure else 1

    def told(self) -> dict[str, str | int | float | bool]:
        return asdict(self)


def threshold(sites: int) -> int:
    """More than two thirds of the sites. Above half, no lie about who fell silent opens both locks of one."""
    return 2 * sites // 3 + 1


def least_sites(plan: TrainingPlan) -> int:
    """Secure sums take three sites: of two, each could take its own part off the sum."""
    needed = LEAST_SITES
    if plan.defence == "krum":
        needed = 5
    return max(needed, plan.least_sites)


def refuse_contradictions(secure: bool, defence: Defence, strategy: Strategy) -> None:
    """Raises Invalid for what cannot go together, with the reason."""
    if secure and defence != "none":
        raise Invalid(
            "A defence against poison must see each site's update; secure aggregation is there so that nobody"
            " sees one. Choose one of the two.",
            errors=[FieldError("defence", "cannot go with secure_aggregation")],
        )
    if defence != "none" and strategy != "fedavg":
        raise Invalid(
            "The trimmed mean and Krum are ways of averaging themselves: they take the place of a strategy.",
            errors=[FieldError("defence", "goes with the strategy fedavg only")],
        )
    if secure and strategy == "fedprox":
        raise Invalid(
            "FedProx holds a site back over several local steps; under secure aggregation a site takes one"
            " step a round, over which it is FedAvg.",
            errors=[FieldError("strategy", "fedprox cannot go with secure_aggregation")],
        )


def releases(
    terms: Terms, noise: float, rounds: int, measurements: int
) -> tuple[list[Release], list[Release]]:
    """What leaves a site of a record it learns from, and of one that is held out.

    A record is either one: of both, the dearer one is what the training costs. A sum of gradients moves by
    one clip (on the grid); a count by one; counts in bins by one for each model that is compared.
    """
    wide = (terms.inputs + 1) * (1 if terms.classes == 2 else terms.classes)
    steps = rounds * terms.local_steps
    counted = Release(1.0, 1.0, terms.count_noise**2)
    learnt = Release(float(GRID), GRID * wide**0.5, (noise * GRID) ** 2, steps)
    seen = Release(1.0, 1.0, terms.score_noise**2, measurements)
    compared = Release(COMPARED**0.5, float(COMPARED), COMPARED * terms.score_noise**2)
    return [counted, learnt], [seen, compared]


def spent(terms: Terms, rounds: int, measurements: int) -> float:
    """Epsilon of a record at a site that was in so many rounds."""
    return max(
        epsilon_of(each, terms.delta) for each in releases(terms, terms.train_noise, rounds, measurements)
    )


def with_noise(terms: Terms) -> Terms:
    """The terms with the least noise that keeps to their epsilon. Raises Invalid when none does."""
    from dataclasses import replace

    given = replace(terms, count_noise=COUNT_NOISE / min(1.0, terms.epsilon))

    def trained(noise: float) -> list[Release]:
        return releases(given, noise, given.rounds, 0)[0]

    def scored(noise: float) -> list[Release]:
        return releases(replace(given, score_noise=noise), 0.0, 0, given.measurements)[1]

    try:
        return replace(
            given,
            train_noise=least_multiplier(given.epsilon, given.delta, trained),
            score_noise=least_multiplier(given.epsilon, given.delta, scored),
        )
    except ValueError as none:
        raise Invalid(
            "No amount of noise keeps this training to that epsilon.",
            errors=[FieldError("privacy_epsilon", "is too small for so many rounds")],
        ) from none


def taking_part(
    candidates: Sequence[str], invited: Sequence[str], agreed: Callable[[str], bool]
) -> list[str]:
    """The sites of a training: those that agreed, among the invited where some are named. Whether a site that
    is not among them exists is not said."""
    wanted = set(invited)
    return sorted(site for site in candidates if (not wanted or site in wanted) and agreed(site))


def version_of(content: bytes) -> tuple[str, str]:
    """Version and SHA-256 of a model's weights."""
    digest = hashlib.sha256(content).hexdigest()
    return digest[:12], digest
