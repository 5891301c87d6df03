"""The program as a process: exit codes, languages, streams, what it imports."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from captures import Tape
from rich.cells import cell_len

import tcptui
from tcptui.cli.command_table import BY_WORD, COMMANDS, TOPICS
from tcptui.cli.commands import Common, ConfigCommand, HelpCommand
from tcptui.cli.help import help_text
from tcptui.cli.parse import parse
from tcptui.cli.version_text import version_text
from tcptui.model.finding import FindingId
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

OPTIONS_OF_A_CAPTURE = (
    "-i", "-c", "-s", "-w", "-B", "-p", "-t", "-n", "-D", "--overwrite", "-C", "-G", "-W", "-Y", "--display-filter",
    "--no-screen", "--stop-on", "--keep-around", "--keep-seconds", "--only", "--include-own", "--spool-limit",
    "--memory-limit",
)  # fmt: skip
ROOT = Path(tcptui.__file__).parent.parent


def environment(**changes: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "SUDO_"))}
    return {**kept, "PYTHONPATH": str(ROOT), "LANG": "en_US.UTF-8", "TERM": "dumb", **changes}


def tcptui_run(*words: str, **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tcptui", *words], env=environment(**changes), stdin=subprocess.DEVNULL,
        capture_output=True, encoding="utf-8", timeout=600, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["cases", "-h"], ["--nonsense"]])
def test_quick_answers_import_nothing_heavy(words: list[str]) -> None:
    program = (
        "import sys\n"
        "from tcptui.cli.main import main\n"
        "main(sys.argv[1:])\n"
        "heavy = {'textual', 'numpy', 'rich', 'scapy', 'cypcap', 'numba', 'asyncio', 'argparse'} & sys.modules.keys()\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def modules_of(*words: str) -> tuple[str, set[str]]:
    """What the program writes for ``words``, and the modules that it has imported then."""
    program = (
        "import sys\n"
        "from tcptui.__main__ import main\n"
        "sys.argv = ['tcptui', *sys.argv[1:]]\n"
        "code = main()\n"
        "print(*sys.modules, file=sys.stderr)\n"
        "sys.exit(code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        env=environment(), stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout, set(done.stderr.split())


def test_version_alone_is_told_without_reading_a_command_line() -> None:
    said, modules = modules_of("--version")
    assert said == version_text()
    assert not {"dataclasses", "re", "typing", "tcptui.cli.parse"} & modules


def test_version_among_other_words_is_told_by_the_ordinary_way() -> None:
    said, modules = modules_of("--lang", "zh", "--version")
    assert said == version_text()
    assert "tcptui.cli.parse" in modules


def test_help_does_without_what_only_a_crash_or_a_screen_needs() -> None:
    modules = modules_of("--help")[1]
    assert not {"logging", "platform", "traceback", "json", "tcptui.lessons.score"} & modules


@pytest.mark.parametrize("form", ["--json", "--markdown", "--full"])
def test_report_of_a_few_packets_imports_what_it_says_and_no_more(tmp_path: Path, form: str) -> None:
    tape = Tape()
    tape.clean(0, "10.0.0.1:40000", "192.0.2.1:80", b"ask", b"answer")
    path = tmp_path / "few.pcap"
    path.write_bytes(tape.pcap())
    said, modules = modules_of("report", str(path), form)
    assert "few.pcap" in said
    # An event loop, masked arrays, random numbers, OpenSSL, a terminal's colours: 110 of 350 ms of processor time.
    unneeded = {"asyncio", "numpy.ma", "numpy.random", "ssl", "_hashlib", "tempfile", "shutil", "numba", "textual"}
    unneeded |= {"regex", "rich.console", "brotli", "zstandard", "difflib", "tcptui.dfilter.names"}
    unneeded |= {"tcptui.cli.run.slice", "tcptui.access.notes.notebook", "tcptui.capture.slicing.sink"}
    # What reads the payload of a protocol that the capture does not speak: 90 ms.
    readers = ("dns.message", "http.conversation", "http2.frames", "mysql.conversation", "postgresql.conversation")
    readers += ("redis.reader", "smtp.conversation", "tls.conversation", "websocket.frames", "parts")
    unneeded |= {"tcptui.findings.rules.payload", *(f"tcptui.protocols.{reader}" for reader in readers)}
    forms = {"--json": "as_json", "--markdown": "as_markdown", "--full": "as_text"}
    unneeded |= {f"tcptui.cli.report.{module}" for other, module in forms.items() if other != form}
    assert not unneeded & modules


def test_report_of_one_request_imports_what_reads_http_alone(tmp_path: Path) -> None:
    tape = Tape()
    asked, answered = b"GET /a HTTP/1.1\r\nHost: a.example\r\n\r\n", b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"
    tape.clean(0, "10.0.0.1:40000", "192.0.2.1:80", asked, answered)
    path = tmp_path / "one.pcap"
    path.write_bytes(tape.pcap())
    said, modules = modules_of("report", str(path), "--json")
    assert "http-error-response" in said
    assert "tcptui.protocols.http.http_stream" in modules
    others = {f"tcptui.findings.rules.{name}" for name in ("http2", "tls", "grpc_deadline", "tls_certificate")}
    others |= {
        f"tcptui.protocols.{name}" for name in ("http2.frames", "tls.tls_stream", "redis.redis_stream", "dns.message")
    }
    assert not others & modules


@pytest.mark.parametrize("language", Language)
def test_help_goes_to_stdout_in_the_chosen_language_and_fits_80_columns(language: Language) -> None:
    done = tcptui_run("--lang", language.value, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == help_text(Words(language))
    assert max(map(cell_len, done.stdout.splitlines())) <= 80


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("page", [*(row.word for row in COMMANDS if row.word != "config"), *TOPICS])
def test_each_page_fits_80_columns_and_names_its_options(page: str, language: Language) -> None:
    """Braces in it are for the reader, no place to fill in."""
    text = help_text(Words(language), page)
    options = BY_WORD[page].options if page in BY_WORD else frozenset()

    assert max(map(cell_len, text.splitlines())) <= 80
    assert [option for option in options if option not in text] == []
    assert parse(["help", page], {}) == HelpCommand(Common(Language.EN), page)


@pytest.mark.parametrize("language", Language)
def test_first_page_is_short_and_names_every_command(language: Language) -> None:
    lines = help_text(Words(language)).splitlines()

    assert len(lines) <= 35
    named = {word.strip(" ,") for line in lines for word in line.partition("  ")[2].split("  ")[0].split(",")}
    assert {row.word for row in COMMANDS} <= named


@pytest.mark.parametrize("language", Language)
def test_pages_of_topics_name_every_option_of_a_capture_and_every_finding(language: Language) -> None:
    live, names = help_text(Words(language), "live"), help_text(Words(language), "findings")

    assert [option for option in OPTIONS_OF_A_CAPTURE if option not in live] == []
    assert [str(finding) for finding in FindingId if finding not in names] == []


@pytest.mark.parametrize("command", [row.word for row in COMMANDS])
def test_help_after_a_command_is_its_page(command: str) -> None:
    asked = parse([command, "--nonsense", "--help"], {})

    assert asked == parse(["help", command], {})
    assert isinstance(asked, ConfigCommand if command == "config" else HelpCommand)


def test_help_beside_an_interface_is_that_of_a_live_capture() -> None:
    for words in (["-i", "eth0", "-h"], ["ssh://host/eth0", "--help"]):
        assert parse(words, {}) == HelpCommand(Common(Language.EN), "live")
    assert parse(["a.pcap", "--help"], {}) == HelpCommand(Common(Language.EN))


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["report", "a", "--jsom"], "--json"),
        (["graph", "a", "--strem", "1"], "--stream"),
        (["--display-filer", "tcp"], "--display-filter"),
    ],
)
def test_mistyped_option_is_told_with_what_was_meant(words: list[str], meant: str) -> None:
    done = tcptui_run(*words)

    assert done.returncode == 2
    assert f"did you mean {meant}" in done.stderr


def test_nothing_is_guessed_where_nothing_is_near() -> None:
    assert "did you mean" not in tcptui_run("--qqqqq").stderr


@pytest.mark.parametrize(("word", "is_near"), [("reprot", True), ("packts", True), ("capture.pcap", False)])
def test_missing_file_that_is_nearly_a_command_is_told_so(word: str, is_near: bool) -> None:
    done = tcptui_run(word, "--no-screen")

    assert done.returncode == 1
    assert ("did you mean the command" in done.stderr) == is_near


def test_help_in_chinese_survives_a_locale_without_chinese() -> None:
    done = tcptui_run("--lang", "zh", "--help", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "tcptui -i eth0" in done.stdout


def test_language_comes_from_the_environment() -> None:
    assert "查清一条" in tcptui_run("--help", LC_ALL="zh_CN.UTF-8").stdout
    assert "In the terminal" not in tcptui_run("--help", LC_ALL="C").stdout


def test_version_is_the_packages() -> None:
    done = tcptui_run("--version")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, f"tcptui {tcptui.__version__}")


def test_version_says_what_is_installed() -> None:
    lines = version_text().splitlines()

    assert len(lines) == 3
    for name in ("textual", "rich", "numpy", "cypcap", "scapy", "dpkt"):
        assert f"{name} {metadata.version(name)}" in lines[1]
    for extra, name in (("fast", "numba"), ("tls", "cryptography"), ("preview", "pillow")):
        there = importlib.util.find_spec("PIL" if name == "pillow" else name) is not None
        assert (f"{extra} ({name} {metadata.version(name)})" if there else f"no {extra}") in lines[2]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--nonsense"], "tcptui: there is no option --nonsense (tcptui --help shows the usage)\n"),
        (
            ["--no-screen", "--lang", "zh"],
            "tcptui：--no-screen 需要数据包来源：接口（-i）、文件、- 或 ssh://（用法见 tcptui --help）\n",
        ),
        (["report"], "tcptui: report needs the name of a capture file (tcptui --help shows the usage)\n"),
        (["-i", "a\x1b]0;x\x07\nb", "-c", "\u202e1"], None),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(words: list[str], said: str | None) -> None:
    done = tcptui_run(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert not {"\x1b", "\u202e", "\x07"} & set(done.stderr)
    assert said is None or done.stderr == said


@pytest.mark.parametrize("word", ["--help", "--version"])
def test_reader_that_goes_away_is_no_traceback(word: str) -> None:
    command = [sys.executable, "-m", "tcptui", word]
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as gone:
        done = subprocess.run(
            command, env=environment(), stdout=gone, stderr=subprocess.PIPE, text=True, timeout=600, check=False
        )
    assert (done.returncode, done.stderr) == (141, "")


def test_closed_stderr_does_not_change_the_exit_code() -> None:
    done = subprocess.run(
        ["sh", "-c", f'exec "{sys.executable}" -m tcptui --nonsense 2>&-'], env=environment(), capture_output=True,
        text=True, timeout=600, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")


@pytest.mark.parametrize("words", [[], ["no-such-file.pcap"], ["-i", "lo"], ["case", "x"]])
def test_screen_without_a_terminal_is_refused_in_one_line(words: list[str]) -> None:
    done = tcptui_run(*words)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "TERM" in done.stderr


@pytest.mark.parametrize("daemon", [True, False])
def test_the_interpreter_is_not_taken_apart_but_all_is_put_away_and_said(daemon: bool) -> None:
    """Daemon threads still at work would abort it, and it takes ten milliseconds; other threads are waited for."""
    code = f"""
import atexit, os, sys, threading, time
import tcptui.__main__ as program
class Kept:
    def __del__(self):
        os.write(1, b" apart")
def main():
    program.kept = Kept()
    threading.Thread(target=time.sleep, args=({60 if daemon else 0.05},), daemon={daemon}).start()
    atexit.register(print, " put away", end="")
    print("said", end="")
    return 3
program.main = main
program.program()
"""
    ended = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, timeout=600, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (3, b"said put away", b"")


def test_system_without_another_thread_is_one_line() -> None:
    program = (
        "import sys, threading, tcptui.cli.main as main\n"
        'def refuse(*_): raise RuntimeError("can\'t start new thread")\n'
        "threading.Thread.start = refuse\n"
        "main.run = lambda *_: threading.Thread().start()\n"
        "sys.exit(main.main(['cases']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(), capture_output=True, text=True, timeout=600, check=False
    )

    assert done.returncode == 1
    assert "ulimit -u" in done.stderr
    assert done.stderr.count("\n") == 1
