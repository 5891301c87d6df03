"""The connection list says whose connections they are, as soon as that is known of one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tcptui.access.owners import owners_of
from tcptui.cli.report.json_event import finding_line
from tcptui.model.socket_owner import Certainty, SocketOwner
from tcptui.session.watch.finding_log import FindingChange, FindingEvent
from tcptui.ui.main.column_names import Column
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from tcptui.session.session import Session
    from tests.ui.conftest import Shown

    Show = Callable[..., AbstractAsyncContextManager[Shown]]

CURL = SocketOwner(Certainty.SOCKET, 77, "curl", "curl https://a.example/", "me", ((1, "init"),))


@pytest.mark.painted
async def test_process_is_a_column_once_one_is_known(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session, (160, 40)) as shown:
        connections = shown.screen.workspace.connections
        assert not connections.widths(connections.scrollable_content_region.width)[Column.OWNER]

        owners_of(mixed_session).put(0, 0, CURL)
        owners_of(mixed_session).put(1, 0, CURL)
        owners_of(mixed_session).put(1, 1, SocketOwner(Certainty.NO_PROCESS, user="www"))
        await shown.settle()
        connections.refresh()
        await shown.settle()

        assert connections.widths(connections.scrollable_content_region.width)[Column.OWNER]
        assert any("process" in line and "state" in line for line in shown.lines())
        assert any("curl[77] " in line for line in shown.lines())
        connections.put_on_stream(1)
        assert "process curl[77] → www" in connections.summary()


def test_event_of_a_finding_says_whose_end_it_is(mixed_session: Session) -> None:
    stream, findings = next(iter(mixed_session.above_note().items()))
    owners_of(mixed_session).put(stream, 1, CURL)
    told = FindingEvent(FindingChange.FOUND, 1, findings[0])
    line = json.loads(finding_line(mixed_session, told, Words(Language.EN)))

    assert "owner" not in line["client"]
    assert line["server"]["owner"] == {
        "known_by": "socket", "process": "curl", "pid": 77, "command": "curl https://a.example/", "user": "me",
        "parents": [{"pid": 1, "process": "init"}],
    }  # fmt: skip
