"""What every agent promises, whoever wrote it. There is no list here: the registry says who is there."""

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesh import registry
from mesh.adapters.embedded.platform import open_platform
from mesh.kit.agent import Agent, Answered
from mesh.kit.event import Draft
from mesh.kit.fakes import StoppedClock
from mesh.kit.platform import Platform, Tenant
from mesh.kit.ports import Ports
from mesh.kit.problem import Invalid, Problem
from tests.conftest import NewHome
from tests.hostile import HOSTILE, texts

ROOT = Path(__file__).resolve().parents[1]
SCORES = re.compile(r"<!-- scores -->\n(.*?)<!-- /scores -->", re.DOTALL)
CARD_PARTS = ("method|how", "data|knowledge|trained", "scores", "limits", "references")
WRONG: list[Any] = [
    None,
    True,
    7,
    -1,
    1.5,
    "",
    "text",
    [],
    [[]],
    {},
    {"a": {}},
    b"\xff",
    "\ud800",
    float("nan"),
    10**400,
]

pytestmark = pytest.mark.parametrize("agent", registry.names(), indirect=True)


@pytest.fixture
def agent(request: pytest.FixtureRequest) -> Agent:
    return registry.find(request.param)


@pytest.fixture(scope="module")
def platform(new_home: NewHome) -> Iterator[Platform]:
    opened = open_platform(new_home("agents"), clock=StoppedClock())
    opened.tenants.put(Tenant(msp_id="msp-a", name="A"))
    yield opened
    opened.close()


@pytest.fixture
def ports(platform: Platform) -> Ports:
    return platform.ports("msp-a")


def told(agent: Agent, question: Any, ports: Ports) -> dict[str, Any]:
    """The answer as it would be sent."""
    answered: Answered[Any] = agent.answer(registry.checked(agent, question), ports)
    sent: dict[str, Any] = answered.answer.model_dump(mode="json")
    return sent


def survives(agent: Agent, question: Any, ports: Ports) -> None:
    """An answer that validates, or a Problem; anything else is a defect and fails the test."""
    try:
        agent.reply.model_validate(told(agent, question, ports))
    except Problem as problem:
        assert problem.detail and (problem.status < 500 or problem.status == 503)


def test_it_declares_itself_as_the_others_do(agent: Agent) -> None:
    assert agent.slug == agent.name.replace("_", "-")
    assert agent.route.startswith("/") and agent.title and agent.summary.endswith(".")
    assert re.fullmatch(r"[a-z][a-z-]*\.[a-z][a-z-]*", agent.event)
    assert agent.size.memory_mb >= 128 and 1 <= agent.size.timeout_s <= 60
    for model in (agent.ask, agent.reply):
        assert model.model_json_schema()["type"] == "object"


def test_its_two_examples_have_different_answers(agent: Agent, ports: Ports) -> None:
    first, second = (told(agent, example.question, ports) for example in agent.examples)
    assert first != second


def test_the_same_question_has_the_same_answer(agent: Agent, platform: Platform, ports: Ports) -> None:
    for example in agent.examples:
        answers = [told(agent, copy.deepcopy(dict(example.question)), ports) for _ in range(2)]
        answers.append(told(agent, example.question, platform.ports("msp-a")))
        assert answers[0] == answers[1] == answers[2]


def test_a_question_is_not_changed_by_being_answered(agent: Agent, ports: Ports) -> None:
    for example in agent.examples:
        given_question = copy.deepcopy(dict(example.question))
        question = registry.checked(agent, given_question)
        before = question.model_copy(deep=True)
        agent.answer(question, ports)
        assert question == before and given_question == example.question


def test_its_answers_validate_and_are_finite_json(agent: Agent, ports: Ports) -> None:
    for example in agent.examples:
        answered = agent.answer(registry.checked(agent, example.question), ports)
        sent = json.loads(answered.answer.model_dump_json())
        assert agent.reply.model_validate(sent) == answered.answer
        json.dumps(answered.answer.model_dump(), allow_nan=False, default=str)
        assert answered.by.name and answered.by.version


def test_what_its_event_says_is_small_and_json(agent: Agent, ports: Ports) -> None:
    for example in agent.examples:
        answered = agent.answer(registry.checked(agent, example.question), ports)
        data = agent.digest(answered.answer)
        draft = Draft(type=agent.event, topic=agent.slug, subject="r", data=data)
        assert len(draft.model_dump_json()) < 20_000


def test_every_format_and_the_terminal_can_show_its_examples(agent: Agent, platform: Platform) -> None:
    for example in agent.examples:
        question = registry.checked(agent, example.question)
        envelope = registry.ask(agent, question, platform, "msp-a")
        for form in agent.formats.values():
            assert "/" in form.media_type and form.render(envelope)
        for width in (60, 100, 160):
            shown = agent.terminal.show(question, envelope, width)
            assert shown.strip()
            assert max(len(row) for row in re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines()) <= width
        assert agent.terminal.why_not(agent.reply.model_validate(envelope.answer)) is None


def test_its_views_answer_and_refuse_what_they_do_not_know(agent: Agent, ports: Ports) -> None:
    for view in agent.views:
        view.reply.model_validate(view.read(view.query.model_validate({}), ports).model_dump())
        with pytest.raises(ValueError):
            view.query.model_validate({"no-such-parameter": "1"})


@pytest.mark.parametrize("question", [{}, {"no_such_field": 1}], ids=["empty", "unknown"])
def test_a_question_without_what_it_needs_is_refused_by_name(agent: Agent, question: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        told(agent, question, None)  # type: ignore[arg-type]
    assert refused.value.errors[0].field


def test_a_field_nobody_knows_is_refused_rather_than_ignored(agent: Agent) -> None:
    with pytest.raises(Invalid) as refused:
        registry.checked(agent, {**agent.examples[0].question, "sensitivty": 1})
    assert "sensitivty" in {error.field for error in refused.value.errors}


def test_values_of_every_wrong_type_are_a_problem_or_an_answer(agent: Agent, ports: Ports) -> None:
    names = {*agent.ask.model_fields, *agent.examples[0].question}
    for name in names:
        for value in WRONG:
            survives(agent, {**agent.examples[0].question, name: value}, ports)
            survives(agent, {name: value}, ports)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_answered_or_refused(agent: Agent, ports: Ports, text: str) -> None:
    for example in agent.examples:
        for question in texts(dict(example.question), text):
            survives(agent, question, ports)


def test_what_stands_on_the_command_line_is_read_or_refused(agent: Agent, ports: Ports) -> None:
    names = [*(flag.name for flag in agent.terminal.flags), "input"]

    @settings(max_examples=60, deadline=None, derandomize=True, database=None)
    @given(st.dictionaries(st.sampled_from(names), st.text(max_size=60)))
    def ask(inputs: dict[str, str]) -> None:
        try:
            question = agent.terminal.read(inputs)
        except Problem as problem:
            assert problem.status < 500 and problem.detail
            return
        survives(agent, question, ports)

    ask()


def test_it_answers_without_stored_rows_knowledge_or_models_or_says_what_is_missing(
    agent: Agent, tmp_path: Path
) -> None:
    bare = open_platform(tmp_path / "bare", clock=StoppedClock())
    try:
        without = replace(bare.ports("nobody"), models=NoModels())
        for example in agent.examples:
            survives(agent, example.question, without)
    finally:
        bare.close()


class NoModels:
    """A machine on which nothing was built."""

    def path(self, name: str) -> Path:
        from mesh.kit.problem import Unavailable

        raise Unavailable(f"The model {name!r} is not here.")

    def card(self, name: str) -> dict[str, Any]:
        self.path(name)
        return {}


def card(agent: Agent) -> str:
    path = ROOT / "src" / "mesh" / "agents" / agent.name / "README.md"
    assert path.is_file(), f"{agent.name} has no model card"
    return path.read_text(encoding="utf-8")


def test_it_has_a_model_card(agent: Agent) -> None:
    headings = " ".join(re.findall(r"^#+ (.*)$", card(agent), re.MULTILINE)).lower()
    assert [part for part in CARD_PARTS if not re.search(part, headings)] == []


def test_its_card_holds_the_figures_of_the_last_eval(agent: Agent) -> None:
    found = SCORES.search(card(agent))
    assert found, "the card has no scores: run ./mesh eval"
    rows = [row for row in found[1].splitlines() if row.startswith("|")]
    assert len(rows) > 2, "the card's table has no figures"
    overview = (ROOT / "docs" / "scores.md").read_text(encoding="utf-8")
    part = overview.partition(f"<!-- {agent.name} -->")[2].partition(f"<!-- /{agent.name} -->")[0]
    assert [row for row in part.splitlines() if row.startswith("|")] == rows
