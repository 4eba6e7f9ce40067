"""The way in for sites on other machines, while a training awaits them: a SuperLink behind TLS.

Key and certificate are made for the one training and forgotten with it; whoever is invited is told of the
authority that signed them, and trusts no other.
"""

import ipaddress
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from mesh.kit.problem import Unavailable

if TYPE_CHECKING:
    from cryptography import x509

    from mesh.adapters.federation.superlink import SuperLink

PORT = 9092
WAIT_S = 180
# The variable that makes a door, and what stands for the address that AWS sees.
ADDRESS, AS_SEEN = "MESH_SITES_ADDRESS", "auto"
SEEN_AT = "https://checkip.amazonaws.com"
DAY = timedelta(days=1)
STARTING_S, STOPPING_S = 30.0, 5.0
# Sites that wait are there with a connection each, and ask with one or two at a time.
MOST_AT_ONCE = 256
LOOK_S = 0.2
# One training at a time comes in by a port: the next one waits for it.
_ONE = threading.Lock()


@dataclass(frozen=True, slots=True)
class Door:
    """Where this process listens for sites, and what they are told: `address` gives a name or an IP address.
    Sites that were invited are waited for `wait_s`."""

    address: Callable[[], str]
    host: str = "0.0.0.0"  # noqa: S104 - whoever sets one up wants others to come in
    port: int = PORT
    wait_s: int = WAIT_S


def door_of(environment: Mapping[str, str]) -> Door | None:
    """As the environment says; None where it says nothing. Raises Unavailable for what makes no sense.

    MESH_SITES_ADDRESS is the name or IP address that sites reach this machine by, or `auto`: what AWS sees as
    its public address. MESH_SITES_LISTEN is where to listen, host:port; MESH_SITES_WAIT_S how long to wait.
    """
    address = environment.get(ADDRESS, "").strip()
    if not address:
        return None
    host, _, port = environment.get("MESH_SITES_LISTEN", f"0.0.0.0:{PORT}").rpartition(":")
    wait = environment.get("MESH_SITES_WAIT_S", str(WAIT_S))
    if not port.isdecimal() or int(port) > 65535:
        raise Unavailable("MESH_SITES_LISTEN must be host:port, such as 0.0.0.0:9092.")
    if not wait.isdecimal():
        raise Unavailable("MESH_SITES_WAIT_S must be a number of seconds.")
    named = seen_address if address == AS_SEEN else lambda: address
    return Door(named, host.strip("[]"), int(port), int(wait))


def seen_address() -> str:
    """This machine's address as others see it. Raises Unavailable where that cannot be asked."""
    import urllib.request

    try:
        with urllib.request.urlopen(SEEN_AT, timeout=10) as reply:
            return str(ipaddress.ip_address(reply.read(100).decode("ascii").strip()))
    except (OSError, ValueError) as fault:
        raise Unavailable(
            f"This machine's public address could not be asked of {SEEN_AT}: set {ADDRESS} to it."
        ) from fault


@dataclass(frozen=True, slots=True)
class Open:
    """A door that stands open: the SuperLink, and what sites must know to come to it."""

    link: "SuperLink"
    superlink: str
    certificates: str

    def wait(self, seconds: float) -> None:
        """Until all are there, or the time is over."""
        end = time.monotonic() + seconds
        while len(self.link.online()) < len(self.link.nodes) and time.monotonic() < end:
            time.sleep(LOOK_S)


@contextmanager
def opened(door: Door, keys: Mapping[str, str]) -> Iterator[Open]:
    """Let those in who have one of the keys, until the end. Raises Unavailable where the port is taken."""
    from mesh.adapters.federation.superlink import SuperLink

    with _ONE, _listening(door) as listening, closing(SuperLink(keys)) as link:
        name, port = door.address(), listening.getsockname()[1]
        authority, certificate, key = certificates(name, datetime.now(UTC))
        with _served(link, listening, certificate + key):
            yield Open(link, f"{_host(name)}:{port}", authority)


def _listening(door: Door) -> socket.socket:
    try:
        return socket.create_server((door.host, door.port))
    except OSError as fault:
        raise Unavailable(
            f"Sites cannot come in by port {door.port}: {fault.strerror}. Free it, or choose another one."
        ) from fault


@contextmanager
def _served(link: "SuperLink", listening: socket.socket, certificate: str) -> Iterator[None]:
    import uvicorn

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "server.pem"
        path.touch(mode=0o600)
        path.write_text(certificate, encoding="ascii")
        config = uvicorn.Config(
            link.application(), ssl_certfile=path, log_config=None, access_log=False, server_header=False,
            lifespan="off", ws="none", limit_concurrency=MOST_AT_ONCE,
            timeout_graceful_shutdown=int(STOPPING_S),
        )  # fmt: skip
        config.load()
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],), name="superlink", daemon=True)
    thread.start()
    end = time.monotonic() + STARTING_S
    while not server.started:
        if not thread.is_alive() or time.monotonic() > end:
            raise Unavailable("The way in for sites on other machines did not open; the log says why.")
        time.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(2 * STOPPING_S)


def certificates(name: str, now: datetime) -> tuple[str, str, str]:
    """An authority for one training, a certificate of it for the host `name`, and that one's key; as PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    root, mine = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))

    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])

    def begun(subject: str, key: ec.EllipticCurvePrivateKey, *, authority: bool) -> x509.CertificateBuilder:
        usage = dict.fromkeys(
            ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only",
             "decipher_only"), False,
        )  # fmt: skip
        told = {"digital_signature": not authority, "key_cert_sign": authority, "crl_sign": authority}
        return (
            x509.CertificateBuilder()
            .issuer_name(named("mesh training"))
            .subject_name(named(subject))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + DAY)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=0 if authority else None), True)
            .add_extension(x509.KeyUsage(**usage, **told), True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root.public_key()), False)
        )

    server = (
        begun(name, mine, authority=False)
        .add_extension(x509.SubjectAlternativeName([_general(name)]), False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
    )
    signed = [
        each.sign(root, hashes.SHA256()).public_bytes(Encoding.PEM).decode("ascii")
        for each in (begun("mesh training", root, authority=True), server)
    ]
    key = mine.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")
    return signed[0], signed[1], key


def _general(name: str) -> "x509.GeneralName":
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _host(name: str) -> str:
    return f"[{name}]" if ":" in name else name
