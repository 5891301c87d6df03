"""Cases on the start screen: found by their findings, marked when they are done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

from tcptui.lessons.loader import load_cases
from tcptui.ui.start.menu import Offer, StartMenu
from tcptui.ui.start.rows import CaseRow, cells_of
from tcptui.ui.theme import ASCII, UNICODE
from tcptui.ui.user_files import RecentFiles
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from pathlib import Path

    from tcptui.ui.theme import Glyphs


@pytest.mark.parametrize("language", Language)
def test_a_finding_narrows_the_list_to_its_cases(tmp_path: Path, language: Language) -> None:
    menu = StartMenu(Offer(RecentFiles(tmp_path), load_cases(), interfaces=list, counters=dict), Words(language))

    found = [row.case.id for row in menu.rows("zero-window") if isinstance(row, CaseRow)]

    assert "zero-window" in found
    assert len(found) < 6


@pytest.mark.parametrize("language", Language)
def test_title_is_cut_only_where_there_is_no_room_before_the_count(language: Language) -> None:
    words = Words(language)
    for case in load_cases():
        spans = cells_of(CaseRow(case), 56, words, UNICODE)
        text = "".join(span.text for span in spans)
        assert cell_len(text) == 56
        if "…" in text:
            assert "  " not in text.partition("…")[2].rstrip()


@pytest.mark.parametrize(("glyphs", "mark"), [(UNICODE, "●"), (ASCII, "*")])
def test_a_case_that_was_gone_through_is_marked(tmp_path: Path, glyphs: Glyphs, mark: str) -> None:
    words = Words(Language.EN)
    offer = Offer(RecentFiles(tmp_path), load_cases(), done=frozenset({"half-close"}), interfaces=list, counters=dict)
    rows = [row for row in StartMenu(offer, words).rows() if isinstance(row, CaseRow)]
    marked = {row.case.id for row in rows if mark in cells_of(row, 80, words, glyphs)[0].text}

    assert marked == {"half-close"}
