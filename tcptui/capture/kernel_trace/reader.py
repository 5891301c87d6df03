"""The main function of the process that reads the kernel's trace events, and its janitor.

Started by the app while that may still be root.  It makes the trace instance, opens what it needs of it, and becomes
the invoking user (of root itself: nobody) without any capability; then it writes records (`tcptui.model.kernel_event`)
into the descriptor that the app passes.  Its janitor is a fork that reads nothing but a pipe: root without
capabilities, which it needs to remove the instance once the reader has ended, however that did.
"""

from __future__ import annotations

import errno
import json
import os
import select
import signal
import socket
import time
from bisect import bisect_left
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from tcptui.capture import capabilities
from tcptui.capture.child.main import refuse_threads
from tcptui.capture.kernel_trace import clock
from tcptui.capture.kernel_trace.decoder import Decoder
from tcptui.capture.kernel_trace.instance import (
    PREFIX,
    Instance,
    TracingError,
    find_tracefs,
    make_folder,
    set_up,
)
from tcptui.capture.kernel_trace.pages import read_page
from tcptui.capture.locked_folders import clear_leftovers, remove_folder
from tcptui.capture.privileges import Identity, give_up
from tcptui.model.child_side import framed
from tcptui.model.safe_text import reason_of, safe_text

#: Who reads for root itself.
_NOBODY: Final = 65_534
#: Between two rounds, in seconds: events wait in the kernel's ring meanwhile.
ROUND_SECONDS: Final = 0.05
#: How long an instance may stay busy after its reader has gone, in seconds.
_PATIENCE: Final = 10.0
#: How long a quiet reader sleeps, in seconds.
_QUIET_SECONDS: Final = 1.0
#: Events older than this are in the ring of whichever processor had them.
_SETTLED_NS: Final = 1_000_000
#: Pages of a processor that are read in a round: 4 MB; what is more waits, or is overwritten and counted.
_PAGES: Final = 1024
#: Room for one page; the kernel's are 4 KiB, or up to 64.
_PAGE_BYTES: Final = 1 << 16
#: The largest file that is written, in bytes: 300,000 events.
LARGEST: Final = 32 << 20


@dataclass(slots=True)
class _Tracing:
    instance: Instance
    decoder: Decoder
    target: int
    written: int = 0
    waiting: list[tuple[int, bytes]] = field(default_factory=list)
    """Events that are so new that another processor may have older ones."""
    unwritten: int = 0
    """Events that had no room in the file, or are not as their format says."""


def main(descriptor: int, parent: int, identity: dict[str, Any] | None) -> None:
    """Set up tracing, become ``identity`` without a right, and serve the socket at ``descriptor`` for ``parent``."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(fileno=descriptor) as connection:
        try:
            refuse_threads()
            instance = _prepare()
        except (OSError, RuntimeError) as error:
            text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            connection.sendall(framed(json.dumps({"refused": safe_text(text, 200)}).encode()))
            return
        become = Identity(**identity) if identity else Identity(_NOBODY, _NOBODY, (), "nobody", None)
        try:
            give_up(become)
        except OSError as error:
            connection.sendall(framed(json.dumps({"refused": reason_of(error)}).encode()))
            return
        capabilities.end_with_parent(signal.SIGTERM)
        if os.getppid() != parent:
            return
        ready = {"missing": list(instance.missing)}
        connection.sendall(framed(json.dumps(ready).encode()))
        _serve(connection, instance)


def _prepare() -> Instance:
    """The instance, which a janitor removes once this process has ended.  Raises TracingError."""
    tracefs = find_tracefs()
    clear_leftovers((tracefs / "instances").glob(PREFIX + "*"), Path.rmdir)
    folder, lock = make_folder(tracefs)
    _leave_janitor(folder)
    return set_up(folder, lock)


def _leave_janitor(folder: Path) -> None:
    """Fork the process that removes ``folder`` when this one has ended.  Raises TracingError."""
    reading, _writing = os.pipe()
    try:
        child = os.fork()
    except OSError as error:
        remove_folder(folder, _PATIENCE)
        raise TracingError(error.errno or errno.EAGAIN, reason_of(error)) from error
    if child:
        os.close(reading)  # the other end stays open as long as this process lives
        return
    try:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        os.closerange(3, reading)
        os.closerange(reading + 1, 1 << 10)
        give_up(None)
        while os.read(reading, 1):
            pass
        remove_folder(folder, _PATIENCE)
    finally:
        os._exit(0)


def _serve(connection: socket.socket, instance: Instance) -> None:
    """Wait for the file to write to, record until the app closes the socket."""
    try:
        data, descriptors, _flags, _address = socket.recv_fds(connection, 1, 1)
    except OSError:
        return
    if not data or not descriptors:
        return
    tracing = _Tracing(instance, Decoder(instance.formats), descriptors[0])
    poll = select.poll()
    for pipe in instance.pipes:
        poll.register(pipe, select.POLLIN)
    poll.register(connection, select.POLLIN)
    before = clock.measure()
    instance.switch(on=True)
    first = Decoder.began(before, time.monotonic_ns())
    tracing.written = os.pwrite(tracing.target, first, 0)
    connection.sendall(framed(b"{}"))
    while True:
        is_over = connection.fileno() in [number for number, _events in poll.poll(1000 * _QUIET_SECONDS)]
        if is_over:
            instance.switch(on=False)
        else:
            time.sleep(ROUND_SECONDS)
        now = clock.measure()
        _take(tracing, before.hull(now), is_last=is_over)
        before = now
        if is_over:
            return


def _take(tracing: _Tracing, offset: clock.Offset, *, is_last: bool) -> None:
    """Write what has come, in the order of time; what is too new for that waits, unless this ``is_last``."""
    before_ns = time.monotonic_ns() - _SETTLED_NS
    events, lost = tracing.waiting, 0
    for pipe in tracing.instance.pipes:
        for _ in range(_PAGES):
            try:
                data = os.read(pipe, _PAGE_BYTES)
            except OSError:  # nothing more
                break
            if not data:
                break
            try:
                page = read_page(data, tracing.instance.layout)
            except ValueError:
                lost += 1
                continue
            lost += page.lost
            events += page.events
    events.sort(key=itemgetter(0))
    ripe = len(events) if is_last else bisect_left(events, before_ns, key=itemgetter(0))
    events, tracing.waiting = events[:ripe], events[ripe:]
    records = tracing.decoder.records(events, offset)
    lost += tracing.decoder.malformed + tracing.unwritten
    tracing.decoder.malformed = tracing.unwritten = 0
    if lost:
        records = tracing.decoder.lost(lost, offset, events[0][0] if events else time.monotonic_ns()) + records
    if tracing.written + len(records) > LARGEST:
        tracing.unwritten += len(events) + lost
        return
    try:
        os.pwrite(tracing.target, records, tracing.written)
    except OSError:  # no room
        tracing.unwritten += len(events) + lost
        return
    tracing.written += len(records)
