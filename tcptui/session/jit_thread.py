"""Has the kernel compiled in the background, for a session whose first packets are analysed.

Machine code that is in the cache is loaded in a tenth of a second, which the worker waits for.  On its first use on a
machine the kernel is compiled for ten seconds, in another process; plain Python works meanwhile, and may well end
before.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from tcptui.analysis.analyzer import compiled_kernel, kernel_is_cached
from tcptui.session.gc_control import gc_paused_and_frozen
from tcptui.session.input_priority import imports_yield_to_input
from tcptui.session.memory import is_tight

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.wire.numba_compile import Kernel

#: Delay after the first analysed packets, in seconds: the packets should be on the screen before anything else is done.
AFTER_FIRST: Final = 0.3
#: How long the worker waits for a kernel that is in the cache, in seconds.  Going on in plain Python meanwhile would
#: take more time from the screen and the import than it saves.
PATIENCE: Final = 2.0


class BackgroundCompiler:
    """Compiles the kernel in a thread of its own, once the first packets are analysed."""

    def __init__(self) -> None:
        self._begun = threading.Event()
        self._closed = threading.Event()
        self._unwanted = threading.Event()
        self._go_on = threading.Event()
        """Set when the worker need not wait (any longer)."""
        self._kernel: Kernel | None = None
        self._started = False

    def start(self, announce: Callable[[], None]) -> None:
        """Start the thread, which waits for `begin`; it calls ``announce`` when the kernel is ready."""
        thread = threading.Thread(target=self._run, args=(announce,), name="tcptui-compiler", daemon=True)
        with suppress(RuntimeError):  # beyond the user's limit of processes: it goes on in plain Python
            thread.start()
            self._started = True

    def _run(self, announce: Callable[[], None]) -> None:
        self._begun.wait()
        if not kernel_is_cached():
            self._go_on.set()
            if is_tight():  # compiling takes hundreds of megabytes; plain Python does the same in more time
                return
            from tcptui.analysis.compile_ahead import compile_in_background

            compile_in_background(self._closed)
        else:
            self._closed.wait(AFTER_FIRST)
        if not (self._closed.is_set() or self._unwanted.is_set()):
            with gc_paused_and_frozen(), imports_yield_to_input():
                self._kernel = compiled_kernel()
        self._go_on.set()
        announce()

    def take(self) -> Kernel | None:
        """The compiled kernel, when it is ready; returned only once, else None."""
        kernel, self._kernel = self._kernel, None
        return kernel

    def begin(self) -> None:
        """Call after analysing a batch; the first call starts compiling.

        It blocks for up to `PATIENCE` seconds where machine code only has to be loaded.
        """
        if self._started and not self._begun.is_set():
            self._begun.set()
            self._go_on.wait(PATIENCE)

    def finish(self) -> None:
        """Say that no more packets come: what is being compiled for the cache is for the next run.  Idempotent."""
        self._unwanted.set()

    def close(self) -> None:
        """Wake all waiting threads, and compile no more.  Idempotent."""
        self._closed.set()
        self._begun.set()
        self._go_on.set()
