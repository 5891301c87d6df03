"""Parses command lines that compare two sets of connections."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from tcptui.cli.commands import STANDARD_STREAM, CompareCommand
from tcptui.cli.parse_capture import workers
from tcptui.cli.parse_values import CommandLineError, file_name, only_one
from tcptui.model.units import NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tcptui.cli.commands import Common

    Options = Mapping[str, str]
    Files = Callable[[str, Sequence[str]], tuple[str, ...]]

_SECONDS: Final = re.compile(r"(\d{1,12})(?:\.(\d{1,9}))?")
#: Characters of a wrong value that are shown.
_SHOWN: Final = 80


def parse_compare(options: Options, words: Sequence[str], common: Common, files: Files) -> CompareCommand:
    """``compare A B``; raises CommandLineError."""
    named = files("compare", words)
    if len(named) > 2:
        raise CommandLineError("error.too-many-words", command="compare", word=named[2])
    divides = only_one([name for name in ("--split", "--a") if name in options])
    if ("--a" in options) != ("--b" in options):
        raise CommandLineError("error.compare-both")
    if len(named) == 1 and not divides:
        raise CommandLineError("error.compare-two")
    if len(named) == 2 and divides:
        raise CommandLineError("error.compare-one", option=divides)
    html = file_name("--html", options["--html"]) if "--html" in options else ""
    if html == STANDARD_STREAM and "--json" in options:
        raise CommandLineError("error.exclusive", first="--html -", second="--json")
    if "--overwrite" in options and not html:
        raise CommandLineError("error.keep-where", option="--overwrite")
    filters = [file_name(name, options[name]) if name in options else "" for name in ("-Y", "--a", "--b")]
    group = file_name("--group", options["--group"]) if "--group" in options else ""
    split_ns, is_clock = _split(options["--split"]) if "--split" in options else (None, False)
    return CompareCommand(
        common, named, "--json" in options, html, "--overwrite" in options, filters[0], group, split_ns, is_clock,
        filters[1], filters[2], workers(options),
    )  # fmt: skip


def _split(text: str) -> tuple[int, bool]:
    """Nanoseconds, and whether they are a time of the clock: without an offset UTC.  Raises CommandLineError."""
    if seconds := _SECONDS.fullmatch(text):
        return int(seconds[1]) * NS_PER_S + int((seconds[2] or "").ljust(9, "0")), False
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandLineError("error.compare-split-form", value=text[:_SHOWN]) from error
    known = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    whole = known.replace(microsecond=0)
    return round(whole.timestamp()) * NS_PER_S + known.microsecond * 1_000, True
