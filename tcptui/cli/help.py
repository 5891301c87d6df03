"""The text of ``--help``: the usage, and the names of findings that some options take."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from tcptui.findings.catalog import FAMILIES
from tcptui.findings.spec import Family

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tcptui.words.catalogue import Words

_COLUMNS: Final = 79
#: The same of pages that are written by hand.
_PAGE_COLUMNS: Final = 80
#: The place of the list of protocols in a page.
_PROTOCOLS: Final = "{protocols}"
#: What a line ends with that is the last of a paragraph.
_ENDS: Final = (".", ":", "。", "：")


def help_text(words: Words, command: str = "", own: Iterable[str] = ()) -> str:
    """The usage, then the ids of all findings by family; the list is wrapped to less than 80 columns.

    ``command``: only that command's own page; ``own``: ids of findings that the user has defined.
    """
    if command:
        return _filled(words, f"cli.help.{command}", "cli.protocol", "requests.protocol")
    lines = [_filled(words, "cli.help"), words("cli.help.findings")]
    defined = tuple(own)
    for family, ids in (*FAMILIES.items(), *([(Family.OWN, defined)] if defined else [])):
        named = ", ".join(ids)
        # Ids are typed or copied, so they are never broken at their hyphens.
        lines += textwrap.wrap(
            f"{family}: {named}", _COLUMNS, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False
        )
    lines.append("  " + words("cli.help.findings-groups"))
    return "\n".join(lines) + "\n"


def _filled(words: Words, key: str, *prefixes: str) -> str:
    """The page ``key``, its paragraph that lists protocols filled anew; ``prefixes``: of the keys of their names."""
    template = words.template(key)
    if _PROTOCOLS not in template:
        return template.format()
    from tcptui.words.line_breaking import wrap
    from tcptui.words.protocol_list import all_protocols

    lines = template.split("\n")
    at = next(place for place, line in enumerate(lines) if _PROTOCOLS in line)
    first, stop = _paragraph(lines, at)
    text = _joined(lines[first:stop]).replace(_PROTOCOLS, all_protocols(words, *prefixes))
    indent = _indent(lines[at])
    lines[first:stop] = [" " * indent + line for line in wrap(text, _PAGE_COLUMNS - indent)]
    return "\n".join(lines).format()


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _paragraph(lines: Sequence[str], at: int) -> tuple[int, int]:
    """From where to where lines of one indent around line ``at`` are one paragraph, that a sentence or a colon ends."""

    def goes_on(line: int) -> bool:
        """Whether ``line`` and the next one are of one paragraph."""
        one, other = lines[line], lines[line + 1]
        return bool(other.strip()) and _indent(one) == _indent(other) and not one.endswith(_ENDS)

    first, last = at, at
    while first and lines[first - 1].strip() and goes_on(first - 1):
        first -= 1
    while last + 1 < len(lines) and goes_on(last):
        last += 1
    return first, last + 1


def _joined(lines: Iterable[str]) -> str:
    """One line, with a blank between two that end and begin in ASCII."""
    text = ""
    for line in map(str.strip, lines):
        is_wide = bool(text) and not (text[-1].isascii() and line[:1].isascii())
        text += line if is_wide or not text else f" {line}"
    return text
