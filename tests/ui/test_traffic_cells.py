"""The bars of the connection list: the traffic of the connections on screen, and of no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcptui.session import stream_traffic
from tcptui.session.session import Session, open_file
from tcptui.ui.main.column_names import Column, SortKey
from tcptui.ui.main.columns import Sorting
from tcptui.ui.main.traffic_cells import BARS

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.ui.conftest import Shown, Wire

    Show = Callable[..., AbstractAsyncContextManager[Shown]]

pytestmark = pytest.mark.painted


@pytest.fixture
def many_session(wire: Wire, tmp_path: Path) -> Session:
    for number in range(400):
        wire.clean(10 * number, f"10.0.{number // 200}.{number % 200}:40001", "192.0.2.10:80", bytes(1000))
    return open_file(wire.pcap(tmp_path / "many.pcap"))


@pytest.mark.parametrize(("ascii_only", "signs"), [(False, "▁▂▃▄▅▆▇"), (True, ".:-=+*#")])
async def test_list_has_bars_and_counts_only_what_is_on_screen(
    show: Show, many_session: Session, monkeypatch: pytest.MonkeyPatch, ascii_only: bool, signs: str
) -> None:
    asked: list[int] = []
    count = stream_traffic.traffic_of_streams

    def counted(store, table, streams, slices, cancelled):  # type: ignore[no-untyped-def]
        asked.extend(streams)
        return count(store, table, streams, slices, cancelled)

    monkeypatch.setattr(stream_traffic, "traffic_of_streams", counted)
    async with show(many_session, (200, 50), ascii=ascii_only) as shown:
        connections = shown.screen.workspace.connections
        widths = connections.widths(connections.scrollable_content_region.width)
        assert widths[Column.TRAFFIC] == BARS + 1
        text = connections.traffic.text(0)
        assert text.strip()
        assert set(text) - {" "} <= set(signs)
        assert any(text in line for line in shown.lines())
        assert max(asked) < 60
        assert "traffic" not in connections.summary()

        await shown.press("end")
        assert max(asked) == 399
        assert len(set(asked)) < 100


async def test_bars_take_no_room_from_what_the_list_is_sorted_by(show: Show, many_session: Session) -> None:
    async with show(many_session, (80, 24)) as shown:
        connections = shown.screen.workspace.connections
        shown.screen.controllers.listing.sort(Sorting(SortKey.DURATION))
        await shown.settle()
        widths = connections.widths(connections.scrollable_content_region.width)

        assert widths[Column.DURATION]
        assert not widths[Column.TRAFFIC]
