"""Two questions that can be sent as they are."""

from math import pi, sin

from mesh.kit.agent import Example

# Four days of hourly load with a daily rhythm and a ripple, both exact, so that the answers never change.
LOAD = [round(40 + 20 * sin(2 * pi * hour / 24) + 2 * sin(1.7 * hour), 2) for hour in range(96)]
SPIKE = [*LOAD[:80], 99.5, *LOAD[81:]]
STUCK = [value if hour < 70 else LOAD[70] for hour, value in enumerate(LOAD)]

EXAMPLES = (
    Example("One spike in hourly load", {"metric_type": "cpu_percent", "values": SPIKE}),
    Example(
        "A sensor that stands still, told by its neighbour",
        {
            "metric_type": "cpu_percent",
            "series": {"web-1": {"values": LOAD}, "web-2": {"values": STUCK}},
            "sensitivity": 0.6,
        },
    ),
)
