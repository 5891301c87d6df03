"""Writes the man pages: each page of the help, in both languages, as a page of section 1.

python tests/support/man_pages.py

They are kept in ``tcptui/docs/man``, which the wheel installs where ``man`` looks; a test compares them with the help.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from tcptui.cli.command_table import COMMANDS, TOPICS
from tcptui.cli.run.man import man_name, man_page
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER: Final = Path(__file__).resolve().parents[2] / "tcptui" / "docs" / "man"
#: Where ``man`` looks for each language.
PLACES: Final = {Language.EN: "man1", Language.ZH: "zh_CN/man1"}
#: What the settings file may say is no page of the catalogue: what can be set is listed by the command itself.
PAGES: Final = ("", *(row.word for row in COMMANDS if row.word != "config"), *TOPICS)


def pages() -> Iterator[tuple[Path, str]]:
    """Each page: where it is kept, and what it holds."""
    for language, place in PLACES.items():
        for page in PAGES:
            yield FOLDER / place / f"{man_name(page)}.1", man_page(page, language)


if __name__ == "__main__":
    for path, text in pages():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
