"""Style sheets that stay the same are parsed once a process, not by every app that a test starts: a tenth of its time.

Textual itself keeps the rules that it parsed for as long as an app has the same variables; here the apps of a process
have them together.  Rules are what a text, its place and the variables say; nothing writes into them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from textual.css.stylesheet import Stylesheet

if TYPE_CHECKING:
    from collections.abc import Hashable

    from textual.css.model import RuleSet
    from textual.css.types import CSSLocation

#: Rules by all that they are parsed from.
PARSED: Final[dict[Hashable, list[RuleSet]]] = {}
_parse = Stylesheet._parse_rules


def _parse_once(
    self: Stylesheet,
    css: str,
    read_from: CSSLocation,
    is_default_rules: bool = False,
    tie_breaker: int = 0,
    scope: str = "",
) -> list[RuleSet]:
    key = frozenset(self._variables.items()), css, read_from, is_default_rules, tie_breaker, scope
    if (rules := PARSED.get(key)) is None:
        rules = _parse(self, css, read_from, is_default_rules, tie_breaker, scope)
        PARSED[key] = rules
    return rules


def pytest_configure(config: pytest.Config) -> None:
    """Let every style sheet share what it parses."""
    Stylesheet._parse_rules = _parse_once  # type: ignore[method-assign]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave Textual as it was."""
    Stylesheet._parse_rules = _parse  # type: ignore[method-assign]
