import time

import pytest

from mesh.agents.threat_intelligence.acts import ACTS, told


@pytest.mark.parametrize(
    ("text", "techniques"),
    [
        ("All files on FS01 have the extension .lockd and a note asks for 3 bitcoin.", {"T1486"}),
        (
            "The attackers encrypted all servers and deleted the backups; they demand a ransom.",
            {"T1486", "T1490"},
        ),
        ("A mail pretending to be from the bank asked her to verify the account by a link.", {"T1566"}),
        ("Two users clicked a phishing mail this morning.", {"T1566"}),
        ("He entered his password on the page behind the link.", {"T1566.002"}),
        ("Since nine the web shop is flooded with SYN packets from everywhere.", {"T1498"}),
        ("We saw 4300 failed sign-ins for the director within an hour.", {"T1110"}),
        ("She got dozens of unexpected MFA prompts at night.", {"T1621"}),
        ("A forwarding rule was created that sends her mail to an external address.", {"T1114.003"}),
        ("The actor uploaded the archive to Mega with rclone.", {"T1567.002"}),
        ("The spoofed invoice had new bank details.", {"T1657"}),
        ("Defender was disabled on four hosts and nobody did it.", {"T1562.001"}),
        ("An unknown admin account was created on the domain controller.", {"T1136"}),
    ],
)
def test_plain_words_tell_techniques(text: str, techniques: set[str]) -> None:
    assert {key for key, *_ in told(text)} == techniques


@pytest.mark.parametrize(
    "text",
    [
        "All laptops and their disks are encrypted with BitLocker.",
        "Data is encrypted at rest and in transit.",
        "The nightly job deleted the backups older than ninety days.",
        "You will learn how to recognise phishing mails.",
        "Please enter your password at the door terminal.",
        "I uploaded the photos to Dropbox for everyone.",
        "We changed our bank details; see the letterhead.",
        "The invoice is attached. Could you please confirm the delivery date?",
        "Antivirus definitions were updated.",
        "There were 2 failed sign-ins.",
        "A new user account was created for Anna as agreed.",
    ],
)
def test_everyday_work_tells_none(text: str) -> None:
    assert list(told(text)) == []


def test_the_place_is_that_of_the_phrase() -> None:
    text = "Good morning. The shop is flooded with requests. Thank you."
    ((_, _, start, end),) = told(text)
    assert text[start:end] == "is flooded with requests"


@pytest.mark.parametrize(
    "piece", ["files ", "email asks ", "ransom files ", "backups ", "changed ", "note asks "]
)
def test_no_text_makes_the_search_slow(piece: str) -> None:
    started = time.process_time()
    list(told((piece * 20_000)[:100_000]))
    assert time.process_time() - started < 3


def test_every_act_names_a_technique_and_how_sure_it_is() -> None:
    assert all(act.technique.startswith("T1") and 0 < act.confidence < 1 for act in ACTS)
