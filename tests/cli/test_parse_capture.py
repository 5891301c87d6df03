"""Rotating files and what findings set off, on the command line."""

from __future__ import annotations

import pytest

from tcptui.capture.rotation import Rotation
from tcptui.cli.commands import LiveCommand, OpenCommand, ProgramCommand, RemoteCommand
from tcptui.cli.parse import CommandLineError, parse
from tcptui.findings.finding_filter import FindingFilter
from tcptui.model.finding import FindingId, Severity
from tcptui.session.watch.options import Watch
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

REFUSED = FindingFilter(ids=frozenset({FindingId.CONNECTION_REFUSED}))


def parsed(line: str) -> LiveCommand | OpenCommand | RemoteCommand:
    command = parse(line.split(), {})
    assert isinstance(command, LiveCommand | OpenCommand | RemoteCommand)
    return command


@pytest.mark.parametrize(
    ("options", "rotation"),
    [
        ("-C 10", Rotation(octets=10_000_000)),
        ("-C 64k -W 5", Rotation(octets=64 << 10, files=5)),
        ("-C1G", Rotation(octets=1 << 30)),
        ("-G 60 -W 3", Rotation(seconds=60, files=3)),
        ("-G60 -C 2M", Rotation(octets=2 << 20, seconds=60)),
    ],
)
@pytest.mark.parametrize("source", ["-i eth0", "-", "-r -", "ssh://host/eth0"])
def test_rotation_goes_with_all_that_comes_live(source: str, options: str, rotation: Rotation) -> None:
    command = parsed(f"{source} -w f {options}")
    assert (command.write, command.rotation, command.watch) == ("f", rotation, Watch())


def test_watching_goes_with_files_too() -> None:
    command = parsed("-r a.pcap tcp --keep-around connection-refused -w k.pcap --keep-seconds 2.5,0 --overwrite")
    assert isinstance(command, OpenCommand)
    assert (command.files, command.filter_words, command.write, command.overwrite) == (
        ("a.pcap",), "tcp", "k.pcap", True,
    )  # fmt: skip
    assert command.watch == Watch(keep_around=REFUSED, before=2.5, after=0.0)


def test_no_screen_takes_names_of_findings_families_and_severities() -> None:
    watch = parsed("-i any --no-screen --only any-problem --stop-on connection-refused,loss,error").watch
    assert watch.only == FindingFilter(least=Severity.WARNING)
    assert watch.stop_on == FindingFilter(REFUSED.ids, frozenset({"loss"}), Severity.ERROR)
    assert watch.no_screen


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("-i eth0 -C 10", "keep-where"),
        ("-i eth0 -G 10", "keep-where"),
        ("-i eth0 -w x -W 5", "files-of-what"),
        ("-i eth0 -w - -C 10", "not-to-stdout"),
        ("-i eth0 -w - --no-screen", "not-to-stdout"),
        ("-i eth0 -w x -C 0", "size"),
        ("-i eth0 -w x -C 10x", "size"),
        ("-i eth0 -w x -C 99999999999g", "size"),
        ("-i eth0 -w x -G 0", "number"),
        ("-i eth0 -w x -C 1 -W 0", "number"),
        ("a.pcap -w x -C 1", "needs-interface"),
        ("a.pcap -w x", "needs-interface"),
        ("- -w -", "needs-interface"),
        ("a.pcap --keep-around loss", "keep-where"),
        ("-i eth0 -w x --keep-around loss -C 1", "exclusive"),
        ("-i eth0 -w x --keep-seconds 5", "keep-seconds-what"),
        ("-i eth0 -w x --keep-around loss --keep-seconds 5,", "seconds"),
        ("-i eth0 -w x --keep-around loss --keep-seconds 3601", "seconds"),
        ("-i eth0 --stop-on ,", "no-value"),
        ("-i eth0 --only loss", "only-what"),
        ("--stop-on loss", "needs-source"),
        ("report a --no-screen", "not-here"),
    ],
)
@pytest.mark.parametrize("language", Language)
def test_what_makes_no_sense_is_named(line: str, key: str, language: Language) -> None:
    with pytest.raises(CommandLineError) as caught:
        parse(line.split(), {})
    assert (caught.value.key, caught.value.exit_code) == (f"cli.error.{key}", 2)
    assert "{" not in Words(language)(caught.value.key, **caught.value.facts)


def test_unknown_name_is_that_of_a_finding_of_ones_own_until_those_are_read() -> None:
    command = parse(["-i", "eth0", "--stop-on", "retransmision-timeout"], {})
    assert isinstance(command, LiveCommand)
    assert [str(name) for name in command.watch.stop_on.ids] == ["retransmision-timeout"]


def test_a_program_has_all_words_behind_the_two_dashes() -> None:
    command = parse(["-w", "out.pcapng", "--no-screen", "--", "curl", "--lang", "zh", "-i", "--", "x"], {})
    assert isinstance(command, ProgramCommand)
    assert command.arguments == ("curl", "--lang", "zh", "-i", "--", "x")
    assert (command.live.interface, command.live.write, command.write) == ("any", None, "out.pcapng")
    assert command.common.language.value == "en"
    other = parse(["-i", "eth0", "--json", "--", "x"], {})
    assert isinstance(other, ProgramCommand)
    assert (other.live.interface, other.as_json) == ("eth0", True)


def test_a_program_has_a_name() -> None:
    with pytest.raises(CommandLineError) as caught:
        parse(["--", ""], {})
    assert caught.value.key == "cli.error.which-program"


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("--", "which-program"),
        ("-w - -- x", "program-stdout"),
        ("--overwrite -- x", "overwrite-what"),
        ("-C 10 -w f -- x", "not-here"),
        ("--kernel -- x", "not-here"),
        ("-Y tcp -- x", "not-here"),
    ],
)
def test_what_does_not_go_with_a_program_is_named(line: str, key: str) -> None:
    with pytest.raises(CommandLineError) as caught:
        parse(line.split(), {})
    assert caught.value.key == f"cli.error.{key}"


def test_two_dashes_behind_a_word_or_a_file_end_the_options() -> None:
    assert isinstance(parse(["-r", "a.pcap", "--", "tcp"], {}), OpenCommand)
    assert isinstance(parse(["a.pcap", "--", "-b.pcap"], {}), OpenCommand)
