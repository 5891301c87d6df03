"""Worker threads that come back while their screen is being removed: they find nobody, and nothing breaks."""

from __future__ import annotations

import asyncio
import threading
from functools import partial
from typing import TYPE_CHECKING

from textual.widgets import Static

from tcptui.session.session import open_file
from tcptui.ui.loop_call import call_on_loop
from tcptui.ui.screens import socket
from tcptui.ui.widgets.document import Document
from tests.ui.conftest import SETTLES_IN_S, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    import pytest

    from tests.ui.conftest import Shown, Wire

    Show = Callable[..., AbstractAsyncContextManager[Shown]]


async def test_thread_that_is_done_amid_the_removal_of_its_screen_does_not_end_the_program(
    wire: Wire, tmp_path: Path, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire.handshake(0, "10.0.0.1:40001", "192.0.2.10:80")
    looking, gone = threading.Event(), threading.Event()

    def look_up(*_ends: object) -> None:
        looking.set()
        assert gone.wait(SETTLES_IN_S)

    monkeypatch.setattr(socket, "look_up", look_up)
    async with show(open_file(wire.pcap(tmp_path / "one.pcap"))) as shown:
        app = shown.pilot.app
        screen = socket.SocketScreen(shown.screen.session, 0, shown.screen.words, shown.screen.glyphs)
        screen.look()  # before it is shown, so that nothing else looks
        await app.push_screen(screen)
        await until(looking.is_set)
        threads = [worker for worker in app.workers if worker.group == "kernel"]

        async def last_to_go(_hint: Static) -> None:  # the screen's threads are cancelled after its children have gone
            await until(lambda: not screen.query(Document))
            gone.set()
            await until(lambda: all(worker.is_finished for worker in threads))

        hint = type("Hint", (Static,), {"on_unmount": last_to_go})()
        await screen.mount(hint)
        await app.pop_screen()
        assert threads
        assert app._exception is None


async def test_only_a_widget_that_is_there_is_called(wire: Wire, tmp_path: Path, show: Show) -> None:
    wire.handshake(0, "10.0.0.1:40001", "192.0.2.10:80")
    called: list[int] = []
    # A worker's thread: unlike that of `asyncio.to_thread` it knows no app but by the way up from its widget.
    in_thread = partial(asyncio.get_running_loop().run_in_executor, None, call_on_loop)
    async with show(open_file(wire.pcap(tmp_path / "one.pcap"))) as shown:
        screen = socket.SocketScreen(shown.screen.session, 0, shown.screen.words, shown.screen.glyphs)
        await shown.pilot.app.push_screen(screen)
        await in_thread(screen, called.append, 1)
        await in_thread(shown.screen, called.append, 2)  # covered by the other, and there
        await shown.pilot.app.pop_screen()
        await in_thread(screen, called.append, 3)
    assert called == [1, 2]
