"""The decoded parts of a connection: commands with their SQL, and what answered them; without secrets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tcptui.protocols.mysql.asked import LOGIN, SQL_READ, Turn, sql_at
from tcptui.protocols.mysql.codes import Command
from tcptui.protocols.mysql.fields import NULL, Fields, ShortError
from tcptui.protocols.mysql.greeting import read_greeting
from tcptui.protocols.mysql.inflated import InflatedStream
from tcptui.protocols.mysql.packets import Packet, Packets
from tcptui.protocols.mysql.runs import Role, Run
from tcptui.protocols.parts import Label, Part, frame_at, once
from tcptui.protocols.sql_secrets import sql_without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tcptui.protocols.result_set import Cell
    from tcptui.protocols.stream.reassembly import ByteStream

    Blocks = Callable[[], Iterator[tuple[int, bytes]]]

#: Bytes of a cell that are shown, and of a row that are read.
_CELL_SHOWN: Final = 200
_ROW_READ: Final = 65_536
_TEXT_READ: Final = 4_096
#: Roles that are told by their number of bytes alone.
_HIDDEN: Final = {
    Role.AUTH: "mysql-credentials", Role.AUTH_MORE: "mysql-credentials", Role.FILE: "mysql-file",
    Role.EVENT: "mysql-events", Role.UNREAD: "mysql-unread",
}  # fmt: skip
#: Roles that say nothing that others do not.
_QUIET: Final = frozenset({Role.EOF, Role.COLUMN_COUNT, Role.PARAMETER, Role.PROGRESS, Role.PREPARED})


def parts_of(turns: Sequence[Turn | Run], directions: Sequence[ByteStream], capabilities: int) -> Iterator[Part]:
    """The decoded parts in the order in which they became readable; ``directions``: client, server."""
    found = []
    for one in turns:
        if isinstance(one, Run):
            found += _parts(one, None)
            continue
        for run in one.runs:
            found += [_command(one, run, capabilities)] if run.role is Role.COMMAND else _parts(run, one)
        for run in [] if one.answer is None else one.answer.runs:
            found += _parts(run, one)
    server = directions[1].side
    found.sort(key=lambda part: (part.time_ns, part.side == server, part.start))
    return iter(found)


def _parts(run: Run, turn: Turn | None) -> list[Part]:
    if run.role in _QUIET:
        return []
    count = f"{run.stop - run.start:,}"
    if run.role in _HIDDEN:
        return [_part(run, Label(_HIDDEN[run.role], {"count": count, "n": f"{run.count:,}"}), once(run.start, b""))]
    packet = Packets(run.direction).packet(run.start)
    if not isinstance(packet, Packet):
        return []
    blocks: Blocks = once(run.start, b"")
    label = Label("mysql-answer")
    if run.role is Role.GREETING:
        greeting = read_greeting(packet)
        label = Label("mysql-greeting", {"version": "" if greeting is None else greeting.version})
    elif run.role in (Role.LOGIN, Role.TLS_REQUEST):
        is_login = turn is not None and turn.command == LOGIN and run.role is Role.LOGIN
        label = Label("mysql-login" if is_login else "mysql-tls-request")
        text = turn.operation.removeprefix("LOGIN ") + "\n" if turn is not None and is_login else ""
        blocks = once(run.start, text.encode())
    elif run.role in (Role.ERR, Role.UNASKED):
        label = Label("mysql-error")
        blocks = once(run.start, _error_text(packet))
    elif run.role in (Role.COLUMN, Role.FIELD):
        label, blocks = Label("mysql-columns", {"n": f"{run.count:,}"}), lambda: _columns(run)
    elif run.is_secret:
        label = Label("mysql-rows-hidden", {"count": count, "n": f"{run.count:,}"})
    elif run.role is Role.ROW:
        label, blocks = Label("mysql-rows", {"n": f"{run.count:,}"}), lambda: _rows(run)
    elif run.role is Role.BINARY_ROW and run.columns is not None:
        label, blocks = Label("mysql-rows", {"n": f"{run.count:,}"}), lambda: _binary_rows(run)
    elif run.role is Role.BINARY_ROW:
        label = Label("mysql-binary-rows", {"count": count, "n": f"{run.count:,}"})
    elif run.role in (Role.TEXT, Role.FILE_WANTED):
        label = Label("mysql-file-wanted" if run.role is Role.FILE_WANTED else "mysql-answer")
        begin = run.role is Role.FILE_WANTED
        blocks = once(run.start, packet.body(_TEXT_READ)[begin:] + b"\n")
    elif run.role is Role.OK:
        label, blocks = Label("mysql-ok"), once(run.start, b"")
    elif run.role is Role.AUTH_SWITCH:
        label = Label("mysql-auth-switch")
        blocks = once(run.start, packet.body(_TEXT_READ)[1:].split(b"\0", 1)[0] + b"\n")
    return [_part(run, label, blocks)]


def _command(turn: Turn, run: Run, capabilities: int) -> Part:
    name = Command(turn.command).name
    label = Label("mysql-command", {"name": name})
    packet = Packets(run.direction).packet(run.start)
    if not isinstance(packet, Packet) or turn.command not in (Command.QUERY, Command.STMT_PREPARE):
        return _part(run, label, once(run.start, turn.operation.encode() + b"\n"))
    text = packet.body(SQL_READ)[sql_at(packet, capabilities) :].decode("utf-8", "replace")
    return _part(run, label, once(run.start, sql_without_secrets(text).encode() + b"\n"))


def _error_text(packet: Packet) -> bytes:
    body = packet.body(_TEXT_READ)
    number = int.from_bytes(body[1:3], "little")
    state, message = (body[4:9], body[9:]) if body[3:4] == b"#" else (b"", body[3:])
    shown = f" ({state.decode('ascii', 'replace')})" if state else ""
    return f"ERROR {number}{shown}: ".encode() + message + b"\n"


def _each(run: Run) -> Iterator[Packet]:
    return run.packets(Packets(run.direction), run.start, run.stop)


def _columns(run: Run) -> Iterator[tuple[int, bytes]]:
    """The names of the columns, in a line."""
    for at, packet in enumerate(_each(run)):
        fields = Fields(packet.body(_TEXT_READ))
        try:
            name = [fields.text() for _ in range(5)][4]
        except ShortError:
            name = b"?"
        yield packet.start, (b"\t" if at else b"") + name
    yield max(run.stop - 1, run.start), b"\n"


def _rows(run: Run) -> Iterator[tuple[int, bytes]]:
    """Each row in a line; of long cells the beginning."""
    for packet in _each(run):
        yield packet.start, _row(packet) + b"\n"


def _row(packet: Packet) -> bytes:
    fields, cells = Fields(packet.body(_ROW_READ)), list[bytes]()
    while fields.left:
        if fields.data[fields.at] == NULL:
            fields.take(1)
            cells.append(b"NULL")
            continue
        try:
            size = fields.encoded()
        except ShortError:
            break
        cell = fields.take(min(size, fields.left))
        cells.append(cell[:_CELL_SHOWN] + (b"..." if size > _CELL_SHOWN else b""))
    return b"\t".join(cells)


def _binary_rows(run: Run) -> Iterator[tuple[int, bytes]]:
    """Binary rows with their values written as in text; ``?`` for a row that cannot be read."""
    from tcptui.protocols.mysql.result_rows import binary_rows  # seldom asked for

    for at, row in binary_rows(run):
        yield at, (b"?" if row is None else b"\t".join(map(_shown, row))) + b"\n"


def _shown(cell: Cell) -> bytes:
    data = cell.encode() if isinstance(cell, str) else cell if isinstance(cell, bytes) else b"NULL"
    return data[:_CELL_SHOWN] + (b"..." if len(data) > _CELL_SHOWN else b"")


def _part(run: Run, label: Label, blocks: Blocks) -> Part:
    direction, cut = run.direction, "" if run.complete else "cut"
    part = Part(
        direction.side, run.start, run.stop, frame_at(direction, run.start), direction.delivered_ns(run.start),
        label, blocks,
        trouble=lambda: cut,
    )  # fmt: skip
    return _coded(part, direction) if isinstance(direction, InflatedStream) else part


def _coded(part: Part, direction: InflatedStream) -> Part:
    """``part`` with the places that its bytes have in the compressed direction."""

    def blocks() -> Iterator[tuple[int, bytes]]:
        for offset, data in part.blocks():
            yield direction.sealed_offset(offset), data

    start = direction.sealed_offset(part.start)
    return replace(part, start=start, stop=max(direction.sealed_offset(part.stop), start), blocks=blocks)
