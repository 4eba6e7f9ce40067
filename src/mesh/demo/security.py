"""Security events of a simulated MSP: sign-ins and alerts, some of which belong together.

Addresses are from the ranges kept for documentation (RFC 5737), host names end in example domains
(RFC 2606).
"""

from typing import Any

import numpy as np

from mesh.demo.company import Company

QUIET = (
    ("sshd", "Failed password for admin from {ip} port {port} ssh2"),
    ("sshd", "Accepted publickey for backup from {inside} port {port} ssh2"),
    ("mail-gateway", "Quarantined message from billing@invoice-{n}.example.net with attachment invoice.html"),
    ("firewall", "DENY TCP {ip}:{port} -> {inside}:3389"),
    ("identity", "Sign-in from a new country for a user, source {ip}, multi-factor passed"),
    ("endpoint", "Quarantined a file with a known hash, user reported nothing"),
)
ATTACK = (
    (
        "mail-gateway",
        "Delivered message from payroll@login-{n}.example.org with a link to http://login-{n}.example.org/session",
    ),
    ("identity", "Sign-in from {ip} without multi-factor for a user who clicked a phishing link"),
    ("endpoint", "powershell.exe -EncodedCommand started by winword.exe"),
    ("firewall", "ALLOW TCP {inside}:49820 -> {ip}:443 every 60 seconds, 2 kB"),
    ("endpoint", "vssadmin delete shadows /all /quiet blocked"),
)
DAYS = 60
FEW, MANY = 20, 45


def rows(of: Company, there: list[int]) -> list[dict[str, Any]]:
    """Rows of kind `security-events` of the last weeks; `there` are the clients that have not left."""
    chance = of.chance("security")
    if not there:
        return []
    end = of.span.edges[-1]
    # The same campaign reaches several MSPs: its addresses depend on the world's seed, not on the MSP.
    campaign = np.random.default_rng([of.seed, 9]).integers(2, 250, 4).tolist()
    begins = max(end - 24 * DAYS, 0.0)
    moments = np.sort(begins + (end - begins) * chance.random(int(chance.integers(FEW, MANY + 1))))
    lines: list[tuple[float, int, str, str]] = []
    for moment in moments.tolist():
        source, line = QUIET[int(chance.integers(len(QUIET)))]
        client = there[int(chance.integers(len(there)))]
        lines.append(
            (moment, client, source, _filled(line, f"203.0.113.{int(chance.integers(1, 255))}", chance))
        )
    if chance.random() < 0.5:
        client, begun = there[int(chance.integers(len(there)))], end - float(chance.uniform(12, 24 * 20))
        address = f"198.51.100.{campaign[int(chance.integers(len(campaign)))]}"
        for place, (source, line) in enumerate(ATTACK):
            lines.append((begun + 0.4 * place, client, source, _filled(line, address, chance)))
    lines.sort()
    texts = of.span.texts(np.array([line[0] for line in lines]))
    return [
        {
            "id": f"{of.tenant.msp_id}-e{number:03d}",
            "simulated": True,
            "at": texts[number - 1],
            "client_id": of.id("c", client + 1),
            "source": source,
            "event": text,
        }
        for number, (_, client, source, text) in enumerate(lines, start=1)
    ]


def indicators(of: Company) -> list[dict[str, Any]]:
    """Rows of kind `indicators`, as a feed of other tools would bring them: the addresses of the campaign."""
    chance = of.chance("indicators")
    hosts = np.random.default_rng([of.seed, 9]).integers(2, 250, 4).tolist()
    named = [("ipv4", f"198.51.100.{host}") for host in dict.fromkeys(hosts)]
    named += [("domain", f"login-{int(chance.integers(10, 99))}.example.org")]
    (at,) = of.span.texts(np.array([max(of.span.edges[-1] - 24.0 * DAYS, 0.0)]))
    return [
        {
            "id": f"{of.tenant.msp_id}-i{number:02d}",
            "simulated": True,
            "at": at,
            "type": kind,
            "value": value,
            "source": "simulated feed",
            "tlp": "TLP:GREEN",
            "description": "Made up for the simulated world",
        }
        for number, (kind, value) in enumerate(named, start=1)
    ]


def _filled(line: str, address: str, chance: np.random.Generator) -> str:
    inside = f"192.0.2.{int(chance.integers(2, 250))}"
    return line.format(
        ip=address, inside=inside, port=int(chance.integers(20_000, 60_000)), n=int(chance.integers(10, 99))
    )
