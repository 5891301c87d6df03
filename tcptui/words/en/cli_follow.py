"""Words of the command ``follow``."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "cli.error.which-stream": "which connection? {command} needs --stream and its number, counted from 0",
    "cli.error.side": "--side {value} is not known; it is one of client, server, both",
    "cli.error.raw-one-side": "--raw writes the bytes of one side: add --side client or --side server",
    "cli.error.raw-terminal": "--raw writes unfiltered bytes, which could control a terminal: redirect them to a file or a program",
    "cli.error.no-stream-at-all": "{file} has no TCP connection",
}
