"""Why clients are at risk: the drivers that the stored judgements name."""

from mesh.agents.nlp_query.running import Ran

MOST_CLIENTS, MOST_DRIVERS = 3, 3


def drivers(ran: Ran) -> str:
    """The sentences of the strongest drivers of those likeliest to leave; empty when none is stored."""
    said = []
    for fact in sorted(ran.facts, key=lambda f: -(f.number or 0))[:MOST_CLIENTS]:
        found = [d for d in fact.row.get("drivers", ()) if d.get("effect", 0) > 0][:MOST_DRIVERS]
        if found:
            told = " ".join(str(d.get("sentence") or d.get("words") or d.get("feature")) for d in found)
            said.append(f"{fact.row['client_id']} ({100 * (fact.number or 0):.0f} %): {told}")
    return "What the stored judgements name: " + " ".join(said) if said else ""
