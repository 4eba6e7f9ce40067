"""The scoring, against what is known of it."""

import numpy as np
import pytest

from evals.data import area
from evals.nab import corpus
from evals.nab.methods.relative_entropy import relative_entropy
from evals.nab.scorer import FEW_FALSE_ALARMS, FEW_MISSES, PROFILES, STANDARD, Profile, at, best, ruler

LABELS = np.zeros(1000, dtype=np.int64)
LABELS[400:500] = 1
LABELS[700:720] = 1
RULER = ruler(LABELS)


@pytest.mark.parametrize("profile", PROFILES)
def test_silence_scores_0_and_the_first_point_of_each_window_100(profile: Profile) -> None:
    assert at([np.zeros(1000)], [RULER], 0.5, profile).score == 0.0
    early = np.zeros(1000)
    early[[400, 700]] = 1.0
    found = best([early], [RULER], profile)
    assert found.score == pytest.approx(100.0, abs=0.1)
    assert (found.hits, found.false_alarms, found.threshold) == (2, 0, 1.0)


def test_a_later_hit_is_worth_less_and_a_second_one_nothing() -> None:
    scores = []
    for points in ([400], [450], [490], [450, 490]):
        alarm = np.zeros(1000)
        alarm[[*points, 700]] = 1.0
        scores.append(at([alarm], [RULER], 1.0).score)
    assert scores[0] > scores[1] > scores[2]
    assert scores[3] == scores[1]


def test_what_falls_into_the_probation_is_not_scored() -> None:
    alarm = np.zeros(1000)
    alarm[:150] = 1.0
    assert at([alarm], [RULER], 0.5).false_alarms == 0


def test_the_best_threshold_is_the_best_of_all() -> None:
    scores = [np.random.default_rng(seed).random(1000) for seed in range(3)]
    found = best(scores, [RULER] * 3)
    tried = [at(scores, [RULER] * 3, t).score for t in np.linspace(0, 1.1, 200)]
    assert found.score >= max(tried) - 1e-9


def test_relative_entropy_gets_the_scores_published_for_it() -> None:
    folder = area("anomaly")
    if folder is None:
        pytest.skip("the public data is not here; set MESH_DATA to its folder")
    recordings = corpus.load(folder / "nab_v1_1.parquet")
    scores = [relative_entropy(r.values, r.probation) for r in recordings]
    rulers = [r.ruler for r in recordings]
    published = {STANDARD: 54.64274893, FEW_FALSE_ALARMS: 47.59835176, FEW_MISSES: 58.84229239}
    for profile, score in published.items():
        assert best(scores, rulers, profile).score == pytest.approx(score, abs=1e-6)
