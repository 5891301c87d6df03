"""``cases``: lists the bundled cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.cli.run.load import write
from tcptui.model.safe_text import safe_text
from tcptui.words.errors import say

if TYPE_CHECKING:
    from tcptui.cli.commands import CasesCommand
    from tcptui.words.catalogue import Words


def list_cases(command: CasesCommand, words: Words) -> int:
    """List the bundled cases, as text or as JSON; returns the exit code."""
    from tcptui.cli.report.json_text import to_json
    from tcptui.lessons.listing import contains
    from tcptui.lessons.listing import list_cases as list_cases_as_json
    from tcptui.lessons.loader import load_cases

    bundled = load_cases()
    cases = [case for case in bundled if contains(case, command.words)]
    if command.as_json:
        write([to_json(list_cases_as_json(cases)), "\n"])
        return 0
    if not cases:
        sought = safe_text(" ".join(command.words))
        say(words("cli.cases.not_found", words=sought) if bundled else words("cli.cases.none"), words)
        return 1
    print(words("cli.cases.heading"))
    width = max(len(case.id) for case in cases)
    for case in cases:
        print(f"  {case.id:{width}}  {case.title[words.language]} ({words('cli.cases.packets', n=case.packets)})")
    return 0
