"""What both ends say of themselves before the first command: the server's greeting, the client's login."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.protocols.mysql.codes import Capability
from tcptui.protocols.mysql.fields import Fields, ShortError

if TYPE_CHECKING:
    from tcptui.protocols.mysql.packets import Packet

_PROTOCOL: Final = 10
#: Bytes of a greeting and of a login that are read.
READ: Final = 4_096
#: Payload bytes of a request to turn to TLS.
_TLS_REQUEST: Final = 32
_FILLER: Final = 19
#: What MariaDB 10 and later put before their version, so that old clients go on.
_MARIADB_VERSION: Final = "5.5.5-"


@dataclass(frozen=True, slots=True)
class Greeting:
    """The server's first packet (protocol::HandshakeV10)."""

    version: str
    thread: int
    capabilities: int
    status: int

    @property
    def is_mariadb(self) -> bool:
        """Whether the server has MariaDB's own capabilities, as tshark tells it: 5.5, MySQL's twin, has none."""
        return self.version.startswith(_MARIADB_VERSION) or not self.capabilities & Capability.LONG_PASSWORD


@dataclass(frozen=True, slots=True)
class Login:
    """The client's first packet (protocol::HandshakeResponse41), without what proves who it is."""

    capabilities: int
    user: str
    database: str
    is_tls_request: bool = False
    """It ends where its capabilities do, and TLS follows."""


def read_greeting(packet: Packet) -> Greeting | None:
    """What the greeting says; None where it is none."""
    fields = Fields(packet.body(READ))
    try:
        if fields.number(1) != _PROTOCOL or packet.number:
            return None
        version = fields.line()
        if not version or not version.isascii() or not version[:1].isdigit():
            return None
        thread = fields.number(4)
        fields.take(8)
        if fields.number(1):
            return None
        low = fields.number(2)
        fields.take(1)
        status, high = fields.number(2), fields.number(2)
        fields.take(7)
        extended = fields.number(4)
    except ShortError:
        return None
    known = low | high << 16
    if not known & Capability.LONG_PASSWORD:  # MariaDB says by this that it has more of them
        known |= extended << 32
    return Greeting(version.decode(), thread, known, status)


def read_login(packet: Packet) -> Login | None:
    """What the login says; None where it is none."""
    fields = Fields(packet.body(READ))
    try:
        known = fields.number(4)
        fields.take(5)
        filler, extended = fields.take(_FILLER), fields.number(4)
        if not known & Capability.PROTOCOL_41 or any(filler) or not 1 <= packet.number <= 2:
            return None
        if not known & Capability.LONG_PASSWORD:
            known |= extended << 32
        if packet.length == _TLS_REQUEST and known & Capability.SSL:
            return Login(known, "", "", is_tls_request=True)
        user = fields.line()
    except ShortError:
        return None
    return Login(known, user.decode("utf-8", "replace"), _database(fields, known))


def _database(fields: Fields, known: int) -> str:
    try:
        if known & Capability.PLUGIN_AUTH_LENENC:
            fields.text()
        else:
            fields.take(fields.number(1))
        return fields.line().decode("utf-8", "replace") if known & Capability.CONNECT_WITH_DB else ""
    except ShortError:
        return ""
