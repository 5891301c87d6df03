"""The table of the list's columns: what derives from it fits together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tcptui.ui.main.column_names import Column, SortKey
from tcptui.ui.main.column_widths import Needs, column_widths
from tcptui.ui.main.columns import COLUMNS, SORT_KEYS, CellFormat, ListColumn
from tcptui.ui.theme import UNICODE
from tcptui.words.catalogue import Words
from tcptui.words.language import Language


def test_every_column_and_order_is_there_once_with_its_words() -> None:
    assert [column.id for column in COLUMNS] == list(Column)
    assert {column.sort for column in COLUMNS if column.sort} | {SortKey.START} == set(SortKey)
    for language in Language:
        words = Words(language)
        assert all(
            words(column.heading, right="→", left="←") for column in COLUMNS if column.shape is not CellFormat.MARK
        )
        assert all(words(f"screen.sort.{key.value}") for key in SortKey)


@given(
    st.integers(60, 400), st.integers(9, 60), st.integers(9, 60), st.integers(1, 25), st.integers(0, 70),
    st.sampled_from(SORT_KEYS),
)  # fmt: skip
def test_widths_fill_the_list_and_bytes_are_shown_in_both_directions_or_none(
    width: int, client: int, server: int, state: int, note: int, key: SortKey
) -> None:
    widths, _ = column_widths(width, Needs(4, client, server, client // 2, server // 2, state, note), key)

    assert sum(widths.values()) == width
    assert bool(widths[Column.SENT]) == bool(widths[Column.RECEIVED])
    assert not widths[Column.PACKETS] or widths[Column.NOTE] > min(note, 43) or key is SortKey.PACKETS


@given(st.integers(60, 400), st.integers(9, 60), st.integers(1, 25), st.sampled_from(SORT_KEYS))
def test_column_that_the_list_is_sorted_by_is_always_there(width: int, end: int, state: int, key: SortKey) -> None:
    widths, _ = column_widths(width, Needs(4, end, end, end, end, state, 40), key)

    assert all(widths[column.id] >= max(column.width, 1) for column in COLUMNS if column.sort is key)
    assert widths[Column.NOTE] >= 20 or width < 80


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("column", [column for column in COLUMNS if column.sort], ids=lambda column: column.id.value)
def test_heading_of_the_sorted_column_loses_no_letter_to_its_sign(column: ListColumn, language: Language) -> None:
    text = "" if column.shape is CellFormat.MARK else Words(language)(column.heading, right="->", left="<-")
    needs = Needs(4, 20, 20, 10, 10, 12, 40, heading=cell_len(text) + 1)
    widths, _ = column_widths(250, needs, column.sort or SortKey.START)
    drawn = column.fitted_heading(text, widths[column.id], "…", "▾")

    assert drawn.strip() == f"{text}▾"
    assert drawn.endswith(" ") or column.shape is CellFormat.MARK, "the next heading begins behind it"


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.id.value)
@pytest.mark.parametrize("text", ["", "12", "[2001:db8::1]:443", "第十二个包重传了"])
def test_heading_and_cell_take_exactly_the_column(column: ListColumn, text: str) -> None:
    for width in (2, 8, 19):
        assert cell_len(column.fitted_heading(text, width, "…")) == width
        if column.shape is not CellFormat.ENDPOINT or text.isascii():
            assert cell_len(column.fitted(text, width, UNICODE)) == width
