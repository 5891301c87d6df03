"""Both directions of a TLS connection, decrypted with the secrets of a key log: which records hold which plain bytes.

Records are opened once, in order, to learn how many plain bytes each has; `plain_stream` opens them again when they are
read, so memory does not grow with the connection's bytes.  Behind bytes that were not captured, or that do not open,
sequence numbers are tried (`_TRIES`), and what lies between is a gap in the plain bytes.

Not decrypted: a connection without its hellos (which secrets are its, and what they are for, is said there alone), what
follows a renegotiation, and cipher suites that `suites` does not know.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final

from tcptui.protocols.keylog import Secret
from tcptui.protocols.tls.codes import TLS_1_3, ContentType, Extension, Handshake
from tcptui.protocols.tls.handshake import HEADER as MESSAGE_HEADER
from tcptui.protocols.tls.handshake import KEPT_MOST, MESSAGE_MOST
from tcptui.protocols.tls.key_schedule import next_secret
from tcptui.protocols.tls.opened import OpenedRecord
from tcptui.protocols.tls.protection import has_library, session_protections, traffic_protection
from tcptui.protocols.tls.records import FRAGMENT_MOST, HEADER, RecordReader
from tcptui.protocols.tls.suites import suite_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.keylog import KeyLog
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.tls.conversation import TlsConversation
    from tcptui.protocols.tls.protection import Protection
    from tcptui.protocols.tls.records import Record
    from tcptui.protocols.tls.suites import Suite

#: Sequence numbers that are tried for one record behind lost bytes, those of later keys …
_TRIES: Final = 1_024
_TRIES_LATER: Final = 64
#: … and records that are opened in vain, in one direction, before the rest is given up.
_VAIN: Final = 8_192
#: Changes of keys in one direction that are followed.
_GENERATIONS: Final = 10_000
#: Messages of one direction that were encrypted and are remembered.
_MESSAGES: Final = 500


class Obstacle(Enum):
    """Why a connection, or what is left of it, cannot be decrypted."""

    NO_HELLO = "no-hello"
    """ClientHello or ServerHello were not captured whole."""
    NO_KEY = "no-key"
    """There is no secret of this connection."""
    SUITE = "suite"
    """The cipher suite is not read here."""
    NO_LIBRARY = "no-library"
    """The package `cryptography` is not installed."""
    WRONG_KEY = "wrong-key"
    """No record opened with the secrets that are said to be this connection's."""
    RENEGOTIATED = "renegotiated"
    LOST = "lost"
    """Behind lost bytes no record opened any more."""


@dataclass(slots=True)
class PlainRecords:
    """What the records of one direction hold of application data; parallel columns, one entry a record or a gap."""

    start: array[int] = field(default_factory=lambda: array("q"))
    """Offset in the direction of the record, or of the bytes that cannot be read."""
    stop: array[int] = field(default_factory=lambda: array("q"))
    body: array[int] = field(default_factory=lambda: array("q"))
    """Offset of the byte that stands for the first plain one."""
    length: array[int] = field(default_factory=lambda: array("q"))
    """How many plain bytes; of a gap, an estimate."""
    number: array[int] = field(default_factory=lambda: array("q"))
    """The sequence number; -1: a gap."""
    keys: array[int] = field(default_factory=lambda: array("q"))
    """Index in `protections`."""
    protections: list[Protection] = field(default_factory=list)
    messages: list[tuple[int, int]] = field(default_factory=list)
    """Handshake messages that were encrypted: the offset of the record that ends each, and its type."""
    others: list[OpenedRecord] = field(default_factory=list)
    """Opened records that hold no application data, up to `KEPT_MOST` bytes."""
    kept: int = 0
    """Bytes of `others`."""
    lost: int = 0
    """How many gaps there are."""
    first_record: int = 0
    """Offset at which the records of this direction begin."""

    def add(self, record: Record, body: int, length: int, number: int, keys: int) -> None:
        """A record with plain bytes."""
        for column, value in zip(
            (self.start, self.stop, self.body, self.length, self.number, self.keys),
            (record.start, record.stop, body, length, number, keys),
            strict=True,
        ):
            column.append(value)

    def add_other(self, record: Record, body: int, kind: int, plain: bytes) -> None:
        """A record without application data."""
        self.kept += len(plain)
        if self.kept <= KEPT_MOST and len(self.others) < _MESSAGES:
            self.others.append(OpenedRecord(record.start, body, kind, plain))

    def add_gap(self, start: int, stop: int, length: int) -> None:
        """Bytes ``start … stop`` that may hold ``length`` plain ones; joined with a gap right before."""
        if self.number and self.number[-1] < 0 and self.stop[-1] >= start:
            self.stop[-1], self.length[-1] = stop, self.length[-1] + length
            return
        self.lost += 1
        for column, value in zip(
            (self.start, self.stop, self.body, self.length, self.number, self.keys),
            (start, stop, start, length, -1, 0),
            strict=True,
        ):
            column.append(value)


@dataclass(slots=True)
class Decryption:
    """The plain records of client and server, as far as there are any, and what stood in the way of each direction."""

    sides: tuple[PlainRecords, PlainRecords]
    obstacles: tuple[Obstacle | None, Obstacle | None]

    @property
    def is_open(self) -> bool:
        """Whether any record was opened."""
        return any(side.protections and (len(side.number) > side.lost or side.messages) for side in self.sides)


def decrypt(said: TlsConversation, keys: KeyLog) -> Decryption:
    """Open the records of ``said`` with ``keys``.  Raises OSError as reading does."""
    plans = _plans(said, keys)
    if isinstance(plans, Obstacle):
        return Decryption((PlainRecords(), PlainRecords()), (plans, plans))
    one, two = (
        _Opening(half, start, plan) for half, start, plan in zip(said.halves, said.starts, plans, strict=True)
    )  # fmt: skip
    return Decryption((one.run(), two.run()), (one.obstacle, two.obstacle))


@dataclass(slots=True)
class _Plan:
    """The protections of one direction, in the order in which they follow each other."""

    phases: list[tuple[Secret, Protection]]
    after_change: bool
    """Only what is behind ChangeCipherSpec is protected, as until TLS 1.2."""
    suite: Suite
    traffic: bytes = b""
    """The secret of the newest keys of application data in TLS 1.3."""


def _plans(said: TlsConversation, keys: KeyLog) -> tuple[_Plan, _Plan] | Obstacle:
    client, server, version = said.client_hello, said.server_hello, said.version
    if client is None or server is None or version is None or said.suite is None:
        return Obstacle.NO_HELLO
    client_random = client.bytes_of("handshake.random")
    server_random = server.bytes_of("handshake.random")
    if not client_random or not server_random:
        return Obstacle.NO_HELLO
    known = keys.of(client_random[0])
    if not known:
        known = next((found for one in server.bytes_of("handshake.session_id") if (found := keys.of(one))), {})
    suite = suite_of(said.suite, version)
    needed = set(Secret) - {Secret.MASTER} if version == TLS_1_3 else {Secret.MASTER}
    if not needed & known.keys():
        return Obstacle.NO_KEY
    if suite is None:
        return Obstacle.SUITE
    if not has_library():
        return Obstacle.NO_LIBRARY
    if version == TLS_1_3:
        plans = [
            _Plan(
                [(kind, traffic_protection(suite, known[kind])) for kind in kinds if kind in known], False, suite,
                known.get(kinds[-1], b""),
            )
            for kinds in (
                (Secret.CLIENT_EARLY, Secret.CLIENT_HANDSHAKE, Secret.CLIENT_TRAFFIC),
                (Secret.SERVER_HANDSHAKE, Secret.SERVER_TRAFFIC),
            )
        ]  # fmt: skip
    else:
        mac_last = Extension.ENCRYPT_THEN_MAC in server.numbers("handshake.extension.type")
        made = session_protections(
            suite, version, known[Secret.MASTER], (client_random[0], server_random[0]), mac_last=mac_last
        )
        plans = [_Plan([(Secret.MASTER, protection)], True, suite) for protection in made]
    if said.server_side == 0:
        plans.reverse()
    return plans[0], plans[1]


class _Opening:
    """Opens the records of one direction, in order."""

    def __init__(self, half: ByteStream, start: int, plan: _Plan) -> None:
        self._half, self._plan = half, plan
        self._reader = RecordReader(half, start)
        self._found = PlainRecords(protections=[protection for _, protection in plan.phases], first_record=start)
        self._phase, self._number = 0, 0
        self._changed = not plan.after_change
        self._opened = False
        self._uncertain = 0
        """How many records may have been sent since the last one that opened, of which nobody knows whether."""
        self._vain = 0
        self._end = start
        self._joined = b""
        """Handshake bytes that do not make a message yet."""
        self._to_skip = 0
        """Bytes still to come of a handshake message whose type is known."""
        self.obstacle: Obstacle | None = None

    def run(self) -> PlainRecords:
        """What the records hold."""
        half = self._half
        for record in self._reader.each():
            if record.start > self._end:
                self._uncertain += (record.start - self._end) // (HEADER + 1)
                self._lose(self._end, record.start)
            self._end = record.stop
            if record.stop > half.length:
                break  # the rest may still come
            if self._is_plain(record):
                continue
            if self.obstacle is None:
                self._open(record)
            else:
                self._lose(record.start, record.stop)
        if half.length > self._end:
            self._lose(self._end, half.length)
        if self._vain and not self._opened and self.obstacle is None:
            self.obstacle = Obstacle.WRONG_KEY
        return self._found

    def _is_plain(self, record: Record) -> bool:
        if not self._plan.after_change:
            return record.content_type != ContentType.APPLICATION_DATA
        if record.content_type == ContentType.CHANGE_CIPHER_SPEC:
            if self._changed and self._opened:
                self.obstacle = self.obstacle or Obstacle.RENEGOTIATED
            self._changed = True
            return True
        if not self._changed and record.content_type == ContentType.APPLICATION_DATA:
            self._changed = True  # its message was not captured, nor was Finished
            self._uncertain += 1
        return not self._changed

    def _lose(self, start: int, stop: int) -> None:
        """Note bytes that cannot be read, which may be several records."""
        self._joined, self._to_skip = b"", 0
        if not self._opened:  # what comes first are messages of the handshake
            return
        count = -(-(stop - start) // (HEADER + FRAGMENT_MOST))
        overhead = (HEADER + self._found.protections[self._phase].overhead) * count
        self._found.add_gap(start, stop, max(stop - start - overhead, 1))

    def _open(self, record: Record) -> None:
        data = self._reader.window.read(record.start, HEADER + record.length)
        if len(data) < HEADER + record.length:
            self._number += 1
            self._lose(record.start, record.stop)
            return
        header, fragment = data[:HEADER], data[HEADER:]
        for phase, number in self._candidates():
            protection = self._found.protections[phase]
            before = b""
            if protection.chained:
                before = self._half.read(max(record.start - protection.chained, 0), protection.chained)
            plain = protection.open(number, header, fragment, before)
            if plain is not None:
                self._phase, self._number = phase, number + 1
                self._opened, self._uncertain = True, 0
                self._take(record, plain, number)
                return
            self._vain += 1
        if self._vain > _VAIN:
            self.obstacle = Obstacle.LOST if self._opened else Obstacle.WRONG_KEY
        self._uncertain += 1
        self._lose(record.start, record.stop)

    def _candidates(self) -> Iterator[tuple[int, int]]:
        """Keys and sequence numbers that the next record may have, the likely ones first."""
        yield self._phase, self._number
        for phase in range(self._phase + 1, len(self._found.protections)):
            yield phase, 0
        for more in range(1, min(self._uncertain, _TRIES) + 1):
            yield self._phase, self._number + more
        for phase in range(self._phase + 1, len(self._found.protections)):
            for number in range(1, min(self._uncertain, _TRIES_LATER) + 1):
                yield phase, number

    def _take(self, record: Record, plain: bytes, number: int) -> None:
        kind, protection = record.content_type, self._found.protections[self._phase]
        length = len(plain)
        if not self._plan.after_change:  # TLSInnerPlaintext (RFC 8446, 5.4): content, type, zeros
            if not plain or not plain[-1]:
                length = len(plain.rstrip(b"\0"))
            if not length:
                return
            length -= 1
            kind = plain[length]
        if kind == ContentType.APPLICATION_DATA:
            if length:
                self._found.add(record, record.body + protection.head, length, number, self._phase)
            return
        self._found.add_other(record, record.body + protection.head, kind, plain[:length])
        if kind == ContentType.HANDSHAKE:
            self._read_messages(record, plain[:length])

    def _read_messages(self, record: Record, data: bytes) -> None:
        """The types of the messages that ``data`` ends, for some of them change the keys."""
        data = self._joined + data
        while data:
            step = min(self._to_skip, len(data))
            data, self._to_skip = data[step:], self._to_skip - step
            if self._to_skip or len(data) < MESSAGE_HEADER:
                break
            kind, size = data[0], int.from_bytes(data[1:MESSAGE_HEADER], "big")
            if size > MESSAGE_MOST:
                data = b""
                break
            if MESSAGE_HEADER + size > len(data) and kind not in _CHANGING:
                self._to_skip = MESSAGE_HEADER + size
                self._note(record, kind)
                continue
            if MESSAGE_HEADER + size > len(data):
                break
            data = data[MESSAGE_HEADER + size :]
            self._note(record, kind)
            if kind in _CHANGING:
                self._change(kind)
        self._joined = data

    def _note(self, record: Record, kind: int) -> None:
        if len(self._found.messages) < _MESSAGES:
            self._found.messages.append((record.start, kind))

    def _change(self, kind: int) -> None:
        """Take the next keys, where a message of this type was the last with those before."""
        if self._plan.after_change:
            return
        secret = self._plan.phases[self._phase][0] if self._phase < len(self._plan.phases) else None
        if (
            kind == Handshake.KEY_UPDATE
            and secret not in _BEFORE_TRAFFIC
            and len(self._found.protections) < _GENERATIONS
        ):
            self._plan.traffic = next_secret(self._plan.suite.prf, self._plan.traffic)
            self._found.protections.append(traffic_protection(self._plan.suite, self._plan.traffic))
            self._phase, self._number = len(self._found.protections) - 1, 0
        elif (
            secret in _BEFORE_TRAFFIC
            and kind != Handshake.KEY_UPDATE
            and self._phase + 1 < len(self._found.protections)
        ):
            self._phase, self._number = self._phase + 1, 0


_CHANGING: Final = frozenset({Handshake.END_OF_EARLY_DATA, Handshake.FINISHED, Handshake.KEY_UPDATE})
_BEFORE_TRAFFIC: Final = frozenset({Secret.CLIENT_EARLY, Secret.CLIENT_HANDSHAKE, Secret.SERVER_HANDSHAKE})
