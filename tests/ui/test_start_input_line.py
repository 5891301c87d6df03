"""The keys that the start screen names, by what is typed."""

from __future__ import annotations

import pytest

from tcptui.ui.start.input_line import Typing, start_hints


@pytest.mark.parametrize(
    ("typing", "keys"),
    [
        (None, ["Enter", "/", "c", "Tab", "f", "o", "?", "q"]),
        (Typing.TEXT, ["Enter", "Esc"]),
        (Typing.PATH, ["Enter", "Tab", "Esc"]),
        (Typing.FILTER, ["Enter", "Esc"]),
    ],
)
def test_hints_name_the_keys_that_work(typing: Typing | None, keys: list[str]) -> None:
    assert [hint.key for hint in start_hints(typing)] == keys


def test_enter_takes_a_filter_and_opens_everything_else() -> None:
    actions = {typing: start_hints(typing)[0].action for typing in (None, *Typing)}

    assert actions.pop(Typing.FILTER) == "screen.take_filter"
    assert set(actions.values()) == {"screen.choose"}
