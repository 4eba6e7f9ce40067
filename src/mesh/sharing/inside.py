"""What belongs to the inside of an organisation by its form alone: addresses, host names, accounts."""

import ipaddress
import re

# RFC 1918, 6598, 3927, 4193, 4291, loopback and multicast. Ranges kept for documentation are not among them:
# they stand for public ones.
_NETWORKS = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.168.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "::/127", "fc00::/7", "fe80::/10", "ff00::/8",
    )
)  # fmt: skip
# Suffixes that are not delegated, or set aside for inner use (RFC 6762, 8375; ICANN's .internal).
SUFFIXES = (
    "local", "localdomain", "localhost", "lan", "internal", "intranet", "intra", "corp", "home", "private",
    "priv", "ad", "domain", "workgroup", "home.arpa", "in-addr.arpa", "ip6.arpa",
)  # fmt: skip
# Words that names of machines begin with; a number or a further part follows.
_ROLES = (
    "DC|AD|SRV|SVR|SERVER|FILESRV|FILESERVER|FILES?|FS|SQL|DB|EXCH|EXCHANGE|MAIL|WEB|APP|PRINT|PRN|RDS|RDP|TS|"
    "TERM|CTX|VPN|FW|SW|AP|NAS|SAN|ESX|ESXI|VM|HV|HYPERV|HOST|NODE|WS|WKS|WORKSTATION|PC|LAPTOP|LT|NB|DESKTOP|"
    "DT|KIOSK|POS|TERMINAL|MAC|MACBOOK|IPAD|SURFACE|BACKUP|BKP|VEEAM|RECEPTION|FRONTDESK|ACCOUNTS|PAYROLL|"
    "FINANCE|HR|SALES|OFFICE|WIN|WINDOWS10|WIN10|WIN11"
)
MACHINE = re.compile(
    rf"(?<![\w.\\/-])(?:[A-Z]{{2,8}}-)?(?:{_ROLES})(?:-[A-Z0-9]{{1,15}}){{0,3}}(?:-?\d{{1,6}})(?![\w-])"
    rf"|(?<![\w.\\/-])(?:[A-Z]{{2,8}}-)?(?:{_ROLES})-[A-Z0-9]{{2,15}}(?:-[A-Z0-9]{{1,15}}){{0,2}}(?![\w-])",
    re.IGNORECASE,
)


def is_inside_address(text: str) -> bool:
    """Whether an address or network (also with a prefix length) lies inside; False for what is none.

    >>> is_inside_address("10.20.0.15"), is_inside_address("203.0.113.9"), is_inside_address("fe80::1")
    (True, False, True)
    """
    try:
        network = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return False
    if isinstance(network, ipaddress.IPv6Network) and (mapped := network.network_address.ipv4_mapped):
        return is_inside_address(str(mapped))
    return any(network.version == inner.version and network.overlaps(inner) for inner in _NETWORKS)


def is_inside_host(host: str) -> bool:
    """Whether a host name has no meaning outside: a single label, or under a suffix for inner use.

    >>> is_inside_host("files.corp.local"), is_inside_host("DC01"), is_inside_host("evil.example")
    (True, True, False)
    """
    name = host.strip().rstrip(".").lower()
    return "." not in name or any(name.endswith(f".{suffix}") for suffix in SUFFIXES)
