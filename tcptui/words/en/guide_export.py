"""Words of the list of files on the main screen and in the help."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    "guide.prompt.folder": "name of a folder; it is made when it does not exist",
}
