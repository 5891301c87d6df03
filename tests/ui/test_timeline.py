from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from ip_pieces import pieces, segment, whole, write_raw
from screen_lines import screen_lines

from tcptui.access.kernel_events.log import KernelLog
from tcptui.access.kernel_events.tied_events import KernelEvents
from tcptui.model.finding import Confidence, Finding, FindingId, Severity
from tcptui.model.kernel_event import RECORD, KernelEventKind
from tcptui.session.session import open_file
from tcptui.ui.main.column_names import SortKey
from tcptui.ui.main.columns import Sorting
from tcptui.ui.main.packet_severity import is_problem, packet_severity, raised_rows
from tcptui.ui.main.pane_specs import Pane
from tcptui.ui.main.state_text import pair_text, state_text
from tcptui.ui.main.timeline import preview
from tcptui.ui.main.timeline_columns import timeline_columns

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tcptui.session.session import Session
    from tests.ui.conftest import Shown, Wire

    Show = Callable[..., AbstractAsyncContextManager[Shown]]

KNOWN = 0x80
CLOSED, SYN_SENT, ESTABLISHED, TIME_WAIT = 1, 3, 5, 11
RST_MARK = 1 << 4


@pytest.mark.parametrize("width", range(58, 260, 7))
@pytest.mark.parametrize("time_width", [0, 9, 16])
def test_columns_use_the_whole_width(width: int, time_width: int) -> None:
    columns = timeline_columns(width, 7, time_width)
    used = 3 + columns.frame + columns.time + columns.delta + 2 * columns.state + columns.lane + columns.note

    assert used == width
    assert columns.lane >= 20
    assert columns.frame or not columns.time


@pytest.mark.parametrize("time_width", [0, 9, 16])
def test_packet_numbers_are_shown_in_the_narrowest_timeline(time_width: int) -> None:
    assert timeline_columns(58, 7, time_width).frame
    assert not timeline_columns(45, 7, time_width).frame  # no terminal is that narrow


def test_wide_ladder_has_every_column_and_full_state_names() -> None:
    columns = timeline_columns(197, 5, 10)

    assert columns.frame
    assert columns.delta
    assert columns.note
    assert columns.long_states


def test_arrows_leave_to_the_note_what_they_do_not_need() -> None:
    assert timeline_columns(247, 5, 10).note > 100
    assert timeline_columns(247, 5, 10).lane == timeline_columns(240, 5, 10).lane


@pytest.mark.parametrize(
    ("cell", "short", "text"),
    [(KNOWN | 4, True, "SYN-RCVD"), (4, True, "SYN-RCVD?"), (4, False, "SYN-RECEIVED?"), (0, True, "?"),
     (KNOWN | 8, True, "CLOSE-W")],
)  # fmt: skip
def test_assumed_states_carry_a_question_mark(cell: int, short: bool, text: str) -> None:
    assert state_text(cell, short) == text


@pytest.mark.parametrize(
    ("cell", "short", "text"),
    [(KNOWN | 4, True, "SYN-RCVD*"), (2, True, "LISTEN?*"), (4, True, "SYN-RCVD?"), (4, False, "SYN-RECEIVED?")],
)
def test_corrected_states_carry_an_asterisk_where_it_fits(cell: int, short: bool, text: str) -> None:
    assert state_text(cell, short, corrected=True) == text


@pytest.mark.parametrize(
    ("client", "server", "marks", "text"),
    [
        (KNOWN | ESTABLISHED, KNOWN | ESTABLISHED, 0, "ESTAB"),
        (KNOWN | ESTABLISHED, ESTABLISHED, 0, "ESTAB?"),
        (KNOWN | TIME_WAIT, CLOSED, 0, "TIME-W/CLOSED?"),
        (KNOWN | CLOSED, CLOSED, RST_MARK, "CLOSED (RST)"),
        (KNOWN | SYN_SENT, 0, 0, "SYN-SENT/?"),
        (0, 0, 0, "?"),
    ],
)
def test_pair_of_states_is_told_in_few_cells(client: int, server: int, marks: int, text: str) -> None:
    assert pair_text(client, server, marks) == text


def test_severity_of_packets_follows_verdict_flags_and_findings(mixed_session: Session) -> None:
    store = mixed_session.store
    lossy, refused = mixed_session.rows_of(1), mixed_session.rows_of(2)
    levels = [packet_severity(store, row, {}) for row in lossy.tolist()]

    assert levels[0] is None
    assert levels.count(Severity.NOTE) == 3  # the duplicate ACKs
    assert levels[-2] is Severity.WARNING  # the fast retransmission
    assert packet_severity(store, int(refused[1]), {}) is Severity.WARNING
    assert packet_severity(store, int(refused[1]), {int(refused[1]): Severity.ERROR}) is Severity.ERROR
    assert is_problem(store, refused).tolist() == [False, True]


def test_finding_raises_the_guilty_packet_not_the_ordinary_evidence(mixed_session: Session) -> None:
    store = mixed_session.store
    frames = tuple(store.frame[mixed_session.rows_of(2)].tolist())
    finding = Finding(FindingId.CONNECTION_REFUSED, 2, frames, Severity.ERROR, Confidence.CERTAIN)
    note = Finding(FindingId.THREE_WAY_HANDSHAKE, 0, (1, 2, 3), Severity.NOTE, Confidence.CERTAIN)

    assert raised_rows(store, (finding, note)) == {store.row_of_frame(frames[1]): Severity.ERROR}


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n", "GET / HTTP/1.1 Host…"),
        (b"\n       1 from the client: the quick", "1 from the client:…"),
        (b"g\n       2 from", "g 2 from"),
        (b" \r\n", "20 0d 0a"),
        (b"\x16\x03\x01\x02\x00\x01", "16 03 01 02 00 01"),
        (b"", ""),
        (b"ok \x1b[31m red alert, quite long enough to be text", "ok ␛[31m red alert,…"),
        (b"exactly twenty chars", "exactly twenty chars"),
        (b"exactly twenty chars!", "exactly twenty char…"),
        (bytes(range(7)), "00 01 02 03 04 05 06"),
        (bytes(range(8)), "00 01 02 03 04 05 …"),
    ],
)
def test_preview_shows_text_as_text_and_the_rest_as_hex(payload: bytes, text: str) -> None:
    assert preview(payload, 20) == text


async def test_preview_has_the_room_that_there_is_after_a_resize(show: Show, wire: Wire, tmp_path: Path) -> None:
    text = b"0123456789 " * 12
    wire.clean(0, "10.0.0.1:40001", "192.0.2.10:9999", text)
    shown_at = {}
    async with show(open_file(wire.pcap(tmp_path / "text.pcap")), (250, 70)) as shown:
        shown_at["opened"] = shown.lines()
    async with show(open_file(tmp_path / "text.pcap"), (200, 50)) as shown:
        await shown.pilot.resize_terminal(250, 70)
        await shown.settle()
        shown_at["resized"] = shown.lines()

    assert shown_at["opened"] == shown_at["resized"]
    assert any("0123456789 0123456789" in line for line in shown_at["opened"])


async def test_cut_preview_ends_in_the_last_cell(show: Show, wire: Wire, tmp_path: Path) -> None:
    wire.clean(0, "10.0.0.1:40001", "192.0.2.10:9999", b"x" * 300)
    async with show(open_file(wire.pcap(tmp_path / "long.pcap")), (200, 50)) as shown:
        await shown.press("enter")
        ladder = shown.screen.workspace.ladder
        rows = [ladder.render_line(y).text for y in range(1, 9)]

    assert [row[-2:] for row in rows if "xxx" in row] == ["x…"]


async def test_preview_is_of_the_whole_segment_where_it_came_in_fragments(show: Show, tmp_path: Path) -> None:
    packets = [
        whole(segment(41000, 1000, b"", flags=2)),
        whole(segment(41000, 9000, b"", flags=0x12, back=True), back=True),
        whole(segment(41000, 1001, b"", flags=0x10)),
        *pieces(segment(41000, 1001, b"began in the first piece, ended in another"), 7, at=(40,)),
    ]
    async with show(open_file(write_raw(tmp_path / "a.pcapng", packets)), (200, 40)) as shown:
        await shown.press("enter")
        ladder = shown.screen.workspace.ladder
        row = ladder.render_line(1 + 3).text

    assert "began in the first" in row


async def test_connections_pauses_and_orders_are_gone_to_by_a_key_or_two(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session, (120, 40)) as shown:
        workspace, times = shown.screen.workspace, mixed_session.store.time_ns
        last = workspace.connections.row_count - 1
        await shown.press("K")
        assert "No further connection" in shown.lines()[-1]
        await shown.press("enter", "J")
        assert (workspace.active, workspace.ladder.stream, workspace.connections.cursor) == (Pane.TIMELINE, 1, 1)
        await shown.press("K")
        assert (workspace.active, workspace.ladder.stream) == (Pane.TIMELINE, 0)

        rows = workspace.ladder.rows
        pauses = np.diff(times[rows])
        seen = []
        for number in range(1, len(pauses) + 2):
            await shown.press("L")
            seen.append(workspace.ladder.cursor - 1)
            expected = (number - 1) % len(pauses) + 1
            assert f"pause {expected} of {len(pauses)}, longest first" in shown.lines()[-1]
        assert [int(pauses[at]) for at in seen[:-1]] == sorted(pauses.tolist(), reverse=True)
        assert sorted(seen[:-1]) == list(range(len(pauses))), "equal ones are gone to one after the other"
        assert seen[-1] == seen[0]
        await shown.press("down", "L")
        assert workspace.ladder.cursor - 1 == seen[0], "from any other packet it is the longest"

        await shown.press("1", "O")
        by_rtt = list(SortKey).index(SortKey.RTT) + 1
        assert f"{by_rtt}  round-trip time" in "\n".join(screen_lines(shown.pilot.app.screen))
        await shown.pilot.press(str(by_rtt))
        await shown.settle()
        assert workspace.connections.index.sorting == Sorting(SortKey.RTT)
        await shown.press("S")
        await shown.pilot.press("O", "enter")
        await shown.settle()
        assert workspace.connections.index.sorting == Sorting(SortKey.RTT), "the cursor is on the order of the list"
        assert workspace.connections.row_count == last + 1


@pytest.mark.parametrize("away", [("j", "k"), ("slash", *"zzz", "enter", "escape"), ("slash", *"zzz", "escape")])
async def test_connection_is_opened_again_where_it_was_left(
    show: Show, mixed_session: Session, away: tuple[str, ...]
) -> None:
    async with show(mixed_session, (120, 40)) as shown:
        ladder = shown.screen.workspace.ladder
        await shown.press("g", "j", "enter", *"jjjj", "1")
        left = ladder.packet_row
        await shown.press(*away)
        assert (ladder.stream, ladder.packet_row) == (1, left)

        await shown.press("enter", "home", "1", "j", "k")
        assert (ladder.stream, ladder.cursor) == (1, 0), "the first packet is a place like any other"


async def test_next_problem_looks_both_ways_and_stops_at_the_ends(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        await shown.press("j", "enter")
        ladder = shown.screen.workspace.ladder
        problems = np.flatnonzero(is_problem(mixed_session.store, ladder.rows)).tolist()
        forward, position = [], 0
        while (position := ladder.next_problem(1, position)) >= 0:
            forward.append(position)
        backward, position = [], len(ladder.rows)
        while (position := ladder.next_problem(-1, position)) >= 0:
            backward.append(position)

    assert forward == problems
    assert backward == problems[::-1]


async def test_states_stand_where_they_change_and_under_the_cursor(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        await shown.press("enter", "j", "j", "j")
        ladder = shown.screen.workspace.ladder
        rows = [ladder.render_line(1 + position).text for position in range(8)]

    assert "SYN-SENT" in rows[0]
    assert "ESTAB?" in rows[1]
    assert rows[3].count("ESTAB") == 2  # under the cursor, although nothing changes there
    assert "ESTAB" not in rows[5].replace("ESTABLISHED", "")
    assert "FIN-W1" in rows[5]
    assert "CLOSED?" in rows[7]


async def test_rows_of_a_step_are_marked(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        shown.screen.controllers.lessons.highlight_frames((2, 3))
        await shown.settle()
        ladder = shown.screen.workspace.ladder
        step = ladder.palette.step.bgcolor
        marked = [
            position
            for position in range(8)
            if any(segment.style and segment.style.bgcolor == step for segment in ladder.render_line(1 + position))
        ]

        assert ladder.cursor == 1  # the first of them
    assert marked == [2]  # the other one is under the cursor


async def test_kernel_events_are_marked(show: Show, wire: Wire, tmp_path: Path) -> None:
    wire.clean(0, "10.0.0.1:40001", "192.0.2.10:9999", b"x" * 30)
    session = open_file(wire.pcap(tmp_path / "a.pcap"))
    async with show(session, (200, 50)) as shown:
        event = np.zeros(1, RECORD)
        event["kind"], event["softirq"], event["reason"] = KernelEventKind.DROP, 1, b"TCP_CSUM"
        event["time_ns"] = int(session.store.time_ns[0]) + 5_000
        event["source"], event["source_port"] = np.void(bytes(10) + b"\xff\xff\x0a\x00\x00\x01"), 40001
        event["target"], event["target_port"] = np.void(bytes(10) + b"\xff\xff\xc0\x00\x02\x0a"), 9999
        log = KernelLog()
        log.add(event)
        KernelEvents.of(session).log = log
        await shown.press("enter")
        ladder = shown.screen.workspace.ladder
        rows = [ladder.render_line(y).text for y in range(1, 4)]

    assert ["dropped: TCP_CSUM" in row for row in rows] == [True, False, False]
