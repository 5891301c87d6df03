"""What is written of texts that take less in the capture: all that is usual, and the rest as far as the bound."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcptui.cli.report import expansion
from tcptui.cli.report.expansion import USUAL, Expansion

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expansion, "BEYOND_MOST", 1_000)


def test_usual_texts_are_never_cut() -> None:
    made = Expansion(0)
    for _ in range(100):
        assert made.texts(["a" * USUAL]) == ["a" * USUAL]
        assert b"".join(made.pieces([b"a" * 1_000, b"b" * 1_000])) == b"a" * 1_000 + b"b" * 1_000
    assert made.cut == 0


def test_what_is_beyond_is_written_up_to_the_bound() -> None:
    made = Expansion(0)
    assert made.texts(["a" * USUAL, "b" * 999]) == ["a" * USUAL, "b" * 999]
    assert made.texts(["a" * USUAL, "b" * 999]) == ["a" * USUAL, "b…"]
    assert made.texts(["a" * 5_000, "b"]) == ["a" * USUAL + "…"]
    assert made.cut == 2


def test_pieces_behind_the_bound_are_not_read() -> None:
    made, read = Expansion(0), []

    def pieces() -> Iterator[bytes]:
        for number in range(10):
            read.append(number)
            yield b"x" * 1_024

    assert len(b"".join(made.pieces(pieces()))) == USUAL + 1_000 + len("…".encode())
    assert read == [0, 1, 2]
    assert made.cut == 1


def test_each_captured_byte_allows_some() -> None:
    made = Expansion(1_000)
    assert made.texts(["a" * (USUAL + 17_000)]) == ["a" * (USUAL + 17_000)]
    assert made.texts(["a" * (USUAL + 1)]) == ["a" * USUAL + "…"]


def test_what_is_no_text_is_unpacked_up_to_the_bound_of_all() -> None:
    expansion, block, made = Expansion(0), bytes(1 << 20), []

    def blocks() -> Iterator[bytes]:
        for number in range(1_000):
            made.append(number)
            yield block

    assert sum(map(len, expansion.counted(blocks()))) == expansion.most + USUAL
    assert (expansion.cut, len(made)) == (1, (expansion.most >> 20) + 1)
    assert list(expansion.counted([block])) == [block[:USUAL]]
