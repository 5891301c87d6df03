"""What works, what waits, and who belongs to whom."""

from __future__ import annotations

import subprocess
import sys

from process_work import Rest, family, is_at_work
from tmux_terminal import until

_SPINS = "print(flush=True)\nwhile True: pass"
#: A shell that waits for what it has started.
_WAITS = "sleep 600 & echo; wait"


def test_program_that_works_is_at_work_and_does_not_rest() -> None:
    with subprocess.Popen([sys.executable, "-c", _SPINS], stdout=subprocess.PIPE) as spinning:
        try:
            assert spinning.stdout is not None
            spinning.stdout.readline()
            rest = Rest(lambda: [spinning.pid])
            assert is_at_work([spinning.pid])
            assert not rest.has_come("the same")
        finally:
            spinning.kill()


def test_program_that_waits_rests_with_what_it_has_started_once_nothing_new_is_seen() -> None:
    with subprocess.Popen(["sh", "-c", _WAITS], stdout=subprocess.PIPE) as waiting:
        assert waiting.stdout is not None
        waiting.stdout.readline()
        rest = Rest(lambda: family(waiting.pid))
        try:
            assert len(family(waiting.pid)) == 2
            assert not rest.has_come(1)
            assert not rest.has_come(2)
            until(lambda: rest.has_come(2), "rest")
        finally:
            for pid in family(waiting.pid):
                subprocess.run(["kill", str(pid)], check=True)
