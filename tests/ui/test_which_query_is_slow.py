"""From the start screen to the query that was slow, its time and its packets: four keys, the first answer after two."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from screen_lines import screen_lines

from tcptui.capture.interfaces import Interface, Traffic
from tcptui.lessons.loader import load_case, load_cases
from tcptui.session.session import open_file
from tcptui.ui.app import TcptuiApp
from tcptui.ui.requests.screen import RequestsScreen
from tcptui.ui.start.choice import OpenFile
from tcptui.ui.start.menu import Offer
from tcptui.ui.user_files import RecentFiles
from tcptui.ui.view_options import ViewOptions
from tcptui.words.language import Language
from tests.ui.conftest import until

if TYPE_CHECKING:
    from pathlib import Path

ETHERNET = Interface("eth0", "eth0", ("192.168.1.23",), True, True, False, False, True)
LOOPBACK = Interface("lo", "lo", ("127.0.0.1",), True, True, True, False, None)
#: On the start screen, and behind it.
TO_THE_FILE, TO_THE_QUERY = ("tab", "enter"), ("R", "b")


def joined(app: TcptuiApp) -> str:
    """What stands on the screen, as one line."""
    return " ".join(" ".join(screen_lines(app.screen)).split())


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(
    ("case", "group", "statement", "took", "packets"),
    [
        ("slow-sql", "SELECT pg_sleep(?)", "SELECT pg_sleep(1.909)", "1.91", (21, 23)),
        ("slow-query", "DEBUG SLEEP *", "DEBUG SLEEP 2.809", "2.81", (27, 29)),
        ("lock-wait", "UPDATE items SET", "UPDATE items SET stock = stock - 2 WHERE id = 7", "3.46", (30, 36)),
    ],
)
async def test_slow_query_its_time_and_its_packets_are_four_keys_away(
    case: str, group: str, statement: str, took: str, packets: tuple[int, int], language: Language,
    size: tuple[int, int], tmp_path: Path,
) -> None:  # fmt: skip
    path = load_case(case).captures[0]
    recent = RecentFiles(tmp_path)
    recent.remember(path, 1)
    offer = Offer(
        recent, load_cases(), interfaces=lambda: (ETHERNET, LOOPBACK),
        counters=lambda: {"eth0": Traffic(1, 1), "lo": Traffic(9, 9)},
    )  # fmt: skip
    start = TcptuiApp(None, language, ViewOptions(), offer=offer)
    async with start.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.press(*TO_THE_FILE)
    assert start.return_value == OpenFile(path)

    with closing(open_file(path)) as session:
        app = TcptuiApp(session, language, ViewOptions(numeric=True))
        async with app.run_test(size=size) as pilot:
            await until(lambda: group in joined(app))
            assert took in joined(app)
            await pilot.press(TO_THE_QUERY[0])
            await until(lambda: isinstance(app.screen, RequestsScreen))
            await pilot.press(TO_THE_QUERY[1])
            await until(lambda: statement in joined(app))
            first = next(line for line in screen_lines(app.screen) if group in line)
            assert first == next(line for line in screen_lines(app.screen)[2:] if line.strip())
            assert all(f" {frame}" in joined(app) for frame in packets)
