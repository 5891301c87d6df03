"""Lines to draw are Textual's, and keep nothing but what they show."""

from __future__ import annotations

import gc

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tcptui.ui.terminal.frame_pacing import FramePacer

ROW = (Segment("SYN ", Style(color="red")), Segment("10.0.0.1", Style(bold=True)), Segment(" 状态", Style()))


def test_strip_makes_no_object_but_its_list_of_segments() -> None:
    assert FramePacer  # with it strips are lean
    strips: list[Strip] = [Strip(ROW, 17)]
    gc.disable()
    try:
        before = gc.get_count()[0]
        strips.append(Strip(ROW, 17))
        made = gc.get_count()[0] - before
    finally:
        gc.enable()
    assert made <= 2, "the strip itself, and the list"


def test_strips_are_cut_joined_and_styled_as_before_and_anew_each_time() -> None:
    strip = Strip(ROW, 17)
    for _ in range(2):
        assert [piece.text for piece in strip.divide([4, 12, 17])] == ["SYN ", "10.0.0.1", " 状态"]
        assert strip.crop(4, 12).text == "10.0.0.1"
        assert strip.adjust_cell_length(20).text == "SYN 10.0.0.1 状态   "
        assert strip.crop_extend(0, 19, None).cell_length == 19
        assert strip.extend_cell_length(18).cell_length == 18
        assert all(style is not None and style.dim for _text, style, _control in strip.apply_style(Style(dim=True)))
        assert strip.apply_offsets(1, 2).text == strip.text
