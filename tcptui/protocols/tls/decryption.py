"""Both directions of a TLS connection, decrypted with the secrets of a key log: which records hold which plain bytes.

Records are opened once, in order, to learn how many plain bytes each has; `plain_stream` opens them again when they are
read, so memory does not grow with the connection's bytes.  Of a direction that has grown, only what is new is opened.

Behind bytes that were not captured, or that do not open, sequence numbers are tried (`_TRIES`), and what lies between
is a gap in the plain bytes.

Not decrypted: a connection without its hellos (which secrets are its, and what they are for, is said there alone), and
cipher suites that `suites` does not know.  A renegotiation (RFC 5246, 7.4.1.1) has hellos of its own, which are
encrypted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Final

from tcptui.protocols.keylog import Secret
from tcptui.protocols.tls.codes import ContentType, Handshake
from tcptui.protocols.tls.handshake import HEADER as MESSAGE_HEADER
from tcptui.protocols.tls.handshake import MESSAGE_MOST
from tcptui.protocols.tls.key_schedule import next_secret
from tcptui.protocols.tls.message import read_message
from tcptui.protocols.tls.opened import joined_messages
from tcptui.protocols.tls.plain_records import MESSAGES_MOST, PlainRecords
from tcptui.protocols.tls.plans import Obstacle, Plan, plans_of
from tcptui.protocols.tls.protection import traffic_protection
from tcptui.protocols.tls.records import FRAGMENT_MOST, HEADER, RecordReader, is_header

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.keylog import KeyLog
    from tcptui.protocols.stream.reassembly import ByteStream
    from tcptui.protocols.tls.conversation import TlsConversation
    from tcptui.protocols.tls.opened import OpenedRecord
    from tcptui.protocols.tls.records import Record

#: Sequence numbers that are tried for one record behind lost bytes, those of later keys …
_TRIES: Final = 1_024
_TRIES_LATER: Final = 64
#: … and records that are opened in vain, in one direction, before the rest is given up.
_VAIN: Final = 8_192
#: Changes of keys in one direction that are followed, …
_GENERATIONS: Final = 10_000
#: … and handshakes behind the first one.
_RENEGOTIATIONS: Final = 100


@dataclass(slots=True)
class Decryption:
    """The plain records of client and server, as far as there are any, and what stood in the way of each direction."""

    sides: tuple[PlainRecords, PlainRecords]
    obstacles: tuple[Obstacle | None, Obstacle | None]

    @property
    def is_open(self) -> bool:
        """Whether any record was opened."""
        return any(side.protections and (len(side.number) > side.lost or side.messages) for side in self.sides)


def decrypt(conversation: TlsConversation, keys: KeyLog) -> Decryption:
    """Open the records of ``conversation`` with ``keys``.  Raises OSError as reading does."""
    plans = _plans(conversation, keys)
    if isinstance(plans, Obstacle):
        return Decryption((PlainRecords(), PlainRecords()), (plans, plans))
    one, two = (
        _Opening(direction, start, plan)
        for direction, start, plan in zip(conversation.directions, conversation.starts, plans, strict=True)
    )  # fmt: skip
    one.run()
    two.run()
    for _ in range(_RENEGOTIATIONS):
        if not (one.has_new_keys or two.has_new_keys):
            break
        again = _plans_again(conversation, keys, (one, two))
        if again is None:
            break
        for opening, plan in zip((one, two), again, strict=True):
            opening.renew(plan)
    return Decryption((one.finish(), two.finish()), (one.obstacle, two.obstacle))


def _plans(conversation: TlsConversation, keys: KeyLog) -> tuple[Plan, Plan] | Obstacle:
    """The plans of both directions, in their order."""
    plans = plans_of(
        conversation.client_hello, conversation.server_hello, conversation.version, conversation.suite, keys
    )
    return plans if isinstance(plans, Obstacle) or conversation.server_side else (plans[1], plans[0])


def _plans_again(
    conversation: TlsConversation, keys: KeyLog, sides: tuple[_Opening, _Opening]
) -> tuple[Plan, Plan] | None:
    """The plans of a handshake whose hellos were opened last; None where its keys are not known."""
    hellos = []
    for side, kind in (
        (1 - conversation.server_side, Handshake.CLIENT_HELLO),
        (conversation.server_side, Handshake.SERVER_HELLO),
    ):
        messages = joined_messages(sides[side].opened)
        found = [one for one in messages if one.kind == kind and one.complete]
        if not found:
            return None
        hellos.append(read_message(found[-1]))
    suites = hellos[1].numbers("handshake.ciphersuite")
    plans = plans_of(hellos[0], hellos[1], conversation.version, suites[0] if suites else None, keys)
    if isinstance(plans, Obstacle):
        return None
    return plans if conversation.server_side else (plans[1], plans[0])


@dataclass(slots=True)
class _Reached:
    """How far the records of a direction were opened; once that is noted for later, it is not changed any more."""

    plan: Plan
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

    def is_beginning_of(self, direction: ByteStream, start: int, plan: Plan) -> bool:
        """Whether the same keys are for ``direction``, and no byte that was read is missing there."""
        return (
            self.whole
            and plan.made_of == self.plan.made_of
            and (start, direction.segments.first_seq) == (self.found.first_record, self.first_seq)
            and self.position <= direction.length
            and not _gap_before(direction, self.position)
        )

    def copy(self) -> _Reached:
        """A copy, to go on from."""
        return replace(self, plan=replace(self.plan), found=self.found.copy())


def _gap_before(direction: ByteStream, offset: int) -> bool:
    return len(direction.gaps) > 0 and direction.gaps[0].start < offset


class _Opening:
    """Opens the records of one direction, in order; where some were opened before, those behind them."""

    def __init__(self, direction: ByteStream, start: int, plan: Plan) -> None:
        known = direction.kept.get(_Reached)
        if isinstance(known, _Reached) and known.is_beginning_of(direction, start, plan):
            self._at = known.copy()
        else:
            found = PlainRecords(protections=[protection for _, protection in plan.phases], first_record=start)
            self._at = _Reached(plan, found, start, direction.segments.first_seq, changed=not plan.after_change)
        self._direction = direction
        self._reader = RecordReader(direction, self._at.position)
        self._records = self._reader.each()
        self._end = self._at.position
        self.obstacle = None if self._at.found.protections else Obstacle.NO_KEY
        """What stands in the way of what follows: first, that the secrets are the other direction's alone."""
        self.has_new_keys = False
        """It came to where keys of another handshake begin."""

    @property
    def opened(self) -> list[OpenedRecord]:
        """The opened records that hold no application data."""
        return self._at.found.others

    def renew(self, plan: Plan) -> None:
        """Go on with the keys of another handshake, where this direction came to them."""
        if not self.has_new_keys:
            return
        at = self._at
        at.plan = replace(plan, made_of=at.plan.made_of)
        at.found.protections.append(plan.phases[0][1])
        at.phase, at.number, self.has_new_keys = len(at.found.protections) - 1, 0, False
        self.run()

    def run(self) -> None:
        """Open the records, up to where keys of another handshake begin."""
        direction = self._direction
        for record in self._records:
            if record.start > self._end:
                self._at.uncertain += (record.start - self._end) // (HEADER + 1)
                self._lose(self._end, record.start)
            self._end = record.stop
            if record.stop > direction.length:
                break  # the rest may still come
            self._at.position = record.stop
            if self._is_plain(record):
                if self.has_new_keys:
                    return
                continue
            if self.obstacle is None:
                if self._open(record):
                    self._run_on()
            else:
                self._lose(record.start, record.stop)

    def finish(self) -> PlainRecords:
        """What the records hold."""
        direction = self._direction
        if self.has_new_keys:
            self.obstacle = Obstacle.RENEGOTIATED
        if direction.length > self._end:
            self._lose(self._end, direction.length)
        if self._at.vain and not self._at.opened and self.obstacle is None:
            self.obstacle = Obstacle.WRONG_KEY
        at = self._at
        at.whole = self.obstacle is None and not at.found.lost and not _gap_before(direction, at.position)
        direction.kept[_Reached] = at
        return self._at.found

    def _is_plain(self, record: Record) -> bool:
        if not self._at.plan.after_change:
            return record.content_type != ContentType.APPLICATION_DATA
        if record.content_type == ContentType.CHANGE_CIPHER_SPEC:
            self.has_new_keys = self._at.changed and self._at.opened and self.obstacle is None
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

    def _run_on(self) -> None:
        """Open the application data behind a record that opened, as far as it was read and opens as expected.

        Nothing is noted of the first record of which more must be known, which `run` comes to next: where records
        are short, a `Record` and all that may be the matter take three times as long as to open it.
        """
        at, found = self._at, self._at.found
        protection, number, is_typed = found.protections[at.phase], at.number, not at.plan.after_change
        base, data = self._reader.window.block
        place, size, open_record, add = self._end - base, len(data), protection.open, found.add
        if protection.chained or place < 0:
            return
        while place + HEADER <= size and data[place] == ContentType.APPLICATION_DATA:
            begin = place + HEADER
            behind = begin + (data[place + 3] << 8 | data[place + 4])
            header = data[place:begin]
            if behind > size or not is_header(header):
                break
            plain = open_record(number, header, data[begin:behind])
            if plain is None or (is_typed and plain[-1:] != _DATA_TYPE):
                break
            length = len(plain) - is_typed
            if length:
                add(base + place, base + behind, base + begin + protection.head, length, number, at.phase)
            number += 1
            place = behind
        at.number = number
        self._end = at.position = self._reader.position = base + place

    def _open(self, record: Record) -> bool:
        """Note what the record holds; whether it opened."""
        data = self._reader.window.read(record.start, HEADER + record.length)
        if len(data) < HEADER + record.length:
            self._at.number += 1
            self._lose(record.start, record.stop)
            return False
        header, fragment = data[:HEADER], data[HEADER:]
        at = self._at
        for phase, number in chain(((at.phase, at.number),), self._others()):
            protection = at.found.protections[phase]
            before = b""
            if protection.chained:
                before = self._direction.read(max(record.start - protection.chained, 0), protection.chained)
            plain = protection.open(number, header, fragment, before)
            if plain is not None:
                if phase > at.phase and not at.uncertain and self._is_early():
                    at.found.forget_data()
                at.phase, at.number = phase, number + 1
                at.opened, at.uncertain = True, 0
                self._take(record, plain, number)
                return True
            at.vain += 1
        if self._at.vain > _VAIN:
            self.obstacle = Obstacle.LOST if self._at.opened else Obstacle.WRONG_KEY
        self._at.uncertain += 1
        self._lose(record.start, record.stop)
        return False

    def _is_early(self) -> bool:
        """Whether all that was opened is early data: where no EndOfEarlyData follows, the server has refused them.

        It skips them then, and the client says again what it wants, behind its Finished (RFC 8446, 4.2.10 and 4.5).
        """
        at = self._at
        return at.opened and at.phase < len(at.plan.phases) and at.plan.phases[at.phase][0] is Secret.CLIENT_EARLY

    def _others(self) -> Iterator[tuple[int, int]]:
        """Keys and sequence numbers that the next record may have instead of those expected, likely ones first."""
        for phase in range(self._at.phase + 1, len(self._at.found.protections)):
            yield phase, 0
        for more in range(1, min(self._at.uncertain, _TRIES) + 1):
            yield self._at.phase, self._at.number + more
        for phase in range(self._at.phase + 1, len(self._at.found.protections)):
            for number in range(1, min(self._at.uncertain, _TRIES_LATER) + 1):
                yield phase, number

    def _take(self, record: Record, plain: bytes, number: int) -> None:
        at, kind, length = self._at, record.content_type, len(plain)
        body = record.body + at.found.protections[at.phase].head
        if not self._at.plan.after_change:  # TLSInnerPlaintext (RFC 8446, 5.4): content, type, zeros
            if not plain or not plain[-1]:
                length = len(plain.rstrip(b"\0"))
            if not length:
                return
            length -= 1
            kind = plain[length]
        if kind == ContentType.APPLICATION_DATA:
            if length:
                at.found.add(record.start, record.stop, body, length, number, at.phase)
            return
        at.found.add_other(record, body, kind, plain[:length])
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


#: The type of application data, behind it in what TLS 1.3 protects.
_DATA_TYPE: Final = bytes((ContentType.APPLICATION_DATA,))
_CHANGING: Final = frozenset({Handshake.END_OF_EARLY_DATA, Handshake.FINISHED, Handshake.KEY_UPDATE})
_BEFORE_TRAFFIC: Final = frozenset({Secret.CLIENT_EARLY, Secret.CLIENT_HANDSHAKE, Secret.SERVER_HANDSHAKE})
