"""Compiles the kernel in the background, for a session that is already on the screen."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from tcptui.analysis.analyzer import compiled_kernel
from tcptui.session.gc_control import gc_paused_and_frozen
from tcptui.session.input_priority import imports_stand_aside

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.wire.numba_compile import Kernel

#: Delay after the first analysed packets, in seconds: importing the compiler keeps a processor busy for a second, and
#: the packets should be on the screen before that.
AFTER_FIRST: Final = 0.3
#: How long the worker waits for the compiled kernel, in seconds.  Going on in plain Python meanwhile would take more
#: time from the screen and the import than it saves, unless compiling takes long: its first run on this machine.
PATIENCE: Final = 2.0


class BackgroundCompiler:
    """Compiles the kernel in a thread of its own, once the first packets are analysed."""

    def __init__(self) -> None:
        self._begun = threading.Event()
        self._closed = threading.Event()
        self._ready = threading.Event()
        self._kernel: Kernel | None = None
        self._started = False

    def start(self, announce: Callable[[], None]) -> None:
        """Start the thread, which waits for `begin`; it calls ``announce`` when the kernel is ready."""
        self._started = True
        threading.Thread(target=self._run, args=(announce,), name="tcptui-compiler", daemon=True).start()

    def _run(self, announce: Callable[[], None]) -> None:
        self._begun.wait()
        if not self._closed.wait(AFTER_FIRST):
            with gc_paused_and_frozen(), imports_stand_aside():
                self._kernel = compiled_kernel()
        self._ready.set()
        announce()

    def take(self) -> Kernel | None:
        """The compiled kernel, when it is ready; returned only once, else None."""
        kernel, self._kernel = self._kernel, None
        return kernel

    def begin(self) -> None:
        """Call after analysing a batch; the first call starts compiling and blocks for up to `PATIENCE` seconds."""
        if self._started and not self._begun.is_set():
            self._begun.set()
            self._ready.wait(PATIENCE)

    def close(self) -> None:
        """Wake all waiting threads, and compile no more.  Idempotent."""
        self._closed.set()
        self._begun.set()
        self._ready.set()
