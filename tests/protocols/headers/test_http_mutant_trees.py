"""The tree of every packet of broken HTTP: never an exception, and every range lies within its frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from http_mutants import mutant
from mutant_trees import BLOCK, lines_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.model.packet_view import PacketView


@pytest.mark.parametrize(
    "first",
    [50_000, *(pytest.param(50_000 + number * BLOCK, marks=pytest.mark.slow) for number in range(1, 5))],
)
def test_trees_of_mutants_stand_on_their_bytes(
    first: int, view: Callable[..., PacketView], tcp_frame: Callable[..., bytes]
) -> None:
    layers = 0
    for seed in range(first, first + BLOCK):
        for node, _data in lines_of(mutant(seed), view, tcp_frame):
            layers += node.field == "http"
    assert layers > BLOCK
