"""Apps that share parsed rules have the rules that each would have parsed for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from css_parsed_once import PARSED, _parse
from textual.app import App, ComposeResult
from textual.css.stylesheet import Stylesheet
from textual.widgets import Button, Input, Label

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.css.model import RuleSet


class Dressed(App[None]):
    CSS = "Label { color: $accent; width: 7; &.wide { width: 9; } } Button:hover { background: $panel; }"

    def compose(self) -> ComposeResult:
        yield Label("a", classes="wide")
        yield Button("b")
        yield Input()


def said(rules: Iterable[RuleSet]) -> list[tuple[str, str]]:
    """What rules are for, and what they say."""
    return [(rule.selectors, repr(rule.styles.get_rules())) for rule in rules]


async def rules_after_use(theme: str) -> Stylesheet:
    """The sheet of an app in which things changed their looks."""
    app = Dressed()
    async with app.run_test() as pilot:
        app.theme = theme
        await pilot.click(Button)
        app.query_one(Label).remove_class("wide").styles.width = 3
        await pilot.press("tab", "x")
    return app.stylesheet


async def test_rules_are_shared_and_as_if_parsed_anew() -> None:
    first, again = await rules_after_use("nord"), await rules_after_use("nord")
    assert len(first.rules) > 100
    assert [id(rule) for rule in first.rules] == [id(rule) for rule in again.rules]

    fresh = Stylesheet(variables=again._variables)
    anew = [
        rule
        for place, (css, is_default, tie_breaker, scope) in again.source.items()
        for rule in _parse(fresh, css, place, is_default, tie_breaker, scope)
    ]
    assert said(again.rules) == said(anew)


async def test_other_variables_are_other_rules() -> None:
    one, other = await rules_after_use("nord"), await rules_after_use("gruvbox")
    assert said(one.rules) != said(other.rules)
    assert PARSED
