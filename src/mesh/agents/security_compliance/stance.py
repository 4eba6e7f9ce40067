"""What a sentence claims: that a thing is done, that it is planned, that it is not done, or nothing at all.

Cue phrases (`catalogues/cues.tsv`) and their order decide, in the manner of NegEx and ConText (Chapman et
al., 2001; Harkema et al., J. Biomed. Inform. 42, 2009): what is required or done affirms; plans, wishes,
laws that are told of, duties of others and questions do not. A doubtful case is read as the weaker claim.
"""

import re
from dataclasses import dataclass
from typing import Literal

from mesh.agents.security_compliance.cues import cue, has
from mesh.agents.security_compliance.deeds import says_a_deed
from mesh.agents.security_compliance.passages import Passage

Stance = Literal["affirmed", "in_part", "planned", "weak", "denied", "none"]
NO_VERB = "it does not say that anything is done"
OTHER_PARTY = "it is a duty of others"
LAW_TOLD = "it tells what a law, a standard or a client asks for, not what is done"

_QUESTION = re.compile(r"\?\s*[\"'”’)\]]*$")
_UNTICKED = re.compile(r"^\s*(?:[-*•]\s*)?(?:\[\s?\]|☐)")
_TICKED = re.compile(r"^\s*(?:[-*•]\s*)?(?:\[[xX✓]\]|☑|✓|✔)")
_ANSWER = r"(?:[:|=–-]|\s{2,})\s*(?:%s)\s*[.!]?$"
_NO = "no|none|not (?:yet )?\\w+|missing|absent|disabled|off|false|fail(?:ed)?|✗|✘"
_YES = "yes|enabled|enforced|on|true|done|in place|implemented|pass(?:ed)?|✓|✔"
_LATER = "planned|in progress|pending|tbd|to ?do|partial(?:ly)?|n/?a|not applicable|roadmap"
_ANSWERED_NO, _ANSWERED_YES, _ANSWERED_LATER = (
    re.compile(_ANSWER % words, re.IGNORECASE) for words in (_NO, _YES, _LATER)
)
_PLACEHOLDER = re.compile(
    r"\[(?:insert|enter|company|name|date|add|your|describe|placeholder)\b"
    r"|<(?:insert|company|name|date|enter)\b|\{\{|\blorem ipsum\b|\bTODO\b|_{6,}",
    re.IGNORECASE,
)
_WE_WILL = re.compile(
    r"(?<!\w)(?:we|our \w+|the (?:company|organi[sz]ation|firm|team|msp)|management|it)(?: \w+)?"
    r"(?: will|['’]ll)(?!\w)",
    re.IGNORECASE,
)
# An event or a time limit makes a duty of what "we will" do.
_DUTY = re.compile(
    r"\b(?:within|upon|immediately|promptly|prior to|if|when|whenever|in case of|after)\b", re.IGNORECASE
)
# What stands in these clauses is not what the sentence claims: "remove what is not needed".
_ASIDE = re.compile(
    r"\b(?:where|when|whenever|if|what|how|so that|whether|as soon as|once)\b[^,;.]*", re.IGNORECASE
)
# Cues hold single blanks, and texts break their lines anywhere; a checklist's wide blanks stay two.
_BLANKS = re.compile(r"[^\S\n]*\n\s*")
# What is said of a thing in passing is no denial, and takes the force from the rest.
_RELATIVE = re.compile(r"\b(?:that|which|who|whose)\b[^,;.]*", re.IGNORECASE)
_STILL_DONE = re.compile(r"continu|response|recovery|contingen", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Claim:
    stance: Stance
    why: str


def claim(passage: Passage) -> Claim:
    """What the passage claims, in the light of its heading and of the line that leads into its list."""
    if passage.heading:
        return Claim("none", "a heading proves nothing")
    own = _own(passage.text)
    above = _above(passage)
    if above is not None and own.stance in ("affirmed", "in_part", "none"):
        return above
    if own.stance == "none" and own.why == NO_VERB and _requires(passage.lead):
        return Claim("affirmed", "an item of a list that is required or done")
    return own


def _above(passage: Passage) -> Claim | None:
    """What heading and lead make of the passage; None where they leave it as it is."""
    if passage.lead:
        led = _own(passage.lead.rstrip(":") + " the following")
        if led.stance in ("planned", "weak", "denied") or led.why in (OTHER_PARTY, LAW_TOLD):
            return Claim(led.stance, f"it stands under {passage.lead[:60]!r}")
    heading = passage.under
    where = f"it stands under the heading {heading[:60]!r}"
    if heading and has("planned_heading", heading) and not _STILL_DONE.search(heading):
        return Claim("planned", where)
    # "3. Definitions": the whole heading, but for its number.
    if heading and cue("telling_heading").fullmatch(heading.strip("0123456789.: \t")):
        return Claim("none", where)
    return None


def _requires(lead: str) -> bool:
    return bool(lead) and _own(lead.rstrip(":") + " the following").stance == "affirmed"


def _own(text: str) -> Claim:
    """What the words claim by themselves. The order matters: what weakens a claim is looked for first."""
    text = _BLANKS.sub(" ", text)
    if _QUESTION.search(text):
        return Claim("none", "a question proves nothing")
    if _PLACEHOLDER.search(text):
        return Claim("none", "a template's gap is not filled in")
    answered = _answered(text)
    if answered is not None:
        return answered
    if has("others", text):
        return Claim("none", OTHER_PARTY)
    if has("law", text):
        return Claim("none", LAW_TOLD)
    if has("plan", text) or has("future", text):
        return Claim("planned", "it is a plan or a promise")
    if has("tells", text):
        return Claim("none", "it explains or praises, and says not what is done")
    forbids = has("forbids", text)
    main = _ASIDE.sub("", text)
    if not forbids and has("denies", main):
        aside = not has("denies", _RELATIVE.sub("", main))
        return (
            Claim("weak", "something of it is denied")
            if aside
            else Claim("denied", "it says that this is not done")
        )
    if has("weak", text) or (has("may", main) and not forbids):
        return Claim("weak", "it is left open: should, may, where possible")
    if has("will", main) and not forbids and (not has("rule", text) or _promises(text)):
        return Claim("planned", "it is in the future tense, without the rule or time limit of a duty")
    if has("part", text) and not forbids:
        return Claim("in_part", "it says so for a part only")
    # A "will" that is left by now has the rule or time limit of a duty.
    if forbids or has("will", main) or says_a_deed(text):
        return Claim("affirmed", "it is stated as done or required")
    return Claim("none", NO_VERB)


def _promises(text: str) -> bool:
    """Our own "we will ..." is a promise unless an event or a time limit makes it a duty."""
    return _WE_WILL.search(text) is not None and _DUTY.search(text) is None


def _answered(text: str) -> Claim | None:
    """Lines of a checklist: "[ ] MFA", "MFA: no"."""
    if _UNTICKED.match(text) or _ANSWERED_NO.search(text):
        return Claim("denied", "a checklist's answer is no")
    if _ANSWERED_LATER.search(text):
        return Claim("planned", "a checklist's answer is not yet")
    if _TICKED.match(text) or _ANSWERED_YES.search(text):
        return Claim("affirmed", "a checklist's answer is yes")
    return None
