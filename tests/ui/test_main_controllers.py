"""What keeps the main screen a composition: its few classes, and controllers that do not know it."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Final

from textual.actions import parse

from tcptui.ui.main.controller import Controller
from tcptui.ui.main.controllers import Controllers
from tcptui.ui.main.pane_specs import NUMBERED, SPEC_OF
from tcptui.ui.main.screen import MainScreen
from tests.ui.test_textual_private import PRIVATE, used

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from tcptui.session.session import Session

    Show = Callable[..., AbstractAsyncContextManager]

UI: Final = Path(__file__).parents[2] / "tcptui" / "ui"
#: Overridden by the app itself, in which Textual looks for it.
OVERRIDDEN: Final = {"app.py": {"_on_key"}}


def depth(kind: type) -> int:
    """How many classes of ours stand one below the other, from ``kind`` up."""
    above = max((depth(base) for base in kind.__bases__), default=0)
    return above + kind.__module__.startswith("tcptui.")


def test_chain_of_the_main_screens_classes_is_three_long() -> None:
    assert depth(MainScreen) == 3


async def test_each_controller_stands_in_the_table_and_each_line_has_one_that_asks(
    show: Show, mixed_session: Session
) -> None:
    async with show(mixed_session) as shown:
        controllers = list(shown.screen.controllers)

    kinds = [kind for each in controllers for kind in each.PROMPTS]
    assert {type(each) for each in controllers} == set(Controller.__subclasses__())
    assert len(controllers) == len(Controller.__subclasses__())
    assert len(kinds) == len(set(kinds))


def test_no_controller_imports_the_screen() -> None:
    modules = {each.__module__ for each in (Controllers, Controller, *Controller.__subclasses__())}
    for name in modules:
        path = UI.parents[1] / f"{name.replace('.', '/')}.py"
        imported = {node.module for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)}
        assert "tcptui.ui.main.screen" not in imported, name


def test_actions_of_the_main_screen_do_nothing_themselves() -> None:
    tree = ast.parse((UI / "main" / "screen.py").read_text())
    [screen] = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "MainScreen"]
    actions = [
        node
        for node in screen.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("action_")
    ]
    assert len(actions) > 50
    for action in actions:
        statements = sum(isinstance(node, ast.stmt) for part in action.body[1:] for node in ast.walk(part))
        assert statements <= 3, action.name


async def test_each_hint_of_a_pane_can_be_clicked_while_it_is_in_front(show: Show, mixed_session: Session) -> None:
    async with show(mixed_session) as shown:
        screen = shown.screen
        for number, pane in enumerate(NUMBERED, 1):
            await shown.press(str(number))
            for hint in SPEC_OF[pane].hints:
                namespace, name, _ = parse(hint.action)
                owner = screen.focused if namespace == "focused" else screen
                assert screen.workspace.active is pane
                assert callable(getattr(owner, f"action_{name}", None)), hint


def test_private_names_of_textual_are_in_one_module_and_where_the_terminal_is_driven() -> None:
    for path in UI.rglob("*.py"):
        if path.name != "textual_private.py" and path.parent.name != "terminal":
            theirs = used(path) & set(PRIVATE) - OVERRIDDEN.get(path.name, set())
            if path.name == "named_filters.py":  # has filters of its own
                theirs -= {"_filters"}
            assert not theirs, path
