"""Two questions that can be sent as they are."""

from mesh.kit.agent import Example

EXAMPLES = (
    Example("How many tickets are open", {"query": "How many tickets are open, by priority?"}),
    Example("A trend", {"query": "How did our MRR develop over the past 12 months?"}),
)
