"""What the start screen teaches below the details of a row."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from textual.geometry import Size

from tcptui.ui.help_pages import lessons
from tcptui.ui.prose import Paragraph, lay_out
from tcptui.ui.start.teaching import filled
from tcptui.ui.theme import UNICODE
from tcptui.words.catalogue import Words
from tcptui.words.language import Language


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("width", [30, 36, 40, 46, 50, 60, 80])
def test_no_line_is_cut_and_the_diagram_of_a_connection_stands_where_it_is_whole(
    width: int, language: Language
) -> None:
    words = Words(language)
    page = filled((Paragraph("eth0"),), lessons(words, UNICODE), Size(width, 400))
    lines = ["".join(span.text for span in line) for line in lay_out(page, width)[0]]

    assert [line for line in lines if cell_len(line.rstrip()) > width] == []
    assert any("CLOSE-WAIT" in line and "FIN-WAIT-1" in line for line in lines) == (width >= 50)
    assert len(lines) <= 400
