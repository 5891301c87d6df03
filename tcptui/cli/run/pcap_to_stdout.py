"""``-i … -w -``: writes pcap to standard output, without a screen and without parsing a packet."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from tcptui.capture.child.client import CaptureChild, stream_to_descriptor
from tcptui.capture.privileges import drop_root, forbid_sudo
from tcptui.cli.inputs import print_privilege_notice, target_identity
from tcptui.cli.live_input import capture_options
from tcptui.cli.prompts import offer_sudo
from tcptui.cli.signals import signals_stop, signals_unwind
from tcptui.model.errors import CaptureDeniedError, OutputError
from tcptui.words.errors import say

if TYPE_CHECKING:
    from tcptui.cli.commands import LiveCommand
    from tcptui.words.catalogue import Words


def stream_capture(command: LiveCommand, words: Words) -> int:
    """Capture until ``-c``, a signal, or the reader closes the pipe; returns the exit code.  Raises TcptuiError.

    As of tcpdump, SIGINT, SIGTERM and SIGHUP end it with a whole record, the summary, and exit code 0.
    """
    if os.isatty(1):
        raise OutputError("output_terminal")
    with signals_unwind(captures=True):  # until it has begun
        return _streamed(command, words)


def _streamed(command: LiveCommand, words: Words) -> int:
    identity = target_identity()
    child = CaptureChild.start(identity)
    try:
        footing = drop_root(identity, may_offer_sudo=True)
        with signals_stop(child.stop):
            end = stream_to_descriptor(child, capture_options(command), opened=forbid_sudo)
    except CaptureDeniedError as error:
        return offer_sudo(error, sys.argv[1:], words)
    finally:
        child.close()
    print_privilege_notice(footing, words)
    say(words("cli.live.summary", packets=end.packets, dropped=end.kernel_dropped), words)
    if end.error is not None:
        raise end.error
    return 0
