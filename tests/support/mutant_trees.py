"""The header trees of packets of broken dialogues."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.protocols.application import ApplicationStream
from tcptui.protocols.headers.tree import header_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from http_halves import Dialogue

    from tcptui.model.packet_view import PacketView
    from tcptui.protocols.headers.node import Node

RAW_IP: Final = 101
BLOCK: Final = 40
_PACKETS: Final = 25


class Standing(NamedTuple):
    """A line of a tree, and the frame on whose bytes it stands."""

    node: Node
    data: bytes


def lines_of(
    dialogue: Dialogue, view: Callable[..., PacketView], tcp_frame: Callable[..., bytes]
) -> Iterator[Standing]:  # fmt: skip
    """Every line of its packets' trees, with what the connection says and without; each has a range in its frame."""
    messages = ApplicationStream(*dialogue.directions())
    for frame, (_side, _offset, payload, _time) in enumerate(dialogue.packets[:_PACKETS], 1):
        data = tcp_frame(payload=payload[: dialogue.cut])
        packet = replace(view(data, link_type=RAW_IP), row=frame - 1, frame=frame)
        for tree in (header_tree(packet, messages), header_tree(packet)):
            for node in tree.walk():
                assert node.start is None or 0 <= node.start <= node.end <= len(data)
                yield Standing(node, data)
