"""Sharing over HTTP: consent, what others saw, campaigns and reports, as any client meets them."""

from itertools import count

import pytest

from tests.contract.conftest import Msp, NewMsp, problem

AGREES = {"switches": [{"what": "indicator", "purpose": "matching", "granted": True}]}
LETS_GO_ON = {"switches": [{"what": "indicator", "purpose": "feed", "granted": True}]}
numbers = count(1)


def address() -> str:
    """A public address that no other test used."""
    number = next(numbers)
    return f"45.77.{number // 250}.{number % 250 + 1}"


def ask(msp: Msp, value: str, **more: object) -> dict[str, object]:
    text = f"Ransomware on a file server; the beacon goes to {value} every minute."
    reply = msp.http.post("/threat-intelligence/analyze", json={"text": text, **more})
    assert reply.status_code == 200, reply.text
    (found,) = [each for each in reply.json()["answer"]["indicators"] if each["value"] == value]
    return dict(found)


def agreeing(new_msp: NewMsp) -> Msp:
    msp = new_msp()
    assert msp.http.post("/mesh/consent", json=AGREES).status_code == 200
    return msp


def test_an_indicator_that_four_saw_turns_up_nameless_in_the_answer_of_a_fifth(new_msp: NewMsp) -> None:
    four, fifth = [agreeing(new_msp) for _ in range(4)], new_msp()
    bad, kept = address(), address()
    for msp in four:
        ask(msp, bad, tlp="GREEN")
        ask(msp, kept, tlp="AMBER")
    found = ask(fifth, bad)
    assert found["seen_by"] == 4 and found["seen_since"]
    assert ask(fifth, kept)["seen_by"] is None
    for path in ("/mesh/sightings", "/mesh/campaigns", f"/mesh/sightings?type=ipv4&value={bad}"):
        told = fifth.http.get(path)
        assert told.status_code == 200 and not any(msp.msp_id in told.text for msp in four)


def test_an_answer_about_others_is_no_answer_of_theirs_once_they_take_it_back(new_msp: NewMsp) -> None:
    three, reader = [agreeing(new_msp) for _ in range(3)], new_msp()
    bad = address()
    for msp in three:
        ask(msp, bad, tlp="GREEN")
    assert ask(reader, bad)["seen_by"] == 3
    withdrawn = {"switches": [{"what": "indicator", "purpose": "matching", "granted": False}]}
    assert three[0].http.post("/mesh/consent", json=withdrawn).status_code == 200
    assert ask(reader, bad)["seen_by"] is None
    assert three[0].http.get("/mesh/sightings/told").json()["items"] == []


def test_consent_is_nothing_at_first_and_every_switch_says_what_it_means(msp: Msp) -> None:
    first = msp.http.get("/mesh/consent").json()
    assert first["version"] == 0 and not any(each["granted"] for each in first["switches"])
    assert all(len(each["means"]) > 40 for each in first["switches"])
    assert {each["what"] for each in first["switches"]} == {
        "indicator", "benchmark", "model-update", "profile",
    }  # fmt: skip
    after = msp.http.post("/mesh/consent", json=AGREES | {"unmarked_tlp": "TLP:GREEN"}).json()
    assert (after["version"], after["unmarked_tlp"]) == (1, "TLP:GREEN")
    assert msp.http.get("/mesh/consent").json() == after


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"switches": [{"what": "indicator", "purpose": "marketing", "granted": True}]}, "switches"),
        ({"switches": [{"what": "profile", "purpose": "matching", "granted": True}]}, "switches"),
        ({"switches": [{"what": "indicator", "purpose": "feed", "granted": "yes"}]}, "switches"),
        ({"unmarked_tlp": "TLP:RED"}, "unmarked_tlp"),
        ({"indicator_reach": "world"}, "indicator_reach"),
        ({"everything": True}, "everything"),
    ],
)
def test_a_consent_that_cannot_be_is_refused_by_its_field(
    msp: Msp, body: dict[str, object], field: str
) -> None:
    problem(msp.http.post("/mesh/consent", json=body), 422, field)
    assert msp.http.get("/mesh/consent").json()["version"] == 0


def test_what_was_released_comes_in_pages_with_values_that_an_owner_lets_go_on(new_msp: NewMsp) -> None:
    three, reader = [agreeing(new_msp) for _ in range(3)], new_msp()
    three[0].http.post("/mesh/consent", json=LETS_GO_ON)
    bad = [address() for _ in range(3)]
    for msp in three:
        for one in bad:
            ask(msp, one, tlp="CLEAR")
    found: list[str] = []
    cursor = ""
    while True:
        page = reader.http.get(
            "/mesh/sightings", params={"limit": 1} | ({"cursor": cursor} if cursor else {})
        )
        found += [each["value"] for each in page.json()["items"]]
        cursor = page.json()["next_cursor"]
        if not cursor:
            break
    assert set(bad) <= set(found) and len(found) == len(set(found))
    told = three[0].http.get("/mesh/sightings/told", params={"limit": 1}).json()
    assert told["items"][0]["receipt"] > 0 and told["next_cursor"]


def test_what_was_released_is_written_as_stix_and_for_misp_with_a_link_to_the_rest(new_msp: NewMsp) -> None:
    three, reader = [agreeing(new_msp) for _ in range(3)], new_msp()
    three[0].http.post("/mesh/consent", json=LETS_GO_ON)
    for one in (address(), address()):
        for msp in three:
            ask(msp, one, tlp="CLEAR")
    page = reader.http.get("/mesh/sightings", params={"format": "stix", "limit": 1})
    assert page.headers["content-type"].startswith("application/stix+json")
    assert [each["type"] for each in page.json()["objects"]].count("indicator") == 1
    assert not any(msp.msp_id in page.text for msp in three)
    rest = reader.http.get(page.links["next"]["url"])
    assert rest.json()["type"] == "bundle" and rest.json()["objects"] != page.json()["objects"]
    event = reader.http.get("/mesh/sightings", params={"format": "misp"}).json()["Event"]
    assert len(event["Attribute"]) >= 2 and "seen by 3 MSPs" in event["Attribute"][0]["comment"]
    one_thing = {"format": "stix", "type": "ipv4", "value": "45.77.1.1"}
    problem(reader.http.get("/mesh/sightings", params=one_thing), 422)


def test_a_report_needs_consent_and_then_counts_against(new_msp: NewMsp) -> None:
    three, reader = [agreeing(new_msp) for _ in range(3)], agreeing(new_msp)
    bad = address()
    for msp in three:
        ask(msp, bad, tlp="GREEN")
    said = {"type": "ipv4", "value": bad}
    problem(new_msp().http.post("/mesh/sightings/false-positives", json=said), 409, "consent")
    assert reader.http.post("/mesh/sightings/false-positives", json=said).json()["seen_by"] == 3
    assert ask(new_msp(), bad)["seen_by"] is None
    reader.http.post("/mesh/sightings/false-positives", json=said | {"false_positive": False})
    assert ask(new_msp(), bad)["seen_by"] == 3


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"type": "domain"}, "body"),
        ({"type": "ipv4", "value": "10.0.0.4"}, "value"),
        ({"type": "email", "value": "a@evil.test"}, "value"),
        ({"limit": "0"}, "limit"),
        ({"who": "all"}, "who"),
    ],
)
def test_a_question_that_the_mesh_never_answers_names_its_field(
    msp: Msp, query: dict[str, str], field: str
) -> None:
    problem(msp.http.get("/mesh/sightings", params=query), 422, field)


def test_a_made_up_cursor_is_refused(msp: Msp) -> None:
    for path in ("/mesh/sightings", "/mesh/sightings/told"):
        problem(msp.http.get(path, params={"cursor": "x"}), 400, "cursor")
