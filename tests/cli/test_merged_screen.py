"""``tcptui A B --merge``: the command line, and what is refused in one line before a screen comes."""

from __future__ import annotations

import gzip
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from captures import Tape
from two_points import Path, World

from tcptui.cli.commands import MergedScreenCommand
from tcptui.cli.help import help_text
from tcptui.cli.parse import parse
from tcptui.cli.parse_values import CommandLineError
from tcptui.cli.run.screen import run_screen_command
from tcptui.model.errors import TcptuiError
from tcptui.ui.merged.merging import Merging
from tcptui.words.catalogue import Words
from tcptui.words.errors import error_line
from tcptui.words.language import Language
from tests.cli.test_run_screen import on_terminal

if TYPE_CHECKING:
    import pathlib

#: What a terminal is told when a full screen begins.
FULL_SCREEN = "\x1b[?1049h"


def test_command_line_is_parsed() -> None:
    command = parse(["a", "b", "--merge", "--assume-symmetric", "-n", "-t"], {})

    assert isinstance(command, MergedScreenCommand)
    assert command.files == ("a", "b")
    assert command.is_symmetric
    assert command.display.numeric
    assert command.display.hide_times
    assert parse(["--merge", "a", "b", "--keylog", "k"], {}).common.keylog == "k"


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("a --merge", "error.merge-two"), ("--merge", "error.which-file"), ("a b c --merge", "error.merge-screen-two"),
        ("a - --merge", "error.stdin-alone"), ("a b --merge -Y tcp", "error.not-here"),
        ("a b --merge -w c", "error.not-here"), ("-r a --merge", "error.not-here"), ("-i lo --merge", "error.not-here"),
        ("ssh://h/eth0 a --merge", "error.not-here"), ("a ssh://h/eth0 --merge", "error.remote-alone"),
        ("a b --assume-symmetric", "error.not-here"), ("report a b --merge", "error.not-here"),
    ],
)  # fmt: skip
def test_other_command_lines_are_refused(line: str, key: str) -> None:
    with pytest.raises(CommandLineError) as refused:
        parse(line.split(), {})

    assert refused.value.key == f"cli.{key}"


@pytest.mark.parametrize("language", Language)
def test_pages_of_the_help_name_the_option(language: Language) -> None:
    assert "tcptui A B --merge" in help_text(Words(language), "merge")


@pytest.mark.parametrize("kind", ["missing", "same", "linked", "packed twice", "copy", "nothing shared", "no capture"])
def test_what_cannot_be_merged_is_told_in_one_line_without_a_screen(tmp_path: pathlib.Path, kind: str) -> None:
    first, second = World(Path(loss=0.02), 3, 1, 2).write(tmp_path)
    said: str | None = None
    match kind:
        case "missing":
            second, said = tmp_path / "gone.pcap", "there is no such file"
        case "same":
            second, said = first, "are the same file: there is nothing to merge"
        case "linked":
            second, said = tmp_path / "linked.pcap", "are the same file: there is nothing to merge"
            second.symlink_to(first)
        case "packed twice":
            packed = tmp_path / "a.pcap.gz"
            packed.write_bytes(gzip.compress(first.read_bytes()))
            first = second = packed
            said = "one is a copy of the other"
        case "copy":
            second, said = tmp_path / "copy.pcap", "one is a copy of the other"
            shutil.copyfile(first, second)
        case "nothing shared":
            tape = Tape()
            tape.refused(0, "10.0.0.9:40001", "192.0.2.77:25")
            second.write_bytes(tape.pcap())
            said = "have no TCP connection in common"
        case "no capture":
            second.write_text("hello")
            said = "is not a pcap or pcapng capture"

    code, shown = on_terminal([str(first), str(second), "--merge"])

    assert code == 1
    assert said is not None
    assert said in shown
    if kind != "packed twice":  # it is unpacked while the screen is there
        assert FULL_SCREEN not in shown
        assert shown.count("\n") == 1


class _ShownError(Exception):
    """The screen would come now."""


def _run(files: tuple[pathlib.Path, pathlib.Path], monkeypatch: pytest.MonkeyPatch) -> Merging:
    """Run the command up to where its screen would come."""
    found: list[Merging] = []

    def show(_self: Any, merging: Merging, _display: Any) -> Any:
        found.append(merging)
        raise _ShownError

    monkeypatch.setattr("tcptui.cli.run.launch.Launch.show_merging", show)
    monkeypatch.setattr("tcptui.cli.run.launch.prepare_terminal", lambda: _Terminal())
    monkeypatch.setattr("tcptui.cli.run.screen.drop_root", lambda *_of, **_more: None)
    monkeypatch.setattr("tcptui.cli.run.screen.forbid_sudo", lambda: None)
    command = parse([*map(str, files), "--merge"], {})
    assert isinstance(command, MergedScreenCommand)
    with pytest.raises(_ShownError):
        run_screen_command(command, Words(Language.EN))
    return found[0]


class _Terminal:
    piped = None
    ascii = False

    def release(self) -> None:
        """Nothing was taken."""


def test_small_captures_are_merged_before_the_screen_and_large_ones_beside_it(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = World(Path(loss=0.02), 3, 1, 2).write(tmp_path)

    assert _run(files, monkeypatch).merged is not None
    monkeypatch.setattr("tcptui.cli.run.screen._AT_ONCE", 10)
    assert _run(files, monkeypatch).merged is None


@pytest.mark.parametrize("language", Language)
def test_every_refusal_has_its_words(language: Language) -> None:
    words = Words(language)
    for line in ("a --merge", "a b c --merge"):
        with pytest.raises(TcptuiError) as refused:
            parse(line.split(), {})
        assert "--merge" in error_line(refused.value, words)
