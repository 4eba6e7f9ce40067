"""Two questions that can be sent as they are; they bring their texts, and need no stored rows."""

from mesh.kit.agent import Example

EXAMPLES = (
    Example(
        "What clients say about us",
        {
            "query": "How do clients judge our service and our prices?",
            "texts": [
                "The service desk answered within minutes and solved it at once. We are very happy.",
                "Support has become slow, and after the third outage we are thinking of moving to another "
                "provider.",
                "The technicians are excellent. The new prices, at $145 per seat, are far too high.",
            ],
        },
    ),
    Example(
        "The market for managed detection",
        {
            "query": "Demand for managed detection and response among clinics",
            "industry_segment": "healthcare",
            "texts": [
                "Huntress reported revenue growth of 40% in Q3 2026, driven by demand from small clinics.",
                "Cyber insurers in Texas will require endpoint detection from January 2027.",
            ],
        },
    ),
)
