"""What the panes show of a long connection is fetched in threads, which may be busy with something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.session.session import open_file
from tcptui.ui.main.fetch import StreamFetch
from tests.ui.conftest import ACK, threads_held, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.ui.conftest import Shown, Wire

    Show = Callable[..., AbstractAsyncContextManager[Shown]]


class Taker:
    """Counts what it is told."""

    findings = 0

    def take_findings(self, *, show: bool) -> None:
        self.findings += show

    def take_messages(self) -> None:
        return

    def take_requests(self) -> None:
        return


async def test_request_that_no_thread_began_with_does_not_hold_up_the_next_ones(
    show: Show, wire: Wire, tmp_path: Path
) -> None:
    wire.handshake(0, "10.0.0.1:40001", "192.0.2.10:80")
    for number in range(300):
        wire.tcp(50 + number, "10.0.0.1:40001", "192.0.2.10:80", ACK, 1001 + 10 * number, 9001, payload=bytes(10))
    async with show(open_file(wire.pcap(tmp_path / "long.pcap"))) as shown:
        screen, taker = shown.screen, Taker()
        fetch = StreamFetch(screen, taker, screen.words, screen.glyphs)
        fetch.attach(screen.session)
        are_free = threads_held()
        fetch.select(0)
        fetch.select(0)  # in the place of the first one, which waits for a thread
        are_free.set()
        await until(lambda: taker.findings == 1)
        await until(lambda: all(worker.is_finished for worker in shown.pilot.app.workers))

        fetch._ask_again()
        await until(lambda: taker.findings == 2)
