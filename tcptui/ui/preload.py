"""Imports, in a background thread, the modules that the first rows on screen do not need.

Half of the program's modules are about one packet, or about lessons.  Code that needs one of them before the thread
has imported it does the import itself.
"""

from __future__ import annotations

import threading
from importlib import import_module
from typing import Final

from tcptui.protocols.scapy_child.client import scapy_child
from tcptui.session.gc_control import gc_paused_and_frozen
from tcptui.session.input_priority import imports_yield_to_input

#: First the modules that describe the packet under the cursor, then those that the next keys may need.
_MODULES: Final = (
    "tcptui.session.judging",
    "tcptui.protocols.headers.tree",
    "tcptui.ui.explain_document",
    "tcptui.words.packet_text",
    "tcptui.words.correction_text",
    "tcptui.findings.rules.payload",
    "tcptui.findings.rules.http2",
    "tcptui.findings.rules.tls",
    "tcptui.protocols.registry",
    "tcptui.ui.screens.help",
    "tcptui.lessons.quiz",
    "tcptui.ui.learn.prediction_page",
)
_FOLLOWING: Final = 4
"""The first this many of `_MODULES` are needed as soon as the cursor comes to rest."""


class Preloader:
    """Runs the imports once per process; `under_way` may be read from any thread."""

    def __init__(self, modules: tuple[str, ...] = _MODULES, following: int = _FOLLOWING) -> None:
        self._modules = modules
        self._following = following
        self._begun = False
        self._announced = False
        self._ready = threading.Event()

    @property
    def under_way(self) -> bool:
        """Whether the first ``following`` modules are still being imported: waiting for them would delay a key."""
        return (self._begun or self._announced) and not self._ready.is_set()

    @property
    def is_ready(self) -> bool:
        """Whether the first ``following`` modules have been imported."""
        return self._ready.is_set()

    def announce(self) -> None:
        """Say that `begin` follows once the rows are painted, which takes longer than a cursor takes to rest."""
        self._announced = True

    def begin(self) -> None:
        """Start the import thread, if it has not been started; a daemon, so it never delays the program's exit."""
        if not self._begun:
            self._begun = True
            threading.Thread(target=self._run, name="tcptui-imports", daemon=True).start()

    def _run(self) -> None:
        scapy_child.start()  # the first header tree asks it for names of vendors
        try:
            _import(self._modules[: self._following])
        finally:
            self._ready.set()
        _import(self._modules[self._following :])


def _import(modules: tuple[str, ...]) -> None:
    with gc_paused_and_frozen(), imports_yield_to_input():
        for module in modules:
            import_module(module)


preloader: Final = Preloader()
