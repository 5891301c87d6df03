"""Blocks of a conversation: nothing lost, nothing twice, any place found from any byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from captures import ACK, CLIENT, SERVER, Tape
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from tcptui.model.safe_text import safe_text
from tcptui.protocols.parts import Label, Part
from tcptui.protocols.stream.conversation import Conversation
from tcptui.session.session import Session, open_file
from tcptui.ui.follow.decoded import DecodedSource
from tcptui.ui.follow.rows import RowKind, hex_cells, hex_rows, text_cells, text_rows
from tcptui.ui.follow.source import BLOCK, Found, Pattern, RawSource, wrapped_find
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ONE, TWO = f"{CLIENT}:40001", f"{SERVER}:80"


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[list[tuple[int, bytes]]], Session]]:
    """A session of one connection; each turn is (side, bytes), None in place of bytes that were not captured."""
    sessions: list[Session] = []

    def run(turns: list[tuple[int, bytes]], missing: int = 0) -> Session:
        tape = Tape()
        tape.handshake(0, ONE, TWO)
        said, ms = [1001, 9001], 50.0
        for side, data in turns:
            for at in range(0, len(data), 60_000):
                part = data[at : at + 60_000]
                ends = (ONE, TWO) if side == 0 else (TWO, ONE)
                tape.tcp(ms, *ends, ACK, said[side], said[1 - side], part)
                said[side] += len(part)
                ms += 1
            said[side] += missing
        path = tmp_path / f"{len(sessions)}.pcap"
        path.write_bytes(tape.pcap())
        sessions.append(open_file(path))
        return sessions[-1]

    yield run
    for session in sessions:
        session.close()


def _source(session: Session, *, by_line: bool = True, sides: tuple[int, ...] = (0, 1)) -> RawSource:
    return RawSource(Conversation(session.directions(0), sides), by_line=by_line)


def _never() -> bool:
    return False


LINES = b"".join(b"line %d of many\n" % number for number in range(9000))
LONG = bytes(range(1, 10)) * 30_000
TEXT = "中文 и кириллица 🙂 ".encode() * 5000


@pytest.mark.parametrize("by_line", [True, False])
@pytest.mark.parametrize(
    "data", [LINES, LONG, TEXT, b"x", b"\n" * 40_000], ids=["lines", "long", "utf-8", "one", "empty"]
)
def test_blocks_give_every_byte_once_and_in_order(opened: Callable[..., Session], data: bytes, by_line: bool) -> None:
    source = _source(opened([(0, b"ask\n"), (1, data), (0, b"thanks")]), by_line=by_line)
    blocks = [source.block(index) for index in range(len(source))]

    assert [(b.side, b.opens) for b in blocks if b.opens] == [(0, True), (1, True), (0, True)]
    assert b"".join(source.data(index) for index, b in enumerate(blocks) if b.side == 1) == data
    for index, block in enumerate(blocks):
        assert block.stop - block.start <= 2 * BLOCK + 4096
        for offset in (block.start, block.stop - 1):
            assert source.index_of(block.side, offset) == index
            assert source.origin(index, offset) == (block.side, source.place_of(index, offset))
        assert source.at_share(source.share(index) + 1e-12) == index


def test_blocks_of_lines_end_with_lines(opened: Callable[..., Session]) -> None:
    source = _source(opened([(1, LINES)]))

    assert len(source) > 5
    assert all(source.data(index).endswith(b"\n") for index in range(len(source)))


def test_blocks_of_text_without_lines_do_not_cut_characters(opened: Callable[..., Session]) -> None:
    source = _source(opened([(1, TEXT)]))

    for index in range(len(source)):
        source.data(index).decode("utf-8")


def test_gap_is_one_block_however_long(opened: Callable[..., Session]) -> None:
    source = _source(opened([(1, b"before"), (1, b"behind")], missing=1_000_000))

    blocks = [source.block(index) for index in range(len(source))]
    assert [(b.start, b.stop, b.gap is not None) for b in blocks] == [
        (0, 6, False), (6, 1_000_006, True), (1_000_006, 1_000_012, False),
    ]  # fmt: skip
    assert source.data(1) == b""
    assert source.index_of(1, 500_000) == 1


def test_one_side_alone_is_one_turn(opened: Callable[..., Session]) -> None:
    source = _source(opened([(0, b"a"), (1, b"b"), (0, b"c")]), sides=(0,))

    assert [source.data(index) for index in range(len(source))] == [b"ac"]
    assert source.index_of(1, 0) == -1


def test_turns_are_found_in_both_directions(opened: Callable[..., Session]) -> None:
    source = _source(opened([(0, b"a"), (1, LINES), (0, b"c")]))
    last = len(source) - 1

    assert [source.turn(at, 1) for at in (0, 1, 2, last)] == [0, 1, last, last]
    assert [source.turn(at, -1) for at in (last, last - 1, 0, -1)] == [last, 1, 0, -1]


def test_search_crosses_segments_and_blocks_but_not_sides(opened: Callable[..., Session]) -> None:
    data = b"x" * 59_995 + b"Needle in it" + b"y" * (2 << 20) + b"needle"
    session = opened([(0, b"nee"), (1, b"dle" + data)])
    source = _source(session)

    first, wrapped = wrapped_find(source, Pattern.of("needle"), 0, 0, 1, _never)
    assert first is not None
    assert (first.side, first.start, wrapped) == (1, 59_998, False)
    second, _ = wrapped_find(source, Pattern.of("needle"), first.index, first.start + 1, 1, _never)
    assert second is not None
    assert second.start == 3 + len(data) - 6
    again, wrapped = wrapped_find(source, Pattern.of("needle"), second.index, second.start + 1, 1, _never)
    assert (again, wrapped) == (first, True)
    back, _ = wrapped_find(source, Pattern.of("needle"), second.index, second.start, -1, _never)
    assert back == first
    exact, _ = wrapped_find(source, Pattern.of("Needle"), second.index, second.start, -1, _never)
    assert exact == first
    assert wrapped_find(source, Pattern.of("nowhere"), 0, 0, 1, _never) == (None, True)
    assert wrapped_find(source, Pattern.of("needle"), 0, 0, 1, lambda: True) == (None, False)


def test_bytes_are_found_by_their_digits(opened: Callable[..., Session]) -> None:
    source = _source(opened([(1, b"GET\r\nX")]))

    assert wrapped_find(source, Pattern.of("0x0d0a"), 0, 0, 1, _never)[0] == Found(0, 1, 3, 5)
    assert Pattern.of("0x0d0").data == b"0x0d0"


@settings(max_examples=200)
@given(
    data=st.one_of(
        st.binary(max_size=300),
        st.text(st.characters(codec="utf-8"), max_size=80).map(str.encode),
        st.lists(st.sampled_from([b"\r\n", b"\n", b"\t", b"a" * 9, "中".encode(), b"\xff", b"\r"])).map(b"".join),
    ),
    width=st.integers(8, 60),
)
def test_rows_of_any_bytes_fit_and_show_every_byte_once(data: bytes, width: int) -> None:
    rows = text_rows(data, 1, 100, width)

    assert [row.start for row in rows[1:]] == [row.stop for row in rows[:-1]]
    assert not rows or (rows[0].start, rows[-1].stop) == (100, 100 + len(data))
    for row in rows:
        assert row.kind is RowKind.DATA
        assert cell_len(row.text) <= width
        assert safe_text(row.text) == row.text
        cells = text_cells(row, data[row.start - 100 : row.stop - 100])
        assert [char.start for char in cells[1:]] == [char.stop for char in cells[:-1]]
        assert not cells or (cells[0].start, cells[-1].stop) == (row.start, row.stop)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=100), width=st.integers(30, 120))
def test_hex_rows_show_each_byte_under_its_cell(data: bytes, width: int) -> None:
    for row in hex_rows(data, 0, 32, width):
        for char in hex_cells(row, width):
            assert row.text[char.cell : char.cell + 2] == f"{data[char.start - 32]:02x}"


def _part(start: int, blocks: list[tuple[int, bytes]], *, exact: bool, side: int = 1) -> Part:
    stop = blocks[-1][0] + len(blocks[-1][1]) if blocks else start
    return Part(side, start, stop, 1, 0, Label("request"), lambda: iter(blocks), exact=exact)


def test_decoded_text_leads_to_the_bytes_it_was_made_from_and_back() -> None:
    coded = [(200 + number, b"line %d of what was packed\n" % number * 40) for number in range(100)]
    parts = [
        _part(0, [(0, b"HEAD\r\n"), (6, b"field: x\r\n")], exact=True),
        _part(200, coded, exact=False),
        _part(0, [(0, b"GET\r\n")], exact=True, side=0),
        _part(400, [], exact=True),
        _part(500, [(500, b"\0\x01\x02" * 9)], exact=True),
    ]
    source = DecodedSource(parts, (0, 1), Words(Language.EN), 0)

    assert len(source) > 6
    assert source.origin(0, 8) == (1, 8)
    assert (source.index_of(1, 8), source.place_of(0, 8)) == (0, 8)
    for number in (0, 37, 99):
        index = source.index_of(1, 200 + number)
        place = source.place_of(index, 200 + number)
        block = source.block(index)
        assert source.data(index)[place - block.start :].startswith(b"line %d of" % number)
        assert source.origin(index, place) == (1, 200 + number)
    assert source.block(source.index_of(0, 2)).side == 0
    last = len(source) - 1
    assert source.index_of(1, 510) == last
    assert source.origin(last, source.block(last).start + 40) == (1, 500)
    assert b"27 bytes that are not text" in source.data(last)
    assert DecodedSource(parts, (0,), Words(Language.EN), 0).index_of(1, 8) == -1
    assert [source.at_share(source.share(index)) for index in range(len(source))] == list(range(len(source)))


def test_text_is_found_from_one_block_of_a_part_into_the_next() -> None:
    data = b"x" * (BLOCK - 3) + b"needle" + b"y" * (3 * BLOCK)
    source = DecodedSource([_part(0, [(0, data)], exact=True)] * 2, (0, 1), Words(Language.EN), 0)
    pattern = Pattern.of("needle")

    first, wrapped = wrapped_find(source, pattern, 0, 0, 1, _never)
    assert first == Found(0, 1, BLOCK - 3, BLOCK + 3)
    assert not wrapped
    second, _ = wrapped_find(source, pattern, 0, first.start + 1, 1, _never)
    assert second is not None
    assert second.start == len(data) + BLOCK - 3
    assert wrapped_find(source, pattern, second.index, second.start, -1, _never) == (first, False)
    assert wrapped_find(source, pattern, second.index, second.start + 1, 1, _never) == (first, True)
    assert wrapped_find(source, pattern, 0, first.start, -1, _never) == (second, True)
