"""The playbooks as data: what is wrong in one is found when it is loaded."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from mesh import registry
from mesh.kit.fakes import fake_ports
from mesh.kit.problem import Invalid, NotFound
from mesh.workflows import inputs, library, mapping
from mesh.workflows.duties import duties, held
from mesh.workflows.lookups import LOOKUPS
from tests.workflows.conftest import playbook, step

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
BOOKS = [*library.playbooks()]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (step("one", text="{{ two.said }}"), "two is neither an input nor an earlier step"),
        (step("one", text="{{ input.text"), ""),
        (step("one", text="{{ input..text }}"), "no JMESPath expression"),
        (step("one", text="{{ system('ls') }}"), "calls system, which is not a function"),
        (step("one", needs=["two"]), "two is neither"),
        (step("one", when="input.text"), "go together"),
        (step("input"), "the name is taken"),
        ({"name": "one", "title": "", "question": {}}, "give an agent or a lookup"),
        (step("one", timeout="5"), "Extra inputs"),
    ],
)
def test_what_does_not_hang_together_is_refused_with_the_place(wrong: dict[str, Any], told: str) -> None:
    if not told:
        assert playbook(wrong), "a brace that does not close is text"
        return
    with pytest.raises(ValidationError, match=told):
        playbook(wrong)


def test_steps_come_after_those_they_read_and_side_by_side_where_they_read_none() -> None:
    book = playbook(
        step("a"), step("b"), step("c", text="{{ a.said }} {{ b.said }}"), step("d", needs=["c"]), step("e")
    )
    assert [[one.name for one in stage] for stage in book.stages] == [["a", "b", "e"], ["c"], ["d"]]


def test_a_playbook_is_found_by_the_name_of_its_file() -> None:
    assert set(library.names()) == {"threat-response", "client-retention", "full-intelligence"}
    with pytest.raises(NotFound) as caught:
        library.find("../secrets")
    assert caught.value.errors[0].field == "name" and "client-retention" in caught.value.errors[0].reason


@pytest.mark.parametrize("book", BOOKS, ids=[book.name for book in BOOKS])
def test_every_step_asks_for_fields_that_its_agent_takes(book: Any) -> None:
    for one in book.steps:
        if one.lookup:
            assert one.lookup in LOOKUPS
        elif one.agent.replace("-", "_") in registry.names():
            agent = registry.find(one.agent)
            view = next((view for view in agent.views if view.path == one.view), None)
            taken = view.query if view else agent.ask
            assert one.view is None or view, f"{one.agent} has no view {one.view}"
            assert set(one.question) <= set(taken.model_fields), one.name


@pytest.mark.parametrize("book", BOOKS, ids=[book.name for book in BOOKS])
def test_every_example_is_taken_as_it_is(book: Any) -> None:
    ports = fake_ports()
    assert len({str(inputs.checked(book, one.input, ports)) for one in book.examples}) == len(book.examples)


def test_the_full_briefing_asks_every_agent_there_is() -> None:
    asked = {one.agent for one in library.find("full-intelligence").steps}
    assert {name.replace("_", "-") for name in registry.names()} <= asked


@pytest.mark.parametrize(
    ("name", "given", "field"),
    [
        ("threat-response", {}, "body"),
        ("threat-response", {"text": "x", "client_id": "nobody"}, "client_id"),
        ("threat-response", {"result_id": "nothing"}, "result_id"),
        ("threat-response", {"text": "x", "colour": "red"}, "colour"),
        ("threat-response", {"text": 5}, "text"),
        ("client-retention", {"period_days": 1}, "period_days"),
        ("full-intelligence", {"questions": "how many"}, "questions"),
    ],
)
def test_bad_input_is_a_problem_that_names_the_field(name: str, given: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        inputs.checked(library.find(name), given, fake_ports())
    assert [error.field for error in caught.value.errors] == [field]


def test_a_text_with_a_gap_is_not_known_and_a_field_with_a_gap_is_left_out() -> None:
    known = {"client": {"name": "Harbor Dental", "seats": 4}}
    assert mapping.filled("{{ client.name }} of {{ client.town }}", known) is None
    assert mapping.filled({"a": "{{ client.seats }}", "b": ["{{ nobody }}", 1]}, known) == {"a": 4, "b": [1]}


def test_what_an_answer_holds_is_never_read_as_an_expression() -> None:
    known = {"threat": {"text": "{{ run.msp_id }}"}, "run": {"msp_id": "msp-a"}}
    assert mapping.filled("It says: {{ threat.text }}", known) == "It says: {{ run.msp_id }}"


def due(found: dict[str, Any]) -> dict[str, str | None]:
    return {one["id"]: one["due_at"] for one in found["duties"]}


def test_health_data_is_told_of_within_60_days_and_in_the_union_the_authority_within_72_hours() -> None:
    found = duties(NOON, ["HIPAA"], "healthcare", "ie")
    dues = due(found)
    assert dues["hipaa-individuals"] == "2027-01-01T12:00:00+00:00"
    assert dues["gdpr-authority"] == "2026-11-05T12:00:00+00:00"
    assert found["first_due_at"] == dues["nis2-warning"] == "2026-11-03T12:00:00+00:00"
    assert next(iter(dues)) in ("gdpr-processor", "gdpr-people"), "without delay comes first"


@pytest.mark.parametrize(
    ("frameworks", "industry", "region", "has", "has_not"),
    [
        ([], "accounting", "us-west", {"ftc-safeguards", "us-states"}, {"california", "gdpr-authority"}),
        ([], "retail", "us-ca", {"california"}, {"ftc-safeguards"}),
        ([], "finance", "us-ny", {"nydfs", "ftc-safeguards", "new-york"}, {"texas"}),
        (["PCI-DSS"], "retail", "GB", {"pci-dss-acquirer", "uk-gdpr"}, {"gdpr-authority"}),
        (["gdpr"], "", "", {"gdpr-authority"}, {"uk-gdpr"}),
        ([], "", "ca-east", {"pipeda"}, {"california"}),
        ([], "", "", set(), {"gdpr-authority", "us-states"}),
    ],
)
def test_duties_follow_from_framework_industry_and_region(
    frameworks: list[str], industry: str, region: str, has: set[str], has_not: set[str]
) -> None:
    found = set(due(duties(NOON, frameworks, industry, region)))
    assert has <= found and not has_not & found


def test_what_is_not_stored_of_the_client_is_said_to_be_missing() -> None:
    assert len(duties(NOON, [], "", "")["not_known"]) == 2
    assert duties(NOON, ["HIPAA"], "", "")["not_known"][1:] == ["No lawyer has looked at these duties."]


def test_it_is_said_which_duties_were_compared_with_the_law_which_with_accounts_and_which_with_nothing() -> (
    None
):
    found = duties(NOON, ["HIPAA"], "", "us-ca")
    accounts, nothing, lawyer = found["not_known"]
    assert "California Civil Code" in accounts and "HIPAA" not in accounts
    assert nothing == "Compared with nothing, since none was found: State breach laws of the United States."
    assert "lawyer" in lawyer
    basis = {one["id"]: (one["compared"] or {}).get("basis") for one in found["duties"]}
    assert (basis["hipaa-associate"], basis["california"], basis["us-states"]) == ("text", "account", None)


def test_every_duty_names_its_source() -> None:
    ids = [one.id for one in held().duties]
    assert len(ids) == len(set(ids))
    for one in held().duties:
        assert one.url.startswith("https://") and one.source and one.law and one.tell
        assert one.frameworks or one.industries or one.regions
        assert one.compared is None or (one.compared.section and one.compared.url.startswith("https://"))


def test_of_a_texan_breach_the_attorney_general_is_told_before_the_people_have_to_be() -> None:
    dues = due(duties(NOON, [], "retail", "us-tx"))
    assert dues["texas-attorney-general"] == "2026-12-02T12:00:00+00:00"
    assert dues["texas"] == "2027-01-01T12:00:00+00:00"


def test_a_listed_client_has_four_business_days_for_investors() -> None:
    assert due(duties(NOON, ["SEC"], "", "us"))["sec-8k"] == "2026-11-06T12:00:00+00:00"


def test_each_quarter_that_the_own_price_may_stand_in_is_told_once_and_in_words() -> None:
    lines = [line for section in library.find("full-intelligence").report for line in section.lines]
    for position in ("below p25", "p25 to p50", "p50 to p75", "above p75"):
        context = {"market": {"price": {"position": position}}}
        told = [
            line.text
            for line in lines
            if line.when and "price.position" in line.when and mapping.holds(line.when, context)
        ]
        assert len(told) == 1 and "quarter" in str(told[0]), position
