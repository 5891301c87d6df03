"""``tcptui man [PAGE]``: a page of the help as a man page, for `man` and for those who package tcptui.

The format is man(7): https://man7.org/linux/man-pages/man7/man.7.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tcptui.cli.help import help_text
from tcptui.cli.run.load import write
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from tcptui.cli.commands import ManCommand

_HEADING: Final = re.compile(r"[^ ].*")


def write_man_page(command: ManCommand, words: Words) -> int:
    """Write the page; returns the exit code."""
    write([man_page(command.page, words.language)])
    return 0


def man_name(page: str) -> str:
    """The name of a page: that of a command stands behind the program's."""
    return f"tcptui-{page}" if page else "tcptui"


def _escaped(line: str) -> str:
    """``line`` as roff shows it: hyphens that can be copied, no request at its beginning."""
    line = line.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    return f"\\&{line}" if line.startswith(".") else line


def man_page(page: str, language: Language) -> str:
    """The roff of a page of the help."""
    name, words = man_name(page), Words(language)
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
