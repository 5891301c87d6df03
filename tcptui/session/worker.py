"""A worker thread that an event loop can await."""

from __future__ import annotations

import queue
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable


class Worker:
    """One daemon thread that runs calls for an event loop; it does not keep the process alive.

    ``begins``, if any, is called first in the thread.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, begins: Callable[[], None] | None = None) -> None:
        self._loop = loop
        self._begins = begins
        self._calls: queue.SimpleQueue[tuple[Callable[[], bool], asyncio.Future[bool]] | None] = queue.SimpleQueue()
        threading.Thread(target=self._serve, name="tcptui-worker", daemon=True).start()

    async def call(self, function: Callable[[], bool]) -> bool:
        """Have the thread call ``function``; returns its result, or raises what it raised."""
        future: asyncio.Future[bool] = self._loop.create_future()
        self._calls.put((function, future))
        return await future

    def close(self) -> None:
        """End the thread after the calls already queued."""
        self._calls.put(None)

    def _serve(self) -> None:
        if self._begins is not None:
            self._begins()
        while (item := self._calls.get()) is not None:
            function, future = item
            try:
                result = function()
            except Exception as error:  # noqa: BLE001 - the thread's boundary: the awaiting task raises it
                self._answer(future, None, error)
            else:
                self._answer(future, result, None)

    def _answer(self, future: asyncio.Future[bool], result: bool | None, error: Exception | None) -> None:
        def settle() -> None:
            if not future.done():
                if error is not None:
                    future.set_exception(error)
                else:
                    future.set_result(bool(result))

        with suppress(RuntimeError):  # the loop has closed meanwhile
            self._loop.call_soon_threadsafe(settle)
