"""What the garbage collector no longer looks at, and when it looks again."""

from __future__ import annotations

import gc
import weakref

from tcptui.session.gc_control import gc_paused_and_frozen, give_back


class Capture:
    """Holds itself, as sessions and screens do."""

    def __init__(self) -> None:
        self.itself = self


def test_capture_that_was_open_while_something_was_imported_is_given_back_when_it_is_over() -> None:
    capture = Capture()
    gone = weakref.ref(capture)
    with gc_paused_and_frozen():
        pass
    del capture
    gc.collect()
    kept = gone()
    assert kept is not None
    del kept

    give_back()

    assert gone() is None
    assert gc.isenabled()
