"""A trace instance of the kernel's own, and its lines as values.

Tracefs is mounted in a private mount namespace, and an *instance* is used, so nobody else's
tracing on this machine is disturbed.  The instance also serves as the lane's lock: two benches
that run side by side take different ones, and one that a killed bench left is taken over.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tcptui.capture.locked_folders import lock_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MOUNT_POINT: Final = Path("/sys/kernel/tracing")
LANES: Final = 64
BUFFER_KIB: Final = 16_384
"""Of each processor; a stack trace takes about 200 bytes."""
PATIENCE_SECONDS: Final = 60.0
LAST_MADE: Final = ("tracing_on", "trace", "trace_clock", "events/tcp", "events/net", "events/enable")
"""Files of an instance that are needed, in no certain order."""
INNERMOST: Final = 4
"""Functions at the top of a stack among which is the event's own."""
_LINE: Final = re.compile(
    r"^.{16}-(?P<pid>\d+)\s+\[(?P<cpu>\d+)\] \S+\s+(?P<seconds>\d+)\.(?P<micros>\d{6}): "
    r"(?P<event>[^:]+?)(?:: (?P<text>.*))?$"
)
_FIELD: Final = re.compile(r"(\w+)=(\S+)")


class TracingError(RuntimeError):
    """The kernel's account is not available, or not complete."""


@dataclass(slots=True)
class TraceEvent:
    """One event as the kernel printed it."""

    time_ns: int
    """On the monotonic clock; microsecond resolution."""
    cpu: int
    task: int
    """Thread in whose context it happened; 0 is the idle task, that is: a timer."""
    name: str
    fields: dict[str, str]
    stack: list[str] = field(default_factory=list)
    """Innermost function first; only where a stack was asked for."""


class TraceInstance:
    """A running trace in a lane of its own.  Create with `TraceInstance.open`."""

    def __init__(self, lane: int, folder: Path, lock: int) -> None:
        self.lane = lane
        self.folder = folder
        self._lock = lock
        self.closed = False
        """Whether the instance is gone: from then on its name may be another bench's."""

    @classmethod
    def open(cls) -> TraceInstance:
        """The first free lane's instance, emptied; call in a private mount namespace.

        Raises TracingError when tracing is not available or all lanes are taken.
        """
        if not (MOUNT_POINT / "instances").is_dir():
            done = subprocess.run(
                ["mount", "-t", "tracefs", "nodev", str(MOUNT_POINT)], capture_output=True, text=True, check=False
            )
            if done.returncode:
                raise TracingError(f"tracefs cannot be mounted: {done.stderr.strip()}")
        for lane in range(LANES):
            folder = MOUNT_POINT / "instances" / f"tcptui-lane-{lane}"
            lock = _locked(folder)
            if lock is not None:
                instance = cls(lane, folder, lock)
                instance.reset()
                return instance
        raise TracingError(f"all {LANES} lanes are in use")

    def reset(self) -> None:
        """As if just made: no events, empty buffer, the monotonic clock."""
        # Another bench may be making this very folder: the kernel shows it before it is complete.
        give_up = time.monotonic() + PATIENCE_SECONDS
        while not all((self.folder / name).exists() for name in LAST_MADE) and time.monotonic() < give_up:
            time.sleep(0.01)
        self._write("tracing_on", "0")
        self._write("events/enable", "0")
        self._write("trace_clock", "mono")
        self._write("buffer_size_kb", str(BUFFER_KIB))
        self._write("trace", "")

    def start(self, events: Mapping[str, str | None], stacks: Mapping[str, str]) -> None:
        """Begins to record ``events`` (name → filter) with call stacks of ``stacks`` (name → condition)."""
        for event, condition in events.items():
            folder = self.folder / "events" / event
            if not folder.is_dir():
                raise TracingError(f"this kernel has no trace event {event}")
            if condition is not None:
                self._write(f"events/{event}/filter", condition)
            self._write(f"events/{event}/enable", "1")
        for event, condition in stacks.items():
            self._write(f"events/{event}/trigger", f"stacktrace if {condition}")
        self._write("tracing_on", "1")

    def stop(self) -> None:
        """No further events; what was recorded stays until `close`."""
        self._write("tracing_on", "0")

    def text(self) -> str:
        """What the kernel recorded, as it prints it; raises TracingError when the buffer overflowed."""
        for stats in self.folder.glob("per_cpu/cpu*/stats"):
            lost = [line for line in stats.read_text().splitlines() if re.match(r"(commit )?overrun: [1-9]", line)]
            if lost:
                raise TracingError(f"the trace buffer of {stats.parent.name} overflowed: {lost[0]}")
        return (self.folder / "trace").read_text(errors="replace")

    def close(self) -> None:
        """Removes the instance and frees the lane."""
        remove_instance(self.folder)
        self.closed = True
        os.close(self._lock)

    def _write(self, name: str, value: str) -> None:
        try:
            # Never O_CREAT, as write_text() would: a missing file must say so.
            descriptor = os.open(self.folder / name, os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC)
            with os.fdopen(descriptor, "w") as file:
                file.write(value)
        except OSError as problem:
            raise TracingError(f"{name} = {value!r}: {problem.strerror}") from problem


def remove_instance(folder: Path, patience_seconds: float = PATIENCE_SECONDS) -> None:
    """Removes a trace instance; waits while a dying process still has it open."""
    give_up = time.monotonic() + patience_seconds
    while True:
        try:
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.02)
        else:
            return


def _locked(folder: Path) -> int | None:
    """A descriptor that holds the lock on ``folder`` (made when missing), or None when another bench has it."""
    with contextlib.suppress(FileExistsError):
        folder.mkdir()
    return lock_folder(folder)


def parse_trace(lines: Iterable[str]) -> list[TraceEvent]:
    """The events in the text of a ``trace`` file, each with its stack where one was recorded.

    A stack follows its event, or precedes it when the kernel had no spare buffer for the event: the
    stack's innermost function tells which event it belongs to.
    """
    events: list[TraceEvent] = []
    latest: dict[int, TraceEvent] = {}
    early: dict[int, list[str]] = {}
    stack: list[str] | None = None
    cpu = 0
    for line in lines:
        if line.startswith(" => "):
            if stack is not None:
                stack.append(line[4:].split("+", 1)[0].strip())
            continue
        found = _LINE.match(line.rstrip("\n"))
        if found is None:
            continue
        if stack is not None:
            _attach(stack, cpu, latest, early)
            stack = None
        cpu = int(found["cpu"])
        if found["event"] == "<stack trace>":
            stack = []
            continue
        at = int(found["seconds"]) * 10**9 + int(found["micros"]) * 1000
        event = TraceEvent(at, cpu, int(found["pid"]), found["event"], dict(_FIELD.findall(found["text"] or "")))
        if _is_of(early.get(cpu, ()), event):
            event.stack = early.pop(cpu)
        latest[cpu] = event
        events.append(event)
    if stack is not None:
        _attach(stack, cpu, latest, early)
    return events


def _attach(stack: list[str], cpu: int, latest: Mapping[int, TraceEvent], early: dict[int, list[str]]) -> None:
    """Gives a stack to the event before it on its processor, or keeps it for the next one."""
    event = latest.get(cpu)
    if event is not None and not event.stack and _is_of(stack, event):
        event.stack = stack
    else:
        early[cpu] = stack


def _is_of(stack: Sequence[str], event: TraceEvent) -> bool:
    """Whether the stack was taken while this kind of event was recorded."""
    return any(function.endswith(f"_{event.name}") for function in stack[:INNERMOST])
