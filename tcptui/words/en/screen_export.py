"""Words of the list of files on the main screen and in the help."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "screen.key.export": "files carried over HTTP: see and write them",
}
