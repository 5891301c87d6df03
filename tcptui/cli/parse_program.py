"""Parses ``[OPTIONS] -- CMD ARG…``: a program to run, and how its connections are captured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcptui.cli.commands import STANDARD_STREAM, Display, ProgramCommand
from tcptui.cli.parse_capture import parse_live
from tcptui.cli.parse_values import CommandLineError, file_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tcptui.cli.commands import Common

#: The options that may stand before ``--``, beside those of every live capture.
PROGRAM_OPTIONS: Final = frozenset({"-i", "-s", "-B", "-p", "-w", "--overwrite", "--no-screen", "--json"})
#: Every interface: where a program connects to is not known before.
_EVERYWHERE: Final = "any"


def parse_program(options: Mapping[str, str], program: Sequence[str], common: Common) -> ProgramCommand:
    """``-- CMD ARG…`` with its options; raises CommandLineError."""
    if not program or not program[0]:
        raise CommandLineError("error.which-program")
    write = file_name("-w", options["-w"]) if "-w" in options else ""
    if write == STANDARD_STREAM:
        raise CommandLineError("error.program-stdout")
    if "--overwrite" in options and not write:
        raise CommandLineError("error.overwrite-what")
    ours = {name: value for name, value in options.items() if name not in {"-w", "--overwrite"}}
    live = parse_live({"-i": _EVERYWHERE, **ours}, (), common, Display())
    return ProgramCommand(common, tuple(program), live, "--json" in options, write, "--overwrite" in options)
