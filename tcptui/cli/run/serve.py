"""``serve``: starts the tools for assistants, which stand above the command line (`tcptui.serve`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tcptui.cli.commands import ServeCommand
    from tcptui.words.catalogue import Words


def start_serving(command: ServeCommand, words: Words) -> int:
    """Serve until it ends; returns the exit code.  Raises TcptuiError."""
    from tcptui.serve.start import serve

    return serve(command, words)
