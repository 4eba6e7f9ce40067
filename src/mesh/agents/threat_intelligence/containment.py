"""The first steps against a threat, in our own words: by kind of threat and by type of indicator.

They follow the order of NIST SP 800-61r3: contain, then eradicate, then recover.
"""

from collections.abc import Mapping

from mesh.agents.threat_intelligence.model import ThreatType

_NETWORK = (
    "Block it at the firewall, the DNS filter and the web proxy, then search 30 days of logs for hosts that "
    "reached it."
)
_FILE = (
    "Block the hash in endpoint protection, search every endpoint for it, and isolate the hosts that have it."
)
_WALLET = (
    "Pay nothing before counsel and insurer are asked; give the address to law enforcement, which traces "
    "payments."
)
# Indicator types to the id of the step and what to do.
BY_INDICATOR: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(("ipv4", "ipv6", "ipv4_cidr", "ipv6_cidr", "domain", "url"), ("block-network", _NETWORK)),
    **dict.fromkeys(
        ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "imphash", "authentihash", "ssdeep", "tlsh"),
        ("block-file", _FILE),
    ),
    **dict.fromkeys(("bitcoin", "ethereum", "monero"), ("wallet", _WALLET)),
    "email": (
        "purge-mail",
        "Block the sender, remove its messages from every mailbox, and ask who opened a link or a file.",
    ),
    "onion": (
        "block-tor",
        "Block Tor at the edge and look for the host that reached it or holds the note naming it.",
    ),
    "aws_access_key_id": (
        "rotate-key",
        "Deactivate the access key now, list what it did in CloudTrail, then delete it and issue a new one.",
    ),
    "registry_key": (
        "hunt-registry",
        "Search all Windows hosts for this key and remove it with what it starts.",
    ),
    "file_path": (
        "hunt-file",
        "Search all hosts for a file at this path and keep a copy before removing it.",
    ),
}
BY_THREAT: Mapping[ThreatType, tuple[str, str]] = {
    "ransomware": (
        "isolate",
        "Cut affected hosts off the network without switching them off, and take backups offline before they "
        "are hit.",
    ),
    "data-exfiltration": (
        "stop-outflow",
        "Stop the channel the data leaves by, keep its logs, and establish what left: duties to notify start "
        "with it.",
    ),
    "denial-of-service": (
        "filter",
        "Have the provider filter the traffic upstream and move what must stay reachable.",
    ),
    "credential-theft": (
        "reset",
        "Reset the passwords concerned, end their sessions and tokens, and require a second factor that "
        "resists phishing.",
    ),
    "cloud-account-abuse": (
        "revoke",
        "Deny the identity that acted, end its sessions, and undo what it created: keys, roles, policies, "
        "instances.",
    ),
    "phishing": (
        "stop-phish",
        "Reset and end the sessions of everyone who entered a password, and look for new mailbox rules and "
        "sign-ins.",
    ),
    "exploitation": (
        "shield",
        "Take the exposed service off the internet until it is patched, and look for what was left behind.",
    ),
    "malware": (
        "isolate",
        "Cut affected hosts off the network, keep their memory and disk, and rebuild from known media.",
    ),
}
