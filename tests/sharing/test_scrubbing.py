"""What names a client, a person or an inside is taken out of a text; what a text is told for stays."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.scrubbing import Tally
from evals.scrubbing_texts import HELD_OUT, Labelled, sites, texts
from mesh.kit.fakes import fake_ports
from mesh.sharing.known import Known, known_of
from mesh.sharing.scrubbing import Scrubber
from tests.sharing.conftest import Mesh

KNOWN = Known(
    clients=frozenset({"Harbor Dental", "Acme"}), people=frozenset({"Ada Example"}),
    domains=frozenset({"hd-clinic.test"}), own=frozenset({"Cedar IT"}),
)  # fmt: skip
SCRUBBER = Scrubber(KNOWN)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("at HARBOR-DENTAL and harbordental", "at [client] and [client]"),
        ("Acme's server", "[client]'s server"),
        ("Academia is no client", "Academia is no client"),
        ("ask Ada Example", "ask [person]"),
        ("Cedar IT wrote it", "[msp] wrote it"),
        ("mail a.b+c@hd-clinic.test, www[.]hd-clinic[.]test", "mail [email], [client]"),
        ("jo(at)corp[.]local", "[email]"),
        ("10.0.0.4 and 10[.]0[.]0[.]4/24 and 100.64.1.1", "[address] and [address] and [address]"),
        ("8.8.8.8, 203.0.113.9 and 45.77.12.9", "8.8.8.8, 203.0.113.9 and 45.77.12.9"),
        ("fe80::1 and fd00:12::5, not 2a00:1450::8a", "[address] and [address], not 2a00:1450::8a"),
        ("srv.corp.local, DC01 and LAPTOP-7F3KQ2", "[host], [host] and [host]"),
        (r"\\FS2\share, C:\Users\jdoe\x.exe, /home/jdoe/x",
         r"[host]\share, C:\Users\[account]\x.exe, /home/[account]/x"),
        (r"CORP\jdoe, svc-backup, user jdoe7", "[account], [account], user [account]"),
        ("S-1-5-21-1-2-3-1107", "[account]"),
        ("account 123456789012, 1234-5678-9012", "account [account], [account]"),
        ("arn:aws:iam::123456789012:user/jo and AKIAIOSFODNN7EXAMPLE", "[account] and [account]"),
        ("tenant 3f2504e0-4f89-41d3-9a0c-0305e82c3301, x.onmicrosoft.com", "tenant [account], [account]"),
        ("call +44 20 7946 0958 or (555) 123-4567", "call [phone] or [phone]"),
        ("Siobhan O'Brien and Jean-Luc van der Berg rang", "[person] and [person] rang"),
        ("Cobalt Strike on Windows Server with T1059.001, CVE-2024-3400",
         "Cobalt Strike on Windows Server with T1059.001, CVE-2024-3400"),
    ],
)  # fmt: skip
def test_each_form_goes_and_its_look_alikes_stay(text: str, expected: str) -> None:
    assert SCRUBBER.scrub(text).text == expected


def test_what_was_taken_out_is_counted_by_what_it_was() -> None:
    assert SCRUBBER.scrub("Acme, 10.0.0.4, 10.0.0.5").removed == {"client": 1, "address": 2}


def test_names_and_domains_come_from_the_tenants_own_rows() -> None:
    rows = {
        "clients": [{"id": "c", "name": "Gull & Sons Ltd.", "website": "https://www.gull-sons.test/x"}],
        "technicians": [{"id": "t", "name": "Ben Sample", "email": "ben@cedar-it.test"}],
        "profile": [{"id": "p", "name": "Cedar IT", "contact": "partners@cedar-it.test"}],
    }
    known = known_of(fake_ports(rows=rows).records)
    assert known.domains == {"gull-sons.test", "cedar-it.test"}
    scrubbed = Scrubber(known).scrub("Ben Sample at Gull and Gull & Sons, mail.gull-sons.test").text
    assert scrubbed == "[person] at Gull and [client], [client]"


def test_of_held_out_texts_nothing_that_must_go_is_left() -> None:
    tally = Tally()
    site = next(iter(sites(1, 7)))
    for one in texts(site, HELD_OUT, 150, 7, second=True):
        tally.count(one, Scrubber(site.known).scrub(one.text).text)
    assert tally.recall() >= 0.99, tally.missed[:5]
    assert tally.share_kept() >= 0.99 and tally.share_words() > 0.9


def test_a_scrubber_that_did_nothing_would_be_found_out() -> None:
    tally = Tally()
    tally.count(
        Labelled("Ada Example saw 1.2.3.4", [("person", "Ada Example")], ["1.2.3.4"]), "Ada saw 1.2.3.4"
    )
    tally.count(Labelled("Rosa Kowalski", [("person", "Rosa Kowalski")], []), "[person] Kowalski")
    assert tally.recall() == 0.5


@given(st.text(max_size=300))
def test_no_text_breaks_it_and_a_second_time_changes_little(text: str) -> None:
    once = SCRUBBER.scrub(text).text
    assert not re.search(r"(?<!\w)Acme(?!\w)", once)
    SCRUBBER.scrub(once)


@pytest.mark.parametrize(
    "unit", ["a" * 50, "A b ", "1.", "10.0.0.4 ", "a@", "\\\\", "Aa Bb ", "fe80:", "-1", "x.y."]
)
def test_long_texts_made_to_be_slow_are_not(unit: str) -> None:
    begun = time.process_time()
    SCRUBBER.scrub(unit * (60_000 // len(unit)))
    # Quadratic reading would take minutes; the bound is far from what it takes.
    assert time.process_time() - begun < 20


def test_the_description_that_others_see_of_an_msp_names_nobody(here: Mesh) -> None:
    here.has("alder", "clients", {"id": "c", "name": "Harbor Dental"})
    here.has("alder", "profile", {
        "id": "p", "name": "Alder Systems", "tlp": "TLP:GREEN", "shared": ["description"],
        "description": "Alder Systems keeps Harbor Dental running; write to jo@alder.test or 10.0.0.4.",
    })  # fmt: skip
    (listing,) = here.platform.directory.listings()
    assert listing.card["description"] == "[msp] keeps [client] running; write to [email] or [address]."
