"""Parses the command line of ``watch``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tcptui.cli.commands import WatchCommand
from tcptui.cli.parse_capture import limits_of
from tcptui.cli.parse_findings import finding_filter
from tcptui.cli.parse_values import CommandLineError, file_name
from tcptui.findings.finding_filter import NOTHING

#: Units of times, in seconds; the longest time.
_UNITS: Final = {"": 1, "s": 1, "m": 60, "h": 3600}
_LONGEST: Final = 24 * 3600

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
    if "--out" in options and "--keep-last" not in options:
        raise CommandLineError("error.watch-out")
    seconds = _duration(options["--keep-last"]) if "--keep-last" in options else 0.0
    out = file_name("--out", options["--out"]) if "--out" in options else "."
    return WatchCommand(common, sources, only, "--json" in options, metrics, seconds, out, limits_of(options))


def _duration(text: str) -> float:
    """Parse ``90``, ``90s``, ``5m``, ``1h``, in seconds; raises CommandLineError."""
    found = re.fullmatch(r"([0-9]{1,6})([smh]?)", text)
    seconds = int(found[1]) * _UNITS[found[2]] if found else 0
    if not 0 < seconds <= _LONGEST:
        raise CommandLineError("error.watch-time", value=text)
    return float(seconds)
