"""Compiles the kernels in a process of its own, for the cache on disk, from which any process loads them.

Compiling is Python, too: in a thread it would take half of the interpreter from the analysis that goes on meanwhile,
and it takes ten seconds, as long as plain Python needs for a million packets.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from tcptui.analysis.analyzer import compiled_kernel, kernel_is_cached
from tcptui.model.child_process import start_interpreter
from tcptui.model.child_side import end_with_parent
from tcptui.model.stall import StallWatch
from tcptui.wire.header_texts import compile_texts
from tcptui.wire.kernel_cache import compiling_alone
from tcptui.wire.message_runs import compile_runs
from tcptui.wire.plain_segments import compiled_plain
from tcptui.wire.recent_flows import compiled_recent
from tcptui.wire.record_scanner import Scanner

if TYPE_CHECKING:
    from threading import Event

#: Steps of nice(2) behind the analysis: where there is one processor for both, packets go first.
_NICE: Final = 10
#: How often is asked whether the process has ended, in seconds.
_LOOK: Final = 0.05
#: What the process runs (`start_interpreter`).
_PROGRAM: Final = "from tcptui.analysis.compile_ahead import compile_here; compile_here(int(sys.argv[3]))"


def compile_here(parent: int) -> None:
    """Compile all kernels, so that their machine code is in the cache; ends with the process ``parent``."""
    end_with_parent(parent)
    os.nice(_NICE)
    compile_all()


def compile_all() -> None:
    """Compile all kernels, the one last by which `kernel_is_cached` tells that they are there."""
    Scanner().compile()
    compiled_plain()
    compiled_recent()
    compile_runs()
    compile_texts()
    compiled_kernel()


def compile_in_background(stop: Event) -> None:
    """Have another process compile all kernels, and wait for it; when ``stop`` is set it is killed.

    Where another program compiles them already, that one is waited for.  It may fail, where this process may no longer
    read the interpreter for example: then nothing is in the cache.
    """
    with compiling_alone(stop) as is_our_turn:
        if not is_our_turn or kernel_is_cached():
            return
        try:
            process = start_interpreter(_PROGRAM)
        except OSError:
            return
        stall = StallWatch(process.pid)
        while process.poll() is None:
            if stop.wait(_LOOK) or stall.has_stalled():
                process.kill()
                process.wait()
