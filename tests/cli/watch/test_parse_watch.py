"""The command line of watch."""

from __future__ import annotations

import pytest

from tcptui.cli.commands import Limits, WatchCommand
from tcptui.cli.parse import parse
from tcptui.cli.parse_values import CommandLineError
from tcptui.findings.finding_filter import NOTHING


def test_options_are_read() -> None:
    line = "watch eth0 ssh://a/eth0 --json --metrics 9464 --keep-last 5m --out d --spool-limit 1M --memory-limit 2M"
    command = parse(line.split(), {})
    assert isinstance(command, WatchCommand)
    assert command[1:] == (
        ("eth0", "ssh://a/eth0"), NOTHING, True, "9464", 300.0, "d", Limits(1 << 20, 2 << 20),
    )  # fmt: skip


@pytest.mark.parametrize(("text", "seconds"), [("90", 90.0), ("90s", 90.0), ("24h", 86400.0)])
def test_times_have_units(text: str, seconds: float) -> None:
    command = parse(["watch", "eth0", "--keep-last", text], {})
    assert isinstance(command, WatchCommand)
    assert command.keep_last == seconds


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("watch", "cli.error.watch-what"),
        ("watch eth0 --keep-last 0", "cli.error.watch-time"),
        ("watch eth0 --keep-last 25h", "cli.error.watch-time"),
        ("watch eth0 --keep-last 5d", "cli.error.watch-time"),
        ("watch eth0 --out d", "cli.error.watch-out"),
        ("watch eth0 -w a", "cli.error.not-here"),
    ],
)
def test_what_is_wrong_is_refused(line: str, key: str) -> None:
    with pytest.raises(CommandLineError) as caught:
        parse(line.split(), {})
    assert caught.value.key == key
