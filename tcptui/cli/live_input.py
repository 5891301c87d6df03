"""Opens the source of a live capture, and the files of ``-w``, from a command."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tcptui.capture.child.client import DEFAULT_BUFFER_KIB, CaptureOptions
from tcptui.capture.live_source import LiveSource
from tcptui.capture.own_ssh import OwnScreen
from tcptui.capture.ssh_source import RemoteOptions
from tcptui.cli.outputs import keep, may_replace, open_output_files
from tcptui.cli.read_files import files_read

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcptui.capture.child.client import CaptureChild
    from tcptui.capture.own_ssh import OwnTraffic
    from tcptui.capture.source import Source
    from tcptui.cli.commands import LiveCommand, RemoteCommand
    from tcptui.words.catalogue import Words


def capture_options(command: LiveCommand, own_words: str = "") -> CaptureOptions:
    """The options for the capture child; ``own_words`` is a filter that excludes our own SSH connection."""
    return CaptureOptions(
        interface=command.interface,
        filter_words=command.filter_words,
        own_words="" if command.include_own else own_words,
        snaplen=command.snaplen,
        count=command.count,
        buffer_kib=DEFAULT_BUFFER_KIB if command.buffer_kib is None else command.buffer_kib,
        promiscuous=command.promiscuous,
        limit_bytes=command.limits.spool,
    )


def remote_options(command: RemoteCommand) -> RemoteOptions:
    """The options for tcpdump on the other host."""
    return RemoteOptions(
        command.filter_words, command.snaplen, command.count, command.buffer_kib, command.promiscuous,
        command.limits.spool, command.unattended,
    )  # fmt: skip


def print_remote(line: str) -> None:
    """Print a line of ssh, or of the program that it runs, on standard error; a write error is ignored."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            print(line, file=sys.stderr, flush=True)


def live_source(
    child: CaptureChild, command: LiveCommand, own: OwnTraffic, ask: Callable[[str], bool], words: Words
) -> tuple[Source, OwnScreen]:
    """The running capture, and whether it includes the connection of our own screen.

    ``ask`` puts a question to the user before a file is replaced.  Raises CaptureError, UsageError or OutputError.
    """
    options = capture_options(command, own.filter_words)
    replaceable = may_replace(command, ask, words, files_read(command.common, ()))
    files = open_output_files(command, replaceable)
    is_spool = files is None and command.write is not None and not command.watch.keep_around
    path = Path(command.write) if command.write is not None and is_spool else None
    screens: list[OwnScreen] = []

    def make() -> Source:
        source = LiveSource(child, options, path=path, replaceable=replaceable)
        screens.append(_own_screen(source, command, own))
        return source

    return keep(make, files), screens[0]


def _own_screen(source: LiveSource, command: LiveCommand, own: OwnTraffic) -> OwnScreen:
    if not own.is_remote:
        return OwnScreen.LOCAL
    if source.opened.leaves_out_own:
        return OwnScreen.LEFT_OUT
    return OwnScreen.INCLUDED if command.include_own or own.connections else OwnScreen.NOT_FOUND
