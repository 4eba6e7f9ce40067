"""Labelled texts for the scrubber: notes as technicians write them, filled from the simulated world.

What must go is known, because it was put in. The texts in `HELD_OUT` and the names in the second half of
each list were written before the scrubber was first run on them, and no rule was made from them. `HARD` is
what no rule here can know: names in small letters, misspelt clients, machines named at will.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from mesh.demo.world import world
from mesh.kit.fakes import fake_ports
from mesh.sharing.known import Known, known_of

UNTIL = datetime(2026, 3, 1, tzinfo=UTC)
# Fields whose values must go, by what they are reported as.
SECRETS: Mapping[str, str] = {
    "client": "client", "msp": "client", "technician": "person known", "person": "person unknown",
    "first": "person unknown", "email": "e-mail", "upn": "e-mail", "inside": "inside address",
    "inside6": "inside address", "host": "inside host", "fqdn": "inside host", "unc": "inside host",
    "user": "account", "logon": "account", "home": "account", "sid": "account", "tenant_guid": "account",
    "aws": "account", "arn": "account", "key": "account", "onms": "account", "lower": "person unknown",
    "typo": "client", "odd": "inside host",
}  # fmt: skip
# Fields whose values must stay: what the text is told for.
KEPT = ("bad_ip", "bad_domain", "bad_url", "sha", "cve", "technique")
TUNED_ON = (
    "{client}: {person} opened an invoice from {bad_domain} and the loader {sha} ran on {host} ({inside}).",
    "Blocked {bad_ip} on the firewall at {client}. Reported by {person}, ticket with {technician}.",
    "User {logon} signed in from {bad_ip} without MFA; mailbox {email} forwarded to the outside.",
    "powershell started by winword.exe on {host}.{fqdn}, file"
    " C:\\Users\\{home}\\AppData\\Local\\Temp\\inv.exe",
    "The beacon goes from {inside} to {bad_url} every minute. {technique} and {cve} apply.",
    "AWS account {aws}: {arn} created an access key {key} after a login from {bad_ip}.",
    "Conditional access of tenant {tenant_guid} ({onms}) was changed by {upn}.",
    "SID {sid} was added to Domain Admins on {host}. {technician} is looking into it.",
    "Ms {person} at {client} rang: files on {unc}\\finance are encrypted, note left by the gang.",
    "{msp} saw the same domain {bad_domain} at {client} last week.",
    "Hi {first}, please reset the password of {user}. Regards, {technician}",
    "DENY TCP {bad_ip}:443 -> {inside}:3389 on the router of {client}",
    "IPv6 neighbour {inside6} answered for {host}; lateral movement to {inside} over RDP.",
    "{first} says the laptop shows a ransom note. {cve} was not patched.",
    "Credentials of {user} were dumped from LSASS on {host}, {technique}.",
    "Password spray against {email} and {upn} from {bad_ip}.",
    "The attacker moved from {host} to {fqdn} with the account of {person}.",
    "Shadow copies were deleted on {host} by {user}, then {sha} encrypted the shares of {client}.",
)
HELD_OUT = (
    "During the night shift {technician} noticed that {host} ({inside}) resolves {bad_domain}"
    " every 90 seconds.",
    "{client} has asked us to check {bad_ip}. Their bookkeeper {person} typed a password at {bad_url}.",
    "Two mailboxes, {email} and {upn}, got a rule that hides replies. Source address {bad_ip}.",
    "Quarantined /home/{home}/.cache/upd with hash {sha} on {fqdn}; nothing else on the subnet of {inside}.",
    "CloudTrail of {aws} shows {arn} stopping the trail. The key {key} is disabled now.",
    "Escalated to {msp}: domain controller {fqdn} replicates with an unknown host, {technique}.",
    "We talked to {person} of {client}; the attachment was opened at 09:14 and {sha} was"
    " written to {unc}\\scans.",
    "Sign-in log: {upn} from {bad_ip}, tenant {tenant_guid}, result success, device {host}.",
    "Service ticket requests for {user} came from {inside6} and {inside}; {technique} is likely.",
    "Dear {first}, we have isolated {host} and blocked {bad_domain}. Kind regards, {technician}",
    "Logon type 10 for {logon} at {host} from {inside}, followed by {cve}.",
    "{person} clicked the link in the mail from {bad_domain} twice, says the owner of {client}.",
    "Group membership changed: member {sid}, by {user}, on {fqdn}.",
    "The tunnel ended on {inside} behind the firewall at {client}; {bad_ip} is the far side.",
    "Backup job on {unc}\\vault failed for {client}, because {host} was encrypted by {sha}.",
    "Contact: {person}, {email}. Affected: {host}. Indicator: {bad_url}.",
    "{first}’s account was used at {onms} to share files with outsiders.",
    "Exploitation of {cve} on the VPN of {client}, then {technique}; session of {user} killed.",
    "C:\\Users\\{home}\\Downloads\\invoice.iso was mounted on {host}, and it called {bad_domain}.",
    "On behalf of {client}, {technician} asked the carrier to null-route {bad_ip}.",
    "Defender raised an alert on {host} for {logon}: {sha} tried to dump LSASS memory.",
    "The admin {person} says that nobody at {client} uses {bad_domain}.",
    "Firewall rule 12 allows {inside} and {inside6} out to {bad_ip}; {msp} set it up for {client}.",
    "Assigned to {technician}. Requester {person} ({email}), site {client}.",
)
HARD = (
    "{lower} rang about {bad_domain} this morning",
    "somebody at {typo} opened {bad_url} on a tablet",
    "the box {odd} talks to {bad_ip}",
    "{first} was out, so nobody saw {sha} run.",
)
_ODD = ("gandalf", "mercury", "bluebox", "the-beast", "oldfaithful", "spare2go")
_FIRST = (
    "Rosa", "Dmitri", "Aisha", "Jean-Luc", "Siobhan", "Kenji", "Olu", "Marta", "Björn", "Priya", "Hugo",
    "Fatima", "Liam", "Chiara", "Tomasz", "Yara", "Noah", "Zsófia", "Pedro", "Mei",
    "Anneke", "Giorgos", "Nkechi", "Jörg", "Maeve", "Haruto", "Ana-Maria", "Tariq", "Ellen", "Ravi",
    "Svetlana", "Owen", "Leïla", "Matteo", "Ingrid", "Chidi", "Paulo", "Hye-jin", "Stefan", "Amara",
)  # fmt: skip
_LAST = (
    "Kowalski", "O'Brien", "van der Berg", "Nakamura", "Adeyemi", "Lindqvist", "Fernández", "de Souza",
    "Patel", "MacLeod", "Rossi", "Haddad", "Nguyen", "Horváth", "Weber", "Dubois", "Okafor", "Petrov",
    "Silva", "Chen",
    "Papadopoulos", "D'Angelo", "von Hagen", "Tanaka", "Eze", "Sørensen", "Núñez", "da Costa", "Sharma",
    "McKenzie", "Bianchi", "Nasser", "Tran", "Kovács", "Schmidt", "Lefèvre", "Abara", "Ivanova", "Moreira",
    "Kim",
)  # fmt: skip
_HOSTS = (
    "DC01", "SRV-FILES-02", "FS2", "LAPTOP-7F3KQ2", "DESKTOP-A1B2C3D", "WS-FRONTDESK-4", "SQL03", "EXCH01",
    "PC-1042", "NAS-BACKUP", "DC-EAST-02", "WKS-0231", "LT-SALES-9", "SRV-APP1", "RDS-02", "HV-NODE3",
    "DESKTOP-9Q8W7E6", "PRINT-02", "VM-WEB-11", "POS-03",
)  # fmt: skip
_ZONES = (
    "corp.local",
    "ad.internal",
    "office.lan",
    "hq.corp",
    "clinic.local",
    "int.example.internal",
    "site2.intra",
)
_LOGONS = ("{f}.{l}", "{i}{l}", "{l}{n}", "{f}_{l}")
_DOMAINS = ("northwind-pay", "cdn-upd4te", "parcel-desk", "m1crosoft-auth", "quickbill", "sharedocs-online")
_ENDS = ("com", "net", "top", "xyz", "info", "ru")


@dataclass(frozen=True)
class Labelled:
    """A text, what in it must go (kind, value) and what must stay."""

    text: str
    secrets: Sequence[tuple[str, str]]
    kept: Sequence[str]


@dataclass(frozen=True)
class Site:
    """One simulated MSP: what its rows name, and names to fill in."""

    known: Known
    clients: Sequence[str]
    technicians: Sequence[str]
    msp: str


def sites(count: int, seed: int) -> Iterator[Site]:
    """Simulated MSPs with the rows that the scrubber would see."""
    for one in world(count, 3, seed, until=UNTIL):
        kinds = ("clients", "technicians", "profile")
        ports = fake_ports(rows={kind: one.rows[kind] for kind in kinds})
        yield Site(
            known_of(ports.records),
            [row["name"] for row in one.rows["clients"]],
            [row["name"] for row in one.rows["technicians"]],
            one.rows["profile"][0]["name"],
        )


def texts(site: Site, templates: Sequence[str], count: int, seed: int, *, second: bool) -> Iterator[Labelled]:
    """Texts of one site; `second` takes the names and machines of the second half of the lists."""
    chance = np.random.default_rng([seed, len(site.clients), second])
    for _ in range(count):
        template = templates[int(chance.integers(len(templates)))]
        secrets: list[tuple[str, str]] = []
        kept: list[str] = []

        def filled(
            field: re.Match[str], secrets: list[tuple[str, str]] = secrets, kept: list[str] = kept
        ) -> str:
            value = _value(field[1], site, chance, second=second)
            if field[1] in SECRETS:
                secrets.append((SECRETS[field[1]], value))
            else:
                kept.append(value)
            return value

        yield Labelled(re.sub(r"\{(\w+)\}", filled, template), secrets, kept)


def _value(name: str, site: Site, chance: np.random.Generator, *, second: bool) -> str:
    def one(of: Sequence[str]) -> str:
        half = len(of) // 2
        part = of[half:] if second else of[:half]
        return str(part[int(chance.integers(len(part)))])

    def some(of: Sequence[str]) -> str:
        return str(of[int(chance.integers(len(of)))])

    def number(low: int, high: int) -> int:
        return int(chance.integers(low, high))

    def hexes(length: int) -> str:
        return "".join(f"{number(0, 16):x}" for _ in range(length))

    first, last = one(_FIRST), one(_LAST)
    plain = re.sub(r"[^a-z]", "", last.lower()) or "smith"
    bare = re.sub(r"[^a-z]", "", first.lower()) or "jo"
    logon = some(_LOGONS).format(f=bare, l=plain, i=bare[0], n=number(1, 99))
    zone = one(_ZONES)
    domain = f"{some(_DOMAINS)}{number(1, 999)}.{some(_ENDS)}"
    named = some(site.clients)
    return {
        "lower": lambda: f"{first.lower()} {last.lower()}",
        "typo": lambda: named[:2] + named[3] + named[2] + named[4:],
        "odd": lambda: some(_ODD),
        "client": lambda: named,
        "msp": lambda: site.msp,
        "technician": lambda: some(site.technicians),
        "person": lambda: f"{first} {last}",
        "first": lambda: first,
        "email": lambda: f"{bare}.{plain}@{some(['brightdental', 'hillcrest-law', 'oakbuilders'])}.com",
        "upn": lambda: f"{logon}@{zone}",
        "inside": lambda: some([f"10.{number(0, 255)}.{number(0, 255)}.{number(1, 255)}",
                                f"192.168.{number(0, 255)}.{number(1, 255)}",
                                f"172.{number(16, 32)}.{number(0, 255)}.{number(1, 255)}"]),
        "inside6": lambda: some([f"fe80::{hexes(4)}:{hexes(3)}", f"fd{hexes(2)}:{hexes(4)}::{hexes(2)}"]),
        "host": lambda: one(_HOSTS),
        "fqdn": lambda: f"{one(_HOSTS).lower()}.{zone}",
        "unc": lambda: f"\\\\{one(_HOSTS)}",
        "user": lambda: some([f"CORP\\{logon}", f"svc-{plain}", f"adm_{bare}"]),
        "logon": lambda: some([f"HQ\\{logon}", f"AzureAD\\{logon}"]),
        "home": lambda: logon,
        "sid": lambda: "S-1-5-21-" + "-".join(str(number(10**8, 10**9)) for _ in range(3)) + "-1107",
        "tenant_guid": lambda: f"{hexes(8)}-{hexes(4)}-4{hexes(3)}-a{hexes(3)}-{hexes(12)}",
        "aws": lambda: str(number(10**11, 10**12)),
        "arn": lambda: f"arn:aws:iam::{number(10**11, 10**12)}:user/{logon}",
        "key": lambda: "AKIA" + "".join(some(list("ABCDEFGHJKLMNPQRSTUVWXYZ234567")) for _ in range(16)),
        "onms": lambda: f"{plain}group.onmicrosoft.com",
        "bad_ip": lambda: f"{some(['45.77', '185.220', '91.132'])}.{number(1, 255)}.{number(1, 255)}",
        "bad_domain": lambda: domain,
        "bad_url": lambda: f"https://{domain}/{hexes(6)}/gate.php",
        "sha": lambda: hexes(64),
        "cve": lambda: f"CVE-20{number(18, 27)}-{number(1000, 40000)}",
        "technique": lambda: f"T{number(1001, 1660)}",
    }[name]()  # fmt: skip
