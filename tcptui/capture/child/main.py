"""The main function of the capture child, the process that holds the capture socket.

Started by the app while that may still be root.  It drops every capability but CAP_NET_RAW, becomes the
invoking user, and then opens the captures that the app asks for; `packet_ring` or libpcap's dumper writes the
spool.  It parses no packet and opens no capture file.  It ends with the app: when the control socket is
closed, or by the signal that the kernel sends when the parent dies.

Everything it needs is imported before it drops its privileges: the interpreter may be installed where the
invoking user cannot read.
"""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tcptui.capture import capabilities
from tcptui.capture.byte_reader import wait_readable
from tcptui.capture.child.control import Control
from tcptui.capture.child.loop import Capture
from tcptui.capture.child.pcap_handle import OpenError
from tcptui.capture.child.priority import raise_priority
from tcptui.capture.child.protocol import CaptureRequest
from tcptui.capture.privileges import Identity, give_up

if TYPE_CHECKING:
    from collections.abc import Callable

#: How often an idle child checks for a termination signal, in seconds.
WAKE_SECONDS: Final = 1.0


def serve(control: Control, is_terminated: Callable[[], bool]) -> None:
    """Serve capture requests one after the other, until the app disconnects or a signal ends this process."""
    is_there = True
    while is_there and not is_terminated():
        if not wait_readable(control.fileno(), WAKE_SECONDS):
            continue
        messages, is_there = control.receive()
        for message in messages:
            if not isinstance(message, CaptureRequest):
                continue  # a request about a capture, sent while that was ending by itself
            descriptor = control.take_descriptor()
            try:
                capture = Capture(message, descriptor)
            except OpenError as error:
                os.close(descriptor)
                control.tell(error.message)
                continue
            control.tell(capture.opened)
            ended, is_there = capture.run(control, is_terminated)
            control.tell(ended)


def refuse_threads() -> None:
    """Raise RuntimeError when a library has started a thread: capabilities are dropped per thread (capabilities(7))."""
    tasks = Path("/proc/self/task")
    if tasks.is_dir() and len(list(tasks.iterdir())) > 1:
        raise RuntimeError("a thread would keep the rights that this process gives up")


def main(descriptor: int, parent: int, identity: dict[str, Any] | None) -> None:
    """Become ``identity`` with CAP_NET_RAW alone, then serve the socket at ``descriptor`` for process ``parent``."""
    terminated: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: terminated.append(number))
    signal.siginterrupt(signal.SIGTERM, False)  # libpcap would leave the record half written that a slow reader gets
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the app handles Ctrl-C
    raise_priority()
    if capabilities.SUPPORTED:
        refuse_threads()
        give_up(Identity(**identity) if identity else None, keep=(capabilities.CAP_NET_RAW,))
        capabilities.end_with_parent(signal.SIGTERM)
    if os.getppid() != parent:
        return  # the parent died before end_with_parent was in force
    with socket.socket(fileno=descriptor) as connection:
        serve(Control(connection), lambda: bool(terminated))
