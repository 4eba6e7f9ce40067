"""Where the deployed mesh answers otherwise, and whose doing that is.

Each is expected to fail there: one that passes one day is an error, so that this list stays true.
"""

UTF8 = "API Gateway hands bodies on as text: bytes that are not UTF-8 are U+FFFD before a function sees them"
# By the beginning of a test's name.
DEPARTURES = {
    "test_a_body_that_cannot_be_read_is_a_problem_of_the_body[deployed-not UTF-8": UTF8,
    "test_text_that_is_not_utf8_is_a_problem": UTF8,
    "test_any_text_can_be_the_id_of_a_row": "MiniStack has undone a path's escapes before: %252F is a /",
    "test_the_front_door_leads_to_the_documentation": "the API's root is no page",
    "test_a_browser_names_its_key_as_a_subprotocol": "MiniStack never names the subprotocol it was given",
    "test_hostile_messages_get_a_problem": "MiniStack ends a line over a message nested too deep",
    "test_a_message_beyond_all_measure": "API Gateway's limit of 128 KB is not MiniStack's",
    "test_hostile_labels_and_ids_are_refused_or_stay_text[deployed-control": (
        "MiniStack's policies match no path with a line break in it"
    ),
    "test_a_question_put_off_is_answered_as_it_would_have_been_at_once[deployed-federated_learning": (
        "a training is the work of a task, and MiniStack has no containers to run one in"
    ),
    "test_a_line_is_cut_soon_after_its_key_is_revoked": "it is cut, with a code of the gateway's own",
}


def departure(test: str) -> tuple[str, bool]:
    """Why a test is expected to fail against the deployed mesh, and whether it always does."""
    reason = next((reason for name, reason in DEPARTURES.items() if test.startswith(name)), "")
    return reason, True
