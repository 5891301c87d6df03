"""What a screen shows about one thing, computed beside the event loop: a key waits for it a moment at most.

Most packets and connections are explained in a millisecond, and are shown at once.  What somebody has made to be
expensive takes seconds: it comes when it is there, and every key is answered meanwhile.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from tcptui.ui.textual_private import is_being_removed

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from textual.widget import Widget

Result = TypeVar("Result")

#: The event loop waits for a result for so long (seconds): a key may wait for several.
PROMPT_S: Final = 0.06
#: Threads: as many things may be expensive at once before others wait for them.
_THREADS: Final = 8

_pool: Final = ThreadPoolExecutor(_THREADS, "background")


class Background(Generic[Result]):
    """Computes the one thing that ``owner`` wants to show now; what it wanted before is dropped."""

    def __init__(self, owner: Widget) -> None:
        self._owner = owner
        self._wanted: Hashable = None
        self._future: Future[Result] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether what is wanted is still being computed."""
        return self._future is not None

    def want(
        self, key: Hashable, compute: Callable[[], Result], take: Callable[[Result], object],
        late: Callable[[Result], object] | None = None,
    ) -> bool:  # fmt: skip
        """Have ``take`` called now with what ``compute`` returns in another thread, or later on the event loop.

        Returns whether it has been called.  Later, ``late`` is called in its place, if there is one.  Where what is
        called ``key`` is being computed already, that is waited for.  An exception of ``compute`` is raised here, or
        later on the event loop.
        """
        future = self._future
        if future is None or key != self._wanted:
            self.drop()
            future = _pool.submit(compute)
        self._wanted, self._future = key, future
        wait((future,), PROMPT_S)
        if not future.done():  # asked once: it may be done at the next statement, and is handed over then
            future.add_done_callback(partial(self._hand_over, late or take))
            return False
        self._future = None
        take(future.result())
        return True

    def drop(self) -> None:
        """Want nothing any more."""
        if self._future is not None:
            self._future.cancel()
            self._future = None

    def _hand_over(self, take: Callable[[Result], object], future: Future[Result]) -> None:
        """In the thread that has computed: have the event loop take the result, which this thread does not wait for."""
        if not future.cancelled() and self._owner.is_running:
            with suppress(RuntimeError):  # the widget is being removed, or the loop has ended
                self._owner.call_later(self._arrived, take, future)

    def _arrived(self, take: Callable[[Result], object], future: Future[Result]) -> None:
        if future is self._future and not is_being_removed(self._owner):
            self._future = None
            take(future.result())
