"""The top line of groups and search: which kinds there are must be in sight wherever they fit."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult

from tcptui.ui.theme import UNICODE
from tcptui.ui.widgets.choice_bar import Choice, ChoiceBar
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

BAR = Choice("Sorts of", ("tea", "coffee", "milk"), 1, ("2 cups, the largest first", "2 cups"))


class Showing(App[None]):
    """One bar."""

    def compose(self) -> ComposeResult:
        yield ChoiceBar(UNICODE, Words(Language.EN), "screen.by", id="bar")


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (60, " Sorts of  tea  coffee  milk       2 cups, the largest first "),
        (42, " Sorts of  tea  coffee  milk       2 cups "),
        (30, " tea  coffee  milk     2 cups "),
        (20, " coffee     2 cups "),
        (13, " coffee  2… "),
    ],
)
async def test_short_form_goes_before_the_title_and_the_title_before_the_other_kinds(width: int, shown: str) -> None:
    app = Showing()
    async with app.run_test():
        bar = app.query_one(ChoiceBar)
        bar.show(BAR)
        text = "".join(part for part, _ in bar.cells(width))

    assert " ".join(text.split()) == " ".join(shown.split())
    assert cell_len(text) == width


async def test_click_takes_the_steps_to_a_kind() -> None:
    app = Showing()
    async with app.run_test():
        bar = app.query_one(ChoiceBar)
        bar.show(BAR)
        clicks = [style.meta.get("@click") for text, style in bar.cells(60) if text.strip() in BAR.kinds]

    assert clicks == ["screen.by(-1)", None, "screen.by(1)"]
