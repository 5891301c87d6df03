"""``--kernel``: has the kernel's trace events recorded beside a live capture, and keeps them with it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tcptui.access.kernel_events.companion import companion_path, write_companion
from tcptui.access.kernel_events.log import KernelLog
from tcptui.access.kernel_events.tied_events import KernelEvents
from tcptui.capture.kernel_trace.client import KernelTrace
from tcptui.capture.output import Replaceable
from tcptui.cli.commands import LiveCommand
from tcptui.cli.read_files import files_read
from tcptui.model.errors import OutputError
from tcptui.model.safe_text import safe_text
from tcptui.words.errors import say
from tcptui.words.kernel_text import summary_lines

if TYPE_CHECKING:
    from contextlib import ExitStack

    from tcptui.access.open_capture import JudgedCapture, OpenCapture
    from tcptui.capture.privileges import Identity
    from tcptui.words.catalogue import Words


class KernelRecording:
    """The trace of one live capture, from before root is given up until what it recorded is kept."""

    def __init__(self, command: LiveCommand, identity: Identity | None, stack: ExitStack) -> None:
        """Raises CaptureDeniedError without the right, CaptureError where the kernel has no events to give."""
        self._command = command
        self._trace = KernelTrace.start(identity)
        stack.callback(self._trace.close)

    @property
    def _path(self) -> Path | None:
        """The single file of ``-w``; None: the words are kept nowhere."""
        command = self._command
        is_single = command.rotation is None and not command.watch.keep_around
        return Path(command.write) if command.write is not None and is_single else None

    def begin(self) -> None:
        """Record from now on; call it before the capture begins.  Raises CaptureError, or OutputError for the file."""
        if self._path is not None and not self._command.overwrite and os.path.lexists(companion_path(self._path)):
            raise OutputError("output_exists", path=safe_text(str(companion_path(self._path))))
        self._trace.record()

    def attach(self, capture: OpenCapture) -> None:
        """Have ``capture`` know what is recorded."""
        KernelEvents.of(capture).log = KernelLog(self._trace.descriptor)

    def end(self, session: JudgedCapture, words: Words) -> None:
        """End it, say what was recorded, and keep it beside the capture.  Raises OutputError."""
        if not self._trace.is_alive:
            say(words("kernel.ended-early"), words)
        self._trace.stop()
        if self._trace.missing:
            say(words("kernel.missing", names=", ".join(self._trace.missing)), words)
        word = KernelEvents.of(session)
        summary = word.summary(session)
        if word.log is None or summary is None:
            return
        say(words("kernel.report.line", text=words("report.list-semicolon").join(summary_lines(summary, words))), words)
        if self._path is None or not self._path.exists():
            return
        replaceable = Replaceable.for_overwrite(self._command.overwrite, files_read(self._command.common, ()))
        kept = write_companion(self._path, word.log, replaceable)
        say(words("kernel.kept", path=safe_text(str(kept))), words)


def recording(command: object, identity: Identity | None, stack: ExitStack) -> KernelRecording | None:
    """The recording that ``command`` asks for with ``--kernel``; None: none.  Raises as `KernelRecording`."""
    if not isinstance(command, LiveCommand) or not command.kernel:
        return None
    return KernelRecording(command, identity, stack)
