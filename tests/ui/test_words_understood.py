"""Words in front of the list of connections: what they are taken for beside texts of rows, what is said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcptui.session.session import open_file
from tcptui.ui.main.prompt_line import SafeInput
from tcptui.words.language import Language
from tests.ui.test_requests_screen import session  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tcptui.session.session import Session
    from tests.ui.conftest import Shown, Wire

    Show = Callable[..., AbstractAsyncContextManager[Shown]]


async def typed_in(shown: Shown, text: str) -> None:
    await shown.pilot.press("slash", "ctrl+u")
    shown.screen.prompt.query_one(SafeInput).insert_text_at_cursor(text)
    await shown.settle()


def listed(shown: Shown) -> list[int]:
    return sorted(shown.screen.workspace.connections.index.order.tolist())


def said(shown: Shown) -> str:
    return shown.screen.controllers.filter_saying.line.text


@pytest.mark.parametrize(
    ("text", "streams", "line"),
    [
        ("404", [0], "“404” is taken as: text of a row, status of a request (1)"),
        ("status 503", [1], "“status 503” is taken as: text of a row, status of a request (1)"),
        ("/broken", [1], "“/broken” is taken as: text of a row, part of a request (1)"),
        ("GET /Quick", [0], "“get /quick” is taken as: text of a row, part of a request (1)"),
        ("slow", [0], "“slow” is taken as: text of a row, part of a request (1)"),
        ("/slow 10.0.0.2", [], "“/slow” is taken as: text of a row, part of a request (1)"),
        ("/slow 10.0.0.1", [0], "“/slow” is taken as: text of a row, part of a request (1)"),
        ("5000", [3], ""),
        ("'/broken", [1], "“/broken” is taken as: text of a row, part of a request (1)"),
    ],
)
async def test_words_find_connections_by_their_requests_and_it_is_said(
    show: Show,
    session: Session,  # noqa: F811 - the fixture
    text: str,
    streams: list[int],
    line: str,
) -> None:
    async with show(session) as shown:
        await typed_in(shown, text)
        while_typing = listed(shown), said(shown)
        await shown.press("enter")
        after = listed(shown), said(shown)

    assert while_typing[0] == after[0] == streams
    assert line in while_typing[1]
    assert line in after[1]
    assert ("taken as" in after[1]) == bool(line)


async def test_part_of_a_port_is_no_status(show: Show, wire: Wire, tmp_path: Path) -> None:
    wire.clean(0, "10.0.0.1:40401", "192.0.2.10:80")
    wire.clean(100, "10.0.0.1:40002", "192.0.2.10:404")
    wire.clean(200, "10.0.0.1:40003", "192.0.2.40:14044")

    async with show(open_file(wire.pcap(tmp_path / "ports.pcap"))) as shown:
        await typed_in(shown, "404")

        assert listed(shown) == [1]


async def test_name_of_a_finding_finds_connections_that_have_it(show: Show, wire: Wire, tmp_path: Path) -> None:
    wire.clean(0, "10.0.0.1:40001", "192.0.2.10:80")
    wire.refused(100, "10.0.0.1:40002", "192.0.2.10:81")

    async with show(open_file(wire.pcap(tmp_path / "refused.pcap"))) as shown:
        await typed_in(shown, "connection-refused")

        assert listed(shown) == [1]
        assert "name of a finding (1)" in said(shown)


async def test_nothing_found_is_said_with_what_was_looked_for(show: Show, session: Session) -> None:  # noqa: F811
    async with show(session) as shown:
        await typed_in(shown, "/nowhere")

        assert listed(shown) == []
        assert "part of a request (0)" in said(shown)
        assert any("No connection contains “/nowhere”" in line for line in shown.lines())
        await shown.press("enter", "escape")
        assert listed(shown) == [0, 1, 2, 3]
        assert said(shown) == ""


async def test_filters_and_words_of_capture_filters_stay_what_they_are(
    show: Show,
    session: Session,  # noqa: F811 - the fixture
) -> None:
    async with show(session) as shown:
        await typed_in(shown, "http.response >= 500")
        trap = said(shown)
        await typed_in(shown, "http.response.code >= 500")
        by_filter = listed(shown), said(shown)
        await typed_in(shown, "port 5000")
        await shown.press("enter")
        by_words = listed(shown), said(shown)

    assert "500 counts as true" in trap
    assert "Try: http.response.code >= 500" in trap
    assert (by_filter[0], by_words[0]) == ([1], [3])
    assert "taken as" not in by_filter[1] + by_words[1]


async def test_it_is_said_in_chinese(show: Show, session: Session) -> None:  # noqa: F811
    async with show(session, language=Language.ZH) as shown:
        await typed_in(shown, "状态 503")

        assert listed(shown) == [1]
        assert said(shown) == "“状态 503”理解为：行内文字、请求状态（1）"
