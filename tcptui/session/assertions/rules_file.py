"""Rules from a TOML file.

    rules = ["no tcp.analysis.retransmission", …]

or, with names,

    [[rule]]
    name = "answers are quick"
    rule = "p99 tcptui.server_think < 0.3"
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tcptui.model.errors import InputError
from tcptui.model.safe_text import reason_of, safe_text
from tcptui.session.assertions.rule import RuleError

if TYPE_CHECKING:
    from pathlib import Path

#: Bytes; a larger file holds no rules.
_LARGEST: Final = 1 << 20
_QUOTED: Final = 60


@dataclass(frozen=True, slots=True)
class Entry:
    """A rule of a file as it is written; ``fault``: why it is none."""

    number: int
    """Counted through both forms, ``rules`` first."""
    text: str
    name: str = ""
    fault: RuleError | None = None


@dataclass(slots=True)
class RulesFile:
    """The rules of a file, and what is wrong with the file itself."""

    entries: list[Entry] = field(default_factory=list)
    faults: list[RuleError] = field(default_factory=list)


def read_rules(path: Path) -> RulesFile:
    """The rules in the file, right and wrong.  Raises InputError or RuleError where it cannot be read at all."""
    shown = safe_text(str(path))
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise InputError("read_failed", path=shown, reason=reason_of(error)) from error
    if len(data) > _LARGEST:
        raise RuleError("file-large", path=shown, most=_LARGEST)
    try:
        content = tomllib.loads(data.decode())
    except (ValueError, RecursionError) as error:
        raise RuleError("file", path=shown, reason=safe_text(str(error), 200)) from error
    found = RulesFile()
    for key in sorted(content.keys() - {"rule", "rules"}):
        found.faults.append(RuleError("file-key", path=shown, name=safe_text(key, _QUOTED)))
    texts, tables = content.get("rules", []), content.get("rule", [])
    if not (isinstance(texts, list) and isinstance(tables, list)):
        found.faults.append(RuleError("file-shape", path=shown))
        return found
    for number, text in enumerate(texts, 1):
        fault = None if isinstance(text, str) else RuleError("rule-text")
        found.entries.append(Entry(number, "" if fault else text, fault=fault))
    found.entries += [_entry(number, table) for number, table in enumerate(tables, len(texts) + 1)]
    if not found.entries and not found.faults:
        found.faults.append(RuleError("file-empty", path=shown))
    return found


def _entry(number: int, table: Any) -> Entry:
    if not isinstance(table, dict):
        return Entry(number, "", fault=RuleError("rule-table"))
    text, name = table.get("rule"), table.get("name", "")
    called = name if isinstance(name, str) else ""
    unknown = sorted(table.keys() - {"name", "rule"})
    if unknown:
        return Entry(number, "", called, RuleError("rule-key", name=safe_text(unknown[0], _QUOTED)))
    if not (isinstance(text, str) and isinstance(name, str)):
        return Entry(number, "", called, RuleError("rule-table"))
    return Entry(number, text, name)
