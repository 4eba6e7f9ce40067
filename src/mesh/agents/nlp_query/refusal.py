"""What is not a question about the tenant's own rows: requests to change them, orders, other tenants."""

import re
from dataclasses import dataclass

from mesh.agents.nlp_query.model import Reason

# "Email tickets last week" names a kind of tickets; "email tickets to Bob" is an order.
_KIND = r"(?! (?:tickets?|requests?|issues?|problems?|incidents?|cases?|volume|outages?|alerts?)\b(?! to\b))"
_WHEN = r"(?! (?:by|per|in|over|since|last|next|today|yesterday|this (?:day|week|month|quarter|year))\b)"
WRITE = re.compile(
    r"^(?:(?:please|kindly|now|and|then|ok|okay|hey|hi|just|go ahead and|i (?:want|need|"
    r"would like) (?:you )?to|"
    r"(?:can|could|would|will) you(?: please)?|let us|let's|you (?:must|should|have to)|"
    r"your task is to)[ ,]+)*"
    r"(?:delete|remove|erase|wipe|purge|clear|drop|truncate|close(?! rate)|reopen (?:all|the|"
    r"this|that|every|ticket)|"
    r"resolve (?:all|the|this|every)|create|add|insert|update|change(?! in\b)|set|edit|modify|"
    r"rename|assign|reassign|"
    rf"escalate|cancel|approve|reject|send|(?:e-?mail|mail){_KIND}|post|publish|upload|import|export|schedule|book|"
    r"restart|reboot|shut|disable|enable|reset|grant|revoke|raise (?:the|all|our) pric|refund|"
    r"charge|invoice (?:the|all)|"
    r"pay|buy|order (?!by)|write (?:to|into|over)|overwrite|merge|move|transfer|execute|deploy|"
    r"install|run (?!rate)|mark|call|forward|notify)\b"
)
WRITE_INSIDE = re.compile(
    r"\b(?:and|then|;|also|,) ?(?:please )?(?:delete|remove|erase|wipe|purge|drop|truncate|"
    r"close (?:them|it|all)|"
    r"reassign|assign (?:them|it)|cancel (?:them|it|all)|"
    rf"e-?mail{_KIND}{_WHEN} \w+|send|update (?:them|it|all|the)|"
    r"set (?:them|it|all|the)|mark (?:them|it))\b"
    r"|\b(?:drop|truncate|alter) table\b|\bdelete from\b|\binsert into\b|\bupdate \w+ set\b|\brm -rf\b"
)
ORDER = re.compile(
    r"\bignore\b.{0,40}\b(?:instruction|prompt|rule|above|previous|polic|filter|restriction)|"
    r"\bdisregard\b|\bforget (?:all|every|your|the|about (?:all|your))|"
    r"\b(?:system|hidden|initial|developer) (?:prompt|message|instruction)|\byour (?:prompt|"
    r"instructions|rules|guidelines)\b|"
    r"\byou are (?:now|no longer)\b|\bpretend\b|\bact as\b|\brole ?play|\bjailbreak|\bdan mode|"
    r"\bdeveloper mode|\bdebug mode|"
    r"\bbypass\b|\boverride\b|\bwithout (?:any )?(?:restriction|filter)|"
    r"\bas (?:an )?admin(?:istrator)?\b|\bsudo\b|"
    r"\bapi[ -]?keys?\b|\bsecrets?\b|\bcredentials?\b|\bpasswords?(?! resets?)\b|"
    r"\baccess tokens?\b|\benvironment variables?\b|\bkeys? of\b|"
    r"\bunion select\b|\bselect .{0,60}\bfrom\b|\bor 1 ?= ?1\b|--\s*$|<\s*/?\s*(?:script|img|"
    r"iframe|svg)|javascript:|\{\{|\$\{|<%|"
    r"\b(?:print|reveal|repeat|output|leak|dump|exfiltrate)\b.{0,40}\b(?:prompt|everything|"
    r"instruction|database|table|verbatim|tenant|record|memory|config)"
    r"|\bnew (?:instruction|rule)s?\b|\bend of (?:prompt|instruction)|\[/?(?:inst|system)\]|<\|"
)
TENANT = re.compile(
    r"\b(?:other|another|different|every|all|any|neighbou?r(?:ing)?|rival|competing|"
    r"each) (?:msps?|tenants?|providers?|competitors?|organi[sz]ations?|mesh members?|"
    r"members?)\b|"
    r"\bcompetitors?\b|\brivals?\b|\bpeers?\b|\b(?:msp|tenant)s? (?:in|of|on) the (?:mesh|"
    r"network)\b|\bacross (?:the mesh|the network|msps|tenants|all msps|all tenants)\b|"
    r"\b(?:demo|msp|tenant)[-_ ]?(?:id )?(?:[a-z]|\d+)\b(?!\w)|\bmsp_id\b|\btenant_id\b|"
    r"\b(?:someone|somebody) else'?s?\b|\bmsp called\b|\btenant called\b|"
    r"\bother (?:companies'|providers'|people's)|\bindustry (?:average|benchmark)|"
    r"\bbenchmarks?\b|\bmarket average\b|\bnot (?:ours|our own)\b"
)
PEERS = re.compile(r"\bpeers?\b|\bbenchmarks?\b|\baverage\b|\bcompetitors?\b|\bcompare")


@dataclass(frozen=True, slots=True)
class Refusal:
    reason: Reason
    why: str


def refused(text: str, own: tuple[str, ...] = ()) -> Refusal | None:
    """Why a lower-case question is refused whole, or None; `own` are names of the asking tenant itself."""
    if ORDER.search(text):
        why = "This is an order or a request for secrets rather than a question about your records."
        return Refusal("instruction", why)
    if WRITE.match(text) or WRITE_INSIDE.search(text):
        return Refusal("write_request", "Questions only read: nothing is changed, sent or removed from here.")
    for name in own:
        text = text.replace(name, " ")
    if TENANT.search(text) or re.search(r"\bdemo-[a-z]+", text):
        why = "Only your own records can be asked about; those of other MSPs cannot be seen from here."
        if PEERS.search(text):
            why += " What peers released in aggregate is under /mesh/benchmarks."
        return Refusal("other_tenant", why)
    return None
