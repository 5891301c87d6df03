"""Whether a connection speaks MySQL's protocol, and which side asks: by what it says first, else by its commands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tcptui.protocols.mysql import codes
from tcptui.protocols.mysql.asked import command_of
from tcptui.protocols.mysql.codes import Command
from tcptui.protocols.mysql.greeting import read_greeting, read_login
from tcptui.protocols.mysql.packets import HEADER, Packet, Packets

if TYPE_CHECKING:
    from tcptui.protocols.stream.reassembly import ByteStream

#: Server ports: mysql (IANA), and those of proxies in front of it.
PORTS: Final = frozenset({3306, 3307, 4006, 6033, 6446, 6447})
#: Segments of one direction of which one has to begin with a command.
_SEGMENTS: Final = 16
#: What a statement of SQL begins with.
_SQL: Final = re.compile(
    rb"\s*(?:/\*.{0,200}?\*/\s*)?\(?(?:select|insert|update|delete|replace|set|show|begin|commit|rollback|start|use|call"
    rb"|create|alter|drop|truncate|with|explain|desc(?:ribe)?|lock|unlock|grant|revoke|flush|load|do|prepare|execute"
    rb"|deallocate|savepoint|release|analyze|optimize|rename|kill|xa|handler|change|values)\b",
    re.IGNORECASE | re.DOTALL,
)
#: What a greeting begins with: the protocol's version, and that of the server.
_GREETING: Final = re.compile(rb"\x0a\d+\.\d+\.[ -~]*")
_TLS_RECORD: Final = b"\x16\x03"
_SEEN: Final = 512
#: Bytes of COM_STMT_EXECUTE: number, flags, how often (once).
_EXECUTE: Final = re.compile(rb"\x17.{4}[\x00-\x0f]\x01\x00\x00\x00", re.DOTALL)


def begins_mysql(payload: bytes) -> bool:
    """Whether the payload of one segment is, or begins with, a command with SQL, or a greeting."""
    if len(payload) <= HEADER + 1 or payload[3]:
        return False
    length = int.from_bytes(payload[:3], "little")
    body = payload[HEADER:]
    if body[0] in (Command.QUERY, Command.STMT_PREPARE):
        return len(body) <= length + _SEEN and _SQL.match(body, 1) is not None
    return body[0] == 10 and len(body) == length and b"mysql_native_password" in body


def mysql_sides(client: ByteStream, server: ByteStream) -> tuple[ByteStream, ByteStream] | None:
    """The side that asks and the side that answers; None when this is not MySQL, or turns to TLS.

    In a capture that began mid-stream, client and server may be swapped.
    """
    for asker, answerer in ((client, server), (server, client)):
        if _logs_in(asker, answerer):
            return None if _turns_to_tls(asker) else (asker, answerer)
    if _from_start(client) and _from_start(server) and not is_cut_greeting(Packets(server)):
        return None
    for asker, answerer in ((client, server), (server, client)):
        if _is_mysql_without_start(asker, answerer):
            return asker, answerer
    return None


def is_cut_greeting(packets: Packets) -> bool:
    """Whether the server begins with what may be a greeting, and the capture cut it before that can be told."""
    packet = packets.packet(0)
    if not isinstance(packet, Packet) or packet.number or not packets.is_missing(packet.start, packet.stop):
        return False
    return _GREETING.match(packet.head) is not None and read_greeting(packet) is None


def before_tls(client: ByteStream, server: ByteStream) -> bool:
    """Whether this is MySQL that turns to TLS."""
    return _logs_in(client, server) and _turns_to_tls(client)


def _logs_in(asker: ByteStream, answerer: ByteStream) -> bool:
    """Whether one end greets and the other one logs in, as far as either has said anything."""
    if not (_from_start(asker) and _from_start(answerer)):
        return False
    said, asked = Packets(answerer).packet(0), Packets(asker).packet(0)
    if isinstance(said, Packet) and said.number == 0:
        if read_greeting(said) is not None:
            return not isinstance(asked, Packet) or read_login(asked) is not None
        is_refusal = said.kind == codes.ERR and not asker.length and 3 < said.length < _SEEN
        return is_refusal and asker.server_port in PORTS and answerer.side == 1
    # Behind a TLS handshake the client begins.
    return isinstance(asked, Packet) and asker.side == 0 and read_login(asked) is not None


def _turns_to_tls(asker: ByteStream) -> bool:
    asked = Packets(asker).packet(0)
    login = read_login(asked) if isinstance(asked, Packet) else None
    if login is None or not login.is_tls_request or not isinstance(asked, Packet):
        return False
    return asker.read(asked.stop, len(_TLS_RECORD)) == _TLS_RECORD


def _is_mysql_without_start(asker: ByteStream, answerer: ByteStream) -> bool:
    """Whether commands and answers are in a connection that began before its capture."""
    asks, answers = Packets(asker), Packets(answerer)
    asked = [asks.packet(at) for at in asker.captured.start[:_SEGMENTS].tolist()]
    if not any(isinstance(one, Packet) and _is_telling(one, asker) for one in asked):
        return False
    said = [answers.packet(at) for at in answerer.captured.start[:_SEGMENTS].tolist()]
    return not said or any(isinstance(one, Packet) and one.number == 1 and one.length for one in said)


def _is_telling(packet: Packet, asker: ByteStream) -> bool:
    """Whether ``packet`` is a command, and no chance: of SQL, or complete at a known port."""
    command = command_of(packet)
    if command is None:
        return False
    if command in (Command.QUERY, Command.STMT_PREPARE):
        return _SQL.match(packet.body(_SEEN), 1) is not None
    if command == Command.STMT_EXECUTE and _EXECUTE.match(packet.head):
        return True
    return asker.server_port in PORTS and asker.side == 0 and bool((asker.captured.stop == packet.stop).any())


def _from_start(direction: ByteStream) -> bool:
    return direction.segments.from_start and (not len(direction.captured) or int(direction.captured.start[0]) == 0)
