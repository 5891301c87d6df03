"""Description of the key that opens the list of files, for help and palette."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "screen.key.export": "Files carried over HTTP: view and save them",
}
