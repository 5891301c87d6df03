"""Both directions of a connection: the login, then each command with its answer.

The server answers one command after the other, so that who reads both in order knows which answer is which.  Where
bytes are missing in the header of a packet, or the capture began later, the order is lost.  It is found again with the
next command whose answer begins with a segment, behind that command and before the next one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.protocols.mysql import codes
from tcptui.protocols.mysql.answers import Answer, AnswerReader, EndError, LostError, error_of
from tcptui.protocols.mysql.asked import LOGIN, REFUSED, Statements, Turn, command_of, turn_of
from tcptui.protocols.mysql.codes import Capability, Command
from tcptui.protocols.mysql.detection import is_cut_greeting
from tcptui.protocols.mysql.greeting import read_greeting, read_login
from tcptui.protocols.mysql.packets import Fault, Packet, Packets
from tcptui.protocols.mysql.runs import ROWS, Role, Run
from tcptui.protocols.mysql.transactions import flags_after, state_of
from tcptui.protocols.sql_secrets import names_secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.stream.reassembly import ByteStream

#: Segments at which a command or an answer is looked for, in all searches of one direction.
_PLACES_TRIED: Final = 200_000
#: Most packets of a login: methods of authentication ask a few times.
_LOGIN_MOST: Final = 64
_COMPRESSIONS: Final = Capability.COMPRESS | Capability.ZSTD


class Conversation:
    """Reads both directions; ``directions`` are replaced by what they hold where the ends turn to compression."""

    def __init__(self, client: ByteStream, server: ByteStream) -> None:
        self.directions = client, server
        self.capabilities: int | None = None
        """What both ends can do; None: the login was not captured."""
        self.is_mariadb = False
        """The greeting says that the server is MariaDB."""
        self.statements = Statements()
        self._flags: int | None = None
        """`Status` behind what was read last; None where nothing tells it."""
        self._asks, self._answers = Packets(client), Packets(server)
        self._tried = 0
        self._at = [_first(client), _first(server)]
        self._known = [_from_start(client), _from_start(server)]
        """Whether a packet begins at `_at`."""
        self._scanned = 0
        """Offset in the server's direction before which no later answer begins."""

    def said(self) -> Iterator[Turn | Run]:
        """All that both sides sent, each command when its answer is known."""
        if all(self._known) and (self.directions[0].length or self.directions[1].length):
            for one in self._login():
                self._note_transaction(one)
                yield one
        while (packet := self._next_command()) is not None:
            yield from self._skipped(packet)
            turn = self._turn(packet)
            self._note_transaction(turn)
            yield turn
        yield from self._rest()

    def _note_transaction(self, one: Turn | Run) -> None:
        """What the flags are behind ``one``, in order."""
        if isinstance(one, Turn):
            self._flags = flags_after(one, self._flags)
            if one.answer is not None:
                one.answer.transaction = state_of(one, self._flags)

    # -- login -------------------------------------------------------------------------------
    def _login(self) -> Iterator[Turn | Run]:
        """The greeting, and what follows until the server is content or not."""
        packet = self._answers.packet(self._at[1])
        offered, thread = ~0, -1
        if isinstance(packet, Packet) and packet.number == 0:
            greeting = read_greeting(packet)
            self._at[1] = packet.stop
            if greeting is not None:
                offered, thread = greeting.capabilities, greeting.thread
                self.is_mariadb = greeting.is_mariadb
                yield self._run(1, Role.GREETING, packet)
            elif packet.kind == codes.ERR:
                yield self._refused(packet)
            elif not is_cut_greeting(self._answers):
                self._at[1] = packet.start
        login = self._asks.packet(self._at[0])
        if not isinstance(login, Packet) or (read := read_login(login)) is None:
            return
        self._at[0] = login.stop
        self.capabilities = read.capabilities & offered
        name = f"LOGIN {read.user}" + (f" {read.database}" if read.database else "")
        turn = Turn(LOGIN, "LOGIN" if read.is_tls_request else name, "", thread=thread)
        role = Role.TLS_REQUEST if read.is_tls_request else Role.LOGIN
        turn.runs.append(self._run(0, role, login))
        if not read.is_tls_request:
            self._authenticate(turn, login.number + login.parts)
        yield turn
        if read.is_tls_request:  # what follows is encrypted
            self._at = [direction.length for direction in self.directions]

    def _refused(self, packet: Packet) -> Turn:
        """The server's refusal to talk at all."""
        turn = Turn(REFUSED, "CONNECT", "")
        turn.answer = Answer(packet.start, packet.stop, complete=True)
        turn.answer.status, turn.answer.message = error_of(packet)
        turn.answer.runs.append(self._run(1, Role.ERR, packet))
        return turn

    def _authenticate(self, turn: Turn, number: int) -> None:
        """What both ends say until the server is content or not; numbers tell who speaks."""
        answer = turn.answer = Answer(self._at[1], self._at[1])
        for _ in range(_LOGIN_MOST):
            said = self._answers.packet(self._at[1])
            if isinstance(said, Packet) and said.number == number & 0xFF:
                self._at[1], number = said.stop, number + said.parts
                role = {codes.OK: Role.OK, codes.ERR: Role.ERR, codes.EOF: Role.AUTH_SWITCH}.get(said.kind)
                answer.runs.append(self._run(1, role or Role.AUTH_MORE, said))
                answer.stop = said.stop
                if role in (Role.OK, Role.ERR):
                    self._end_login(answer, said)
                    return
                continue
            added = self._asks.packet(self._at[0])
            if not isinstance(added, Packet) or added.number != number & 0xFF:
                break
            self._at[0], number = added.stop, number + added.parts
            turn.runs.append(self._run(0, Role.AUTH, added))
        self._known[1] = False
        if not answer.runs:
            turn.answer = None

    def _end_login(self, answer: Answer, packet: Packet) -> None:
        reader = AnswerReader(self._answers, packet.start, packet.number, self.capabilities, lambda number: number)
        ended = reader.read(Command.PING)
        answer.status, answer.message, answer.server_status = ended.status, ended.message, ended.server_status
        answer.complete = not self._answers.is_missing(answer.start, answer.stop)
        known = self.capabilities or 0
        if ended.status == "OK" and known & _COMPRESSIONS:
            from tcptui.protocols.mysql.inflated import inflated  # seldom asked for

            is_zstd = not known & Capability.COMPRESS
            self.directions = asks, answers = inflated(self.directions, (self._at[0], self._at[1]), is_zstd=is_zstd)
            self._asks, self._answers = Packets(asks), Packets(answers, answers.frame_number)

    # -- commands ----------------------------------------------------------------------------
    def _next_command(self) -> Packet | None:
        """The client's next command; None at the end."""
        packet = self._asks.packet(self._at[0]) if self._known[0] else Fault.GAP
        if isinstance(packet, Packet) and command_of(packet) is not None:
            return packet
        if packet is Fault.END:
            return None
        after = self._at[0] + self._known[0]
        self._known = [False, False]  # what the server says next may answer a command that is not here
        for at in self._starts(0, after):
            found = self._asks.packet(at)
            if isinstance(found, Packet) and command_of(found) is not None and self._is_proved(0, found):
                return found
        return None

    def _starts(self, side: int, begin: int) -> Iterator[int]:
        """Where segments of ``side`` begin, from ``begin`` on."""
        starts = self.directions[side].captured.start
        for at in starts[int(np.searchsorted(starts, begin)) :]:
            self._tried += 1
            if self._tried > _PLACES_TRIED:
                return
            yield int(at)

    def _is_proved(self, side: int, packet: Packet) -> bool:
        """Whether ``packet`` ends with a segment, or another one of the next number follows."""
        stops = self.directions[side].captured.stop
        at = int(np.searchsorted(stops, packet.stop))
        if at < len(stops) and int(stops[at]) == packet.stop:
            return True
        behind = (self._asks, self._answers)[side].packet(packet.stop)
        number = packet.number + packet.parts & 0xFF if side else 0
        return isinstance(behind, Packet) and behind.number == number and behind.length > 0

    def _skipped(self, packet: Packet) -> Iterator[Run]:
        """What the client sent before ``packet`` that is not read."""
        if self._at[0] < packet.start:
            self._flags = None
            yield Run(packet.direction, Role.UNREAD, self._at[0], packet.start)
        self._at[0], self._known[0] = packet.stop, True

    def _turn(self, packet: Packet) -> Turn:
        command = command_of(packet)
        assert command is not None
        turn = turn_of(packet, command, self.statements, self.capabilities)
        turn.runs.append(self._run(0, Role.COMMAND, packet, command))
        if turn.is_answered:
            turn.answer = self._answer(turn, packet, command)
        answer = turn.answer
        if answer is not None and answer.statement >= 0:
            self.statements.put(answer.statement, turn.statement, answer.parameters)
        if answer is not None and answer.rows and names_secret(turn.statement):
            for run in answer.runs:
                run.is_secret = run.role in ROWS
        return turn

    # -- answers -----------------------------------------------------------------------------
    def _answer(self, turn: Turn, packet: Packet, command: int) -> Answer | None:
        number = packet.parts & 0xFF
        before = self._at[1]
        if not self._found(packet, number):
            return None
        skipped = self._at[1] - before

        def send_file(last: int) -> int:
            turn.sends_file = True
            return self._file(turn, last)

        capabilities = self.capabilities
        at = self._at[1]
        reader = AnswerReader(self._answers, at, number, capabilities, send_file)
        reader.described = self.statements.columns.get(turn.number) if command == Command.STMT_FETCH else None
        answer = reader.answer
        try:
            reader.read(command)
            self._at[1] = reader.at
            if command == Command.STMT_EXECUTE and reader.described is not None:
                self.statements.describe(turn.number, reader.described)
        except EndError:
            self._at[1] = self._answers.direction.length
            self._known[1] = False
            self._cut(answer, reader.at, self._at[1])
        except LostError:
            self._known[1] = False
            self._at[1] = self._turn_ends(max(reader.at, at + 1))
            self._cut(answer, reader.at, self._at[1])
            answer.rows = None
        if skipped:
            self._flags = None
            answer.runs.insert(0, Run(self._answers.direction, Role.UNREAD, before, before + skipped))
        return answer if answer.stop > answer.start else None

    def _cut(self, answer: Answer, start: int, stop: int) -> None:
        """What is left of an answer that cannot be read to its end."""
        answer.complete, answer.status = False, ""
        stop = min(stop, self._answers.direction.length)
        if start < stop:
            answer.runs.append(Run(self._answers.direction, Role.UNREAD, start, stop, complete=False))
        answer.stop = max(answer.stop, stop)

    def _found(self, packet: Packet, number: int) -> bool:
        """Moves to where the answer to the command ``packet`` begins; whether it was found."""
        at = self._at[1]
        if self._known[1]:
            said = self._answers.packet(at)
            if said is Fault.END:
                return False
            is_later = self._answers.direction.first_ns(at) >= packet.direction.first_ns(packet.start)
            if isinstance(said, Packet) and said.number == number and is_later:
                return True
        self._known[1] = False
        asked_ns = packet.direction.delivered_ns(min(packet.stop, packet.direction.length) - 1)
        until_ns = self._next_ns(packet.stop)
        for place in self._starts(1, max(at, self._scanned)):
            begin_ns = self._answers.direction.first_ns(place)
            if begin_ns >= until_ns:
                return False
            self._scanned = place
            said = self._answers.packet(place)
            fits = isinstance(said, Packet) and said.number == number and said.length > 0
            if begin_ns >= asked_ns and fits and isinstance(said, Packet) and self._is_proved(1, said):
                self._at[1], self._known[1] = place, True
                return True
        return False

    def _next_ns(self, behind: int) -> int:
        """When the client's first byte at ``behind`` or later passed."""
        starts = self.directions[0].captured.stop
        at = int(np.searchsorted(starts, behind, side="right"))
        if at >= len(starts):
            return 1 << 63
        return self.directions[0].first_ns(max(int(self.directions[0].captured.start[at]), behind))

    def _turn_ends(self, at: int) -> int:
        """The offset up to which the server spoke, from ``at`` on, before the client did again."""
        direction, until_ns = self._answers.direction, self._next_ns(self._at[0])
        stop = at
        for place in self._starts(1, at):
            if direction.first_ns(place) >= until_ns:
                return place
            stop = place
        return direction.length if self._tried <= _PLACES_TRIED else stop

    def _file(self, turn: Turn, last: int) -> int:
        """The packets of a file that the client sends; the last one is empty."""
        start, count, at = self._at[0], 0, self._at[0]
        while isinstance(packet := self._asks.packet(at), Packet) and packet.number == last + 1 & 0xFF:
            at, last, count = packet.stop, last + packet.parts & 0xFF, count + 1
            if not packet.length:
                break
        if count:
            direction = self._asks.direction
            complete = not self._asks.is_missing(start, at)
            turn.runs.append(Run(direction, Role.FILE, start, min(at, direction.length), count, complete))
            self._at[0] = at
        return last

    # -- what is left ------------------------------------------------------------------------
    def _rest(self) -> Iterator[Turn | Run]:
        for side, direction in enumerate(self.directions):
            at = self._at[side]
            while side and self._known[1] and isinstance(packet := self._answers.packet(at), Packet):
                if packet.number or packet.kind != codes.ERR:
                    break
                yield self._run(1, Role.UNASKED, packet)
                at = packet.stop
            if at < direction.length:
                yield Run(direction, Role.UNREAD, at, direction.length)

    def _run(self, side: int, role: Role, packet: Packet, command: int = -1) -> Run:
        direction = packet.direction
        complete = not (self._asks, self._answers)[side].is_missing(packet.start, packet.stop)
        return Run(direction, role, packet.start, min(packet.stop, direction.length), 1, complete, command=command)


def _first(direction: ByteStream) -> int:
    return int(direction.captured.start[0]) if len(direction.captured) else 0


def _from_start(direction: ByteStream) -> bool:
    return direction.segments.from_start and (not len(direction.captured) or int(direction.captured.start[0]) == 0)
