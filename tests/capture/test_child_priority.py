"""The worker of a live session gives way to the capture; nothing else of the program does."""

from __future__ import annotations

import asyncio
import os
import sys
import threading

import pytest
from captures import many
from growing_source import GrowingSource

from tcptui.capture.child.priority import STEPS
from tcptui.session.catch_up import Compile
from tcptui.session.session import Session

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="threads have priorities on Linux only")


def _priority() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


@pytest.mark.parametrize(("live", "steps"), [(True, STEPS), (False, 0)])
def test_worker_of_a_live_session_gives_way_and_the_screen_does_not(live: bool, steps: int) -> None:
    before = _priority()
    told: list[int] = []
    source = GrowingSource(many(2).pcap(), [], live=live, seen=lambda _end: told.append(_priority()))
    session = Session([source], compile_when=Compile.NEVER)
    asyncio.run(asyncio.wait_for(session.run(), 600))
    session.close()

    assert told[-1] == min(before + steps, 19)
    assert _priority() == before
