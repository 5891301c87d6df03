"""``--findings`` as a process: what is reported, what a wrong file says, and which file is read unasked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from captures import Tape, many, mixed
from forked_commands import run_program

import tcptui
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from _pytest.tmpdir import TempPathFactory

ROOT = Path(tcptui.__file__).parent.parent
RULES = """
[[finding]]
id = "refused-here"
filter = 'tcptui.finding == "connection-refused"'
severity = "error"
per = "packet"
en = { title = "Refused [here]", sentence = "Nobody listens." }
zh = { title = "被拒绝", sentence = "没有监听。" }

[[finding]]
id = "syn-seen"
filter = "tcp.flags.syn == 1 and tcp.ack == 0"
severity = "note"
en = { title = "A SYN", sentence = "It opened." }
"""


#: Forks for small captures, too, and says so on standard error.
FORKING = """
import os, sys
from dataclasses import replace
from tcptui.cli.main import main
from tcptui.session import worker_processes
from tcptui.session.sharing import Sharing
among, fork = Sharing.among, worker_processes._fork
Sharing.among = classmethod(lambda _cls, asked: replace(among(asked), worth=1, share=50))
def counted():
    process = fork()
    if process:
        print("forked", file=sys.stderr)
    return process
worker_processes._fork = counted
sys.exit(main(sys.argv[1:]))
"""


def run(
    *words: str | Path, config: Path | None = None, lang: str = "en", program: str | None = None
) -> tuple[int, str, str]:
    """A process of its own: the commands give up root for good."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "SUDO_"))}
    environ = {
        **kept, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "TZ": "UTC",
        "XDG_CONFIG_HOME": "/dev/null/none" if config is None else str(config),
    }  # fmt: skip
    words = ("--lang", lang, *map(str, words))
    if program is None:
        done = run_program(words, environ)
    else:
        done = subprocess.run(
            [sys.executable, "-c", program, *words], env=environ, capture_output=True, timeout=600, check=False
        )
    return done.returncode, done.stdout.decode("utf-8", "surrogateescape"), done.stderr.decode("utf-8", "replace")


@pytest.fixture(scope="module")
def capture(tmp_path_factory: TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("own") / "mixed.pcap"
    path.write_bytes(mixed().pcap())
    return path


@pytest.fixture(scope="module")
def rules(tmp_path_factory: TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rules") / "mine.toml"
    path.write_text(RULES)
    return path


def test_report_tells_them_in_both_languages(capture: Path, rules: Path) -> None:
    code, said, _ = run("report", capture, "--full", "--findings", rules)
    assert code == 0
    assert "Refused [here] (own finding)" in said
    assert "refused-here" in said

    _, said, _ = run("report", capture, "--full", "--findings", rules, lang="zh")
    assert "被拒绝（自定义）" in said
    assert "A SYN（自定义）" in said, "without Chinese words, the English ones"


def test_json_report_marks_them(capture: Path, rules: Path) -> None:
    code, said, _ = run("report", capture, "--json", "--findings", rules)
    connection = json.loads(said)["streams"][2]
    (first, second) = [one for one in connection["findings"] if one["id"] == "refused-here"]

    assert code == 0
    assert (first["packets"], second["packets"]) == ([22], [23])
    assert first["severity"] == "error"
    assert first["cause_confidence"] == "possible"
    assert first["facts"] == {"own_filter": 'tcptui.finding == "connection-refused"'}
    assert first["alternatives"] == ["own-rule"]
    assert first["text"].startswith("Refused [here] (own finding). Nobody listens.")


def test_filters_assertions_and_slices_know_them(capture: Path, rules: Path, tmp_path: Path) -> None:
    own = ("--findings", rules)
    assert run("packets", capture, *own, "-Y", 'tcptui.finding == "refused-here"', "-e", "frame.number")[:2] == (
        0, "22\n23\n",
    )  # fmt: skip
    assert run("packets", capture, "-Y", 'tcptui.finding == "refused-here"', "--count")[:2] == (0, "0\n")
    assert run("assert", capture, *own, 'no tcptui.finding == "refused-here"')[0] == 1
    assert run("assert", capture, *own, 'count tcptui.finding == "syn-seen" == 4')[0] == 0
    out = tmp_path / "out.pcapng"
    assert run("slice", capture, *own, "--finding", "refused-here", "-w", out)[0] == 0
    assert open_file(out).store.count == 2
    code, said, _ = run("verdicts", capture, *own, "--jsonl")
    assert code == 0
    assert '"refused-here"' in said


def test_events_are_told_and_chosen_by_name_and_family(capture: Path, rules: Path) -> None:
    for wanted in ("refused-here", "own"):
        code, said, _ = run("--no-screen", capture, "--findings", rules, "--only", wanted)
        assert code == 0
        events = [json.loads(line) for line in said.splitlines()]
        assert [(event["id"], event["packets"]) for event in events] == [("refused-here", [22]), ("refused-here", [23])]


@pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux only")
def test_bytes_are_the_same_however_many_workers(rules: Path, tmp_path: Path) -> None:
    path = tmp_path / "many.pcap"
    path.write_bytes(many(400).pcap())
    words = (("report", path, "--json"), ("report", path), ("verdicts", path, "--jsonl"), ("--no-screen", path))
    for command in words:
        said, forked = set(), []
        for number in ("1", "2", "3"):
            own = ("--findings", rules, "--workers", number)
            code, text, complaint = run(*command, *own, program=FORKING)
            said.add((code, text))
            forked.append(complaint.count("forked"))
        assert len(said) == 1
        ((code, text),) = said
        assert code == 0
        if command != ("report", path):  # which judges the few connections in trouble, before it would fork
            assert text.count("-seen") + text.count("-here") > 100
            assert (forked[0], min(forked[1:]) > 1) == (0, True), (command, forked)


def test_wrong_filter_is_pointed_at_and_nothing_is_done(capture: Path, tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    twice = RULES.replace("tcp.flags.syn == 1", "tcp.flags.sin == 1").replace('"error"', '"dire"')
    path.write_text(twice)
    for command in (("report", capture), ("packets", capture), ("--no-screen", capture), ("assert", capture, "no tcp")):
        code, said, complaint = run(*command, "--findings", path)
        other, line, filter_line, carets = complaint.splitlines()[-4:]  # root is told something before
        assert other.startswith(f"tcptui: {path}, finding 1 (refused-here): severity is missing or wrong")
        assert (code, said) == (2, "")
        assert line.startswith(f"tcptui: {path}, finding 2 (syn-seen), filter: There is no field tcp.flags.sin.")
        assert line.endswith("Try: tcp.flags.syn == 1 and tcp.ack == 0")
        assert filter_line == "  tcp.flags.sin == 1 and tcp.ack == 0"
        assert carets == "  ^^^^^^^^^^^^^"


def test_missing_file_unknown_name_and_no_value_are_wrong_usage(capture: Path, rules: Path, tmp_path: Path) -> None:
    code, said, complaint = run("report", capture, "--findings", tmp_path / "missing.toml")
    assert (code, said, complaint.count("\n")) == (2, "", 1)
    code, said, complaint = run(
        "slice", capture, "--finding", "refused-her", "--findings", rules, "-w", tmp_path / "missing" / "x"
    )
    assert (code, said) == (2, "")
    assert "refused-here" in complaint, "the nearest name"
    assert run("--no-screen", capture, "--only", "refused-here")[0] == 2
    assert run("report", capture, "--findings=")[0] == 2


def test_file_beside_the_settings_is_read_unasked(capture: Path, rules: Path, tmp_path: Path) -> None:
    beside = tmp_path / "tcptui" / "findings.toml"
    beside.parent.mkdir()
    beside.write_text(RULES)
    count = ("packets", capture, "-Y", 'tcptui.finding == "refused-here"', "--count")
    assert run(*count, config=tmp_path)[:2] == (0, "2\n")

    out = tmp_path / "own.pcapng"
    assert run("slice", capture, "--finding", "refused-here", "-w", out, config=tmp_path)[0] == 0
    assert out.stat().st_size > 0
    code, said, _ = run("--no-screen", capture, "--only", "refused-here", config=tmp_path)
    assert code == 0
    assert '"refused-here"' in said
    assert '"connection-refused"' not in said
    code, said, complaint = run("--no-screen", capture, "--only", "refused-her", config=tmp_path)
    assert (code, said) == (2, "")
    assert "refused-here" in complaint, "the nearest name"

    code, _, complaint = run(*count, "--findings", rules, config=tmp_path)
    assert code == 2
    assert "there are two findings refused-here" in complaint
    beside.write_text("[[finding]")
    code, said, complaint = run(*count, config=tmp_path)
    assert (code, said, complaint.count("\n")) == (2, "", 1)
    assert str(beside) in complaint


def test_help_lists_them_where_it_lists_all_findings(rules: Path, tmp_path: Path) -> None:
    assert "  own: refused-here, syn-seen\n" in run("help", "findings", "--findings", rules)[1]
    assert "  own:" not in run("help", "findings")[1]
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("[[finding]")
    code, said, complaint = run("help", "findings", "--findings", wrong)
    assert (code, "  own:" in said, complaint.count(str(wrong))) == (0, False, 1)


def test_connection_among_many_that_are_alike_has_those_of_its_own(tmp_path: Path) -> None:
    tape = Tape()
    for number in range(40):
        tape.refused(number, f"10.0.0.1:{2000 + number}", "192.0.2.1:80")
    capture, rules = tmp_path / "refused.pcap", tmp_path / "mine.toml"
    capture.write_bytes(tape.pcap())
    rules.write_text(
        '[[finding]]\nid = "third"\nfilter = "tcp.port == 2002 or tcp.port == 2030"\nseverity = "warning"\n'
        'en = { title = "Third", sentence = "It is." }\n'
    )
    _, said, _ = run("report", capture, "--json", "--findings", rules)
    found = [[one["id"] for one in stream["findings"]] for stream in json.loads(said)["streams"]]

    assert [number for number, ids in enumerate(found) if "third" in ids] == [2, 30]
    assert all("connection-refused" in ids for ids in found)
