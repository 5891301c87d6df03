from __future__ import annotations

import random

import pytest
from drawn_screen import DrawnScreen
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from tcptui.ui.terminal.cell_diff import CellDiff, _cells

PLAIN, RED = Style(), Style(color="#ff0000")
CONSOLE = Console(color_system="truecolor", force_terminal=True)
WIDTH = 40


def strip(*parts: tuple[str, Style]) -> Strip:
    return Strip([Segment(text, style) for text, style in parts])


def whole(*lines: Strip) -> LayoutUpdate:
    return LayoutUpdate([[line] for line in lines], Region(0, 0, WIDTH, len(lines)))


def sent(shown: CellDiff, update: CompositorUpdate) -> str:
    changed = shown.changed(update)
    return "" if changed is None else changed.render_segments(CONSOLE)


@pytest.fixture
def shown() -> CellDiff:
    return CellDiff()


def test_what_stands_there_already_is_not_sent_again(shown: CellDiff) -> None:
    update = whole(strip(("one", PLAIN)), strip(("two", RED)))
    assert "one" in sent(shown, update)
    assert shown.changed(whole(strip(("one", PLAIN)), strip(("two", RED)))) is None


def test_only_the_number_that_changed_is_sent(shown: CellDiff) -> None:
    sent(shown, whole(strip(("10.0.0.1:40000  established  ", PLAIN), ("1,023", RED), (" packets", PLAIN))))
    later = sent(shown, whole(strip(("10.0.0.1:40000  established  ", PLAIN), ("1,024", RED), (" packets", PLAIN))))
    assert later == "\x1b[1;34H" + RED.render("4", color_system=CONSOLE._color_system)


def test_a_colour_alone_is_a_difference(shown: CellDiff) -> None:
    sent(shown, whole(strip(("abc", PLAIN))))
    assert "abc" in sent(shown, whole(strip(("abc", RED))))


def test_ever_new_texts_are_not_all_kept(shown: CellDiff) -> None:
    for number in range(5_000):
        assert sent(shown, whole(strip((f"{number:,} packets", PLAIN))))

    assert 500 < _cells.cache_info().currsize <= 1_024


def test_after_forgetting_everything_is_sent(shown: CellDiff) -> None:
    update = whole(strip(("abc", PLAIN)))
    first = sent(shown, update)
    shown.forget()
    assert sent(shown, update) == first


def test_near_changes_go_together_and_distant_ones_alone(shown: CellDiff) -> None:
    sent(shown, whole(strip(("aaaaaaaaaaaaaaaaaaaa", PLAIN))))
    assert sent(shown, whole(strip(("baabaaaaaaaaaaaaaaab", PLAIN)))) == "\x1b[1;1Hbaab\x1b[1;20Hb"


def test_half_of_a_wide_character_is_never_sent(shown: CellDiff) -> None:
    sent(shown, whole(strip(("中文字", PLAIN))))
    assert sent(shown, whole(strip(("中国字", PLAIN)))) == "\x1b[1;3H国"
    assert sent(shown, whole(strip(("a国字", PLAIN), (" ", PLAIN)))).startswith("\x1b[1;1Ha国")


def test_overwriting_half_of_a_wide_character_makes_its_other_half_unknown(shown: CellDiff) -> None:
    sent(shown, whole(strip(("中", PLAIN), ("bc", PLAIN))))
    chops = ChopsUpdate([{0: None, 1: strip(("x", PLAIN)), 2: None}], [(0, 1, 2)], [[1, 2, 4]])
    assert sent(shown, chops) == "\x1b[1;2Hx"
    assert sent(shown, whole(strip(("中", PLAIN), ("bc", PLAIN)))) == "\x1b[1;1H中"


def test_pieces_outside_of_the_spans_are_not_sent(shown: CellDiff) -> None:
    update = ChopsUpdate([{0: strip(("left", PLAIN)), 4: strip(("right", PLAIN))}], [(0, 4, 9)], [[4, 9]])
    assert sent(shown, update) == "\x1b[1;5Hright"


def test_update_of_another_kind_goes_through_and_all_is_forgotten(shown: CellDiff) -> None:
    class Other(CompositorUpdate):
        def render_segments(self, console: Console) -> str:
            return "other"

    update = whole(strip(("abc", PLAIN)))
    first = sent(shown, update)
    assert sent(shown, Other()) == "other"
    assert sent(shown, update) == first


@pytest.mark.parametrize("seed", range(8))
def test_terminal_shows_the_last_state_after_any_sequence_of_updates(shown: CellDiff, seed: int) -> None:
    dice = random.Random(seed)
    screen = DrawnScreen(WIDTH, 6)

    def line() -> Strip:
        parts = [
            ("".join(dice.choices("abc  ─│中文é", k=dice.randrange(1, 8))), dice.choice((PLAIN, RED)))
            for _ in range(12)
        ]
        return strip(*parts).adjust_cell_length(WIDTH, PLAIN)

    lines = [line() for _ in range(6)]
    screen.feed(sent(shown, whole(*lines)).encode())
    for _ in range(60):
        row = dice.randrange(6)
        kept = strip(*((segment.text, segment.style or PLAIN) for segment in lines[row]))
        cut = dice.randrange(WIDTH)
        lines[row] = Strip.join([kept.crop(0, cut), line().crop(cut, WIDTH)]).adjust_cell_length(WIDTH, PLAIN)
        chops = [{0: each} for each in lines]
        update = whole(*lines) if dice.random() < 0.3 else ChopsUpdate(chops, [(row, 0, WIDTH)], [[WIDTH]] * len(lines))
        screen.feed(sent(shown, update).encode())
        assert screen.lines == [each.text for each in lines]
