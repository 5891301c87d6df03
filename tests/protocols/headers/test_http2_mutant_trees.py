"""The tree of every packet of broken HTTP/2: never an exception, every range within its frame, every value readable."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from http2_mutants import mutant

from tcptui.model.fields import FIELDS
from tcptui.protocols.headers.tree import header_tree
from tcptui.protocols.registry import ApplicationStream
from tcptui.session.filtering.tree_values import node_value

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.model.packet_view import PacketView

RAW_IP = 101
_BLOCK = 40


@pytest.mark.parametrize(
    "first",
    [70_000, *(pytest.param(70_000 + number * _BLOCK, marks=pytest.mark.slow) for number in range(1, 5))],
)
def test_trees_of_mutants_stand_on_their_bytes(
    first: int, view: Callable[..., PacketView], tcp_frame: Callable[..., bytes]
) -> None:
    layers = 0
    for seed in range(first, first + _BLOCK):
        dialogue = mutant(seed)
        messages = ApplicationStream(*dialogue.halves())
        for frame, (_side, _offset, payload, _time) in enumerate(dialogue.packets[:25], 1):
            data = tcp_frame(payload=payload[: dialogue.cut])
            packet = replace(view(data, link_type=RAW_IP), row=frame - 1, frame=frame)
            for tree in (header_tree(packet, messages), header_tree(packet)):
                for node in tree.walk():
                    assert node.start is None or 0 <= node.start <= node.end <= len(data)
                    layers += node.field == "http2"
                    if node.field.startswith("http2."):
                        node_value(FIELDS[node.field], node, data)
    assert layers > _BLOCK
