"""Filtering by what is under the cursor: the conditions are true of it, and the menu joins them to the filter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pytest

from tcptui.dfilter.compile import compile_filter
from tcptui.dfilter.completion import quoted
from tcptui.protocols.headers.tree import header_tree
from tcptui.session.filtering.run import FilterRun
from tcptui.session.session import Session, open_file
from tcptui.ui.main.filter_menu import FilterMenu
from tcptui.ui.main.filter_way import Way
from tcptui.ui.main.pane_specs import Pane
from tcptui.ui.main.under_cursor import connection_conditions, field_conditions, packet_conditions

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.ui.conftest import Shown, Wire

    Show = Callable[..., AbstractAsyncContextManager[Shown]]

HOSTILE: Final = b'GET /a"b\\c HTTP/1.1\r\nHost: x"y\\z\r\n\r\n'


def matches(session: Session, condition: str, row: int) -> bool:
    return bool(FilterRun(session, compile_filter(condition)).of_rows(np.array([row], np.int32))[0])


def test_conditions_by_a_packet_are_true_of_it(mixed_session: Session) -> None:
    for row in range(mixed_session.store.count):
        conditions = packet_conditions(mixed_session, row)
        assert f"frame.number == {row + 1}" in conditions
        assert [condition for condition in conditions if not matches(mixed_session, condition, row)] == []


def test_problem_of_a_packet_comes_first(mixed_session: Session) -> None:
    above_note = [row for row in range(mixed_session.store.count) if mixed_session.store.verdict[row]]
    assert above_note
    for row in above_note:
        assert packet_conditions(mixed_session, row)[0].startswith("tcp.analysis.")


def test_conditions_by_a_connection_are_true_of_a_packet_of_it(mixed_session: Session) -> None:
    for stream in range(4):
        findings = mixed_session.findings(stream)
        conditions = connection_conditions(mixed_session, stream, findings)
        run = [FilterRun(mixed_session, compile_filter(condition)) for condition in conditions]
        rows = mixed_session.rows_of(stream)
        assert conditions[0] == f"tcp.stream == {stream}"
        assert len([c for c in conditions if c.startswith("tcptui.finding")]) == len({f.id for f in findings})
        assert [c for c, each in zip(conditions, run, strict=True) if not each.of_rows(rows).any()] == []


def test_conditions_by_a_field_of_the_tree_are_true_of_its_packet(wire: Wire, tmp_path: Path) -> None:
    wire.clean(0, "10.0.0.1:40001", "192.0.2.10:80", HOSTILE)
    session = open_file(wire.pcap(tmp_path / "http.pcap"))
    asked = 0
    for row in (0, 3):
        packet = session.reader.packet(row)
        for node in header_tree(packet, session.application(0)).walk():
            for condition in field_conditions(session, row, node.field, node.label) if node.field else []:
                asked += 1
                assert matches(session, condition, row), condition
    assert asked > 60


def test_value_that_the_line_shows_comes_first(mixed_session: Session) -> None:
    assert field_conditions(mixed_session, 0, "tcp.port", "Destination Port: 80")[0] == "tcp.port == 80"
    assert field_conditions(mixed_session, 0, "tcp.port", "Source Port: 40001")[0] == "tcp.port == 40001"
    assert field_conditions(mixed_session, 0, "no.such.field") == []


def test_conditions_by_a_layer_are_what_its_line_tells(mixed_session: Session) -> None:
    assert field_conditions(mixed_session, 3, "frame") == ["frame.number == 4", "frame.len == 58", "frame"]
    assert field_conditions(mixed_session, 3, "ip")[:2] == ["ip.src == 10.0.0.1", "ip.dst == 192.0.2.10"]
    for name in ("frame", "ip", "tcp"):
        assert all(matches(mixed_session, condition, 3) for condition in field_conditions(mixed_session, 3, name))


def test_text_is_quoted_so_that_nothing_of_it_is_syntax() -> None:
    assert quoted('a"b\\c\n€') == r'"a\"b\\c\x0a\xe2\x82\xac"'


@pytest.mark.parametrize(
    ("way", "now", "made"),
    [
        (Way.ONLY, "udp", "tcp"),
        (Way.NOT, "udp", "not (tcp)"),
        (Way.AND, "udp or icmp", "(udp or icmp) and (tcp)"),
        (Way.OR, "udp", "(udp) or (tcp)"),
        (Way.AND, "", "tcp"),
        (Way.OR, " ", "tcp"),
    ],
)
def test_condition_is_joined_to_the_filter(way: Way, now: str, made: str) -> None:
    assert way.applied(now, "tcp") == made


async def test_menu_filters_by_the_connection_the_packet_and_the_field(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        await shown.press("j", "j")
        await shown.pilot.press("equals_sign")
        await shown.pilot.pause()
        assert isinstance(shown.pilot.app.screen, FilterMenu)
        await shown.pilot.press("enter")
        await shown.settle()
        assert shown.screen.controllers.filtering.matching is not None
        only = shown.screen.controllers.filtering.matching.text
        order = shown.screen.workspace.connections.index.order.tolist()

        await shown.press("enter")
        assert shown.screen.workspace.active is Pane.TIMELINE
        await shown.pilot.press("equals_sign", "a")
        await shown.settle()
        both = shown.screen.controllers.filtering.matching.text
        pane = shown.screen.workspace.active

        await shown.pilot.press("equals_sign", "escape")
        await shown.settle()
        same = shown.screen.controllers.filtering.matching.text

    assert only == "tcp.stream == 2"
    assert order == [2]
    assert both.startswith("(tcp.stream == 2) and (")
    assert pane is Pane.TIMELINE
    assert same == both


async def test_menu_of_an_empty_list_says_that_there_is_nothing(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        shown.screen.controllers.filtering.narrow("nothing like this")
        await shown.settle()
        await shown.press("equals_sign")

        assert shown.pilot.app.screen is shown.screen
        assert "Nothing here to filter by" in "\n".join(shown.lines())
