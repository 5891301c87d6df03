"""Titles that name a statement: as much of it as there is room for."""

from __future__ import annotations

from functools import partial

import pytest
from rich.cells import cell_len

from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.ui.statement_title import title_within
from tcptui.words.catalogue import Words
from tcptui.words.finding_text import STATEMENT_TITLED, finding_title
from tcptui.words.language import Language


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", ["name", "价格价格价格价格价格价格价格价格"])
@pytest.mark.parametrize("width", [20, 40, 60, 80, 200])
def test_title_has_as_much_of_a_statement_as_the_line_holds(width: int, name: str, language: Language) -> None:
    statement = f"SELECT {name} FROM articles WHERE shop = ? AND colour = ? ORDER BY price"
    facts = {"statement": statement, "wait_s": 1.5}
    finding = Finding(FindingId.SLOW_QUERY, 0, (), Severity.WARNING, Confidence.CERTAIN, facts)
    title = partial(finding_title, finding, Words(language))
    shown, whole = title_within(width, title, STATEMENT_TITLED), title(len(statement))

    assert statement in whole
    if cell_len(whole) <= width:
        assert shown == whole
    elif cell_len(title(STATEMENT_TITLED)) >= width:
        assert shown == title(STATEMENT_TITLED)
    else:
        assert cell_len(title(STATEMENT_TITLED)) < cell_len(shown) <= width
        assert cell_len(shown) == width or not name.isascii()
