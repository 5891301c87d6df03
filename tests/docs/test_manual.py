"""What README and manual promise is there: commands, keys, pictures; and both languages promise the same."""

from __future__ import annotations

import importlib.util
import re
import shlex
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import man_pages
import manual_tables
import pytest

from tcptui.cli.commands import CaseCommand, Command, ManCommand
from tcptui.cli.parse import COMMAND_WORDS, parse
from tcptui.cli.run.man import write_man_page
from tcptui.lessons.loader import load_case
from tcptui.ui.app import TcptuiApp
from tcptui.ui.keymap import COMMANDS, PANE_KEYS, bindings
from tcptui.ui.widgets.virtual_list import VirtualList
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType

ROOT: Final = Path(__file__).resolve().parents[2]
DOCS: Final = ROOT / "tcptui" / "docs"
#: The pages of the manual that exist in both languages; the README is the first of them.
NAMES: Final = ("README", *sorted(page.name.removesuffix(".zh.md") for page in DOCS.glob("*.zh.md")))
LANGUAGES: Final = ("en", "zh")
#: At most so long: who comes here for the first time reads it to the end.
README_WORDS: Final = 1100
README_BYTES: Final = 9000
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
#: What stands for a value in the table of commands, and one such value.
PLACEHOLDERS: Final = {"N": "0", "RULE…": "no tcp.flags.reset"}
#: The programs of a shell line that are not ours.
PIPES: Final = {"|", "&&", ";"}


class Block(NamedTuple):
    """A fenced block."""

    language: str
    text: str


def page(name: str, language: str) -> Path:
    suffix = ".zh.md" if language == "zh" else ".md"
    return (ROOT if name == "README" else DOCS) / f"{name}{suffix}"


def text_of(name: str, language: str) -> str:
    return page(name, language).read_text(encoding="utf-8")


def whole(language: str) -> str:
    """README and manual, one after another."""
    return "\n".join(text_of(name, language) for name in NAMES)


def blocks_of(text: str) -> list[Block]:
    return [Block(*found) for found in re.findall(r"^```(\w*)\n(.*?)^```$", text, re.M | re.S)]


def without_blocks(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)


def shell_lines(text: str) -> list[str]:
    return [line for block in blocks_of(text) if block.language == "sh" for line in block.text.splitlines()]


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


def key_table(language: str) -> list[list[str]]:
    """The keys of each row of the key table."""
    rows = re.findall(r"^\| (.+?) \| .+\|$", text_of("keys", language), re.M)
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


def pictures(text: str) -> list[str]:
    return re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text)


def parsed(words: Iterable[str]) -> Command:
    return parse(list(words), {})


@pytest.mark.parametrize("language", LANGUAGES)
def test_readme_is_short(language: str) -> None:
    text = text_of("README", language)

    assert len(text.encode()) <= README_BYTES
    assert len(text.split()) <= README_WORDS


@pytest.mark.parametrize("language", Language)
def test_report_in_the_readme_is_what_the_program_prints(language: Language) -> None:
    assert manual_tables.readme(language).read_text("utf-8") == manual_tables.renewed_readme(language)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", manual_tables.TABLES)
def test_tables_that_the_code_knows_are_those_of_the_code(name: str, language: Language) -> None:
    written = manual_tables.page_of(name, language).read_text("utf-8")

    assert written == manual_tables.renewed(name, language), "python tests/support/manual_tables.py"


def test_man_pages_are_the_pages_of_the_help() -> None:
    written = {path: path.read_text("utf-8") for path in man_pages.FOLDER.rglob("*.1")}

    assert written == dict(man_pages.pages()), "python tests/support/man_pages.py"


def test_man_page_is_written_on_demand(capfd: pytest.CaptureFixture[str]) -> None:
    asked = parse(["man", "report"], {})
    assert isinstance(asked, ManCommand)

    assert write_man_page(asked, Words(Language.EN)) == 0
    assert capfd.readouterr().out == (man_pages.FOLDER / "man1" / "tcptui-report.1").read_text("utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_have_the_same_code_blocks(name: str) -> None:
    commands = [
        [block for block in blocks_of(text_of(name, language)) if block.language not in {"", "text"}]
        for language in LANGUAGES
    ]

    assert commands[0] == commands[1]


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_have_the_same_shape(name: str) -> None:
    shapes = [
        [
            (line.split(" ")[0] if line.startswith(("#", "- ")) else "|")
            for line in without_blocks(text_of(name, language)).splitlines()
            if line.startswith(("#", "- ", "|"))
        ]
        for language in LANGUAGES
    ]

    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("name", NAMES)
def test_each_page_leads_to_the_other_language(name: str) -> None:
    for language, other in (LANGUAGES, LANGUAGES[::-1]):
        assert f"]({page(name, other).name})" in text_of(name, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_readme_leads_to_every_page_of_the_manual(language: str) -> None:
    linked = set(re.findall(r"\]\(tcptui/docs/([^)#]+)\)", text_of("README", language)))

    assert {page(name, language).name for name in NAMES[1:]} <= linked


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_every_command_shown_is_one_the_program_takes(name: str, language: str) -> None:
    text = text_of(name, language)
    calls = [call for line in shell_lines(text) for call in program_calls(line)]
    calls += [call for code in inline_code(without_blocks(text)) if "tcptui " in code for call in program_calls(code)]

    for call in calls:
        if len(call) == 1 and call[0] in COMMAND_WORDS:
            continue  # the command is named, not called
        command = parsed(PLACEHOLDERS.get(word, word) for word in call)
        if isinstance(command, CaseCommand) and command.case_id != "ID":
            assert load_case(command.case_id).id == command.case_id


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_option_in_the_option_table_is_taken(language: str) -> None:
    options = re.findall(r"^\| `(-[^`]+)` \|", text_of("cli", language), re.M)
    value = {"N": "5", "BYTES": "96", "KIB": "4096", "NAME": "lo", "FILE": "out.pcap", "SIZE": "9", "SECONDS": "9"}
    value["COUNT"] = "3"

    assert len(options) == 17
    for option in options:
        words = [value.get(word, word) for word in option.split()]
        live = [] if words[0] in {"-i", "-D"} else ["-i", "lo"]
        kept = ["-w", "out.pcap"] if words[0] in {"--overwrite", "-C", "-G", "-W"} else []
        parsed([*live, *words, *kept, *(["-C", "1"] if words[0] == "-W" else [])])


@pytest.mark.parametrize("language", LANGUAGES)
def test_programs_named_in_commands_exist(language: str) -> None:
    texts = [whole(language), (DOCS / "contributing.md").read_text("utf-8")]
    lines = [line for text in texts for line in shell_lines(text) + inline_code(without_blocks(text))]
    scripts = [word for line in lines for word in line.split() if re.fullmatch(r"[\w./]+/\w+\.py|\.ci/run", word)]

    assert {"tests/benchmarks/open_capture.py", "screenshots/make.py", ".ci/run"} <= set(scripts)
    assert [
        script for script in scripts if not ((ROOT / script).is_file() or (ROOT / "tcptui" / script).is_file())
    ] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_install_commands_name_extras_that_exist(language: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [
        extra
        for line in shell_lines(text_of("README", language))
        for group in re.findall(r"\.\[([\w,]+)\]", line)
        for extra in group.split(",")
    ]

    assert named == ["fast", "fast", "test", "tls"]
    assert set(named) <= project["optional-dependencies"].keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_key_in_the_key_tables_is_bound(language: str) -> None:
    listed = {SPELLED.get(key, key) for row in key_table(language) for key in row}
    few = {
        SPELLED.get(key, key)
        for cell in re.findall(r"^\| (`.+?) \| ", text_of("README", language), re.M)
        for key in inline_code(cell)
    }

    assert few
    assert listed | few <= bound_keys()


def test_the_key_table_is_complete_and_the_same_in_both_languages() -> None:
    shown = {key for command in (*COMMANDS, *PANE_KEYS) for key in command.shown.split()}

    assert {key for row in key_table("en") for key in row} == shown
    assert key_table("en") == key_table("zh")


def test_the_folders_that_the_book_draws_exist() -> None:
    drawn = next(
        block for block in blocks_of((DOCS / "contributing.md").read_text("utf-8")) if "tcptui/model/" in block.text
    )

    assert [line for line in drawn.text.splitlines() if not (ROOT / line.split()[0]).exists()] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_pictures_are_of_the_language_of_the_page(name: str, language: str) -> None:
    assert all(f"-{language}." in picture for picture in pictures(text_of(name, language)))


def test_the_pictures_are_those_that_the_script_makes() -> None:
    folder = ROOT / "screenshots"
    named = {f"{shot.name}.{kind}" for shot in make_script().shots() for kind in shot.kinds}

    assert named == {path.name for path in folder.iterdir() if path.suffix in {".svg", ".png", ".gif"}}
    assert {Path(picture).name for language in LANGUAGES for picture in pictures(whole(language))} <= named


def test_pictures_ask_for_no_font_from_the_web() -> None:
    drawings = [path.read_text(encoding="utf-8") for path in (ROOT / "screenshots").glob("*.svg")]

    assert drawings
    assert not any("@font-face" in drawing or "url(http" in drawing for drawing in drawings)
