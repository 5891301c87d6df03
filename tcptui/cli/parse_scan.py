"""Parses ``scan PATH… -o DIR``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.cli.commands import STANDARD_STREAM, ScanCommand
from tcptui.cli.parse_capture import workers
from tcptui.cli.parse_values import CommandLineError, file_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tcptui.cli.commands import Common


def parse_scan(options: Mapping[str, str], words: Sequence[str], common: Common) -> ScanCommand:
    """Raises CommandLineError."""
    if not words:
        raise CommandLineError("error.scan-what")
    if "-o" not in options:
        raise CommandLineError("error.scan-where")
    output = file_name("-o", options["-o"])
    for word in (*words, output):
        if word == STANDARD_STREAM:
            raise CommandLineError("error.scan-stream")
        if "://" in word:
            raise CommandLineError("error.scan-url", value=word[:80])
    return ScanCommand(
        common, tuple(file_name("scan", word) for word in words), output, workers(options), "--resume" in options,
        "--packets" in options,
    )  # fmt: skip
