"""What the READMEs promise is there: commands, keys, pictures; and both languages promise the same."""

from __future__ import annotations

import importlib.util
import re
import shlex
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

from tcptui.cli.commands import CaseCommand, Command
from tcptui.cli.parse import parse
from tcptui.lessons.loader import load_case
from tcptui.ui.app import TcptuiApp
from tcptui.ui.keymap import COMMANDS, PANE_KEYS, bindings
from tcptui.ui.widgets.virtual_list import VirtualList

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType

ROOT: Final = Path(__file__).resolve().parents[2]
READMES: Final = {"en": ROOT / "README.md", "zh": ROOT / "README.zh.md"}
NOT_YET: Final = {"en": "Not there yet", "zh": "还没有的功能"}
#: Keys as people write them, where Textual spells them differently.
SPELLED: Final = {
    "↑": "up", "↓": "down", "→": "right", "←": "left", "Enter": "enter", "Esc": "escape", "Tab": "tab",
    "Shift+Tab": "shift+tab", "Space": "space", "PgUp": "pageup", "PgDn": "pagedown", "Home": "home", "End": "end",
    "/": "slash", ":": "colon", "#": "number_sign", "]": "right_square_bracket", "[": "left_square_bracket",
    "=": "equals_sign", "\\": "backslash", "+": "plus", "-": "minus",
    "}": "right_curly_bracket", "{": "left_curly_bracket",
    "?": "question_mark", "Del": "delete", "Ctrl+P": "ctrl+p", "Ctrl+F": "ctrl+f",
    "Ctrl+Z": "ctrl+z", "Ctrl+L": "ctrl+l",
}  # fmt: skip
#: The programs of a shell line that are not ours.
PIPES: Final = {"|", "&&", ";"}


class Block(NamedTuple):
    """A fenced block."""

    language: str
    text: str


def text_of(language: str) -> str:
    return READMES[language].read_text(encoding="utf-8")


def blocks(language: str) -> list[Block]:
    return [Block(*found) for found in re.findall(r"^```(\w*)\n(.*?)^```$", text_of(language), re.M | re.S)]


def without_blocks(language: str) -> str:
    return re.sub(r"^```.*?^```$", "", text_of(language), flags=re.M | re.S)


def shell_lines(language: str) -> list[str]:
    return [line for block in blocks(language) if block.language == "sh" for line in block.text.splitlines()]


def program_calls(line: str) -> list[list[str]]:
    """The words after ``tcptui`` of every call of it in a shell line."""
    calls: list[list[str]] = []
    words = shlex.split(line)
    starts = [place for place, word in enumerate(words) if word == "tcptui" or word.endswith("/tcptui")]
    for start in starts:
        rest = words[start + 1 :]
        end = next((place for place, word in enumerate(rest) if word in PIPES), len(rest))
        calls.append(rest[:end])
    return calls


def inline_code(text: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", text)


def section(language: str, title: str) -> str:
    return re.split(r"^## ", without_blocks(language).split(f"## {title}\n", 1)[1], flags=re.M)[0]


def key_table(language: str) -> list[list[str]]:
    """The keys of each row of the key table."""
    rows = re.findall(r"^\| (.+?) \| .+\|$", without_blocks(language), re.M)
    start = next(place for place, cell in enumerate(rows) if cell in {"keys", "按键"})
    table: list[list[str]] = []
    for cell in rows[start + 1 :]:
        if not cell.startswith("`"):
            break
        table.append(inline_code(cell))
    return table


def bound_keys() -> set[str]:
    """Every key that the main screen, the lists in it or the app binds."""
    keys: set[str] = set()
    for bound in [*bindings(), *VirtualList.BINDINGS, *TcptuiApp.BINDINGS]:
        assert not isinstance(bound, tuple)
        keys.update(bound.key.split(","))
    return keys


def make_script() -> ModuleType:
    """``screenshots/make.py``, imported."""
    spec = importlib.util.spec_from_file_location("make_screenshots", ROOT / "screenshots" / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def pictures(language: str) -> list[str]:
    return re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text_of(language))


def parsed(words: Iterable[str]) -> Command:
    return parse(list(words), {})


def test_both_languages_have_the_same_code_blocks() -> None:
    commands = {language: [block for block in blocks(language) if block.language] for language in READMES}

    assert commands["en"] == commands["zh"]
    assert len(commands["en"]) >= 8
    # The block without a language draws the folders; its words are translated, its paths are not.
    paths = {
        language: [
            line.split()[0] for block in blocks(language) if not block.language for line in block.text.splitlines()
        ]
        for language in READMES
    }
    assert paths["en"] == paths["zh"]
    assert all((ROOT / path).exists() for path in paths["en"])


def test_both_languages_have_the_same_shape() -> None:
    shapes = {
        language: [
            (line.split(" ")[0] if line.startswith(("#", "- ")) else "|")
            for line in without_blocks(language).splitlines()
            if line.startswith(("#", "- ", "|"))
        ]
        for language in READMES
    }

    assert shapes["en"] == shapes["zh"]


@pytest.mark.parametrize("language", READMES)
def test_every_command_shown_is_one_the_program_takes(language: str) -> None:
    calls = [call for line in shell_lines(language) for call in program_calls(line)]
    elsewhere = without_blocks(language).replace(section(language, NOT_YET[language]), "")
    calls += [call for code in inline_code(elsewhere) if "tcptui " in code for call in program_calls(code)]

    assert len(calls) >= 12
    for call in calls:
        command = parsed(call)
        if isinstance(command, CaseCommand):
            assert load_case(command.case_id).id == command.case_id


@pytest.mark.parametrize("language", READMES)
def test_every_option_in_the_option_table_is_taken(language: str) -> None:
    options = re.findall(r"^\| `(-[^`]+)` \|", without_blocks(language), re.M)
    value = {"N": "5", "BYTES": "96", "KIB": "4096", "NAME": "lo", "FILE": "out.pcap", "SIZE": "9", "SECONDS": "9"}
    value["COUNT"] = "3"

    assert len(options) == 16
    for option in options:
        words = [value.get(word, word) for word in option.split()]
        live = [] if words[0] in {"-i", "-D"} else ["-i", "lo"]
        kept = ["-w", "out.pcap"] if words[0] in {"--overwrite", "-C", "-G", "-W"} else []
        parsed([*live, *words, *kept, *(["-C", "1"] if words[0] == "-W" else [])])


@pytest.mark.parametrize("language", READMES)
def test_programs_named_in_commands_exist(language: str) -> None:
    lines = shell_lines(language) + inline_code(without_blocks(language))
    scripts = [word for line in lines for word in line.split() if re.fullmatch(r"[\w./]+/\w+\.py|\.ci/run", word)]

    assert {"tests/benchmarks/open_capture.py", "screenshots/make.py", ".ci/run"} <= set(scripts)
    assert all((ROOT / script).is_file() for script in scripts)


def test_the_install_commands_name_extras_that_exist() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [
        extra
        for line in shell_lines("en")
        for group in re.findall(r"\.\[([\w,]+)\]", line)
        for extra in group.split(",")
    ]

    assert named == ["fast", "fast", "test", "tls"]
    assert set(named) <= project["optional-dependencies"].keys()


@pytest.mark.parametrize("language", READMES)
def test_every_key_in_the_key_table_is_bound(language: str) -> None:
    listed = {SPELLED.get(key, key) for row in key_table(language) for key in row}

    assert listed <= bound_keys()


def test_the_key_table_is_complete_and_the_same_in_both_languages() -> None:
    shown = {key for command in (*COMMANDS, *PANE_KEYS) for key in command.shown.split()}

    assert {key for row in key_table("en") for key in row} == shown
    assert key_table("en") == key_table("zh")


@pytest.mark.parametrize("language", READMES)
def test_pictures_and_linked_files_exist(language: str) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", text_of(language))

    assert pictures(language)
    assert all((ROOT / link).is_file() for link in links)
    assert all(f"-{language}." in picture for picture in pictures(language))


def test_the_pictures_are_those_that_the_script_makes() -> None:
    folder = ROOT / "screenshots"
    named = {f"{shot.name}.{kind}" for shot in make_script().shots() for kind in shot.kinds}

    assert named == {path.name for path in folder.iterdir() if path.suffix in {".svg", ".png"}}
    assert {Path(picture).name for language in READMES for picture in pictures(language)} <= named


def test_pictures_ask_for_no_font_from_the_web() -> None:
    drawings = [path.read_text(encoding="utf-8") for path in (ROOT / "screenshots").glob("*.svg")]

    assert drawings
    assert not any("@font-face" in drawing or "url(http" in drawing for drawing in drawings)
