"""Two questions that can be sent as they are: rehearsals, which touch nobody's records."""

from mesh.kit.agent import Example

EXAMPLES = (
    Example(
        "A rehearsal: four made-up sites, one falls silent in every round",
        {
            "model_type": "churn",
            "privacy_epsilon": 4.0,
            "rounds": 4,
            "rehearsal": {"sites": 4, "records": 400, "seed": 7, "dropping": 1},
        },
    ),
    Example(
        "A rehearsal with a site that sends poison, and the trimmed mean against it",
        {
            "model_type": "churn",
            "privacy_epsilon": 4.0,
            "rounds": 4,
            "strategy": "fedavg",
            "secure_aggregation": False,
            "defence": "trimmed_mean",
            "rehearsal": {"sites": 6, "records": 600, "seed": 7, "poisoning": 1},
        },
    ),
)
