"""The text of ``--help``: the usage, and the names of findings that some options take."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from tcptui.findings.catalog import FAMILIES
from tcptui.findings.spec import Family

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcptui.words.catalogue import Words

_COLUMNS: Final = 79


def help_text(words: Words, command: str = "", own: Iterable[str] = ()) -> str:
    """The usage, then the ids of all findings by family; the list is wrapped to less than 80 columns.

    ``command``: only that command's own page; ``own``: ids of findings that the user has defined.
    """
    if command:
        return words(f"cli.help.{command}")
    lines = [words("cli.help"), words("cli.help.findings")]
    defined = tuple(own)
    for family, ids in (*FAMILIES.items(), *([(Family.OWN, defined)] if defined else [])):
        named = ", ".join(ids)
        # Ids are typed or copied, so they are never broken at their hyphens.
        lines += textwrap.wrap(
            f"{family}: {named}", _COLUMNS, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False
        )
    lines.append("  " + words("cli.help.findings-groups"))
    return "\n".join(lines) + "\n"
