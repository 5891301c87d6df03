"""A trace instance of our own, which disturbs nobody else's tracing: made and set up."""

from __future__ import annotations

import contextlib
import ctypes
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tcptui.capture.kernel_trace.formats import EventFormat, parse_format
from tcptui.capture.kernel_trace.pages import PageLayout, parse_page_layout
from tcptui.capture.locked_folders import lock_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Where tracefs is, or is mounted for this process alone.
MOUNT_POINTS: Final = (Path("/sys/kernel/tracing"), Path("/sys/kernel/debug/tracing"))
PREFIX: Final = "tcptui-kernel-"
#: Of each processor, in KiB: 5,000 events, of which a busy host makes that many in seconds.
BUFFER_KIB: Final = 512
#: All processors together, in KiB.
MOST_KIB: Final = 16_384
_CLONE_NEWNS: Final = 0x0002_0000
_MS_REC_PRIVATE: Final = 0x4000 | 1 << 18
#: The longest format file that is read, in bytes; the longest that was seen has 9,000.
_LONGEST: Final = 1 << 18
_TRIES: Final = 5

#: system/name of each event that is wanted.
EVENTS: Final = (
    "tcp/tcp_retransmit_skb",
    "tcp/tcp_retransmit_synack",
    "tcp/tcp_send_reset",
    "tcp/tcp_receive_reset",
    "sock/inet_sock_set_state",
    "tcp/tcp_cong_state_set",
    "tcp/tcp_bad_csum",
    "skb/kfree_skb",
)
#: What the kernel itself leaves out of an event's stream, by its name: connections opened and ended, by TCP.
_FILTERS: Final = {"inet_sock_set_state": "protocol == 6 && (newstate == 1 || newstate == 2 || newstate == 7)"}


class TracingError(OSError):
    """The kernel's events cannot be had; the text says why."""


def find_tracefs(points: Sequence[Path] = MOUNT_POINTS) -> Path:
    """The path of tracefs; mounts it for this process alone where it is nowhere.  Raises TracingError."""
    for point in points:
        if (point / "instances").is_dir():
            return point
    libc = ctypes.CDLL(None, use_errno=True)
    private = ctypes.c_ulong(_MS_REC_PRIVATE)
    if (
        libc.unshare(_CLONE_NEWNS)
        or libc.mount(None, b"/", None, private, None)
        or libc.mount(b"nodev", os.fsencode(points[0]), b"tracefs", ctypes.c_ulong(0), None)
    ):
        code = ctypes.get_errno()
        raise TracingError(code, f"tracefs: {os.strerror(code)}")
    if not (points[0] / "instances").is_dir():
        raise TracingError(0, "tracefs has no instances")
    return points[0]


@dataclass(slots=True)
class Instance:
    """An instance that is set up; nothing is recorded before `switch`."""

    folder: Path
    lock: int
    layout: PageLayout
    formats: dict[int, EventFormat]
    """By the event's number."""
    missing: tuple[str, ...]
    """Names of events that this kernel has not, or not with what is needed."""
    pipes: list[int]
    """Descriptors of ``trace_pipe_raw``, one a processor."""
    on: int
    """Descriptor of ``tracing_on``, which works without a right."""

    def switch(self, *, on: bool) -> None:
        """Begin to record, or end it."""
        os.pwrite(self.on, b"1" if on else b"0", 0)


def make_folder(tracefs: Path) -> tuple[Path, int]:
    """A new instance, recording nothing, and the descriptor that locks it.  Raises TracingError."""
    for number in range(_TRIES):
        folder = tracefs / "instances" / f"{PREFIX}{os.getpid()}-{number}"
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        except OSError as error:
            raise TracingError(error.errno, f"tracefs: {error.strerror}") from error
        lock = lock_folder(folder)
        if lock is not None:  # else another start has taken it for a leftover
            return folder, lock
    raise TracingError(0, "no trace instance could be made")


def set_up(folder: Path, lock: int, events: Sequence[str] = EVENTS) -> Instance:
    """Have the instance in ``folder`` record ``events``, as far as this kernel has them.  Raises TracingError."""
    try:
        _write(folder / "tracing_on", "0")
        _write(folder / "trace_clock", "mono")
        processors = len(list((folder / "per_cpu").glob("cpu*"))) or 1
        _write(folder / "buffer_size_kb", str(max(32, min(BUFFER_KIB, MOST_KIB // processors))))
        with contextlib.suppress(OSError):  # Linux 5.0 and later: a reader is woken by the first event
            _write(folder / "buffer_percent", "0")
        header = folder / "events" / "header_page"
        if not header.exists():  # it is the main folder's alone
            header = folder.parent.parent / "events" / "header_page"
        layout = parse_page_layout(_read(header))
        formats: dict[int, EventFormat] = {}
        missing = []
        for event in events:
            name = event.rpartition("/")[2]
            try:
                found = parse_format(_read(folder / "events" / event / "format"))
                if (condition := _condition(found)) is not None:
                    _write(folder / "events" / event / "filter", condition)
                _write(folder / "events" / event / "enable", "1")
            except (OSError, ValueError):
                missing.append(name)
                continue
            formats[found.number] = found
        if not formats:
            raise TracingError(0, "this kernel has none of the events")
        paths = sorted((folder / "per_cpu").glob("cpu*/trace_pipe_raw"))
        pipes = [os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC) for path in paths]
        on = os.open(folder / "tracing_on", os.O_WRONLY | os.O_CLOEXEC)
    except ValueError as error:
        raise TracingError(0, str(error)) from error
    except OSError as error:
        raise TracingError(error.errno or 0, f"tracefs: {error.strerror or error}") from error
    return Instance(folder, lock, layout, formats, tuple(missing), pipes, on)


def _condition(found: EventFormat) -> str | None:
    """The kernel's filter for ``found``; raises ValueError where the event does not tell what is wanted."""
    if found.name == "kfree_skb":
        plain = [value for value, name in found.reasons.items() if name == "NOT_SPECIFIED"]
        if "reason" not in found.fields or not plain:
            raise ValueError("no reason")
        return f"reason > {plain[0]} && (protocol == 2048 || protocol == 34525)"
    return _FILTERS.get(found.name)


def _read(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(_LONGEST).decode("utf-8", "replace")


def _write(path: Path, value: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC)  # never O_CREAT: a missing file must say so
    try:
        os.write(descriptor, value.encode())
    finally:
        os.close(descriptor)
