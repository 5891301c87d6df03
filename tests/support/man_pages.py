"""Writes the man pages: each page of the help, in both languages, as a page of section 1.

python tests/support/man_pages.py

They are kept in ``tcptui/docs/man``, which the wheel installs where ``man`` looks; a test compares them with the help.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tcptui.cli.command_table import COMMANDS, TOPICS
from tcptui.cli.help import help_text
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER: Final = Path(__file__).resolve().parents[2] / "tcptui" / "docs" / "man"
#: Where ``man`` looks for each language.
PLACES: Final = {Language.EN: "man1", Language.ZH: "zh_CN/man1"}
#: What the settings file may say is no page of the catalogue: what can be set is listed by the command itself.
PAGES: Final = ("", *(row.word for row in COMMANDS if row.word != "config"), *TOPICS)
_HEADING: Final = re.compile(r"[^ ].*")


def _escaped(line: str) -> str:
    """``line`` as roff shows it: hyphens that can be copied, no request at its beginning."""
    line = line.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    return f"\\&{line}" if line.startswith(".") else line


def man_page(page: str, language: Language) -> str:
    """The roff of a page of the help."""
    name, words = f"tcptui-{page}" if page else "tcptui", Words(language)
    lines = help_text(words, page).rstrip("\n").split("\n")
    summary = words(f"cli.summary.{page}") if page else lines[0].partition(": " if language is Language.EN else "：")[2]
    name_is = "NAME" if language is Language.EN else "名称"
    out = [f'.TH {name.upper()} 1 "" tcptui', f".SH {name_is}", f"{_escaped(name)} \\- {_escaped(summary)}"]
    if not page:
        out.append(f".SH {'SYNOPSIS' if language is Language.EN else '用法'}")
        return "\n".join([*out, ".nf\n.in 2n", *map(_escaped, lines[2:]), ".fi", ""])
    # The name and its summary come first in each page: they have been written.
    first = next(place for place, line in enumerate(lines[1:], 1) if _HEADING.fullmatch(line))
    for line in lines[first:]:
        if _HEADING.fullmatch(line):
            out += [".fi", f".SH {_escaped(line)}", ".nf"]
        else:
            out.append(_escaped(line.removeprefix("  ")))
    return "\n".join([*out, ".fi", ""]).replace(".nf\n", ".nf\n.in 2n\n")  # as wide as a terminal of 80 columns


def pages() -> Iterator[tuple[Path, str]]:
    """Each page: where it is kept, and what it holds."""
    for language, place in PLACES.items():
        for page in PAGES:
            yield FOLDER / place / f"{f'tcptui-{page}' if page else 'tcptui'}.1", man_page(page, language)


if __name__ == "__main__":
    for path, text in pages():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
