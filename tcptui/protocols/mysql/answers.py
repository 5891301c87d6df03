"""What answers a command: OK, an error, result sets with columns and rows; read packet by packet, rows many at once.

Where a result set's columns end depends on what both ends agreed upon; where the capture began later, an EOF of five
bytes behind the columns tells it.  Where bytes are missing in a header, what is left of the answer is not read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tcptui.protocols.mysql import codes
from tcptui.protocols.mysql.codes import Capability, Command, Status
from tcptui.protocols.mysql.fields import Fields, ShortError
from tcptui.protocols.mysql.packets import FULL, MARK_EVERY, Fault, Packet, Packets
from tcptui.protocols.mysql.runs import Role, Run

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.model.request import TransactionState

#: Bytes of an error that are read: number, state, message.
ERROR_READ: Final = 1_024
_COLUMN: Final = b"\x03def"
_EOF_LENGTH: Final = 5
_PREPARED_LENGTH: Final = 12
#: Most packets of one kind that are read one by one, as columns.
_MOST: Final = 70_000
#: Most result sets of one answer whose packets are remembered; a procedure may send any number.
_MAX_RUNS: Final = 20_000
#: As plain numbers: members of an enum take three times as long to be combined with a number.
_DEPRECATE_EOF: Final = int(Capability.DEPRECATE_EOF)
_MORE_RESULTS, _CURSOR_EXISTS = int(Status.MORE_RESULTS), int(Status.CURSOR_EXISTS)


class LostError(Exception):
    """Nothing tells where the next packet begins, or what it is."""


class EndError(Exception):
    """The capture ends before the answer does."""


@dataclass(slots=True)
class Answer:
    """What answered a command, as far as captured."""

    start: int
    stop: int
    complete: bool = False
    status: str = ""
    """``OK``, or the error's number and SQLSTATE: ``1062 (23000)``; empty where the end was not captured."""
    message: str = ""
    rows: int | None = None
    """Rows of all result sets; None without any, or where not all could be counted."""
    columns: int = 0
    """Of the last result set."""
    server_status: int | None = None
    """`Status` as the server told it last; None: not in this answer, or an error came behind it."""
    status_before_error: int | None = None
    """`Status` as this answer told it before it ended with an error."""
    followed: int = 0
    """Results in it that another one followed: of several statements, or of a procedure."""
    transaction: TransactionState | None = None
    """Whether a transaction is open behind it, as this answer or an earlier one tells; None unknown."""
    statement: int = -1
    """The number of the statement that was prepared."""
    parameters: int = 0
    runs: list[Run] = field(default_factory=list)

    @property
    def is_error(self) -> bool:
        """Whether the server refused."""
        return bool(self.status) and self.status != "OK"


class AnswerReader:
    """Reads one answer, packet by packet; ``at`` is where the next one begins."""

    def __init__(
        self, packets: Packets, at: int, number: int, capabilities: int | None, send_file: Callable[[int], int]
    ) -> None:
        """``number``: that of the answer's first packet.  ``capabilities``: both ends'; None unknown.

        ``send_file``: reads what the client sends behind the packet of that number, a file; returns the last number.
        """
        self._packets, self._capabilities, self._send_file = packets, capabilities, send_file
        self.at, self._number = at, number
        self._ends_columns: bool | None = None
        """Whether an EOF ends the columns; None unknown."""
        if capabilities is not None:
            self._ends_columns = not capabilities & _DEPRECATE_EOF
        self._command = -1
        self.described: Run | None = None
        """The columns of the rows that come next; of a cursor, another answer described them."""
        self.answer = Answer(at, at)

    def read(self, command: int) -> Answer:
        """The answer to ``command``.  Raises LostError, EndError; what was read until then is in `answer`."""
        self._command = command
        if command in codes.OF_RESULTS:
            while self._result(binary=command in codes.OF_BINARY_ROWS):
                self.answer.followed += bool(self.answer.status)
        elif command == Command.STMT_PREPARE:
            self._prepared()
        elif command == Command.STMT_FETCH:
            self._rows(Role.BINARY_ROW)
        elif command == Command.FIELD_LIST:
            self._fields()
        elif command in codes.REPLICATION:
            self._rows(Role.EVENT)
        elif command == Command.STATISTICS:
            packet = self._take()
            if not self._simple(packet):
                self._add(Role.TEXT, packet)
                self.answer.status = "OK"
        elif not self._simple(packet := self._take()):
            raise LostError
        self.answer.complete = not self._packets.is_missing(self.answer.start, self.at)
        return self.answer

    # -- packets -----------------------------------------------------------------------------
    def _peek(self) -> Packet:
        packet = self._packets.packet(self.at)
        if isinstance(packet, Packet):
            if not packet.length or not self._packets.follows(packet, self._number):
                raise LostError
            return packet
        raise EndError if packet is Fault.END else LostError

    def _take(self) -> Packet:
        packet = self._peek()
        self.at = packet.stop
        self._number = packet.number + packet.parts & 0xFF
        return packet

    def _add(self, role: Role, packet: Packet, *, binary: bool = False) -> None:
        self._add_run(Run(packet.direction, role, packet.start, packet.stop, binary=binary))

    def _add_run(self, run: Run) -> None:
        length = self._packets.direction.length
        run.complete = not self._packets.is_missing(run.start, run.stop)
        run.stop, run.command = min(run.stop, length), self._command
        self.answer.stop = max(run.stop, self.answer.start)
        if len(self.answer.runs) < _MAX_RUNS:
            self.answer.runs.append(run)

    # -- what they say -----------------------------------------------------------------------
    def _simple(self, packet: Packet) -> bool:
        """Takes in OK, EOF or an error; False where ``packet`` is none of these."""
        if packet.kind == codes.OK:
            self._add(Role.OK, packet)
            self._ok(packet)
        elif packet.kind == codes.ERR:
            self._add(Role.ERR, packet)
            self._error(packet)
        elif packet.kind == codes.EOF and packet.length < codes.EOF_LENGTH_LIMIT:
            self._add(Role.EOF, packet)
            self._eof(packet)
        else:
            return False
        return True

    def _ok(self, packet: Packet) -> None:
        self.answer.status = "OK"
        fields = Fields(packet.head, 1)
        try:
            fields.encoded()
            fields.encoded()
            self.answer.server_status = fields.number(2)
        except ShortError:
            self.answer.server_status = None

    def _eof(self, packet: Packet) -> None:
        self.answer.status = "OK"
        if packet.length >= _EOF_LENGTH and len(packet.head) >= _EOF_LENGTH:
            self.answer.server_status = int.from_bytes(packet.head[3:5], "little")

    def _error(self, packet: Packet) -> None:
        self.answer.status_before_error, self.answer.server_status = self.answer.server_status, None
        self.answer.status, self.answer.message = error_of(packet)

    # -- result sets -------------------------------------------------------------------------
    def _result(self, *, binary: bool) -> bool:
        """Reads one result set, or OK; whether another one follows."""
        self.answer.status, self.described = "", None
        packet = self._take()
        if packet.kind == codes.ERR and int.from_bytes(packet.head[1:3], "little") == codes.PROGRESS:
            self._add(Role.PROGRESS, packet)
            return True
        if packet.kind == codes.INFILE:
            self._add(Role.FILE_WANTED, packet)
            self._number = self._send_file(packet.number) + 1 & 0xFF
            return True
        if self._simple(packet):
            return self._more()
        columns, follow = self._count(packet)
        self._add(Role.COLUMN_COUNT, packet)
        self.answer.columns = columns
        if follow:
            self._definitions(Role.COLUMN, columns)
            if self._has_eof() and self._has_cursor():
                self.answer.status = "OK"
                return False
        self._rows(Role.BINARY_ROW if binary else Role.ROW)
        return self._more()

    def _more(self) -> bool:
        status = self.answer.server_status
        return status is not None and bool(status & _MORE_RESULTS)

    def _has_cursor(self) -> bool:
        status = self.answer.server_status
        return status is not None and bool(status & _CURSOR_EXISTS)

    def _count(self, packet: Packet) -> tuple[int, bool]:
        """How many columns there are, and whether they are described."""
        fields = Fields(packet.head[: packet.length])
        try:
            columns = fields.encoded()
        except ShortError:
            raise LostError from None
        left = packet.length - fields.at
        if not 0 < columns <= _MOST or left > 1:
            raise LostError
        return columns, not left or fields.number(1) == 1

    def _definitions(self, role: Role, count: int) -> None:
        """Takes ``count`` columns or parameters, and an EOF behind them where there is one."""
        if not count:
            return
        start, marks = self.at, list[int]()
        for _ in range(count):
            packet = self._peek()
            if packet.head[:4] != _COLUMN[: len(packet.head)]:
                raise LostError
            self._mark(marks)
            self._take()
        run = Run(self._packets.direction, role, start, self.at, count, marks=marks)
        self._add_run(run)
        if role is Role.COLUMN:
            self.described = run

    def _mark(self, marks: list[int]) -> None:
        if not marks or self.at >= marks[-1] + MARK_EVERY:
            marks.append(self.at)

    def _has_eof(self) -> bool:
        """Takes the EOF behind columns, where there is one."""
        if self._ends_columns is False:
            return False
        packet = self._packets.packet(self.at)
        if not isinstance(packet, Packet):
            if self._ends_columns is None and packet is Fault.END:
                return False
            raise EndError if packet is Fault.END else LostError
        is_eof = (
            packet.kind == codes.EOF and packet.length == _EOF_LENGTH and self._packets.follows(packet, self._number)
        )
        if is_eof:
            self._take()
            self._add(Role.EOF, packet)
            self._eof(packet)
            self.answer.status = ""
        elif self._ends_columns:
            raise LostError
        self._ends_columns = is_eof
        return is_eof

    def _rows(self, role: Role) -> None:
        """Takes rows, up to what ends them."""
        start, count, marks, at = self.at, 0, list[int](), self.at
        try:
            while True:
                at, skipped = self._packets.skip_rows(self.at, self._number, marks)
                self.at, self._number, count = at, self._number + skipped & 0xFF, count + skipped
                packet = self._peek()
                if packet.kind == codes.ERR or self._is_end(packet):
                    break
                self._mark(marks)
                self._take()
                count += 1
        finally:
            if role is not Role.EVENT:
                self.answer.rows = (self.answer.rows or 0) + count
            if self.at > start:
                direction, columns = self._packets.direction, self.described
                self._add_run(Run(direction, role, start, self.at, count, marks=marks, columns=columns))
        self._take()
        if packet.kind == codes.ERR:
            self._add(Role.ERR, packet)
            self._error(packet)
        elif packet.length == _EOF_LENGTH:
            self._add(Role.EOF, packet)
            self._eof(packet)
        else:
            self._add(Role.OK, packet)
            self._ok(packet)

    def _is_end(self, packet: Packet) -> bool:
        most = codes.EOF_LENGTH_LIMIT if self._ends_columns else FULL
        return packet.kind == codes.EOF and packet.length < most

    def _fields(self) -> None:
        """What COM_FIELD_LIST is answered with: columns with defaults."""
        start, count, marks = self.at, 0, list[int]()
        while self._peek().kind not in (codes.ERR, codes.EOF, codes.OK):
            self._mark(marks)
            self._take()
            count += 1
        if count:
            self._add_run(Run(self._packets.direction, Role.FIELD, start, self.at, count, marks=marks))
        if not self._simple(self._take()):
            raise LostError

    def _prepared(self) -> None:
        packet = self._take()
        if packet.kind == codes.ERR:
            self._simple(packet)
            return
        if packet.kind != codes.OK or packet.length < _PREPARED_LENGTH:
            raise LostError
        self._add(Role.PREPARED, packet)
        fields = Fields(packet.head, 1)
        try:
            self.answer.statement = fields.number(4)
            self.answer.columns, self.answer.parameters = fields.number(2), fields.number(2)
        except ShortError:
            raise LostError from None
        if packet.length == _PREPARED_LENGTH or packet.head[_PREPARED_LENGTH:][:1] != b"\0":
            for role, count in ((Role.PARAMETER, self.answer.parameters), (Role.COLUMN, self.answer.columns)):
                self._definitions(role, count)
                if count:
                    self._has_eof()
        self.answer.status = "OK"
        self.answer.server_status = None


def error_of(packet: Packet) -> tuple[str, str]:
    """Number with SQLSTATE, as ``1062 (23000)``, and message of an error."""
    body = packet.body(ERROR_READ)
    number = int.from_bytes(body[1:3], "little")
    if body[3:4] == b"#":
        return f"{number} ({body[4:9].decode('ascii', 'replace')})", body[9:].decode("utf-8", "replace")
    return str(number), body[3:].decode("utf-8", "replace")
