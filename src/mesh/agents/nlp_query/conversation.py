"""Earlier turns of a conversation, read from the tenant's stored answers."""

import re

from pydantic import ValidationError

from mesh.agents.nlp_query.model import Plan
from mesh.kit.ports import Ports

AGENT = "nlp-query"
PAGES, A_PAGE = 4, 50
FOLLOWS = re.compile(
    r"^(?:and|what about|how about|only|just|now|same|the same|ok|okay|also|then|but|so|why|by|per|for|in|"
    r"last|this|compared?|versus|vs|show|split|break|group|sort|top|which|who|over|since|as a|what drives|"
    r"instead|yesterday|today|past|next)\b"
)


def last_plan(conversation_id: str | None, ports: Ports) -> Plan | None:
    """The plan of the latest turn that had one; of the last 200 answers of this agent."""
    cursor = None
    for _ in range(PAGES if conversation_id else 0):
        page = ports.results.page(agent=AGENT, limit=A_PAGE, cursor=cursor)
        for each in page.items:
            if each.answer.get("conversation_id") == conversation_id and each.answer.get("plan"):
                try:
                    return Plan.model_validate(each.answer["plan"])
                except ValidationError:
                    return None
        cursor = page.cursor
        if cursor is None:
            break
    return None


def follows(text: str) -> bool:
    """Whether a question leans on the one before."""
    return bool(FOLLOWS.match(text))
