"""The tree of every packet of broken HTTP/2: never an exception, every range within its frame, every value readable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from http2_mutants import mutant
from mutant_trees import BLOCK, lines_of

from tcptui.model.fields import FIELDS
from tcptui.session.filtering.tree_values import node_value

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.model.packet_view import PacketView


@pytest.mark.parametrize(
    "first",
    [70_000, *(pytest.param(70_000 + number * BLOCK, marks=pytest.mark.slow) for number in range(1, 5))],
)
def test_trees_of_mutants_stand_on_their_bytes(
    first: int, view: Callable[..., PacketView], tcp_frame: Callable[..., bytes]
) -> None:
    layers = 0
    for seed in range(first, first + BLOCK):
        for node, data in lines_of(mutant(seed), view, tcp_frame):
            layers += node.field == "http2"
            if node.field.startswith("http2."):
                node_value(FIELDS[node.field], node, data)
    assert layers > BLOCK
