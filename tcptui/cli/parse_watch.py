"""Parses the command line of ``watch``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.cli.commands import WatchCommand
from tcptui.cli.parse_capture import limits_of
from tcptui.cli.parse_findings import finding_filter
from tcptui.cli.parse_values import CommandLineError, file_name
from tcptui.findings.finding_filter import NOTHING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tcptui.cli.commands import Common


def parse_watch(options: Mapping[str, str], words: Sequence[str], common: Common) -> WatchCommand:
    """``watch SOURCE…``; raises CommandLineError."""
    if not words:
        raise CommandLineError("error.watch-what")
    sources = tuple(file_name("watch", word) for word in words)
    only = finding_filter("--only", options["--only"]) if "--only" in options else NOTHING
    metrics = file_name("--metrics", options["--metrics"]) if "--metrics" in options else ""
    return WatchCommand(common, sources, only, "--json" in options, metrics, limits_of(options))
