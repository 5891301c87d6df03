"""Rules from a TOML file.

    rules = ["no tcp.analysis.retransmission", …]

or, with names,

    [[rule]]
    name = "answers are quick"
    rule = "p99 tcptui.server_think < 0.3"
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final

from tcptui.model.errors import InputError
from tcptui.model.safe_text import reason_of, safe_text
from tcptui.session.assertions.rule import RuleError

#: Bytes; a larger file holds no rules.
_LARGEST: Final = 1 << 20


def read_rules(path: Path) -> list[tuple[str, str]]:
    """Text and name (perhaps empty) of each rule in the file.  Raises InputError or RuleError."""
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
    unknown = sorted(content.keys() - {"rule", "rules"})
    if unknown:
        raise RuleError("file-key", path=shown, name=unknown[0])
    texts, tables = content.get("rules", []), content.get("rule", [])
    if not (_is_list(texts, str) and _is_list(tables, dict)):
        raise RuleError("file-shape", path=shown)
    found = [(text, "") for text in texts] + [_named(table, shown) for table in tables]
    if not found:
        raise RuleError("file-empty", path=shown)
    return found


def _is_list(value: object, of: type) -> bool:
    return isinstance(value, list) and all(isinstance(item, of) for item in value)


def _named(table: dict[str, Any], path: str) -> tuple[str, str]:
    unknown = sorted(table.keys() - {"name", "rule"})
    if unknown:
        raise RuleError("file-key", path=path, name=unknown[0])
    text, name = table.get("rule"), table.get("name", "")
    if not (isinstance(text, str) and isinstance(name, str)):
        raise RuleError("file-shape", path=path)
    return text, name
