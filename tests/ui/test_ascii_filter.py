from __future__ import annotations

from typing import Final

import pytest
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from tcptui.ui.terminal.ascii import AsciiFilter, without_narrow_non_ascii
from tcptui.words.catalogue import catalogue
from tcptui.words.language import Language

#: What the palette compares with what was typed.
NEVER_SHOWN: Final = "guide.palette.also."


@pytest.mark.parametrize(
    ("drawn", "plain"),
    [
        ("─── SYN ──▶│", "--- SYN -->|"),
        ("┌─┐└┘├┤", "+-+++++"),
        ("“quoted” — 38 µs … ×2 · ✗", '"quoted" - 38 us ~ x2 . x'),
        ("▁▂▃█", "   #"),
        ("␛[31m", "^[31m"),
        ("é\ufffd", "??"),
        ("连接", "连接"),
        ("plain", "plain"),
    ],
)
def test_narrow_characters_become_ascii_in_as_many_cells(drawn: str, plain: str) -> None:
    assert without_narrow_non_ascii(drawn) == plain
    assert cell_len(without_narrow_non_ascii(drawn)) == cell_len(drawn)


def test_every_english_sentence_becomes_ascii() -> None:
    shown = {key: text for key, text in catalogue(Language.EN).items() if not key.startswith(NEVER_SHOWN)}
    assert [text for text in shown.values() if not without_narrow_non_ascii(text).isascii()] == []


def test_styles_and_control_codes_pass() -> None:
    style = Style(bold=True)

    filtered = AsciiFilter().apply([Segment("─", style)], Color(0, 0, 0))

    assert filtered == [Segment("-", style)]
