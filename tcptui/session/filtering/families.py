"""Packets that can have a field at all, by the family of its name: of the others no tree is built."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.model.packet_store import RowKind
from tcptui.protocols.registry import PROTOCOLS
from tcptui.session.filtering.columns import elsewhere

if TYPE_CHECKING:
    from tcptui.model.packet_store import PacketStore
    from tcptui.session.filtering.rows import Mask, Rows

_SHORTEST: Final = 20
#: Families that only messages over TCP have.
_IN_MESSAGES: Final = frozenset(name for row in PROTOCOLS if not row.over_udp for name in row.families)
#: Families of protocols that are spoken over UDP, too, and of bytes that nobody explains.
_IN_DATAGRAMS: Final = frozenset(name for row in PROTOCOLS if row.over_udp for name in row.families)
_IN_ANY_PAYLOAD: Final = _IN_DATAGRAMS | {"data"}
_IN_PAYLOAD: Final = ("tcp.payload", "tcp.segment", "tcp.reassembled", "tcp.pdu.")
_SHOWING_MESSAGES: Final = ("tcp.segment", "tcp.reassembled", "tcp.pdu.", "frame.protocols", "frame.coloring", "_ws.")
_IN_OPTIONS: Final = ("tcp.options", "tcp.option_", "tcp.option.", "mptcp", "tcp.nop")


def family_of(name: str) -> str:
    """How the name of a field begins, up to the first dot."""
    return name.partition(".")[0]


def is_of_messages(name: str) -> bool:
    """Whether only a message of an application protocol over TCP has the field ``name``."""
    return family_of(name) in _IN_MESSAGES


def is_said_by_messages(name: str) -> bool:
    """True of a field that only messages of application protocols have, over TCP or over UDP."""
    return is_of_messages(name) or family_of(name) in _IN_DATAGRAMS


def shows_messages(name: str) -> bool:
    """Whether what a packet has of the field ``name`` depends on the messages of its connection that were read."""
    return is_of_messages(name) or family_of(name) in _IN_ANY_PAYLOAD or name.startswith(_SHOWING_MESSAGES)


def possible(store: PacketStore, name: str, rows: Rows) -> Mask | None:
    """Mask of the ``rows`` that may have the field ``name``; None: all."""
    is_message = is_of_messages(name)
    is_any_payload = family_of(name) in _IN_ANY_PAYLOAD
    if not is_message and not is_any_payload and not name.startswith(("tcp.", "mptcp")):
        return None
    segment: Mask = store.kind[rows.index] == RowKind.TCP
    if is_any_payload:
        empty: Mask = segment & (store.length[rows.index] <= 0)
        return ~empty
    if is_message or name.startswith(_IN_PAYLOAD):
        segment &= store.length[rows.index] > 0
    elif name.startswith(_IN_OPTIONS):
        segment &= store.header_length[rows.index] > _SHORTEST
    return segment if is_message else segment | elsewhere(store, rows)
