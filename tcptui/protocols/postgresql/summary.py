"""What the payload of one packet says of PostgreSQL, in one line, without what is secret in it."""

from __future__ import annotations

from typing import Final

from tcptui.protocols.postgresql.detection import begins_postgresql
from tcptui.protocols.postgresql.message import KINDS, Kind, Message
from tcptui.protocols.postgresql.reader import Reader, untyped_kind
from tcptui.protocols.postgresql.text import error_text, parameter_texts, statement_text
from tcptui.protocols.stream.segment_place import lone_segment

#: Most messages that are named, and characters kept of what they say.
_NAMED: Final = 12
_SAID_MOST: Final = 200
_UNTYPED: Final = 8
_ERRORS: Final = frozenset({Kind.ERROR, Kind.NOTICE})


def postgresql_summary(payload: bytes) -> str:
    """The messages that ``payload`` begins with; empty where it begins with none.

    Text from the packet, not yet safe to print.
    """
    if begins_postgresql(payload):
        kind = untyped_kind(int.from_bytes(payload[:4], "big"), int.from_bytes(payload[4:_UNTYPED], "big"))
        return "" if kind is None else kind.title
    half, _ = lone_segment(payload, len(payload), 0, 1, 0)
    for side in (0, 1):
        reader = Reader(half, side)
        if not reader.is_proved(0):
            continue
        said = list[str]()
        while len(said) < _NAMED and isinstance(found := reader.next(), Message):
            said.append(_said(found))
        return ", ".join(said)
    # The beginning of a longer message, or what is none: of credentials nothing is shown.
    if payload[:1] == b"p" and KINDS[0][payload[0]].takes(int.from_bytes(payload[1:5], "big")):
        return Kind.CREDENTIALS.title
    return ""


def _said(message: Message) -> str:
    kind, text = message.kind, ""
    if kind in (Kind.QUERY, Kind.PARSE):
        text = statement_text(message)[:_SAID_MOST]
    elif kind is Kind.STARTUP:
        text = " ".join(value for _, value in parameter_texts(message))[:_SAID_MOST]
    elif kind is Kind.COMPLETE:
        text = message.texts(1)[0][:_SAID_MOST]
    elif kind in _ERRORS:
        text = " ".join(value for _, value in error_text(message.body, is_secret=True, letters="VC"))
    many = f" x{message.count}" if message.count > 1 else ""
    return f"{kind.title}{many}: {text}" if text else kind.title + many
