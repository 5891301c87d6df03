"""Many live sources in one list: two hosts over ssh and an interface, one of them broken and coming back."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, Self

import pytest
from live_link import INTERFACE, Link
from ssh_server import SshServer, machine_has_sshd
from tmux_terminal import ROOT, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not machine_has_sshd(), reason="needs openssh-server and openssh-client installed"),
]

SECONDS: Final = 600.0
REFUSED: Final = "connection-refused"
WIRED, NEAR = f"wired/{INTERFACE}", f"near/{INTERFACE}"


class Watch:
    """The program in the client's namespace, whose lines are read as they come."""

    def __init__(self, link: Link, path: str, *words: str) -> None:
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", link.client, sys.executable, "-m", "tcptui", "watch", *words, "--json"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "PATH": path},
        )  # fmt: skip
        self.events: list[dict[str, Any]] = []
        self.said = ""
        self._readers = [threading.Thread(target=self._read_events), threading.Thread(target=self._read_said)]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_args: object) -> None:
        self.process.kill()
        self.process.wait()
        for reader in self._readers:
            reader.join()

    def _read_events(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self.events.append(json.loads(line))

    def _read_said(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as lines:
            for line in lines:
                self.said += line

    def wait_said(self, pattern: str, times: int = 1) -> None:
        """Wait until a line matches, so many times."""
        until(lambda: len(re.findall(pattern, self.said)) >= times, f"{pattern} in {self.said}", SECONDS)

    def refused(self) -> Counter[tuple[str, int]]:
        """How many refused connections were found, by source and run."""
        found = [event for event in self.events if event["id"] == REFUSED and event["event"] == "found"]
        return Counter((event["source"], event["run"]) for event in found)

    def wait_refused(self, wanted: dict[tuple[str, int], int]) -> None:
        """Wait until these are found; more would fail when the test compares."""
        until(lambda: all(self.refused()[key] >= count for key, count in wanted.items()), f"{wanted}", SECONDS)

    def end(self) -> int:
        """Press Ctrl-C; the exit code."""
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(SECONDS)
        for reader in self._readers:
            reader.join()
        return code


@pytest.fixture
def servers(link: Link, tmp_path: Path) -> Iterator[tuple[SshServer, SshServer]]:
    folders = [tmp_path / "wired", tmp_path / "near"]
    for folder in folders:
        folder.mkdir()
    with SshServer(link, folders[0]) as wired, SshServer(link, folders[1], near=True) as near:
        yield wired, near


@pytest.fixture
def path(servers: tuple[SshServer, SshServer]) -> str:
    return f"{servers[0].wrapper(servers[1])}:/usr/sbin:/usr/bin:/sbin:/bin"


def test_a_broken_source_comes_back_and_nothing_is_told_twice(
    link: Link, servers: tuple[SshServer, SshServer], path: str
) -> None:
    sources = (f"ssh://{WIRED}", f"ssh://{NEAR}", INTERFACE)
    with Watch(link, path, *sources, "--only", REFUSED) as watch:
        watch.wait_said(r": capturing\n", 3)
        for _ in range(3):
            link.knock()
        before = {(WIRED, 1): 3, (NEAR, 1): 3, (INTERFACE, 1): 3}
        watch.wait_refused(before)
        servers[0].drop_connections()
        watch.wait_said(rf"{WIRED}.*tried again")
        watch.wait_said(rf"{WIRED}: capturing again")
        link.knock()
        after = {(WIRED, 2): 1, (NEAR, 1): 4, (INTERFACE, 1): 4}
        watch.wait_refused(after)
        assert watch.end() == 0
    assert watch.refused() == {**before, **after}
    clocks = {event["source"]: event["clock"] for event in watch.events}
    for name in (WIRED, NEAR):  # the same clock as ours, so the interval has 0 in it
        assert clocks[name]["offset"]["low"] <= 0 <= clocks[name]["offset"]["high"]
        assert clocks[name]["round_trip"] > 0
    assert clocks[INTERFACE] == {"offset": {"low": 0.0, "high": 0.0}, "round_trip": 0.0}
    assert len(re.findall("tried again", watch.said)) == 1
    assert "all sources (3): " in watch.said
    assert "findings: 12" in watch.said


def test_metrics_of_a_live_capture(link: Link, path: str) -> None:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    code = (
        "import sys, urllib.request as r; "
        "sys.stdout.write(r.urlopen(r.Request(sys.argv[1], headers={'Accept': sys.argv[2]})).read().decode())"
    )
    accept = "application/openmetrics-text; version=1.0.0"

    def samples() -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        url = f"http://127.0.0.1:{port}/metrics"
        words = ["ip", "netns", "exec", link.client, sys.executable, "-c", code, url, accept]
        text = subprocess.run(words, check=True, timeout=SECONDS, capture_output=True, text=True).stdout
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    source = ("source", INTERFACE)
    refused = ("tcptui_findings_total", (("finding", REFUSED), source))
    with Watch(link, path, INTERFACE, "--metrics", str(port)) as watch:
        watch.wait_said(r": capturing\n")
        link.ask(2, 3)
        link.knock()
        until(lambda: samples().get(refused) == 1.0, "the finding's count", SECONDS)
        until(lambda: samples()["tcptui_server_think_seconds_count", (source,)] >= 2, "think times", SECONDS)
        found = samples()
        assert watch.end() == 0
    assert found["tcptui_source_up", (source,)] == 1.0
    assert found["tcptui_packets_total", (source,)] > 20
    assert found["tcptui_wire_bytes_total", (source,)] > 6000
    assert found["tcptui_capture_drops_total", (source,)] == 0.0
    assert found["tcptui_rtt_seconds_count", (source,)] > 6
    closed = (("end", "server"), source, ("state", "CLOSED"))
    assert found["tcptui_connections", closed] == 3.0
