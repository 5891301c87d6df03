"""The command lines of packets, slice and assert, and ``-Y`` on others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcptui.cli.commands import (
    AssertCommand,
    Command,
    ExportCommand,
    FollowCommand,
    HelpCommand,
    OpenCommand,
    PacketForm,
    PacketsCommand,
    ReportCommand,
    RequestsCommand,
    RequestsForm,
    SliceCommand,
    VerdictsCommand,
)
from tcptui.cli.parse import parse
from tcptui.cli.parse_values import CommandLineError
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from pathlib import Path


def parsed(*words: str) -> Command:
    return parse(list(words), {})


def test_packets() -> None:
    command = parsed("packets", "a", "b", "-Y", "tcp", "-e", "tcp.len", "-eframe.number", "-e", "tcp.len", "--header")

    assert isinstance(command, PacketsCommand)
    assert (command.files, command.display_filter, command.header) == (("a", "b"), "tcp", True)
    assert command.fields == ("tcp.len", "frame.number", "tcp.len")
    forms = {"--csv": PacketForm.CSV, "--jsonl": PacketForm.JSONL}
    for option, form in forms.items():
        other = parsed("packets", "a", option)
        assert isinstance(other, PacketsCommand)
        assert other.form is form


def test_slice() -> None:
    command = parsed("slice", "a", "--packets", "10-20,31", "--around", "0.25", "--whole-streams", "-w", "o.pcapng")

    assert isinstance(command, SliceCommand)
    chosen = command.chosen
    assert (command.files, command.write, command.overwrite) == (("a",), "o.pcapng", False)
    assert (chosen.packets, chosen.around_ns, chosen.whole_streams) == (((10, 20), (31, 31)), 250_000_000, True)
    by_stream = parsed("slice", "a", "--stream", "0,7", "-w", "-", "--overwrite")
    assert isinstance(by_stream, SliceCommand)
    assert (by_stream.chosen.streams, by_stream.overwrite) == ((0, 7), True)


def test_assert_tells_rules_from_files() -> None:
    command = parsed(
        "assert", "a", "no tcp.len > 5", "b", "p99 tcp.len < 3", "--rules", "r", "--junit", "j", "--slice", "s"
    )

    assert isinstance(command, AssertCommand)
    assert (command.files, command.rules) == (("a", "b"), ("no tcp.len > 5", "p99 tcp.len < 3"))
    assert (command.rules_file, command.junit, command.slices) == ("r", "j", "s")


def test_mistyped_rule_is_not_looked_for_as_a_file(tmp_path: Path) -> None:
    named = tmp_path / "none of it"
    with pytest.raises(CommandLineError) as caught:
        parsed("assert", "a", "no tcp", str(named))
    assert caught.value.key == "cli.error.no-rule"
    for language in Language:
        assert str(named)[:80] in Words(language)(caught.value.key, **caught.value.facts)
    named.touch()
    command = parsed("assert", "a", "no tcp", str(named))
    assert isinstance(command, AssertCommand)
    assert command.files == ("a", str(named))


def test_display_filter_of_other_commands() -> None:
    filtered = ReportCommand | VerdictsCommand | ExportCommand | FollowCommand | OpenCommand
    for line in (["report", "a"], ["verdicts", "a", "--jsonl"], ["export", "a"], ["follow", "a"], ["--no-screen", "a"]):
        for option in (["-Y", "tcp"], ["--display-filter", "tcp"], ["--display-filter=tcp"], ["-Ytcp"]):
            command = parsed(*line, *option)
            assert isinstance(command, filtered)
            assert command.display_filter == "tcp"


def test_requests() -> None:
    command = parsed("requests", "a", "b", "-Y", "http", "--har", "o", "--overwrite", "--workers", "3")
    assert isinstance(command, RequestsCommand)
    assert (command.files, command.form, command.har, command.overwrite) == (("a", "b"), RequestsForm.HAR, "o", True)
    assert (command.display_filter, command.workers) == ("http", 3)
    assert parsed("requests", "a", "--jsonl") == RequestsCommand(command.common, ("a",), RequestsForm.JSONL)


def test_help_of_a_command_is_its_own_page() -> None:
    for command in ("packets", "slice", "assert", "requests"):
        page = parsed(command, "--help", "--nonsense")
        assert isinstance(page, HelpCommand)
        assert page.page == command


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("packets", "which-file"),
        ("requests", "which-file"),
        ("requests a --jsonl --har b", "exclusive"),
        ("requests a --overwrite", "overwrite-har"),
        ("requests a --json", "not-here"),
        ("requests a --har b --har c", "twice"),
        ("requests a --workers 0", "number"),
        ("requests a --group path", "group"),
        ("requests a --group statement --har b", "exclusive"),
        ("packets a -w b", "not-here"),
        ("packets a --count --csv", "exclusive"),
        ("packets a --count -e tcp.len", "exclusive"),
        ("packets a --jsonl --header", "exclusive"),
        ("packets a -Y tcp -Y udp", "twice"),
        ("packets a -e", "no-value"),
        ("slice a -w o", "slice-what"),
        ("slice a -w o --community-id 1:LQU9", "community-id"),
        ('slice a -w o --community-id 1:LQU9qZlK+B5F3KDmev6m5PMibrg=,"x', "community-id"),
        ("slice a --stream 1", "slice-where"),
        ("slice --stream 1 -w o", "which-file"),
        ("slice a --stream 1 --packets 2 -w o", "exclusive"),
        ("slice a --stream 1-2 -w o", "streams"),
        ("slice a --stream x -w o", "streams"),
        ("slice a --packets 0 -w o", "packets"),
        ("slice a --packets 5-4 -w o", "packets"),
        ("slice a --packets 1,,2 -w o", "packets"),
        ("slice a --packets 99999999999 -w o", "packets"),
        ("slice a --packets 1 --around x -w o", "around"),
        ("slice a --packets 1 --around 99999 -w o", "around"),
        ("slice a -Y= -w o", None),
        ("assert a", "which-rule"),
        ("assert no", "which-rule"),
        ("assert a --rules r -Y tcp", "not-here"),
        ("report a --stream 1 -Y tcp", "exclusive"),
        ("cases -Y tcp", "not-here"),
        ("slice a --stream 0 --stream 1 -w o", "twice"),
        ("slice a --stream=0 --stream=0 -w o", "twice"),
        ("slice a --packets 1 --packets 2 -w o", "twice"),
        ("slice a --finding slow-server --finding error -w o", "twice"),
        ("slice a --packets 1 --around 1 --around 2 -w o", "twice"),
        ("assert a --rules r --rules s", "twice"),
        ("assert a --rules r --junit j --junit k", "twice"),
        ("assert a --rules r --slice s --slice t", "twice"),
        ("report a --stream 0 --stream 1", "twice"),
        ("follow a --stream 0 --stream 1", "twice"),
        ("export a --stream 0 --stream 1", "twice"),
        ("export a --out d --out e", "twice"),
    ],
)
def test_mistakes_are_named_in_both_languages(line: str, key: str | None) -> None:
    if key is None:  # "=" is the filter's text, which is wrong by another rule
        assert isinstance(parsed(*line.split()), SliceCommand)
        return
    with pytest.raises(CommandLineError) as caught:
        parsed(*line.split())
    assert caught.value.key.startswith(f"cli.error.{key}")
    for language in Language:
        assert "{" not in Words(language)(caught.value.key, **caught.value.facts)
