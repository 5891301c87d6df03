"""What the payload of one packet says of PostgreSQL, in one line, without what is secret in it."""

from __future__ import annotations

from typing import Final

from tcptui.protocols.postgresql.detection import begins_postgresql
from tcptui.protocols.postgresql.message import HEADER, KINDS, STATUS_NAMES, Kind, Message
from tcptui.protocols.postgresql.reader import MAX_STORED_BODY, Reader, untyped_kind
from tcptui.protocols.postgresql.statement import without_secrets
from tcptui.protocols.postgresql.text import error_text, parameter_texts, statement_text
from tcptui.protocols.stream.segment_place import lone_segment

#: Most messages that are named, and characters kept of what they say.
_NAMED: Final = 12
#: Most parameter statuses that are counted: a session begins with a dozen.
_STATUSES_MOST: Final = 64
_TEXT_MOST: Final = 200
_UNTYPED: Final = 8
_ERRORS: Final = frozenset({Kind.ERROR, Kind.NOTICE})
_STATEMENTS: Final = frozenset({Kind.QUERY, Kind.PARSE})
_WITH_SECRETS: Final = _STATEMENTS | {Kind.CREDENTIALS, Kind.BIND}


def postgresql_summary(payload: bytes) -> str:
    """The messages that ``payload`` begins with; empty where it begins with none.

    Text from the packet, not yet safe to print.
    """
    if begins_postgresql(payload):
        kind = untyped_kind(int.from_bytes(payload[:4], "big"), int.from_bytes(payload[4:_UNTYPED], "big"))
        return "" if kind is None else kind.title
    direction, _ = lone_segment(payload, len(payload), 0, 1, 0)
    for side in (0, 1):
        reader = Reader(direction, side)
        if not reader.is_proved(0):
            continue
        said = list[str]()
        alike = 1
        while len(said) < _NAMED and alike < _STATUSES_MOST and isinstance(found := reader.next(), Message):
            text = _message_text(found)
            alike = alike + 1 if found.kind is Kind.PARAMETER and said and said[-1].startswith(text) else 1
            if alike > 1:
                said[-1] = f"{text} x{alike}"
            else:
                said.append(text)
        return ", ".join(said)
    return _of_cut(payload)


def _of_cut(payload: bytes) -> str:
    """The summary of the beginning of a longer message that may hold secrets, or of what only looks so."""
    kind, length = KINDS[0].get(payload[0]), int.from_bytes(payload[1:HEADER], "big")
    if kind not in _WITH_SECRETS or not kind.takes(length) or len(payload) > length:
        return ""
    body = payload[HEADER : HEADER + MAX_STORED_BODY]
    texts = body.split(b"\0", 1)
    sql = texts[-1] if kind is Kind.PARSE else texts[0]
    if kind not in _STATEMENTS:
        return kind.title
    return f"{kind.title}: {without_secrets(sql.decode('utf-8', 'replace'))[:_TEXT_MOST]}"


def _message_text(message: Message) -> str:
    kind, text = message.kind, ""
    if kind in _STATEMENTS:
        text = statement_text(message)[:_TEXT_MOST]
    elif kind is Kind.STARTUP:
        text = " ".join(value for _, value in parameter_texts(message))[:_TEXT_MOST]
    elif kind is Kind.COMPLETE:
        text = message.texts(1)[0][:_TEXT_MOST]
    elif kind is Kind.READY:
        text = STATUS_NAMES.get(message.body, "").lower()
    elif kind in _ERRORS:
        text = " ".join(value for _, value in error_text(message.body, is_secret=True, letters="VC"))
    many = f" x{message.count}" if message.count > 1 else ""
    return f"{kind.title}{many}: {text}" if text else kind.title + many
