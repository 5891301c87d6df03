"""The decoded parts of a connection: statements, rows, data and errors as text, without secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.model.request import TransactionState
from tcptui.protocols.parts import Label, Part, frame_at, once
from tcptui.protocols.postgresql.fields import sqlstate
from tcptui.protocols.postgresql.message import Kind, Message
from tcptui.protocols.postgresql.text import (
    data_blocks,
    error_text,
    parameter_texts,
    row_blocks,
    statement_blocks,
)  # fmt: skip
from tcptui.protocols.stream.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tcptui.protocols.postgresql.notes import Notes
    from tcptui.protocols.stream.reassembly import ByteStream

_DATA: Final = frozenset({Kind.DATA, Kind.SENT_DATA})
_ERRORS: Final = {Kind.ERROR: "postgresql-error", Kind.NOTICE: "postgresql-notice"}
_STATEMENTS: Final = frozenset({Kind.QUERY, Kind.PARSE})
_ERROR_SHOWN: Final = "VMDHWP"
#: Most parameter statuses of one part: a session begins with a dozen.
_SETTINGS_MOST: Final = 64
#: What carries values that are not written out: their formats are known to who asked alone.
_BODIES: Final = frozenset({Kind.CREDENTIALS, Kind.BIND, Kind.CALL, Kind.RESULT})


def parts_of(messages: Iterable[Message | Unread], notes: Notes) -> Iterator[Part]:
    """The decoded part of each message, or of bytes that are not read; the settings of a session are one part."""
    settings: list[Message] = []
    for one in messages:
        is_setting = isinstance(one, Message) and one.kind is Kind.PARAMETER
        goes_on = is_setting and 0 < len(settings) < _SETTINGS_MOST
        if settings and not (goes_on and one.direction is settings[0].direction and one.start == settings[-1].stop):
            yield _settings(settings)
            settings = []
        if isinstance(one, Unread):
            yield _hidden(one.direction, one.start, one.stop, Label("postgresql-unread", {"count": _bytes(one)}))
        elif is_setting:
            settings.append(one)
        else:
            yield _part_of(one, notes)
    if settings:
        yield _settings(settings)


def _settings(messages: list[Message]) -> Part:
    """The part of parameter statuses that follow one another; each line is of its own bytes."""
    direction, start, last = messages[0].direction, messages[0].start, messages[-1]
    cut = "" if all(one.complete for one in messages) else "cut"
    label = Label("postgresql-message", {"type": last.kind.title, "count": f"{last.stop - start:,}"})
    return Part(
        direction.side, start, last.stop, frame_at(direction, start), direction.delivered_ns(start), label,
        lambda: ((one.start, _payload_text(one)) for one in messages), trouble=lambda: cut,
    )  # fmt: skip


def _part_of(message: Message, notes: Notes) -> Part:
    kind = message.kind
    if kind in _STATEMENTS:
        return _part(message, Label("postgresql-message", {"type": kind.title}), lambda: statement_blocks(message))
    if kind is Kind.STARTUP:
        said = "".join(f"{name} = {value}\n" for name, value in parameter_texts(message)).encode()
        return _part(message, Label("postgresql-message", {"type": kind.title}), once(message.start, said))
    if kind in _ERRORS:
        is_secret = notes.hides(message)
        fields = error_text(message.body, is_secret=is_secret, letters=_ERROR_SHOWN)
        text = "\n".join(value for _, value in fields).encode() + b"\n"
        return _part(message, Label(_ERRORS[kind], {"code": sqlstate(message)}), once(message.start, text))
    if kind is Kind.ROW or kind in _DATA:
        facts: dict[str, object] = {"count": f"{message.count:,}", "bytes": _bytes(message)}
        name = "postgresql-rows" if kind is Kind.ROW else "postgresql-data"
        if notes.hides(message):
            return _hidden(message.direction, message.start, message.stop, Label(f"{name}-hidden", facts))
        blocks = row_blocks if kind is Kind.ROW else data_blocks
        return _part(message, Label(name, facts), lambda: blocks(message))
    facts = {"type": kind.title, "count": _bytes(message)}
    state = TransactionState.of(message.body) if kind is Kind.READY else None
    if state is not None:
        return _part(message, Label(f"postgresql-ready-{state.value}"), once(message.start, b""))
    if kind in _BODIES:
        return _hidden(message.direction, message.start, message.stop, Label("postgresql-body", facts))
    return _part(message, Label("postgresql-message", facts), once(message.start, _payload_text(message)))


def _payload_text(message: Message) -> bytes:
    """What a short message says beside its kind; empty where that is nothing."""
    if message.kind is Kind.COMPLETE or message.kind is Kind.ENCRYPTION:
        return message.body.rstrip(b"\0") + b"\n"
    if message.kind is Kind.PARAMETER:
        return " = ".join(message.texts(2)).encode() + b"\n"
    if message.kind is Kind.NOTIFICATION:
        return ": ".join(message.texts(2, 4)).encode() + b"\n"
    return b""


def _part(message: Message, label: Label, blocks: Callable[[], Iterator[tuple[int, bytes]]]) -> Part:
    direction, cut = message.direction, "" if message.complete else "cut"
    return Part(
        direction.side, message.start, message.stop, frame_at(direction, message.start),
        direction.delivered_ns(message.start), label,
        blocks, trouble=lambda: cut,
    )  # fmt: skip


def _hidden(direction: ByteStream, start: int, stop: int, label: Label) -> Part:
    return Part(
        direction.side, start, stop, frame_at(direction, start), direction.delivered_ns(start), label, once(start, b"")
    )  # fmt: skip


def _bytes(one: Message | Unread) -> str:
    return f"{one.stop - one.start:,}"
