"""What people at work say an attack did, in plain words: "a note asks for bitcoin", "the shop is flooded".

The classifier learnt from reports of analysts; tickets of users read otherwise. An act is a phrase of what
it was done to and a verb of having happened, and where that is ambiguous ("the disks are encrypted") a
second phrase near it that settles it. Its confidence is a stated judgement, not a measured probability.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

# A second phrase settles a first one within this many characters of it.
_NEAR = 300
# What may stand between the words of a phrase. Bounded, so that no text makes the search slow.
_GAP = r"[^.!?\n]{0,60}?"
_SHORT = r"[^.!?\n]{0,40}?"
_WHO = (
    r"\b(?:attackers?|actors?|intruders?|adversar(?:y|ies)|gangs?|hackers?|criminals?|stolen|ransom|extortion"
    r"|unknown (?:person|account|user))\b"
)
_COINS = r"\b(?:bitcoins?|btc|monero|xmr)\b"
_RANSOM = (
    rf"\bransom\b|\b(?:note|message|screen)\b{_SHORT}\b(?:asks?|asking|demand\w*)\b"
    rf"{_SHORT}(?:{_COINS}|\bpay\w*\b)"
    rf"|\bdemand\w*\b{_SHORT}{_COINS}|\bdecrypt(?:or|er|ion key)\b"
)
_THINGS = (
    r"\b(?:files?|shares?|folders?|servers?|documents?|databases?|desktops?|everything|data|machines?|vms?"
    r"|hosts?)\b"
)
_NO_ENDING = "(?! ext)"
_LOCKED = (
    rf"{_THINGS}{_GAP}\b(?:encrypted|locked|renamed|unreadable)\b|{_THINGS}{_GAP}\b(?:extension|ending)\b"
    rf"|\b(?:encrypted|locked|renamed) (?:(?:all|the|our|their|its|every|most|many|of) ){{0,4}}"
    rf"{_THINGS}{_NO_ENDING}"
)
_LURE = (
    rf"\b(?:e-?mails?|mails?|messages?|sms|invoices?)\b{_SHORT}"
    rf"\b(?:ask\w*|urg\w+|told|telling|claim\w+|pretend\w+)\b{_SHORT}"
    r"\b(?:verify|confirm|update|log ?in|sign ?in|enter|click|open|enable|pay)\b"
)


@dataclass(frozen=True, slots=True)
class Act:
    """A technique, the phrase that tells it, the one that settles it (None: needs none), and how sure."""

    technique: str
    phrase: re.Pattern[str]
    settled_by: re.Pattern[str] | None
    confidence: float


def _act(technique: str, phrase: str, settled_by: str = "", confidence: float = 0.7) -> Act:
    return Act(
        technique,
        re.compile(phrase, re.IGNORECASE),
        re.compile(settled_by, re.IGNORECASE) if settled_by else None,
        confidence,
    )


ACTS = (
    # Locked files and a demand are what ransomware is.
    _act("T1486", _LOCKED, _RANSOM, 0.95),
    _act(
        "T1490",
        rf"\b(?:shadow cop(?:y|ies)|restore points?|backups?)\b{_GAP}\b(?:deleted|wiped|destroyed|erased)\b"
        rf"|\b(?:deleted|wiped|destroyed|erased)\b{_GAP}\b(?:shadow cop(?:y|ies)|restore points?|backups)\b"
        r"|\bvssadmin(?:\.exe)? delete shadows|\bwbadmin delete",
        rf"{_WHO}|{_RANSOM}|\bencrypted\b|\bshadow\b",
    ),
    _act(
        "T1566",
        _LURE,
        r"\b(?:links?|attachments?|accounts?|passwords?|credentials|macros?)\b|\bh(?:tt|xx)ps?:",
    ),
    _act(
        "T1566",
        r"\b(?:received|reported|clicked|opened|got|fell for|answered)\b" + _GAP + r"\bphish\w*\b"
        r"|\bphish\w*" + _GAP
        + r"\b(?:was|were|got|has been|have been) (?:received|reported|clicked|opened|sent)\b",
    ),
    _act(
        "T1566.002",
        r"\b(?:entered|typed|submitted|gave)\b" + _GAP + r"\b(?:passwords?|credentials|codes?|pin)\b",
        r"\b(?:page|site|link|form|caller|e-?mail|mail|message)\b",
    ),
    _act(
        "T1498",
        r"\b(?:is|are|was|were|being|been)\b" + _GAP + r"\bflooded (?:with|by)\b" + _GAP
        + r"\b(?:packets?|requests?|traffic|connections?|queries)\b|\bunder (?:a |an )?(?:ddos|dos|denial)\b",
    ),
    _act(
        "T1110",
        r"\b(?:thousands|hundreds|dozens|\d{2,}) (?:of )?(?:failed|unsuccessful|invalid|wrong)\b" + _GAP
        + r"\b(?:log-?ins?|log-?ons?|sign-?ins?|attempts|passwords?|authentications?)\b"
        r"|\b(?:was|were|been|is|are) brute[- ]forced\b|\bpassword[- ]spray(?:ed|ing)\b",
    ),
    _act(
        "T1621",
        r"\b(?:repeated|dozens of|many|constant|\d{2,}|unexpected|unrequested)\b" + _GAP
        + r"\b(?:mfa|push|authenticator|two-factor|approval)\b" + _GAP
        + r"\b(?:prompts?|requests?|notifications?)\b",
    ),
    _act(
        "T1114.003",
        r"\b(?:forwarding|inbox|mailbox|transport) rules?\b" + _GAP
        + r"\b(?:(?:was|were|been|got) (?:created|set up|added|found)|appeared|forwards?|moves?|hides?)\b",
        _WHO
        + r"|\b(?:external|unknown|nobody|not (?:made|created|known)|without (?:her|his|their)|suspicious)\b",
    ),
    _act(
        "T1567.002",
        r"\b(?:upload\w*|copied|sent|transferred|synced|synchronised)\b" + _GAP
        + r"\b(?:mega(?:\.nz|sync)?|dropbox|google drive|onedrive|pcloud|wetransfer|anonfiles|rclone)\b",
        _WHO + r"|\brclone\b",
    ),
    _act(
        "T1657",
        r"\b(?:changed|new|different|updated)\b" + _GAP
        + r"\b(?:bank (?:details|account)|iban|account number)\b",
        r"\b(?:fraud\w*|fake|impersonat\w+|lookalike|spoofed|never sent|did not send|was paid)\b",
    ),
    _act(
        "T1562.001",
        r"\b(?:defender|antivirus|anti-virus|edr|endpoint protection)\b" + _GAP
        + r"\b(?:disabled|turned off|switched off|uninstalled|stopped)\b",
        _WHO + r"|\b(?:without (?:us|our|any)|nobody|unexpectedly|by (?:itself|someone))\b",
    ),
    _act(
        "T1136",
        r"\b(?:unknown|rogue|unexpected|unauthori[sz]ed)\b" + _GAP
        + r"\b(?:admin\w*|users?|accounts?)\b" + _GAP + r"\b(?:created|added|appeared)\b",
    ),
)  # fmt: skip


def told(asserted: str) -> Iterator[tuple[str, float, int, int]]:
    """(technique, confidence, start, end) of the acts that the text tells, the first of each technique.

    `asserted` is the text without what it denies; `start` and `end` bound the phrase, not its sentence.
    """
    known: set[str] = set()
    for act in _possible(asserted):
        for phrase in act.phrase.finditer(asserted):
            if act.technique in known:
                break
            around = asserted[max(0, phrase.start() - _NEAR) : phrase.end() + _NEAR]
            if act.settled_by is None or act.settled_by.search(around):
                known.add(act.technique)
                yield act.technique, act.confidence, phrase.start(), phrase.end()


def _possible(asserted: str) -> list[Act]:
    """The acts whose phrase stands in the text, by RE2: a twentieth of the time, for most texts tell none."""
    written = asserted.encode("utf-8", "replace")
    return [act for act, found in zip(ACTS, _found(), strict=True) if found.search(written)]


@lru_cache(maxsize=1)
def _found() -> tuple[Any, ...]:
    import re2  # type: ignore[import-untyped]

    options = re2.Options()
    options.case_sensitive = False
    # RE2 looks at nothing ahead; without that it finds a little more, which re then sorts out.
    return tuple(re2.compile(act.phrase.pattern.replace(_NO_ENDING, "").encode(), options) for act in ACTS)
