"""Machine code for a session that is on the screen already: imported behind its back, used when it is there."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from tcptui.analysis.analyzer import compiled_kernel
from tcptui.session.gc_control import imports_kept
from tcptui.session.input_priority import imports_stand_aside

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.wire.numba_compile import Kernel

#: Importing the compiler keeps a processor busy for a second: the first packets are on the screen before that.
AFTER_FIRST: Final = 0.3
#: A worker that goes on in plain Python meanwhile takes from the screen and the import more time than it saves,
#: unless the compiler has never run on this machine and needs long: it waits no longer than this (seconds).
PATIENCE: Final = 2.0


class BackgroundCompiler:
    """Gets the kernel in a thread of its own once the first packets are analysed."""

    def __init__(self) -> None:
        self._begun = threading.Event()
        self._closed = threading.Event()
        self._ready = threading.Event()
        self._kernel: Kernel | None = None
        self._started = False

    def start(self, announce: Callable[[], None]) -> None:
        """Begin; ``announce`` is called from the thread when the kernel is there."""
        self._started = True
        threading.Thread(target=self._run, args=(announce,), name="tcptui-compiler", daemon=True).start()

    def _run(self, announce: Callable[[], None]) -> None:
        self._begun.wait()
        if not self._closed.wait(AFTER_FIRST):
            with imports_kept(), imports_stand_aside():
                self._kernel = compiled_kernel()
        self._ready.set()
        announce()

    def take(self) -> Kernel | None:
        """The kernel, once, when it is there."""
        kernel, self._kernel = self._kernel, None
        return kernel

    def begin(self) -> None:
        """Packets have been analysed; the first time this makes way for the screen and the compiler."""
        if self._started and not self._begun.is_set():
            self._begun.set()
            self._ready.wait(PATIENCE)

    def close(self) -> None:
        """Let the threads go.  Idempotent."""
        self._closed.set()
        self._begun.set()
        self._ready.set()
