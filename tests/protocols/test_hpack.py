"""HPACK as hpack itself decodes it; and what a reader knows that was not there from the beginning."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

import hpack
import pytest
from hpack.huffman import HuffmanEncoder
from hpack.huffman_constants import REQUEST_CODES, REQUEST_CODES_LENGTH
from hpack.huffman_table import decode_huffman
from hypothesis import given
from hypothesis import strategies as st

from tcptui.protocols.http2 import huffman as code
from tcptui.protocols.http2.hpack import (
    LIST_MOST,
    LIST_MOST_LATER,
    LISTS_MOST,
    TABLE_MOST,
    HpackReader,
    Representation,
)  # fmt: skip
from tcptui.protocols.http2.huffman import plain_text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NAMES = st.sampled_from([b":path", b"x-a", b"x-b", b"cookie", b"accept", b"server"])
VALUES = st.sampled_from([b"", b"1", b"two", b"three" * 9, b"\xff\x00", b"x" * 900])
LISTS = st.lists(st.lists(st.tuples(NAMES, VALUES), max_size=8), min_size=1, max_size=12)

#: With Huffman's code or without, a new size of the table, and fields, of which some are never indexed.
BLOCKS = st.lists(
    st.tuples(
        st.booleans(), st.none() | st.integers(0, 5_000),
        st.lists(st.tuples(NAMES, VALUES, st.booleans()), max_size=8),
    ),
    min_size=1, max_size=12,
)  # fmt: skip


def said(reader: HpackReader, data: bytes) -> list[tuple[bytes | None, bytes | None]]:
    decoded = reader.decode(data)
    assert decoded.is_valid
    return [(one.name, one.value) for one in decoded.fields if one.representation is not Representation.SIZE]


@given(LISTS, st.lists(st.integers(0, 5_000), max_size=3))
def test_lists_are_those_that_were_encoded(lists: list[list[tuple[bytes, bytes]]], sizes: list[int]) -> None:
    encoder, reader = hpack.Encoder(), HpackReader(from_start=True)
    for number, fields in enumerate(lists):
        if number < len(sizes):
            encoder.header_table_size = sizes[number]
        assert said(reader, encoder.encode(fields)) == fields


@given(LISTS, st.integers(0, 12))
def test_late_reader_knows_less_but_nothing_else(lists: list[list[tuple[bytes, bytes]]], missed: int) -> None:
    encoder, reader = hpack.Encoder(), HpackReader(from_start=False)
    for number, fields in enumerate(lists):
        data = encoder.encode(fields)
        if number >= missed:
            found = said(reader, data)
            assert len(found) == len(fields)
            for (name, value), field in zip(found, fields, strict=True):
                assert name in (None, field[0])
                assert value in (None, field[1])


@given(BLOCKS)
def test_every_block_is_as_the_library_says(
    blocks: list[tuple[bool, int | None, list[tuple[bytes, bytes, bool]]]],
) -> None:
    """Also where one comes again that changes no table: with another table it may say something else, or nothing."""
    encoder, reader, library = hpack.Encoder(), HpackReader(from_start=True), hpack.Decoder(1 << 20)
    library.max_allowed_table_size = TABLE_MOST
    again: list[bytes] = []
    for huffman, size, fields in blocks:
        if size is not None:
            encoder.header_table_size = size
        block = encoder.encode(fields, huffman)
        for data in (block, *again):
            try:
                named = library.decode(data, raw=True)
            except hpack.InvalidTableIndex:
                assert not reader.decode(data).is_valid
                return
            decoded = reader.decode(data)
            assert decoded.is_valid
            found = decoded.fields
            assert [(one.name, one.value) for one in found if one.representation is not Representation.SIZE] == named
            assert list(accumulate([one.size for one in found], initial=0)) == [*(one.at for one in found), len(data)]
        if {one.representation for one in HpackReader(from_start=False).decode(block).fields}.isdisjoint(
            {Representation.LITERAL, Representation.SIZE}
        ):
            again.append(block)


def test_a_block_that_comes_again_says_what_the_table_holds_by_then() -> None:
    for reader in (HpackReader(from_start=True), HpackReader(from_start=False)):
        reader.decode(b"\x40\x01a\x011")
        first = reader.decode(b"\xbe")
        assert reader.decode(b"\xbe") is first, "nothing changed: it is not decoded again"
        reader.decode(b"\x40\x01b\x012")
        assert said(reader, b"\xbe\xbf") == [(b"b", b"2"), (b"a", b"1")]
        assert said(reader, b"\xbe") == [(b"b", b"2")]
        reader.decode(b"\x20")
        assert not reader.decode(b"\xbe").is_valid


def test_what_is_unknown_may_be_known_when_the_same_block_comes_again() -> None:
    late = HpackReader(from_start=False)
    assert said(late, b"\xbe") == [(None, None)]
    assert said(late, b"\xbe") == [(None, None)]
    late.decode(b"\x40\x01a\x011")
    assert said(late, b"\xbe") == [(b"a", b"1")]
    late.lose()
    assert said(late, b"\xbe") == [(None, None)]


@given(st.binary(max_size=120), st.binary(max_size=6), st.integers(0, 1_000))
def test_huffman_code_is_read_as_the_library_reads_it(text: bytes, other: bytes, cut: int) -> None:
    coded = hpack.Encoder().huffman_coder.encode(text)
    assert plain_text(coded) == text
    for changed in (other, coded[: cut % (len(coded) + 1)], coded + other, coded[: cut % (len(coded) + 1)] + other):
        try:
            expected: bytes | None = decode_huffman(changed)
        except hpack.HPACKDecodingError:
            expected = None
        if expected is None:
            with pytest.raises(hpack.HPACKDecodingError):
                plain_text(changed)
        else:
            assert plain_text(changed) == expected


def test_what_was_inserted_since_is_found_and_what_was_before_is_unknown() -> None:
    encoder, late = hpack.Encoder(), HpackReader(from_start=False)
    encoder.encode([(b"x-old", b"1")])
    assert said(late, encoder.encode([(b"x-new", b"2")])) == [(b"x-new", b"2")]
    assert said(late, encoder.encode([(b"x-old", b"1"), (b"x-new", b"2")])) == [(None, None), (b"x-new", b"2")]
    assert said(late, encoder.encode([(b"x-old", b"3")])) == [(None, b"3")]
    assert not late.is_whole


def test_emptied_table_is_wholly_known() -> None:
    late = HpackReader(from_start=False)
    late.decode(b"\x20")
    assert late.is_whole
    assert not late.decode(b"\xbe").is_valid


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_decoded_or_refused(data: bytes, from_start: bool) -> None:
    reader = HpackReader(from_start=from_start)
    decoded = reader.decode(data)
    if decoded.is_valid and from_start:
        sizes = [one.place for one in decoded.fields if one.representation is Representation.SIZE]
        if not sizes:
            assert [(one.name, one.value) for one in decoded.fields] == hpack.Decoder(1 << 20).decode(data, raw=True)


def test_bomb_takes_neither_memory_nor_the_table() -> None:
    reader = HpackReader(from_start=True)
    big = b"v" * 4_000
    reader.decode(b"\x40\x01a\x7f" + hpack.hpack.encode_integer(len(big), 7)[1:] + big)
    decoded = reader.decode(b"\xbe" * 100_000)

    assert decoded.is_valid
    assert decoded.is_cut
    assert len(decoded.fields) <= LIST_MOST // len(big)
    assert said(reader, b"\xbe") == [(b"a", big)]


def test_list_that_was_cut_keeps_no_bytes_but_its_own() -> None:
    reader = HpackReader(from_start=True)
    names = [b"x-%05d" % number for number in range(20_000)]
    block = b"".join(b"\x00\x07" + name + b"\x02ok" for name in names)
    decoded = reader.decode(block)

    assert decoded.is_cut
    assert [one.name for one in decoded.fields] == names[: len(decoded.fields)]
    assert len(decoded._data) == sum(one.size for one in decoded.fields) < len(block) // 2


def test_bombs_of_one_connection_have_a_sum() -> None:
    reader = HpackReader(from_start=True)
    big = b"v" * 4_000
    reader.decode(b"\x40\x01a\x7f" + hpack.hpack.encode_integer(len(big), 7)[1:] + big)
    lists = [reader.decode(b"\xbe" * 70) for _ in range(600)]
    kept = [sum(len(one.value or b"") for one in decoded.fields) for decoded in lists]

    assert kept[0] > LIST_MOST - 2 * len(big)
    assert sum(kept) < LISTS_MOST + LIST_MOST + 600 * LIST_MOST_LATER
    assert 0 < kept[-1] <= LIST_MOST_LATER
    assert lists[-1].is_cut
    assert said(reader, b"\x82\xbe") == [(b":method", b"GET"), (b"a", big)], "what is usual is whole"


@pytest.mark.parametrize("data", [b"\xff" * 2_000_000, b"\x3f" + b"\xff" * 1_000_000, b"\x7f" * 1_000_000])
def test_endless_integers_are_refused_at_once(data: bytes) -> None:
    assert not HpackReader(from_start=True).decode(data).is_valid


def test_table_of_a_late_reader_is_bounded() -> None:
    reader = HpackReader(from_start=False)
    entry = b"\x40\x01a\x7f" + hpack.hpack.encode_integer(60_000, 7)[1:] + b"v" * 60_000
    for _ in range(100):
        reader.decode(entry)
    assert reader.kept_bytes <= TABLE_MOST


def test_state_that_two_threads_meet_for_the_first_time_is_filled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code, "_STEPS", [[] for _ in code._STEPS])
    texts = [b"/blob.bin", b"nginx/1.22.1", b"/api/user/3", b"text/html; charset=utf-8"]
    coded = [HuffmanEncoder(REQUEST_CODES, REQUEST_CODES_LENGTH).encode(text) for text in texts]
    cells = code._cells
    nested: list[bytes] = []

    def meanwhile() -> NDArray[np.int32]:
        """What another thread does between the first one's look and its filling: read the same text."""
        if not nested:
            nested.append(b"")
            nested.append(code._decoded(coded[0]))
        return cells()

    monkeypatch.setattr(code, "_cells", meanwhile)

    assert [code._decoded(one) for one in coded] == texts
    assert nested[1] == texts[0]
    assert {len(steps) for steps in code._STEPS} <= {0, 256}
