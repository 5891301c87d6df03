from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len

from tcptui.ui.main.arrow_text import Segment, arrow, arrow_text

DATA = Segment(0x18, 1, 518, 1, 517, 64240, 0, 0, None)
PURE_ACK = Segment(0x10, 518, 518, 2921, 0, 501, 0, 0, None)


def text(segment: Segment, width: int, name: str = "") -> str:
    return arrow_text(segment, name, width, "…")


def test_wide_arrow_says_everything() -> None:
    assert text(DATA, 60) == "PSH ACK 1:518 ack 1 len 517 win 64240"


@pytest.mark.parametrize(
    ("width", "said"),
    [(36, "PSH ACK 1:518 ack 1 len 517"), (22, "PSH ACK 1:518 len 517"), (20, "PSH ACK 1:518"), (8, "1:518")],
)
def test_narrower_arrow_drops_the_least_important_first(width: int, said: str) -> None:
    assert text(DATA, width) == said


def test_problem_keeps_its_name_and_bytes_before_its_flags() -> None:
    assert text(DATA, 32, "FAST RETRANSMISSION") == "FAST RETRANSMISSION 1:518"


def test_duplicate_ack_is_numbered_and_not_called_ack_twice() -> None:
    repeated = replace(PURE_ACK, dup_ack_number=3, sack=(4381, 5841))

    assert text(repeated, 60, "DUPLICATE ACK") == "DUPLICATE ACK ack 2921 sack 4381:5841 #3 win 501"
    assert text(repeated, 26, "DUPLICATE ACK") == "DUPLICATE ACK ack 2921 #3"


def test_closed_window_stays_when_little_else_fits() -> None:
    assert text(replace(PURE_ACK, window=0), 14) == "ack 2921 win 0"


def test_handshake_shows_its_numbers() -> None:
    assert text(Segment(0x12, 0, 0, 1, 0, 65535, 1460, 0, None), 60) == "SYN ACK seq 0 ack 1 win 65535 mss 1460"


@pytest.mark.parametrize("width", range(12))
def test_text_never_exceeds_the_arrow(width: int) -> None:
    assert cell_len(text(DATA, width, "确认了未捕获的报文段")) <= max(width, 0)


@pytest.mark.parametrize("label", ["SYN", "重复 ACK", ""])
@pytest.mark.parametrize("to_right", [True, False])
def test_arrow_fills_its_lane_and_points_one_way(label: str, to_right: bool) -> None:
    drawn = "".join(arrow(label, 30, to_right, "─", ("◀", "▶")))

    assert cell_len(drawn) == 30
    assert drawn.endswith("▶") == to_right
    assert drawn.startswith("◀") != to_right


def test_ascii_heads_keep_the_width() -> None:
    assert cell_len("".join(arrow("SYN", 30, True, "-", ("<", ">")))) == 30
