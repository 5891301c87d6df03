"""``--redact`` on report, requests and slice: they tell what they would tell of ``redact``'s output, and no more."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any, Final

import pytest
from captures import Tape
from forked_commands import ROOT, run_program

from tcptui.cli.commands import Redacting, ReportCommand, RequestsCommand, SliceCommand
from tcptui.cli.parse import parse
from tcptui.cli.parse_values import CommandLineError

CASES: Final = ROOT / "cases"
CLIENT: Final = "198.18.7.1"
SERVER: Final = "8.8.4.4:80"
ASKED: Final = b"GET /secret/path HTTP/1.1\r\nHost: payroll.example.com\r\nCookie: session=abcdef0123456789\r\n\r\n"
ANSWERED: Final = b"HTTP/1.1 500 Oops\r\nContent-Length: 26\r\nX-Internal-Name: db7\r\n\r\nabcdefghijklmnopqrstuvwxyz"
#: What of the capture must not be told.
PLANTED: Final = ("198.18.7.1", "8.8.4.4", "payroll", "secret", "abcdef0123456789", "db7", "Oops")


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """Three connections of HTTP, one of which is refused."""
    tape = Tape()
    tape.clean(0, f"{CLIENT}:40001", SERVER, ASKED, ANSWERED)
    tape.clean(50_000, f"{CLIENT}:40002", SERVER, ASKED, ANSWERED)
    tape.refused(90_000, f"{CLIENT}:40003", "8.8.4.4:81")
    path = tmp_path / "payroll.pcap"
    path.write_bytes(tape.pcap())
    return path


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    path.write_bytes(b"0123456789abcdef" * 2)
    path.chmod(0o600)
    return path


def run(*words: object, status: int = 0) -> tuple[str, str]:
    done = run_program([str(word) for word in words], {"LANG": "C.UTF-8"})
    assert done.returncode == status, done.stderr
    return done.stdout.decode(), done.stderr.decode()


@pytest.fixture
def copy(capture: Path, key: Path, tmp_path: Path) -> Path:
    """What ``redact`` makes of the capture under the key."""
    out = tmp_path / "copy.pcapng"
    run("redact", capture, "-w", out, "--key", key)
    return out


def without_file(report: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(report)
    del told["capture"]["file"]
    return told


def test_report_is_that_of_the_redacted_copy(capture: Path, key: Path, copy: Path) -> None:
    told, _ = run("report", capture, "--json", "--redact", "--key", key)

    assert json.loads(told)["capture"]["file"] == "redacted copy"
    assert without_file(told) == without_file(run("report", copy, "--json")[0])
    assert not [one for one in PLANTED if one in told]


@pytest.mark.parametrize("form", [(), ("--markdown",), ("--full",), ("--explain",), ("--stream", "0"), ("--html", "-")])
def test_no_form_of_a_report_has_what_was_replaced(form: tuple[str, ...], capture: Path, copy: Path) -> None:
    plain, _ = run("report", capture, *form)
    told, said = run("report", capture, *form, "--redact")

    assert [one for one in PLANTED if one in plain]
    assert not [one for one in PLANTED if one in told]
    assert "was drawn" in said
    assert "refused" in told or "--stream" in form


@pytest.mark.parametrize("form", [(), ("--jsonl",), ("--group", "statement"), ("--har", "-")])
def test_requests_are_those_of_the_redacted_copy(form: tuple[str, ...], capture: Path, key: Path, copy: Path) -> None:
    told, _ = run("requests", capture, *form, "--redact", "--key", key)

    assert told == run("requests", copy, *form)[0]
    assert "GET" in told
    assert "500" in told or "--group" in form
    assert not [one for one in PLANTED if one in told]


def test_filters_are_asked_of_what_was_captured(capture: Path, key: Path) -> None:
    chosen = ("-Y", 'tcp.port == 40002 and http.host == "payroll.example.com"')
    lines = run("requests", capture, "--jsonl", *chosen, "--redact", "--key", key)[0].splitlines()
    assert [json.loads(line)["stream"] for line in lines] == [1]

    told = json.loads(run("report", capture, "--json", "-Y", f"ip.addr == {CLIENT} and tcp.port == 81", "--redact")[0])
    assert [one["stream"] for one in told["streams"]] == [2]


@pytest.mark.parametrize("chosen", [("-Y", f"ip.src == {CLIENT}"), ("--stream", "1"), ("--packets", "2-5,9")])
def test_slice_has_packets_of_the_redacted_copy(
    chosen: tuple[str, str], capture: Path, key: Path, copy: Path, tmp_path: Path
) -> None:  # fmt: skip
    numbers = run("packets", capture, "-Y", "frame", "-e", "frame.number", "--jsonl")[0]
    out, same = tmp_path / "out.pcap", tmp_path / "same.pcap"
    run("slice", capture, *chosen, "-w", out, "--redact", "--key", key)
    if chosen[0] == "-Y":
        found = run("packets", capture, *chosen, "-e", "frame.number", "--jsonl")[0]
        rows = [json.loads(line)["frame.number"] for line in found.splitlines()]
        assert 0 < len(rows) < len(numbers.splitlines())
        chosen = ("--packets", ",".join(str(one[0] if isinstance(one, list) else one) for one in rows))
    run("slice", copy, *chosen, "-w", same)

    assert out.read_bytes() == same.read_bytes()
    assert not [one for one in PLANTED if one.encode() in out.read_bytes()]


def test_slice_as_pcapng_says_nothing_of_its_source(capture: Path, key: Path, tmp_path: Path) -> None:
    notes = {"schema": 1, "packets": {"1": {"text": "payroll is slow"}}}
    Path(f"{capture}.notes.json").write_text(json.dumps(notes))
    out = tmp_path / "out.pcapng"

    _, said = run("slice", capture, "--stream", "0", "-w", out, "--redact", "--key", key)

    assert "was drawn" not in said
    assert b"packet 1 of redacted copy" in out.read_bytes()
    assert b"This capture was redacted" in out.read_bytes()
    assert not [one for one in PLANTED if one.encode() in out.read_bytes()]


def test_findings_that_rest_on_content_are_left_out_and_counted() -> None:
    path = CASES / "142-database-errors" / "client.pcapng"
    plain = {one["id"] for one in json.loads(run("report", path, "--json")[0])["streams"][0]["findings"]}
    report, said = run("report", path, "--json", "--redact")

    assert "database-errors" in plain
    assert {one["id"] for one in json.loads(report)["streams"][0]["findings"]} == plain - {"database-errors"}
    assert "left out: database-errors 1" in said
    assert "SELECT" not in report


def test_what_the_copy_alone_would_say_is_not_said() -> None:
    """Without its statement a slow query is a server that thinks."""
    report, said = run("report", CASES / "140-slow-query" / "client.pcapng", "--json", "--redact", status=1)

    assert report == ""
    assert said == "tcptui: not written: findings differ in the copy (server-think-time, 0)\n"


def test_capture_that_carries_tls_secrets_is_read_without_them(tmp_path: Path) -> None:
    path, out = ROOT / "tests" / "protocols" / "tls" / "captures_keys" / "web.pcapng.gz", tmp_path / "out.pcapng"
    assert "GET /page.html" in run("requests", path)[0]

    told, _ = run("requests", path, "--redact")
    run("slice", path, "--stream", "0", "-w", out, "--redact")

    assert told == ""
    assert b"SECRET" in gzip.decompress(path.read_bytes())
    assert b"SECRET" not in out.read_bytes()


@pytest.mark.parametrize(("words", "key_of_error"), [
    (["report", "a.pcap", "--key", "k"], "error.key-redact"),
    (["slice", "a.pcap", "--stream", "0", "-w", "o", "--key", "k"], "error.key-redact"),
    (["report", "a.pcap", "b.pcap", "--redact"], "error.redact-several"),
    (["requests", "a.pcap", "--redact", "--keylog", "k"], "error.exclusive"),
    (["requests", "a.pcap", "--redact", "--results", "d"], "error.exclusive"),
    (["requests", "a.pcap", "--redact", "--key", ""], "error.no-value"),
])  # fmt: skip
def test_words_that_make_no_sense_are_refused(words: list[str], key_of_error: str) -> None:
    with pytest.raises(CommandLineError) as refused:
        parse(words, {})
    assert refused.value.key.endswith(key_of_error.partition("error.")[2]), refused.value.key


def test_commands_know_what_they_redact_with() -> None:
    for words in (["report", "a"], ["requests", "a"], ["slice", "a", "--stream", "0", "-w", "o"]):
        command = parse([*words, "--redact", "--key", "k"], {})
        assert isinstance(command, ReportCommand | RequestsCommand | SliceCommand)
        assert command.redacting == Redacting("k")
        without = parse(words, {})
        assert isinstance(without, ReportCommand | RequestsCommand | SliceCommand)
        assert without.redacting is None


@pytest.mark.parametrize("words", [
    ["report", "--html"], ["requests", "--har"], ["slice", "--stream", "0", "-w"],
])  # fmt: skip
def test_nothing_is_written_where_the_key_cannot_be_used(words: list[str], capture: Path, key: Path) -> None:
    out = capture.parent / "out.pcapng"
    key.chmod(0o644)
    _, said = run(words[0], capture, *words[1:], out, "--redact", "--key", key, status=1)

    assert "not protected" in said or "only you" in said or "key" in said
    assert len(said.splitlines()) == 1
    assert not out.exists()


def test_the_key_is_never_replaced(capture: Path, key: Path) -> None:
    _, said = run("report", capture, "--html", key, "--overwrite", "--redact", "--key", key, status=1)

    assert "input" in said
    assert key.read_bytes() == b"0123456789abcdef" * 2


def test_packed_capture_and_standard_input_are_redacted_the_same(
    capture: Path, key: Path, tmp_path: Path
) -> None:  # fmt: skip
    packed = tmp_path / "packed.pcap.gz"
    packed.write_bytes(gzip.compress(capture.read_bytes()))
    plain = run("report", capture, "--json", "--redact", "--key", key)[0]

    assert run("report", packed, "--json", "--redact", "--key", key)[0] == plain
    piped = run_program(
        ["report", "-", "--json", "--redact", "--key", str(key)], {"LANG": "C.UTF-8"}, stdin=capture.read_bytes()
    )
    assert piped.stdout.decode() == plain
