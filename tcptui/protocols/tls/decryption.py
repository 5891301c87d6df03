"""Both directions of a TLS connection, decrypted with the secrets of a key log: which records hold which plain bytes.

Records are opened once, in order, to learn how many plain bytes each has; `plain_stream` opens them again when they are
read, so memory does not grow with the connection's bytes.  Of a direction that has grown, only what is new is opened.

Behind bytes that were not captured, or that do not open, sequence numbers are tried (`_TRIES`), and what lies between
is a gap in the plain bytes.

Not decrypted: a connection without its hellos (which secrets are its, and what they are for, is said there alone), what
follows a renegotiation, and cipher suites that `suites` does not know.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Final

from tcptui.protocols.keylog import Secret
from tcptui.protocols.tls.codes import TLS_1_3, ContentType, Extension, Handshake
from tcptui.protocols.tls.handshake import HEADER as MESSAGE_HEADER
from tcptui.protocols.tls.handshake import MESSAGE_MOST
from tcptui.protocols.tls.key_schedule import next_secret
from tcptui.protocols.tls.plain_records import MESSAGES_MOST, PlainRecords
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
    made_of: tuple[object, ...] = field(repr=False)
    """What decides which keys there are."""
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
    mac_last = Extension.ENCRYPT_THEN_MAC in server.numbers("handshake.extension.type")
    made_of = (version, suite, client_random[0], server_random[0], mac_last, *sorted(known.items()))
    if version == TLS_1_3:
        plans = [
            _Plan(
                [(kind, traffic_protection(suite, known[kind])) for kind in kinds if kind in known], False, suite,
                made_of, known.get(kinds[-1], b""),
            )
            for kinds in (
                (Secret.CLIENT_EARLY, Secret.CLIENT_HANDSHAKE, Secret.CLIENT_TRAFFIC),
                (Secret.SERVER_HANDSHAKE, Secret.SERVER_TRAFFIC),
            )
        ]  # fmt: skip
    else:
        made = session_protections(
            suite, version, known[Secret.MASTER], (client_random[0], server_random[0]), mac_last=mac_last
        )
        plans = [_Plan([(Secret.MASTER, protection)], True, suite, made_of) for protection in made]
    if said.server_side == 0:
        plans.reverse()
    return plans[0], plans[1]


@dataclass(slots=True)
class _Reached:
    """How far the records of a direction were opened; once that is noted for later, it is not changed any more."""

    plan: _Plan
    found: PlainRecords
    position: int
    """Offset behind the last record of which all is there."""
    first_seq: int
    """What offset 0 is in the direction, lest they be another's."""
    phase: int = 0
    number: int = 0
    changed: bool = False
    opened: bool = False
    uncertain: int = 0
    """How many records may have been sent since the last one that opened, of which nobody knows whether."""
    vain: int = 0
    joined: bytes = b""
    """Handshake bytes that do not make a message yet."""
    to_skip: int = 0
    """Bytes still to come of a handshake message whose type is known."""
    whole: bool = False
    """Nothing before `position` is missing or stayed shut: what comes later cannot change it."""

    def is_beginning_of(self, half: ByteStream, start: int, plan: _Plan) -> bool:
        """Whether the same keys are for ``half``, and no byte that was read is missing there."""
        return (
            self.whole
            and plan.made_of == self.plan.made_of
            and (start, half.segments.first_seq) == (self.found.first_record, self.first_seq)
            and self.position <= half.length
            and not _gap_before(half, self.position)
        )

    def copy(self) -> _Reached:
        """The same, to go on from."""
        return replace(self, plan=replace(self.plan), found=self.found.copy())


def _gap_before(half: ByteStream, offset: int) -> bool:
    return len(half.gaps) > 0 and half.gaps[0].start < offset


class _Opening:
    """Opens the records of one direction, in order; where some were opened before, those behind them."""

    def __init__(self, half: ByteStream, start: int, plan: _Plan) -> None:
        known = half.kept.get(_Reached)
        if isinstance(known, _Reached) and known.is_beginning_of(half, start, plan):
            self._at = known.copy()
        else:
            found = PlainRecords(protections=[protection for _, protection in plan.phases], first_record=start)
            self._at = _Reached(plan, found, start, half.segments.first_seq, changed=not plan.after_change)
        self._half = half
        self._reader = RecordReader(half, self._at.position)
        self._end = self._at.position
        self.obstacle: Obstacle | None = None

    def run(self) -> PlainRecords:
        """What the records hold."""
        half = self._half
        for record in self._reader.each():
            if record.start > self._end:
                self._at.uncertain += (record.start - self._end) // (HEADER + 1)
                self._lose(self._end, record.start)
            self._end = record.stop
            if record.stop > half.length:
                break  # the rest may still come
            self._at.position = record.stop
            if self._is_plain(record):
                continue
            if self.obstacle is None:
                self._open(record)
            else:
                self._lose(record.start, record.stop)
        if half.length > self._end:
            self._lose(self._end, half.length)
        if self._at.vain and not self._at.opened and self.obstacle is None:
            self.obstacle = Obstacle.WRONG_KEY
        at = self._at
        at.whole = self.obstacle is None and not at.found.lost and not _gap_before(half, at.position)
        half.kept[_Reached] = at
        return self._at.found

    def _is_plain(self, record: Record) -> bool:
        if not self._at.plan.after_change:
            return record.content_type != ContentType.APPLICATION_DATA
        if record.content_type == ContentType.CHANGE_CIPHER_SPEC:
            if self._at.changed and self._at.opened:
                self.obstacle = self.obstacle or Obstacle.RENEGOTIATED
            self._at.changed = True
            return True
        if not self._at.changed and record.content_type == ContentType.APPLICATION_DATA:
            self._at.changed = True  # its message was not captured, nor was Finished
            self._at.uncertain += 1
        return not self._at.changed

    def _lose(self, start: int, stop: int) -> None:
        """Note bytes that cannot be read, which may be several records."""
        self._at.joined, self._at.to_skip = b"", 0
        if not self._at.opened:  # what comes first are messages of the handshake
            return
        count = -(-(stop - start) // (HEADER + FRAGMENT_MOST))
        overhead = (HEADER + self._at.found.protections[self._at.phase].overhead) * count
        self._at.found.add_gap(start, stop, max(stop - start - overhead, 1))

    def _open(self, record: Record) -> None:
        data = self._reader.window.read(record.start, HEADER + record.length)
        if len(data) < HEADER + record.length:
            self._at.number += 1
            self._lose(record.start, record.stop)
            return
        header, fragment = data[:HEADER], data[HEADER:]
        for phase, number in self._candidates():
            protection = self._at.found.protections[phase]
            before = b""
            if protection.chained:
                before = self._half.read(max(record.start - protection.chained, 0), protection.chained)
            plain = protection.open(number, header, fragment, before)
            if plain is not None:
                self._at.phase, self._at.number = phase, number + 1
                self._at.opened, self._at.uncertain = True, 0
                self._take(record, plain, number)
                return
            self._at.vain += 1
        if self._at.vain > _VAIN:
            self.obstacle = Obstacle.LOST if self._at.opened else Obstacle.WRONG_KEY
        self._at.uncertain += 1
        self._lose(record.start, record.stop)

    def _candidates(self) -> Iterator[tuple[int, int]]:
        """Keys and sequence numbers that the next record may have, the likely ones first."""
        yield self._at.phase, self._at.number
        for phase in range(self._at.phase + 1, len(self._at.found.protections)):
            yield phase, 0
        for more in range(1, min(self._at.uncertain, _TRIES) + 1):
            yield self._at.phase, self._at.number + more
        for phase in range(self._at.phase + 1, len(self._at.found.protections)):
            for number in range(1, min(self._at.uncertain, _TRIES_LATER) + 1):
                yield phase, number

    def _take(self, record: Record, plain: bytes, number: int) -> None:
        kind, protection = record.content_type, self._at.found.protections[self._at.phase]
        length = len(plain)
        if not self._at.plan.after_change:  # TLSInnerPlaintext (RFC 8446, 5.4): content, type, zeros
            if not plain or not plain[-1]:
                length = len(plain.rstrip(b"\0"))
            if not length:
                return
            length -= 1
            kind = plain[length]
        if kind == ContentType.APPLICATION_DATA:
            if length:
                self._at.found.add(record, record.body + protection.head, length, number, self._at.phase)
            return
        self._at.found.add_other(record, record.body + protection.head, kind, plain[:length])
        if kind == ContentType.HANDSHAKE:
            self._read_messages(record, plain[:length])

    def _read_messages(self, record: Record, data: bytes) -> None:
        """The types of the messages that ``data`` ends, for some of them change the keys."""
        data = self._at.joined + data
        while data:
            step = min(self._at.to_skip, len(data))
            data, self._at.to_skip = data[step:], self._at.to_skip - step
            if self._at.to_skip or len(data) < MESSAGE_HEADER:
                break
            kind, size = data[0], int.from_bytes(data[1:MESSAGE_HEADER], "big")
            if size > MESSAGE_MOST:
                data = b""
                break
            if MESSAGE_HEADER + size > len(data) and kind not in _CHANGING:
                self._at.to_skip = MESSAGE_HEADER + size
                self._note(record, kind)
                continue
            if MESSAGE_HEADER + size > len(data):
                break
            data = data[MESSAGE_HEADER + size :]
            self._note(record, kind)
            if kind in _CHANGING:
                self._change(kind)
        self._at.joined = data

    def _note(self, record: Record, kind: int) -> None:
        if len(self._at.found.messages) < MESSAGES_MOST:
            self._at.found.messages.append((record.start, kind))

    def _change(self, kind: int) -> None:
        """Take the next keys, where a message of this type was the last with those before."""
        if self._at.plan.after_change:
            return
        secret = self._at.plan.phases[self._at.phase][0] if self._at.phase < len(self._at.plan.phases) else None
        if (
            kind == Handshake.KEY_UPDATE
            and secret not in _BEFORE_TRAFFIC
            and len(self._at.found.protections) < _GENERATIONS
        ):
            self._at.plan.traffic = next_secret(self._at.plan.suite.prf, self._at.plan.traffic)
            self._at.found.protections.append(traffic_protection(self._at.plan.suite, self._at.plan.traffic))
            self._at.phase, self._at.number = len(self._at.found.protections) - 1, 0
        elif (
            secret in _BEFORE_TRAFFIC
            and kind != Handshake.KEY_UPDATE
            and self._at.phase + 1 < len(self._at.found.protections)
        ):
            self._at.phase, self._at.number = self._at.phase + 1, 0


_CHANGING: Final = frozenset({Handshake.END_OF_EARLY_DATA, Handshake.FINISHED, Handshake.KEY_UPDATE})
_BEFORE_TRAFFIC: Final = frozenset({Secret.CLIENT_EARLY, Secret.CLIENT_HANDSHAKE, Secret.SERVER_HANDSHAKE})
