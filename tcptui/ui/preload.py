"""What the first rows do without: imported behind them, in a thread, while somebody reads them.

Half of the program's modules are about one packet, or about lessons; whoever needs one before the thread has got
there imports it on the spot.
"""

from __future__ import annotations

import threading
from importlib import import_module
from typing import Final

from tcptui.session.gc_control import imports_kept
from tcptui.session.input_priority import imports_stand_aside

#: What follows the cursor, and what the next keys may ask for.
_MODULES: Final = (
    "tcptui.session.findings_cache",
    "tcptui.protocols.headers.tree",
    "tcptui.ui.explain_document",
    "tcptui.words.packet_text",
    "tcptui.words.correction_text",
    "tcptui.protocols.registry",
    "tcptui.ui.screens.help",
    "tcptui.lessons.quiz",
    "tcptui.ui.learn.prediction_page",
)
_FOLLOWING: Final = 4
"""So many of them are needed as soon as the cursor rests."""


class Preloader:
    """Imports once in a process; safe to ask from any thread."""

    def __init__(self, modules: tuple[str, ...] = _MODULES, following: int = _FOLLOWING) -> None:
        self._modules = modules
        self._following = following
        self._begun = False
        self._ready = threading.Event()

    @property
    def under_way(self) -> bool:
        """What follows the cursor is being imported: to wait for it would keep a key waiting."""
        return self._begun and not self._ready.is_set()

    def begin(self) -> None:
        """Import in a thread, which never keeps the program from ending."""
        if not self._begun:
            self._begun = True
            threading.Thread(target=self._run, name="tcptui-imports", daemon=True).start()

    def _run(self) -> None:
        try:
            _import(self._modules[: self._following])
        finally:
            self._ready.set()
        _import(self._modules[self._following :])


def _import(modules: tuple[str, ...]) -> None:
    with imports_kept(), imports_stand_aside():
        for module in modules:
            import_module(module)


preloader: Final = Preloader()
