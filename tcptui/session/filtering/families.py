"""Which packets can have a field at all, by the family of its name: of the others no tree is built."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.model.packet_store import RowKind
from tcptui.session.filtering.columns import elsewhere

if TYPE_CHECKING:
    from tcptui.model.packet_store import PacketStore
    from tcptui.session.filtering.rows import Mask, Rows

_SHORTEST: Final = 20
_IN_MESSAGES: Final = ("http.", "http", "http2", "grpc", "websocket", "smtp", "resp", "mysql", "mariadb", "pgsql",
                       "tls", "data-text-lines", "protobuf")  # fmt: skip
#: In the payload of UDP, too.
_IN_ANY_PAYLOAD: Final = ("data", "dns")
_IN_PAYLOAD: Final = ("tcp.payload", "tcp.segment", "tcp.reassembled", "tcp.pdu.")
_SHOWING_MESSAGES: Final = (*_IN_ANY_PAYLOAD, "tcp.segment", "tcp.reassembled", "tcp.pdu.", "frame.protocols",
                            "frame.coloring", "_ws.")  # fmt: skip
_IN_OPTIONS: Final = ("tcp.options", "tcp.option_", "tcp.option.", "mptcp", "tcp.nop")


def is_of_messages(name: str) -> bool:
    """Whether only a message of an application protocol over TCP has the field ``name``."""
    return name.startswith(_IN_MESSAGES)


def shows_messages(name: str) -> bool:
    """Whether what a packet has of the field ``name`` depends on the messages of its connection that were read."""
    return is_of_messages(name) or name.startswith(_SHOWING_MESSAGES)


def possible(store: PacketStore, name: str, rows: Rows) -> Mask | None:
    """Which of ``rows`` may have the field ``name``; None: all."""
    is_message = is_of_messages(name)
    if not is_message and not name.startswith(("tcp.", "mptcp", *_IN_ANY_PAYLOAD)):
        return None
    segment: Mask = store.kind[rows.index] == RowKind.TCP
    if name.startswith(_IN_ANY_PAYLOAD) and not is_message:
        empty: Mask = segment & (store.length[rows.index] <= 0)
        return ~empty
    if is_message or name.startswith(_IN_PAYLOAD):
        segment &= store.length[rows.index] > 0
    elif name.startswith(_IN_OPTIONS):
        segment &= store.header_length[rows.index] > _SHORTEST
    return segment if is_message else segment | elsewhere(store, rows)
