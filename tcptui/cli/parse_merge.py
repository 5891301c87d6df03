"""Parses command lines about two or more captures of the same traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.cli.commands import MOST_POINTS, STANDARD_STREAM, MergeCommand, MergedScreenCommand
from tcptui.cli.parse_values import CommandLineError, file_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tcptui.cli.commands import Common, Display

    Options = Mapping[str, str]
    Files = Callable[[str, Sequence[str]], tuple[str, ...]]


def parse_merge(options: Options, words: Sequence[str], common: Common, files: Files) -> MergeCommand:
    """``merge A B``; raises CommandLineError."""
    named = files("merge", words)
    if len(named) > MOST_POINTS:
        raise CommandLineError("error.too-many-words", command="merge", word=named[MOST_POINTS])
    if named == (STANDARD_STREAM,):
        raise CommandLineError("error.merge-two", command="merge")
    write = file_name("-w", options["-w"]) if "-w" in options else ""
    if write and (write == STANDARD_STREAM or write.endswith(".pcap")):
        raise CommandLineError("error.merge-pcapng", file=write)
    html = file_name("--html", options["--html"]) if "--html" in options else ""
    if html == STANDARD_STREAM and "--json" in options:
        raise CommandLineError("error.exclusive", first="--html -", second="--json")
    if html and html == write:
        raise CommandLineError("error.exclusive", first="--html", second="-w")
    if len(named) > 2 and (write or html):
        raise CommandLineError("error.merge-two-only", option="-w" if write else "--html")
    if "--overwrite" in options and not (write or html):
        raise CommandLineError("error.keep-where", option="--overwrite")
    return MergeCommand(
        common, named, "--json" in options, "--assume-symmetric" in options, write, html, "--overwrite" in options
    )  # fmt: skip


def parse_merged_screen(
    options: Options, words: Sequence[str], common: Common, display: Display, files: Files
) -> MergedScreenCommand:  # fmt: skip
    """``A B --merge``; raises CommandLineError."""
    if len(words) > 2:
        raise CommandLineError("error.merge-screen-two", word=words[2])
    named = files("--merge", words)
    if len(named) < 2:
        raise CommandLineError("error.merge-two", command="--merge")
    return MergedScreenCommand(common, (named[0], named[1]), display, "--assume-symmetric" in options)
