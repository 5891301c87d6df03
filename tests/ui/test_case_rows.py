"""Cases on the start screen: found by their findings, marked when they are done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

from tcptui.lessons.loader import load_cases
from tcptui.ui.start.menu import Offer, StartMenu
from tcptui.ui.start.rows import CaseRow, HeadingRow, cells_of, counts_have_unit
from tcptui.ui.theme import ASCII, UNICODE
from tcptui.ui.user_files import RecentFiles
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from pathlib import Path

    from tcptui.ui.start.rows import StartRow
    from tcptui.ui.theme import Glyphs


@pytest.mark.parametrize("language", Language)
def test_a_finding_narrows_the_list_to_its_cases(tmp_path: Path, language: Language) -> None:
    menu = StartMenu(Offer(RecentFiles(tmp_path), load_cases(), interfaces=list, counters=dict), Words(language))

    found = [row.case.id for row in menu.rows("zero-window") if isinstance(row, CaseRow)]

    assert "zero-window" in found
    assert len(found) < 6


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("width", [54, 57, 65, 75])  # of the list in terminals of 100, 60, 120 and 80 columns
def test_title_is_whole_and_the_count_behind_it_gives_way(width: int, language: Language) -> None:
    words = Words(language)
    rows = [CaseRow(case) for case in load_cases()]
    has_unit = counts_have_unit(rows, width, words)
    assert has_unit or width < 65
    for row in rows:
        case = row.case
        text = "".join(span.text for span in cells_of(row, width, words, UNICODE, has_unit=has_unit))
        assert cell_len(text) == width
        assert f"{case.title[language]} " in f"{text} "
        behind = text.partition(case.title[language])[2].strip()
        expected = words("guide.start.packets", count=case.packets) if has_unit else str(case.packets)
        assert behind == expected or (not behind and width < 65)


@pytest.mark.parametrize("language", Language)
def test_counts_of_packets_are_all_written_alike(language: Language) -> None:
    words = Words(language)
    rows: list[StartRow] = [HeadingRow("Cases", counts_packets=True), *map(CaseRow, load_cases())]
    narrow = next(width for width in range(100, 0, -1) if not counts_have_unit(rows, width, words))
    for width in (narrow, narrow + 1):
        lines = [
            "".join(span.text for span in cells_of(row, width, words, UNICODE, has_unit=width > narrow)) for row in rows
        ]
        is_number = {line.rpartition(" ")[2].isdigit() for line in lines[1:]}
        assert is_number == {width == narrow}
        assert lines[0].endswith(words("screen.column.packets")) == (width == narrow)
        assert {cell_len(line) for line in lines} == {width}


@pytest.mark.parametrize(("glyphs", "mark"), [(UNICODE, "●"), (ASCII, "*")])
def test_a_case_that_was_gone_through_is_marked(tmp_path: Path, glyphs: Glyphs, mark: str) -> None:
    words = Words(Language.EN)
    offer = Offer(RecentFiles(tmp_path), load_cases(), done=frozenset({"half-close"}), interfaces=list, counters=dict)
    rows = [row for row in StartMenu(offer, words).rows() if isinstance(row, CaseRow)]
    marked = {row.case.id for row in rows if mark in cells_of(row, 80, words, glyphs)[0].text}

    assert marked == {"half-close"}
