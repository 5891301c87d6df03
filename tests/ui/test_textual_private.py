"""Which of Textual's private names the screens use: all of them, so that a new minor of Textual is read for these.

``pyproject.toml`` pins Textual to the minor that was tested for the same reason.
"""

from __future__ import annotations

import ast
import tomllib
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
TEXTUAL: Final = Path(str(find_spec("textual").origin)).parent  # type: ignore[union-attr]
#: Name → the module of Textual in which it is, and what the screens need it for.
PRIVATE: Final = {
    "_attach": ("message_pump", "styles of parts of a widget that paints its own cells"),
    "_batch_count": ("app", "nothing is drawn amid a batch"),
    "_bindings": ("dom", "keys of the prompt are acted on before the next one is read"),
    "_clear_arrangement_cache": ("widget", "panes are placed anew while the window keeps its size"),
    "_clipboard": ("app", "what was copied can be pasted into our own prompts, too"),
    "_close_messages_no_wait": ("message_pump", "a crash ends the app as Textual does"),
    "_compositor": ("screen", "which cells changed"),
    "_compositor_refresh": ("screen", "a frame that was held back is drawn later"),
    "_cuts": ("_compositor", "an update renders only the widgets that it touches"),
    "_dirty_regions": ("_compositor", "what was not drawn stays due"),
    "_dirty_widgets": ("screen", "whether a screen has something to draw"),
    "_display": ("app", "frames are paced to what the line takes"),
    "_driver": ("app", "OSC 52 and the bytes of a frame go where Textual's go"),
    "_exception": ("app", "a crash is kept for the report"),
    "_exit_renderables": ("app", "what is printed once the terminal is restored"),
    "_fatal_error": ("app", "a crash is reported in our words"),
    "_filters": ("app", "a terminal without UTF-8 gets ASCII"),
    "_full_map": ("_compositor", "a layout is compared with the last one, not with what was asked for since"),
    "_handle_exception": ("app", "what a screen misses that is taken apart as it is mounted is no crash"),
    "_key_thread": ("drivers/linux_driver", "the thread that reads keys is ended before another is begun"),
    "_layout_required": ("screen", "whether a screen has something to draw"),
    "_on_idle": ("screen", "an answer to a key is drawn at once, not at the next beat"),
    "_on_key": ("app", "letters typed before an input line opened go into it"),
    "_on_timer_update": ("screen", "an answer to a key is drawn at once, not at the next beat"),
    "_print_error_renderables": ("app", "a crash is reported in our words"),
    "_message_queue": ("message_pump", "a key waits until what the last one set in motion has come to rest"),
    "_pending_message": ("message_pump", "a key waits until what the last one set in motion has come to rest"),
    "_pruning": ("dom", "a thread that is done finds out that its screen is being removed"),
    "_registry": ("app", "a key waits until what the last one set in motion has come to rest"),
    "_render_chops": ("_compositor", "an update renders only the widgets that it touches"),
    "_repaint_required": ("widget", "whether a screen has something to draw"),
    "_scroll_required": ("screen", "whether a screen has something to draw"),
    "_sigcont_application": ("drivers/linux_driver", "the terminal is taken again in the event loop"),
    "_sigtstp_application": ("drivers/linux_driver", "the terminal is given back in the event loop"),
    "_skip": ("timer", "a timer that calls once is not skipped where it is late"),
    "_visible_widgets": ("_compositor", "an update renders only the widgets that it touches"),
    "_writer_thread": ("drivers/linux_driver", "the thread that writes is ended before another is begun"),
}
#: Names of our own, of classes that are none of Textual's or do not meet its name there.
OURS: Final = frozenset(
    {
        "_exit",
        "_file",
        "_label",
        "_line",
        "_owner",
        "_ready",
        "_run",
        "_segments",
        "_start",
        "_style",
        "_timer",
        "_widgets",
    }
)
MODULES: Final = frozenset(where for where, _why in PRIVATE.values()) | {
    "css/styles",
    "scroll_view",
    "widgets/_tree",
    "widgets/_input",
}


def defined(path: Path) -> set[str]:
    """Private names that a module assigns as attributes or defines as functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.add(node.attr)
        elif isinstance(node, ast.AnnAssign | ast.Assign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return {name for name in found if name.startswith("_") and not name.startswith("__")}


def used(path: Path) -> set[str]:
    """Private names that a module defines or reads of anything."""
    tree = ast.parse(path.read_text())
    return {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} | {
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_every_private_name_in_use_is_listed() -> None:
    theirs = set().union(*(defined(TEXTUAL / f"{module}.py") for module in MODULES))
    met = set().union(*(used(path) for path in (ROOT / "tcptui" / "ui").rglob("*.py"))) & theirs

    assert sorted(met - OURS) == sorted(PRIVATE)


@pytest.mark.parametrize(("name", "module"), [(name, where) for name, (where, _why) in PRIVATE.items()])
def test_private_name_is_where_it_is_said_to_be(name: str, module: str) -> None:
    assert name in defined(TEXTUAL / f"{module}.py")


def test_private_modules_are_the_compositor_and_the_parser_of_keys_only() -> None:
    imported = {
        node.module
        for path in (ROOT / "tcptui" / "ui").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module is not None and node.module.startswith("textual._")
    }
    assert imported == {"textual._compositor", "textual._xterm_parser"}


def test_textual_is_pinned_to_the_minor_that_was_tested() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    major, minor, _patch = version("textual").split(".", 2)
    [pin] = [line for line in project["dependencies"] if line.startswith("textual")]

    assert pin.endswith(f",<{major}.{int(minor) + 1}")
