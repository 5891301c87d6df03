"""A program that is run for its connections (``-- CMD``)."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "program.not-run": "{program} cannot be run: {reason}",
    "program.lost": "the process that ran {program} was killed: how that ended is not known",
    "program.by-group": "the kernel does not report this program's connections here; those whose owner was seen are in the report",
    "program.by-process": "no control group could be made for the program; its connections are those whose process was seen",
    "program.others": "{n:connection|connections} of other programs left out",
    "program.unknown": "{n:connection|connections} left out whose owner is not known",
    "program.uncaptured": "{n:connection|connections} of this program not in the capture on {interface}: another network namespace or interface, or lost",
    "program.left": "{n:process|processes} started by the program still running: later connections are not in the report",
}
