"""`Worker`: a thread that an event loop can await."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from tcptui.session.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


async def test_result_and_exception_reach_the_caller() -> None:
    def fail() -> bool:
        raise ValueError("no")

    worker = Worker(asyncio.get_running_loop())
    assert await worker.call(lambda: True)
    with pytest.raises(ValueError, match="no"):
        await worker.call(fail)
    worker.close()


class _ClosesAmidTheCall(asyncio.SelectorEventLoop):
    """The other thread closes the loop after this one has seen that it is open."""

    def call_soon_threadsafe(self, callback: Callable[..., object], *args: Any, **_more: Any) -> asyncio.Handle:
        self.close()
        return super().call_soon_threadsafe(callback, *args)


@pytest.mark.parametrize("fails", [False, True])
def test_loop_that_closes_while_the_thread_works_ends_it_in_silence(
    fails: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", raised.append)

    def work() -> bool:
        if fails:
            raise ValueError("no")
        return True

    loop = _ClosesAmidTheCall()
    worker = Worker(loop)
    call = worker.call(work)
    call.send(None)  # the task has begun to wait
    worker.close()
    for thread in threading.enumerate():
        if thread.name == "tcptui-worker":
            thread.join()
    call.close()
    assert loop.is_closed()
    assert not raised
