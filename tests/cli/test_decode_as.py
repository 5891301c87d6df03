"""``--decode-as PORT=PROTOCOL``: what content alone does not tell; in every command, in filters, on the screen."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from amqp_frames import HEARTBEAT, close, declare
from captures import ACK, PSH, Tape
from run_command import run
from web_captures import GET, response

from tcptui.capture.file_source import open_file
from tcptui.model import shared_memory
from tcptui.model.finding import Severity
from tcptui.protocols.decode_as import DecodeAsError, ReadAs, decoding, protocol_names, read_as
from tcptui.protocols.registry import PROTOCOLS, parsers, request_readers
from tcptui.session import catch_up, judge_process
from tcptui.session.gc_control import give_back
from tcptui.session.session import Session

if TYPE_CHECKING:
    from pathlib import Path

CLIENT, BROKER, OTHER = "10.0.0.1:40000", "192.0.2.10:9999", "192.0.2.10:9998"
#: What a connection of AMQP says that began before the capture.
AMQP = [
    ("C", declare(1, "q")), ("S", HEARTBEAT), ("C", HEARTBEAT), ("S", HEARTBEAT),
    ("S", close(1, 405, "RESOURCE_LOCKED - exclusive", (50, 10))),
]  # fmt: skip
HTTP = [("C", GET), ("S", response(b"ok"))]
#: What no protocol here says.
GARBAGE = [("C", b"\x07\x13garbage" * 4), ("S", b"\x99\x01more" * 4)]


def written(tmp_path: Path, talks: dict[str, list[tuple[str, bytes]]], *, opened: bool = False) -> Path:
    """A capture with a connection to each of these servers."""
    tape = Tape()
    for number, (server, talk) in enumerate(talks.items()):
        if opened:
            tape.handshake(number * 100, CLIENT, server)
        at = {"C": 1001, "S": 9001}
        for ms, (who, data) in enumerate(talk):
            ends = (CLIENT, server) if who == "C" else (server, CLIENT)
            tape.tcp(number * 100 + 20 + ms, *ends, PSH | ACK, at[who], at["S" if who == "C" else "C"], data)
            at[who] += len(data)
    path = tmp_path / "capture.pcap"
    path.write_bytes(tape.pcap())
    return path


def operations(path: Path, *options: str) -> list[str]:
    """The operations of all requests that the command lists."""
    code, out, _err = run("requests", path, "--jsonl", *options)
    assert code == 0
    return [json.loads(line)["operation"] for line in out.splitlines()]


def test_every_protocol_has_names_and_goes_first_where_it_is_wanted() -> None:
    assert {row.name for row in protocol_names().values()} == {row.name for row in PROTOCOLS}
    for row in PROTOCOLS:
        assert parsers(row.name)[0][1] is row
        assert len(parsers(row.name)) == len(parsers())
        assert len(request_readers(row.name)) == len(request_readers())


def test_texts_are_ports_and_protocols_by_any_of_their_names() -> None:
    assert decoding(["9999=Redis", "80=pgsql", "80=http"]) == {9999: ReadAs("resp", 6379), 80: ReadAs("http", 80)}
    assert read_as((5, 9999), decoding(["9999=amqp"])) == ReadAs("amqp", 5672)
    assert read_as((5, 6), decoding(["9999=amqp"])) is None


@pytest.mark.parametrize(
    "text", ["", "9999", "=http", "9999=", "0=http", "65536=http", "x=http", "²=http", "1" * 99 + "=http"]
)
def test_other_texts_are_none(text: str) -> None:
    with pytest.raises(DecodeAsError) as caught:
        decoding([text])
    assert not caught.value.protocol


@pytest.mark.parametrize(("value", "said"), [
    ("9999=htpp", "Did you mean http?"), ("9999=quake", "Known: amqp, dns"), ("http", "PORT=PROTOCOL"),
])  # fmt: skip
def test_wrong_option_is_told_in_one_line(tmp_path: Path, value: str, said: str) -> None:
    code, _out, err = run("report", str(written(tmp_path, {BROKER: AMQP})), "--decode-as", value)

    assert code == 2
    assert said in err
    assert len(err.splitlines()) == 1


def test_option_decides_where_content_does_not(tmp_path: Path) -> None:
    path = written(tmp_path, {BROKER: AMQP, OTHER: AMQP})

    for command in (("requests", "--jsonl"), ("packets", "-Y", "amqp"), ("report", "--json")):
        word, *options = command
        without = run(word, path, *options)[1]
        with_it = run(word, path, *options, "--decode-as", "9999=amqp")[1]
        assert "405 RESOURCE_LOCKED" not in without
        assert with_it != without
    assert run("packets", path, "-Y", "amqp", "--count")[1].split() == ["0"]
    # The other port is what it was.
    assert run("packets", path, "-Y", "amqp", "--count", "--decode-as", "9999=amqp")[1].split() == ["5"]
    assert (
        run("packets", path, "-Y", "amqp", "--count", "--decode-as", "9999=amqp", "--decode-as", "9998=amqp")[1]
        == "10\n"
    )
    # The port of either end, as Wireshark's tcp.port.
    assert run("packets", path, "-Y", "amqp", "--count", "--decode-as", "40000=amqp")[1].split() == ["10"]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_findings_are_told_before_anybody_opens_the_connection(tmp_path: Path, workers: str) -> None:
    talks = {f"192.0.2.{number}:9999": AMQP for number in range(1, 40)}
    options = ("--json", "--workers", workers, "--decode-as", "9999=amqp")
    streams = json.loads(run("report", written(tmp_path, talks), *options)[1])["streams"]

    assert all("amqp-closed" in [one["id"] for one in stream["findings"]] for stream in streams)
    assert len(streams) == 39


@pytest.mark.parametrize("protocol", [row.name for row in PROTOCOLS])
def test_what_does_not_speak_it_is_read_by_its_content(tmp_path: Path, protocol: str) -> None:
    path = written(tmp_path, {BROKER: HTTP, OTHER: GARBAGE}, opened=True)
    options = ("--decode-as", f"9999={protocol}", "--decode-as", f"9998={protocol}")

    assert operations(path, *options) == ["GET /a"]
    assert run("packets", path, "-Y", "http", "--count", *options)[1].split() == ["2"]
    found = json.loads(run("report", path, "--json", *options)[1])["streams"]
    assert found == json.loads(run("report", path, "--json")[1])["streams"]


def test_setting_has_the_same_effect_and_the_option_counts_for_more(tmp_path: Path) -> None:
    path = written(tmp_path, {BROKER: AMQP})
    home = tmp_path / "config"
    (home / "tcptui").mkdir(parents=True, mode=0o700)
    home.chmod(0o700)
    (home / "tcptui" / "config.toml").write_text('decode_as = ["9999=amqp", "9=nothing"]\n')

    def count(*options: str) -> str:
        return run("packets", path, "-Y", "amqp", "--count", *options, config=home)[1].strip()

    assert count() == "5"
    assert count("--decode-as", "9999=mqtt") == "0"
    told = run("config", config=home)
    assert "9=nothing" in told[1] + told[2]


@pytest.mark.parametrize("aside", [False, True])
def test_session_of_a_screen_reads_as_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, aside: bool
) -> None:
    for module, name in (
        (judge_process, "FORESEEN_ROWS"),
        (judge_process, "WORTH_JUDGING"),
        (shared_memory, "WORTH_SHARING"),
    ):
        monkeypatch.setattr(module, name, 1)  # another process judges a capture of this size, too
    monkeypatch.setattr(catch_up, "ANNOTATE_SLICE", 0)
    talks = {f"192.0.2.{number}:9999": AMQP for number in range(1, 90)}
    path = written(tmp_path, talks)
    session = Session([open_file(path)], judges_aside=aside, decoding=decoding(["9999=amqp"]))
    asyncio.run(session.run())
    try:
        assert all(session.severity[stream] == Severity.WARNING for stream in range(session.streams.count))
        assert "amqp-closed" in [str(one.id) for one in session.findings(0)]
    finally:
        session.close()
        give_back()
