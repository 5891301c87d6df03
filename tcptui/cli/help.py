"""The pages of the help: the first one, that of each command, options of a live capture, names of findings."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from tcptui.cli.command_table import COMMANDS
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


def help_text(words: Words, page: str = "", own: Iterable[str] = ()) -> str:
    """A page of the help, to be printed: of a command or topic of `tcptui.cli.command_table`, else the first one.

    ``own``: ids of findings that the user has defined, for the page that lists all names.
    """
    if not page:
        width = max(len(row.word) for row in COMMANDS)
        major = [row.word for row in COMMANDS if not row.is_minor]
        listed = [f"  {word:{width}}  {words(f'cli.summary.{word}')}" for word in major]
        listed.append(f"  {', '.join(row.word for row in COMMANDS if row.is_minor)}  {words('cli.summary.minor')}")
        return words.template("cli.help").format(commands="\n".join(listed))
    summary = words(f"cli.summary.{page}")
    if page == "findings":
        return words.template("cli.help.findings").format(summary=summary, findings="\n".join(_by_family(own)))
    return _filled(words.template(f"cli.help.{page}"), words).format(summary=summary)


def _by_family(own: Iterable[str]) -> list[str]:
    """The names of all findings, family by family, in lines of less than 80 columns."""
    defined = tuple(own)
    lines: list[str] = []
    for family, ids in (*FAMILIES.items(), *([(Family.OWN, defined)] if defined else [])):
        named = ", ".join(ids)
        # Names are typed or copied, so they are never broken at their hyphens.
        lines += textwrap.wrap(
            f"{family}: {named}", _COLUMNS, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False
        )
    return lines


def _filled(template: str, words: Words) -> str:
    """A page whose paragraph that lists protocols is filled anew, where it has one."""
    if _PROTOCOLS not in template:
        return template
    from tcptui.words.line_breaking import wrap
    from tcptui.words.protocol_list import all_protocols

    lines = template.split("\n")
    at = next(place for place, line in enumerate(lines) if _PROTOCOLS in line)
    first, stop = _paragraph(lines, at)
    text = _joined(lines[first:stop]).replace(_PROTOCOLS, all_protocols(words, "cli.protocol", "requests.protocol"))
    indent = _indent(lines[at])
    lines[first:stop] = [" " * indent + line for line in wrap(text, _PAGE_COLUMNS - indent)]
    return "\n".join(lines)


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
