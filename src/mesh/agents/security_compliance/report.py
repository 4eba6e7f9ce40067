"""An answer as a page that an auditor can read and print. Whatever a policy says, it is shown as text."""

from functools import cache
from importlib.resources import files
from typing import Any

from mesh.agents.security_compliance.model import Answer
from mesh.kit.agent import Envelope
from mesh.kit.problem import Unavailable


def render(envelope: Envelope) -> str:
    """The page as HTML, without scripts or anything loaded from elsewhere."""
    answer = Answer.model_validate(envelope.answer)
    titles = {each.id: each.title for each in answer.documents}
    page: str = _template().render(
        answer=answer,
        titles=titles,
        by=envelope.model,
        result_id=envelope.result_id,
        answered_at=envelope.answered_at,
        simulated=envelope.simulated,
    )
    return page


@cache
def _template() -> Any:
    try:
        from jinja2 import Environment, StrictUndefined
    except ImportError as missing:
        raise Unavailable("Pages are written by jinja2, which is not installed.") from missing
    folder = files("mesh.agents.security_compliance")
    text = (folder / "report.html").read_text(encoding="utf-8")
    return Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    ).from_string(text)
