"""Whether words say that something is done: a verb of the trade in a form that no noun has."""

import re

_VERBS = (
    "access account accept acknowledge activate adjust agree alert allow analyse analyze appoint approve "
    "archive assess assign attend audit authenticate authorise authorize automate back base bind block "
    "build capture carry change check classify clear close collect communicate complete conduct configure "
    "confirm contain control correct cover create cut define delete deny deploy describe destroy detect "
    "determine develop disable discard disconnect discuss dispose document download enable encrypt end "
    "enforce ensure erase escalate escort establish evaluate examine exercise expire filter find fix "
    "follow generate give govern grant guard handle harden hash have hold identify impose include inform "
    "inspect install investigate isolate issue keep label lead limit link list locate lock log maintain "
    "make manage mask measure meet minimise minimize mitigate monitor name notify obtain observe operate "
    "oversee own park patch perform permit prepare prevent process prohibit protect prove provide publish "
    "quarantine rate reach receive record recover redact reduce register reject remain remove renew "
    "replace replicate report request require resolve restore restrict retain return review revoke rotate "
    "run sanitise sanitize scan screen secure segment separate serve set share shred sign specify start "
    "state store submit support suspend synchronise synchronize take test track train treat triage "
    "undergo update use validate verify wear wipe withdraw work"
)
# Names of things as well as of deeds: "access" is a deed after "users", and a thing after "remote".
_BOTH = (
    "access account audit back base block capture change check control cover cut document end escort "
    "exercise filter find fix guard handle issue label lead limit link list lock log mask measure monitor "
    "name park patch permit process rate reach record register report request return review run scan "
    "screen segment set share sign specify start state store submit support take test track train treat "
    "update use wear work train"
)
_IRREGULAR = (
    "kept held made given taken done built found led met bound written known sent worn drawn split is are "
    "was were has have had be been must shall required requires runs covers sets gets get fits fit "
    "applies apply works works trains watches shows says resists strengthens ranks calculates names "
    "states leads lose loses go goes reports happens"
)


def _forms(verb: str) -> str:
    if verb.endswith("y"):
        return rf"{verb[:-1]}(?:y|ies|ied|ys|yed)"
    return rf"{verb[:-1]}e(?:s|d)?" if verb.endswith("e") else rf"{verb}(?:s|es|ed|{verb[-1]}ed)?"


def _past(verb: str) -> str:
    return rf"{verb}d" if verb.endswith("e") else rf"{verb}(?:ed|{verb[-1]}ed)"


_DEED = re.compile(
    r"\b(?:"
    + "|".join(_past(verb) if verb in _BOTH.split() else _forms(verb) for verb in _VERBS.split())
    + "|"
    + "|".join(_IRREGULAR.split())
    + r")\b|\b(?:we|they|it|who|that|which|you|staff|people|to"
    + r"|\w+(?:[^su\W]s|ers?|ors?|team|company|board|management|department))"
    r"\s+(?:\w+ly\s+)?(?:" + "|".join(_forms(verb) for verb in _BOTH.split()) + r")\b"
    # An order, as policies give them: "Encrypt all laptops".
    r"|^\W*(?:"
    + "|".join(_VERBS.split())
    + r")\s+(?:all|every|each|the|any|only|access|data|laptops|logs|systems)\b",
    re.IGNORECASE,
)


def says_a_deed(text: str) -> bool:
    """Whether a verb says that something is, was or must be done.

    >>> says_a_deed("Users review access"), says_a_deed("Access reviews")
    (True, False)
    """
    return _DEED.search(text) is not None
