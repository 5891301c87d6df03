"""The bar that shows where the time went."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from growing_source import GrowingSource
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tcptui.analysis.timing.budget_parts import Part
from tcptui.session.catch_up import Compile
from tcptui.session.session import Session
from tcptui.ui import explain_document as time_spent
from tcptui.ui.explain_document import stream_document
from tcptui.ui.main.budget_bar import bar_lines, cells_of
from tcptui.ui.main.explain_pane import lay_out
from tcptui.ui.theme import ASCII, UNICODE
from tcptui.words.budget_text import Share
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.ui.conftest import Shown, Wire

ACK, PSH = 16, 8
EN, ZH = Words(Language.EN), Words(Language.ZH)


def share(part: Part, time_ns: int) -> Share:
    return Share(part, time_ns, part.label, f"{time_ns} ns", "? %")


SHARES = (share(Part.NETWORK, 200), share(Part.SERVER_THINK, 700), share(Part.IDLE, 99), share(Part.UNATTRIBUTED, 1))


def test_cells_are_in_proportion_and_small_parts_are_still_seen() -> None:
    assert cells_of(SHARES, 20) == [4, 13, 2, 1]


@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=9), st.integers(1, 200))
def test_cells_fill_the_width(times: list[int], width: int) -> None:
    cells = cells_of([share(Part(i), time) for i, time in enumerate(times)], width)

    assert sum(cells) == width
    assert min(cells) >= (1 if width >= len(times) else 0)


def test_bar_of_nothing_is_empty() -> None:
    assert cells_of([], 40) == []
    assert cells_of([share(Part.IDLE, 0)], 40) == [0]


@pytest.mark.parametrize("width", [20, 46, 78, 120])
def test_bar_and_legend_fit_the_width_and_every_part_has_its_sign_and_words(width: int) -> None:
    lines = ["".join(run[0] for run in line) for line in bar_lines(SHARES, width, UNICODE)]

    assert cell_len(lines[0]) == width
    assert all(cell_len(line) <= width for line in lines)
    for part in SHARES:
        sign = UNICODE.fills[part.part]
        assert sign in lines[0]
        assert f"{sign}{part.name}{part.time}{part.percent}".replace(" ", "") in "".join(lines[1:]).replace(" ", "")


def test_signs_differ_from_one_another_in_both_sets() -> None:
    for glyphs in (UNICODE, ASCII):
        assert len(set(glyphs.fills)) == len(glyphs.fills) == len(Part)
    assert ASCII.fills.isascii()


def test_connection_tells_its_verdict_first_and_then_where_the_time_went(mixed_session: Session) -> None:
    document = stream_document(mixed_session, 1, mixed_session.current_findings(1), EN)
    heading = next(i for i, passage in enumerate(document) if passage.bar)

    assert heading == 2
    lines = ["".join(run[0] for run in line) for line in lay_out(document, 60, UNICODE, EN, dense=False)]
    assert "Where the time went" in lines


def test_long_connection_is_worked_out_by_a_worker_only(
    mixed_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time_spent, "PROMPT_SEGMENTS", 3)
    assert time_spent.bar_passage(mixed_session, 0, ZH) == ()

    time_spent.prefetch_time_budget(mixed_session, 0, ZH)
    (passage,) = time_spent.bar_passage(mixed_session, 0, ZH)
    assert passage.heading == "时间花在哪"


def server_think_ns(session: Session) -> int:
    (passage,) = time_spent.bar_passage(session, 0, EN)
    return sum(share.time_ns for share in passage.bar if share.part is Part.SERVER_THINK)


async def test_time_is_divided_anew_when_the_capture_ends(wire: Wire, tmp_path: Path) -> None:
    client, server = "10.0.0.1:40001", "192.0.2.10:80"
    wire.handshake(0, client, server)
    for number in range(13):
        wire.tcp(50 + number, client, server, PSH | ACK, 1001 + number, 9001 + number, payload=b"?")
        wire.tcp(50.5 + number, server, client, PSH | ACK, 9001 + number, 1002 + number, payload=b"!")
    wire.tcp(70, client, server, PSH | ACK, 1014, 9014, payload=b"?")
    wire.tcp(70.5, server, client, ACK, 9014, 1015)
    wire.tcp(10_070, server, client, PSH | ACK, 9014, 1015, payload=b"!")
    # One more packet in thirty is less than is waited for while the capture grows; it ends a wait of ten seconds.
    data = wire.pcap(tmp_path / "late.pcap").read_bytes()
    last = len(data) - 16 - len(wire.frames[-1][1])
    early: list[int] = []

    def look(_end: int) -> None:
        if session.store.count == len(wire.frames) - 1 and not early:
            early.append(server_think_ns(session))

    session = Session([GrowingSource(data, [last - 1, last], seen=look)], compile_when=Compile.NEVER)
    await asyncio.wait_for(session.run(), 600)

    assert early[0] < 1_000_000_000
    assert server_think_ns(session) > 9_000_000_000


@pytest.mark.parametrize(("ascii_only", "sign"), [(False, "░"), (True, "-")])
async def test_smallest_usual_terminal_shows_bar_and_legend(
    mixed_session: Session, show: Callable[..., AbstractAsyncContextManager[Shown]], ascii_only: bool, sign: str
) -> None:
    async with show(mixed_session, (80, 24), ascii=ascii_only) as shown:
        await shown.press("e")
        lines = [line.rstrip() for line in shown.lines()]
        heading = next(i for i, line in enumerate(lines) if "Where the time went" in line)

        assert sign in lines[heading + 1]
        assert len(set(lines[heading + 1].strip()) - {" "}) > 1
        assert f"{sign} network" in " ".join(lines[heading + 2 : heading + 4])
