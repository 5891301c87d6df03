"""Nothing of a bench is left, however it ends."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[3]
RULES = Path(__file__).with_name("rule_scenarios.py")
Bench = Callable[..., subprocess.CompletedProcess[str]]

pytestmark = pytest.mark.live

#: Ordinary hosts have tracefs mounted already, and mounting it there again is refused.
INSTANCES = "cd /sys/kernel/tracing; [ -d instances ] || mount -t tracefs nodev $PWD; ls -i1 $PWD/instances"
#: Only a failing test waits so long, in seconds.
PATIENCE = 600.0


def trace_instances() -> set[tuple[str, str]]:
    """(inode, name) of those that exist on this machine; other benches may have some."""
    command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", INSTANCES]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return {(inode, name) for inode, name in map(str.split, lines)}


def trace_instances_of(processes: list[int]) -> set[tuple[str, str]]:
    """(inode, name) of those that ``processes`` have open."""
    found = set()
    for pid in processes:
        with contextlib.suppress(OSError):  # it has just ended
            for link in Path(f"/proc/{pid}/fd").iterdir():
                with contextlib.suppress(OSError):
                    if (place := link.readlink()).parent.name == "instances":
                        found.add((str(link.stat().st_ino), place.name))
    return found


def processes_of(session: int) -> list[int]:
    """Living processes in ``session``, or that have its number in their command."""
    number = re.compile(rf"(?<!\d){session}(?!\d)".encode())
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if fields[0] != "Z" and (int(fields[3]) == session or number.search(command)):
            found.append(int(folder.name))
    return found


def wait_until(what: str, condition: object) -> None:
    give_up = time.monotonic() + PATIENCE
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < give_up, what
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_bench_that_is_killed_takes_everything_with_it(tmp_path: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "cases.recorder", "stopped", "--scenarios", str(RULES), "--out", str(tmp_path)]
    bench = subprocess.Popen(
        command, cwd=CHECKOUT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    wait_until("the programs did not start", lambda: len(processes_of(bench.pid)) >= 3)
    wait_until("no trace instance was made", lambda: trace_instances_of(processes_of(bench.pid)))
    own = trace_instances_of(processes_of(bench.pid))
    os.kill(bench.pid, number)
    bench.wait(PATIENCE)

    wait_until("a process is left", lambda: not processes_of(bench.pid))
    wait_until("a trace instance is left", lambda: not (own & trace_instances()))


def test_scenario_that_fails_says_why_and_leaves_nothing(tmp_path: Path, bench: Bench) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text(
        "from cases.recorder.scenario import Scenario\n"
        "def fails(me):\n    me.listen()\n    raise ValueError('the script is wrong')\n"
        "def waits(me):\n    me.connect().read_all()\n"
        "SCENARIOS = [Scenario(id='broken', shows='', client=waits, server=fails, limit=3.0,\n"
        "    may_fail=frozenset({'ECONNRESET'}))]\n"
    )
    done = bench("broken", "--scenarios", str(broken), "--out", str(tmp_path / "out"))

    assert done.returncode == 1
    assert "the script is wrong" in done.stderr


def test_scenario_that_never_ends_is_stopped_at_its_limit(tmp_path: Path, bench: Bench) -> None:
    endless = tmp_path / "endless.py"
    endless.write_text(
        "from cases.recorder.scenario import Scenario\n"
        "def waits(me):\n    me.listen().accept().read_all()\n"
        "def silent(me):\n    me.connect().read_all()\n"
        "SCENARIOS = [Scenario(id='endless', shows='', client=silent, server=waits, limit=1.0)]\n"
    )
    done = bench("endless", "--scenarios", str(endless), "--out", str(tmp_path / "out"))

    assert done.returncode == 1
    assert "not finished after 1.0 s" in done.stderr
    assert (tmp_path / "out" / "client.pcapng").exists()
