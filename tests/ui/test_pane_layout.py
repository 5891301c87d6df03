from __future__ import annotations

from dataclasses import replace
from itertools import combinations, product

import pytest
from textual.geometry import Region, Size

from tcptui.ui.keymap import COMMANDS
from tcptui.ui.main import layout
from tcptui.ui.main.layout import Arrangement, Shape, few_heights, is_right_hand, plan, shape_of
from tcptui.ui.main.pane_specs import NUMBERED, PANES, Pane, Share, Slot
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

ALL_PANES = tuple(Pane)
SIZES = [(60, 13), (80, 21), (99, 40), (100, 28), (120, 38), (159, 50), (160, 30), (200, 48), (400, 120)]


@pytest.mark.parametrize(
    ("width", "height", "shape"),
    [(59, 40, Shape.TOO_SMALL), (200, 15, Shape.TOO_SMALL), (60, 16, Shape.NARROW), (99, 60, Shape.NARROW),
     (100, 16, Shape.MEDIUM), (159, 40, Shape.MEDIUM), (160, 40, Shape.WIDE)],
)  # fmt: skip
def test_shape_follows_the_terminal(width: int, height: int, shape: Shape) -> None:
    assert shape_of(width, height) is shape


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("lesson", [False, True])
@pytest.mark.parametrize("active", NUMBERED)
def test_panes_cover_the_room_without_overlap(size: tuple[int, int], lesson: bool, active: Pane) -> None:
    width, height = size
    regions = plan(Size(width, height), shape_of(width, height + 3), Arrangement(active, lesson=lesson))

    assert sum(region.area for region in regions.values()) == width * height
    assert all(Region(0, 0, width, height).contains_region(region) for region in regions.values())
    assert not any(one.overlaps(other) for one, other in combinations(regions.values(), 2))
    assert active in regions


@pytest.mark.parametrize("active", [Pane.CONNECTIONS, Pane.TIMELINE, Pane.HEADERS])
def test_narrow_screen_explains_below_every_pane(active: Pane) -> None:
    regions = plan(Size(80, 21), Shape.NARROW, Arrangement(active))

    assert regions[Pane.EXPLAIN].height == 8
    assert regions[active].height == 13


def test_narrow_screen_with_a_case_shows_its_step_below() -> None:
    regions = plan(Size(80, 21), Shape.NARROW, Arrangement(Pane.TIMELINE, lesson=True))

    assert set(regions) == {Pane.TIMELINE, Pane.LESSON}


@pytest.mark.parametrize("shape", [Shape.NARROW, Shape.MEDIUM, Shape.WIDE])
def test_zoomed_pane_has_everything(shape: Shape) -> None:
    regions = plan(Size(120, 38), shape, Arrangement(Pane.HEADERS, zoomed=True))

    assert regions == {Pane.HEADERS: Region(0, 0, 120, 38)}


@pytest.mark.parametrize("shape", [Shape.NARROW, Shape.MEDIUM, Shape.WIDE])
@pytest.mark.parametrize("listed", [0, 1, 4, 1000])
def test_list_takes_no_more_lines_than_it_fills(shape: Shape, listed: int) -> None:
    regions = plan(Size(200, 38), shape, Arrangement(listed=listed))
    all_of_it = plan(Size(200, 38), shape, Arrangement())[Pane.CONNECTIONS].height
    titles = 1 if shape is Shape.NARROW else 2

    assert regions[Pane.CONNECTIONS].height == min(titles + listed, all_of_it)


@pytest.mark.parametrize(("shape", "title"), [(Shape.NARROW, 0), (Shape.WIDE, 1)])
def test_short_timeline_of_the_only_connection_leaves_its_lines_to_what_is_below(shape: Shape, title: int) -> None:
    def height(active: Pane, packets: int | None) -> int:
        chosen = Arrangement(active, packets=packets, listed=1)
        return plan(Size(200, 38), shape, chosen)[Pane.TIMELINE].height

    whole = height(Pane.TIMELINE, None)
    assert height(Pane.TIMELINE, 4) == title + 5 < whole
    assert height(Pane.TIMELINE, 1000) == whole


def test_timeline_has_one_of_four_heights_while_connections_are_looked_at() -> None:
    def height(packets: int) -> int:
        regions = plan(Size(200, 47), Shape.WIDE, Arrangement(Pane.CONNECTIONS, packets=packets))
        assert regions[Pane.TIMELINE].bottom == regions[Pane.HEADERS].y
        return regions[Pane.TIMELINE].height

    heights = [height(packets) for packets in range(1, 60)]
    assert heights == sorted(heights)
    assert len(set(heights)) == 4, "what is below would move with each connection"
    assert heights[3] <= heights[-1] // 2
    assert all(lines >= 2 + packets or lines == heights[-1] for packets, lines in enumerate(heights, 1))


def test_timeline_of_the_only_connection_that_is_listed_has_no_blank_lines() -> None:
    for packets in range(1, 8):
        regions = plan(Size(200, 47), Shape.WIDE, Arrangement(Pane.CONNECTIONS, listed=1, packets=packets))

        assert regions[Pane.TIMELINE].height == 2 + packets


@pytest.mark.parametrize(("width", "explanation"), [(160, 64), (200, 68), (250, 68)])
def test_explanation_is_no_wider_than_prose_is_read(width: int, explanation: int) -> None:
    regions = plan(Size(width, 47), Shape.WIDE, Arrangement())

    assert regions[Pane.EXPLAIN].width == explanation
    assert regions[Pane.TIMELINE].width == width - explanation


@pytest.mark.parametrize(("height", "lines"), [(24, 0), (33, 0), (34, 4), (47, 4), (56, 7), (120, 7)])
@pytest.mark.parametrize("shape", [Shape.MEDIUM, Shape.WIDE])
def test_strip_above_the_list_costs_the_list_nothing(shape: Shape, height: int, lines: int) -> None:
    regions = plan(Size(200, height), shape, Arrangement())

    assert (regions[Pane.GLANCE].height if Pane.GLANCE in regions else 0) == lines
    assert regions[Pane.CONNECTIONS].y == lines
    assert regions[Pane.CONNECTIONS].height == height * 33 // 100
    assert Pane.GLANCE not in plan(Size(200, height), shape, Arrangement(lesson=True))


def test_wide_screen_has_the_headers_below_the_timeline() -> None:
    regions = plan(Size(200, 47), Shape.WIDE, Arrangement())

    assert regions[Pane.TIMELINE].bottom == regions[Pane.HEADERS].y
    assert regions[Pane.TIMELINE].width == regions[Pane.HEADERS].width
    assert regions[Pane.EXPLAIN].height == regions[Pane.TIMELINE].height + regions[Pane.HEADERS].height
    assert regions[Pane.CONNECTIONS].width == 200


@pytest.mark.parametrize("size", SIZES)
def test_line_sets_apart_what_has_a_pane_on_its_left(size: tuple[int, int]) -> None:
    room, shape = Size(*size), shape_of(size[0], size[1] + 3)
    for active, lesson, packets in product(NUMBERED, [False, True], [None, 4, 15, 40]):
        chosen = Arrangement(active, lesson=lesson, packets=packets)
        regions = plan(room, shape, chosen)

        assert all(is_right_hand(pane, room, shape, chosen) == (region.x > 0) for pane, region in regions.items())
        alone = replace(chosen, zoomed=True)
        assert not any(is_right_hand(pane, room, shape, alone) for pane in ALL_PANES)


@pytest.mark.parametrize("lesson", [False, True])
@pytest.mark.parametrize("packets", [4, 10, 11, 17, 1000])
def test_headers_stand_below_the_timeline_however_long_it_is(packets: int, lesson: bool) -> None:
    chosen = Arrangement(Pane.TIMELINE, lesson=lesson, packets=packets, listed=1)
    regions = plan(Size(120, 37), Shape.MEDIUM, chosen)

    assert (regions[Pane.HEADERS].x, regions[Pane.HEADERS].y) == (0, regions[Pane.TIMELINE].bottom)
    assert regions[Pane.HEADERS].height >= 8
    assert regions[Pane.HEADERS].bottom == regions[Pane.EXPLAIN].bottom == 37
    if packets < 18:
        assert regions[Pane.TIMELINE].height == 2 + packets


@pytest.mark.parametrize("size", [(100, 27), (120, 37), (159, 50), (160, 42), (200, 47), (250, 67)])
@pytest.mark.parametrize("lesson", [False, True])
@pytest.mark.parametrize("listed", [None, 1, 4, 1000])
def test_panes_keep_their_place_when_a_row_is_opened(size: tuple[int, int], lesson: bool, listed: int | None) -> None:
    shape = shape_of(size[0], size[1] + 3)
    for packets in range(1, 61):
        browsing = Arrangement(packets=packets, listed=listed, lesson=lesson)
        planned = plan(Size(*size), shape, browsing)
        for active in (Pane.TIMELINE, Pane.HEADERS, Pane.EXPLAIN):
            assert plan(Size(*size), shape, replace(browsing, active=active)) == planned, packets


@pytest.mark.parametrize("size", [(80, 21), (100, 27), (120, 37), (140, 60), (160, 42), (200, 47), (250, 67)])
def test_below_a_short_timeline_no_more_than_a_few_lines_stay_blank(size: tuple[int, int]) -> None:
    shape = shape_of(size[0], size[1] + 3)
    for packets, lesson, listed in product(range(1, 61), [False, True], [1, 4, 1000]):
        for active in (Pane.TIMELINE, Pane.HEADERS, Pane.EXPLAIN):
            chosen = Arrangement(active, lesson=lesson, packets=packets, listed=listed)
            timeline = plan(Size(*size), shape, chosen).get(Pane.TIMELINE)
            if timeline is not None:
                filled = packets + 1 + (not shape.has_tabs)
                assert timeline.height - filled < 8, f"{packets} packets, {active}, {lesson=}, {listed=}"


@pytest.mark.parametrize("size", [(100, 27), (120, 37), (140, 60), (160, 42), (200, 47), (250, 67)])
@pytest.mark.parametrize("lesson", [False, True])
def test_headers_keep_their_side_while_the_cursor_is_in_the_list(size: tuple[int, int], lesson: bool) -> None:
    regions = [
        plan(Size(*size), shape_of(size[0], size[1] + 3), Arrangement(packets=packets, listed=30, lesson=lesson))
        for packets in (None, *range(1, 61))
    ]

    assert len({each[Pane.EXPLAIN] for each in regions}) == 1
    assert {each[Pane.HEADERS].x for each in regions} == {0}
    assert len({each[Pane.HEADERS].y for each in regions}) <= max(4, size[1] // 10)
    assert all(each[Pane.HEADERS].height >= 7 for each in regions)


def test_new_pane_of_the_side_column_is_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    moved = tuple(
        replace(spec, slot=Slot.SIDE, share=Share(20, 0)) if spec.pane is Pane.LESSON else spec for spec in PANES
    )
    monkeypatch.setattr(layout, "PANES", moved)
    regions = plan(Size(160, 40), Shape.WIDE, Arrangement())

    assert regions[Pane.LESSON].bottom == regions[Pane.EXPLAIN].y
    assert regions[Pane.EXPLAIN].bottom == 40


def test_medium_ladder_has_the_larger_part() -> None:
    regions = plan(Size(120, 38), Shape.MEDIUM, Arrangement())

    assert regions[Pane.TIMELINE].width == 75
    assert regions[Pane.CONNECTIONS].width == 120


def test_every_pane_is_one_row_with_its_words_and_its_key() -> None:
    assert sorted(spec.pane.value for spec in PANES) == sorted(pane.value for pane in Pane)
    keys = {command.name: command.keys for command in COMMANDS}
    for language in Language:
        words = Words(language)
        for spec in PANES:
            assert words(spec.title) != spec.title
            if spec.make is not None:
                assert keys[spec.command] == str(NUMBERED.index(spec.pane) + 1)
                assert words(f"screen.key.{spec.command}")


def test_second_pane_of_the_main_column_takes_the_first_ones_place_while_it_is_in_front(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moved = tuple(replace(spec, slot=Slot.MAIN) if spec.pane is Pane.HEADERS else spec for spec in PANES)
    monkeypatch.setattr(layout, "PANES", moved)
    size = Size(160, 40)
    behind = plan(size, Shape.WIDE, Arrangement(Pane.EXPLAIN))
    in_front = plan(size, Shape.WIDE, Arrangement(Pane.HEADERS))

    assert set(behind) == {Pane.GLANCE, Pane.CONNECTIONS, Pane.TIMELINE, Pane.EXPLAIN}
    assert in_front[Pane.HEADERS] == behind[Pane.TIMELINE]
    assert Pane.TIMELINE not in in_front


@pytest.mark.parametrize(("most", "heights"), [(8, 4), (15, 4), (22, 4), (32, 4), (40, 5), (60, 8)])
def test_below_a_short_list_at_most_a_quarter_of_its_room_stays_blank(most: int, heights: int) -> None:
    for needed in range(1, most + 1):
        lines = few_heights(needed, most)

        assert needed <= lines <= most
        assert lines - needed <= min(most // 4 + 1, 8)
    assert len({few_heights(needed, most) for needed in range(2 * most)}) == heights, "what is below it moves seldom"


@pytest.mark.parametrize("shape", Shape)
@pytest.mark.parametrize("active", Pane)
def test_no_size_is_too_small_to_be_divided(shape: Shape, active: Pane) -> None:
    """While the window grows, panes are planned for the shape to come in the size that was."""
    for columns, rows in product((0, 1, 40, 100), range(12)):
        for listed in (None, 1, 4):
            assert plan(Size(columns, rows), shape, Arrangement(active, listed=listed, packets=8))
