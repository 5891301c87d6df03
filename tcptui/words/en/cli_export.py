"""Words of the command ``export``."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "cli.export.line": "{packet:>8}  {size:>14}  {type:28}  {name:32}  {source}",
    "cli.export.not-whole": "{line}  (not whole: {why})",
    "cli.export.none": "no file was carried over HTTP in what was read",
    "cli.export.uncaptured": "files of which no byte was captured, which are not listed: {n}",
    "cli.export.left-out": "there are more files than are listed at a time: {n} were left out; choose a connection with --stream",
    "cli.export.written": "files written to {folder}: {n}",
}
