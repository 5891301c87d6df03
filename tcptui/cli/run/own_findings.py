"""Findings of one's own for a command: those of ``--findings``, and of the file beside the settings."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tcptui.cli.run.combined_fault import combined_fault
from tcptui.model.errors import UsageError
from tcptui.userdirs.places import config_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcptui.cli.commands import Common
    from tcptui.findings.finding_filter import FindingFilter
    from tcptui.session.own.rule import OwnRule
    from tcptui.session.own.rules_file import OwnFilterError, OwnFindingsError
    from tcptui.words.catalogue import Words

#: Beside the settings file.
FILE_NAME: Final = "findings.toml"


class WrongOwnFilterError(UsageError):
    """The filter of a finding is wrong; the message names the entry, and carets beneath it point at the place."""

    def __init__(self, **facts: object) -> None:
        super().__init__("own_filter", **facts)
        self.key = "own.error.filter-wrong"


def default_file() -> Path | None:
    """The file beside the settings of the effective user, where there is one."""
    path = config_path(os.environ, FILE_NAME)
    return path if path is not None and os.path.lexists(path) else None


def own_rules(common: Common, words: Words) -> tuple[OwnRule, ...]:
    """The user's own findings; call it once root has been given up.

    Raises UsageError, whose `more` has whatever else is wrong with their files.
    """
    default = default_file()
    if default is None and not common.findings:
        return ()
    from tcptui.session.own.rules_file import RulesReader

    reader = RulesReader()
    if default is not None:
        reader.read_own(default)
    for name in common.findings:
        reader.read(Path(name))
    if reader.faults:
        raise combined_fault([_usage_error(fault, words) for fault in reader.faults])
    return tuple(reader.rules)


def _usage_error(fault: OwnFindingsError | OwnFilterError, words: Words) -> UsageError:
    if isinstance(fault, UsageError):
        return fault
    from tcptui.cli.run.check import pointed
    from tcptui.cli.run.filtering import filter_message

    message = filter_message(fault.error, words)
    error = WrongOwnFilterError(path=fault.path, number=fault.number, entry=fault.name, message=message)
    error.below = tuple(pointed(fault.text, fault.error.span))
    return error


def require_defined(option: str, wanted: FindingFilter | None, rules: Iterable[OwnRule]) -> None:
    """Raise CommandLineError where ``wanted`` names a finding that nobody has defined."""
    from tcptui.cli.parse_findings import unknown_finding
    from tcptui.model.finding import OwnId

    known = {str(rule.id) for rule in rules}
    for name in sorted(() if wanted is None else wanted.ids):
        if isinstance(name, OwnId) and name not in known:
            raise unknown_finding(option, str(name), known)


def own_ids(common: Common, words: Words) -> list[str]:
    """The ids of the user's own findings, for a list; what is wrong with a file of them is said."""
    if not common.findings and default_file() is None:
        return []
    from tcptui.cli.inputs import give_up_root
    from tcptui.words.errors import say_error

    give_up_root()
    try:
        return [str(rule.id) for rule in own_rules(common, words)]
    except UsageError as error:
        say_error(error, words)
        return []
