"""Parses the values of ``--stop-on``, ``--keep-around`` and ``--only``: findings by id, family or severity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcptui.cli.parse_values import CommandLineError
from tcptui.findings.finding_filter import SEVERITIES, FindingFilter
from tcptui.findings.spec import Family
from tcptui.model.finding import AnyId, FindingId, OwnId, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable


def finding_filter(option: str, text: str) -> FindingFilter:
    """Parse ``text``, a comma-separated list of names, as the value of ``option``.  Raises CommandLineError.

    A name that is not known is that of a finding of one's own; whether there is one turns out when the files of
    these are read (`tcptui.cli.run.own_findings.require_defined`).
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise CommandLineError("error.no-value", option=option)
    ids: set[AnyId] = set()
    families: set[Family] = set()
    least: list[Severity] = []
    for name in names:
        if name in SEVERITIES:
            least.append(SEVERITIES[name])
        elif name in set(Family):
            families.add(Family(name))
        elif name in set(FindingId):
            ids.add(FindingId(name))
        else:
            ids.add(OwnId(name, {}))
    return FindingFilter(frozenset(ids), frozenset(families), min(least) if least else None)


def unknown_finding(option: str, name: str, own: Iterable[str] = ()) -> CommandLineError:
    """What is said of the ``name`` of no finding; ``own``: those that the user has defined."""
    from difflib import get_close_matches

    known = [str(finding) for finding in FindingId] + [*map(str, Family), *SEVERITIES, *own]
    near = [other for other in known if name.lower() in other] + get_close_matches(name.lower(), known, 4, 0.5)
    near = list(dict.fromkeys(near))[:5]
    if near:
        return CommandLineError("error.finding-near", option=option, value=name, near=", ".join(near))
    return CommandLineError("error.finding", option=option, value=name)
