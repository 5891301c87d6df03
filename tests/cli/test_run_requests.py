"""`tcptui requests`: what is listed, what an archive has, what of secrets is left, what the exit status says."""

from __future__ import annotations

import gzip
import json
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from captures import CLIENT, SERVER, Tape, hostile
from har_reader import read_har
from rich.cells import cell_len
from run_command import run
from web_captures import GET, chunk, record, response

from tcptui.capture.file_source import open_file
from tcptui.cli.run.filtering import matching_rows
from tcptui.cli.run.requests import FoundRequests
from tcptui.dfilter.compile import compile_filter
from tcptui.session.catch_up import Compile
from tcptui.session.session import Session
from tcptui.session.sharing import Sharing
from tcptui.words.catalogue import Words
from tcptui.words.language import Language

if TYPE_CHECKING:
    from _pytest.tmpdir import TempPathFactory
    from web_captures import Turn

SECRETS = ("s3cr3t", "hunter2", "Zm9vOmJhcg", "chocolate", "t0psecret", "swordfish")
POST = (
    b"POST /login?api_key=s3cr3t&page=2 HTTP/1.1\r\nHost: shop.example\r\nAuthorization: Basic Zm9vOmJhcg==\r\n"
    b"Cookie: sid=chocolate\r\nReferer: http://me:swordfish@shop.example/\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 25\r\n\r\nuser=bob&password=hunter2"
)
JSON = b'{"user": "bob", "access_token": "t0psecret"}'
ANSWER = response(JSON, "Content-Type: application/json", "Set-Cookie: sid=chocolate; Path=/", status="201 Created")
ZIPPED = gzip.compress(b"<p>hello</p>" * 10_000, mtime=0)
PAGE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    + chunk(ZIPPED) + chunk(b"")
)  # fmt: skip
TURNS = [(0, "C", POST), (120, "S", ANSWER), (400, "C", GET), (450, "S", PAGE), (700, "C", GET), (800, "S", "FIN")]


@pytest.fixture(scope="module")
def capture(tmp_path_factory: TempPathFactory) -> Path:
    return record(tmp_path_factory.mktemp("requests"), TURNS)


@pytest.fixture(scope="module")
def har(capture: Path) -> str:
    out = capture.with_name("a.har")
    code, said, told = run("requests", capture, "--har", out)
    assert (code, said) == (0, "")
    assert "3 entries written" in told
    assert out.stat().st_mode & 0o777 == 0o600
    return out.read_text()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_table_has_a_line_for_each_request_and_its_columns_are_aligned(capture: Path, lang: str) -> None:
    code, said, told = run("requests", capture, lang=lang)
    lines = said.splitlines()

    assert (code, told) == (0, "")
    assert len(lines) == 4
    assert "POST /login?api_key=[removed]&page=2" in lines[1]
    starts = {cell_len(line[: line.index(what)]) for line, what in zip(lines[1:], ("POST", "GET", "GET"), strict=True)}
    assert len(starts) == 1
    assert "201" in lines[1]


def test_answer_that_was_not_captured_whole_is_marked(tmp_path: Path) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 600\r\n\r\n" + b"a" * 600
    turns: list[Turn] = [(0, "C", GET), (40, "S", answer), (80, "C", GET), (120, "S", answer)]
    whole = run("requests", record(tmp_path, turns))[1]
    cut = run("requests", record(tmp_path, turns, kept=200))[1]

    assert whole.count("640 B  ") == 2
    assert cut.count("640 B+ ") == 2


SMUGGLED = b"GET /admin HTTP/1.1\r\nHost: a.example\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (b"Content-Length: 6\r\nTransfer-Encoding: chunked", b"0\r\n\r\n"),
        (b"Content-Length: 5\r\nContent-Length: 45", b"abcde"),
    ],
    ids=["length and coding", "two lengths"],
)
@pytest.mark.parametrize("apart", [False, True], ids=["one segment", "two segments"])
def test_request_that_only_one_reading_has_is_marked(tmp_path: Path, head: bytes, body: bytes, apart: bool) -> None:
    """The ordinary one behind it is not."""
    post = b"POST / HTTP/1.1\r\nHost: a.example\r\n" + head + b"\r\n\r\n" + body
    asked: list[Turn] = [(0, "C", post), (1, "C", SMUGGLED)] if apart else [(0, "C", post + SMUGGLED)]
    path = record(tmp_path, [*asked, (40, "S", OK), (50, "S", OK), (90, "C", GET), (130, "S", OK)])

    lines = run("requests", path)[1].splitlines()
    assert ["one reading" in line for line in lines] == [False, False, True, False]
    assert "GET /admin" in lines[2]
    told = [json.loads(line)["one_reading"] for line in run("requests", path, "--jsonl")[1].splitlines()]
    assert told == [False, True, False]
    assert "GET /admin（" in run("requests", path, lang="zh")[1]


def test_requests_that_follow_each_other_are_not_marked(tmp_path: Path) -> None:
    """Pipelined, and both ends of a body the same byte."""
    post = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nabcde"
    path = record(tmp_path, [(0, "C", post + SMUGGLED + GET), (40, "S", OK), (41, "S", OK), (42, "S", OK)])

    assert "one reading" not in run("requests", path)[1]


def test_json_lines_say_what_the_contract_says(capture: Path) -> None:
    code, said, _told = run("requests", capture, "--jsonl")
    first, second, third = map(json.loads, said.splitlines())

    assert code == 0
    assert list(first) == [
        "stream", "protocol", "operation", "status", "request", "response", "start", "duration", "time", "id",
        "complete", "rows", "statement", "transaction", "cancels", "truncated",
        "server_most", "together", "one_reading",
    ]  # fmt: skip
    assert list(first["time"]) == [
        "connect", "tls", "queue", "request", "network", "server", "response", "client", "recovery", "idle",
    ]  # fmt: skip
    assert first["request"] == {"first": 4, "last": 4, "bytes": len(POST)}
    assert first["response"]["bytes"] == len(ANSWER)
    for one in (first, second, third):
        assert sum(time for time in one["time"].values() if time is not None) == pytest.approx(
            one["duration"], abs=1e-8
        )
    assert (third["status"], third["response"], third["complete"]) == ("FIN", None, False)
    assert third["time"]["tls"] is None
    assert third["time"]["network"] + third["time"]["server"] == pytest.approx(0.1, abs=0.001)


@pytest.mark.parametrize(
    ("chosen", "statuses"),
    [
        ("http.response.code == 201", ["201"]),
        ("http.request.method == GET", ["200", "FIN"]),
        ("tcp.stream == 0", ["201", "200", "FIN"]),
        ("tcp.flags.syn == 1", []),
        ("udp", []),
    ],
)
def test_filter_shows_the_requests_of_which_a_packet_matches(capture: Path, chosen: str, statuses: list[str]) -> None:
    code, said, _told = run("requests", capture, "--jsonl", "-Y", chosen)
    assert code == 0
    assert [json.loads(line)["status"] for line in said.splitlines()] == statuses


def test_archive_is_har_1_2_and_has_what_was_said(har: str) -> None:
    post, page, unanswered = read_har(har)

    assert post["request"]["method"] == "POST"
    assert post["request"]["url"] == "http://shop.example/login?api_key=[removed]&page=2"
    assert {"name": "page", "value": "2"} in post["request"]["queryString"]
    assert post["request"]["postData"]["text"] == "user=bob&password=[removed]"
    assert (post["response"]["status"], post["response"]["statusText"]) == (201, "Created")
    assert json.loads(post["response"]["content"]["text"]) == {"user": "bob", "access_token": "[removed]"}
    assert post["timings"]["connect"] > 0
    assert post["_tcptui"]["packets"]["request"] == {"first": 4, "last": 4, "bytes": len(POST)}
    content = page["response"]["content"]
    assert content["text"].startswith("<p>hello</p>")
    assert len(content["text"]) == 65_536
    assert "65536" in content["comment"]
    assert page["timings"]["connect"] == -1
    assert (unanswered["response"]["status"], unanswered["response"]["bodySize"]) == (0, -1)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what the library imports
def test_another_programs_reader_finds_the_same_in_the_archive(har: str) -> None:
    from haralyzer import HarParser

    read = [entry for page in HarParser(json.loads(har)).pages for entry in page.entries]

    assert [(entry.request.method, entry.response.status) for entry in read] == [
        ("POST", 201),
        ("GET", 200),
        ("GET", 0),
    ]
    assert [entry.time for entry in read] == [entry["time"] for entry in read_har(har)]
    assert all(entry.startTime.tzinfo is not None for entry in read)


def test_no_secret_is_in_any_form(capture: Path, har: str) -> None:
    texts = [har, *(run("requests", capture, *form)[1] for form in ([], ["--jsonl"]))]
    for text in texts:
        for secret in SECRETS:
            assert secret not in text


def test_binary_bodies_are_left_out_and_said_to_be(tmp_path: Path) -> None:
    path = record(tmp_path, [(0, "C", GET), (50, "S", response(b"\0\1\2\xff" * 50, "Content-Type: image/png"))])
    _code, said, _told = run("requests", path, "--har", "-")
    (entry,) = read_har(said)

    assert "text" not in entry["response"]["content"]
    assert entry["response"]["content"]["size"] == 200
    assert "binary" in entry["response"]["content"]["comment"]


def test_file_that_is_there_stays_unless_it_may_be_replaced(capture: Path, tmp_path: Path) -> None:
    out = tmp_path / "there.har"
    out.write_text("mine")

    assert run("requests", capture, "--har", out)[0] == 1
    assert out.read_text() == "mine"
    assert run("requests", capture, "--har", out, "--overwrite")[0] == 0
    assert read_har(out.read_text())
    assert run("requests", capture, "--har", capture, "--overwrite")[0] == 1
    assert len(read_har(run("requests", capture, "--har", "-")[1])) == 3


def test_capture_without_requests_says_so(tmp_path: Path) -> None:
    path = record(tmp_path, [(0, "C", b"\1\2\3"), (10, "S", b"\4\5\6")])
    code, said, told = run("requests", path)

    assert (code, said) == (0, "")
    assert "HTTP, WebSocket" in told
    assert read_har(run("requests", path, "--har", "-")[1]) == []


def test_hostile_capture_gives_only_printable_lines_and_a_valid_archive(tmp_path: Path) -> None:
    path = tmp_path / "hostile.pcap"
    path.write_bytes(hostile().pcap())
    for form in ([], ["--jsonl"], ["--har", "-"]):
        code, said, told = run("requests", path, *form)
        assert code == 0, told
        assert all(char.isprintable() or char == "\n" for char in said)
    read_har(said)


def test_hostile_messages_stay_on_their_line(tmp_path: Path) -> None:
    asked = "GET /\x1b]52;c;x\x07\u202e<script> HTTP/1.1\r\nHost: a\u2028b\r\nX: \x1b[2J\r\n\r\n".encode()
    path = record(tmp_path, [(0, "C", asked), (50, "S", response(b"\x1b[2J</script>\n", status="200 \x1b[31m"))])
    for form in ([], ["--jsonl"], ["--har", "-"]):
        said = run("requests", path, *form)[1]
        assert all(char.isprintable() or char == "\n" for char in said)
        assert "\u202e" not in said


class _Gathered(np.ndarray[Any, np.dtype[np.int32]]):
    """A column that counts the cells picked out of it by their numbers."""

    cells = 0

    def __getitem__(self, key: Any) -> Any:
        found = np.asarray(self)[key]
        _Gathered.cells += found.size if isinstance(key, np.ndarray) else 0
        return found


def _cells_gathered(path: Path, connections: int) -> int:
    """How many cells of the column of streams are picked while the requests of so many connections are filtered."""
    tape = Tape()
    for number in range(connections):
        tape.clean(number * 200, f"{CLIENT}:{1024 + number}", f"{SERVER}:80", GET, response(b"x"))
    path.write_bytes(tape.pcap())
    session = Session([open_file(path)], compile_when=Compile.NEVER)
    try:
        session.run_here()
        session.store.stream = session.store.stream.view(_Gathered)
        _Gathered.cells = 0
        words = Words(Language.EN)
        rows = np.flatnonzero(matching_rows(session, compile_filter("tcp"), words))
        found = FoundRequests(session, Sharing.among(1), rows, words)
        with closing(found.made(len)) as counts:
            assert list(counts) == [1] * connections
        return _Gathered.cells
    finally:
        session.close()


def test_filter_costs_each_connection_its_own_packets_only(tmp_path: Path) -> None:
    few, many = (_cells_gathered(tmp_path / "many.pcap", connections) for connections in (50, 200))
    assert 0 < many <= 4 * few


def test_workers_find_what_one_finds(tmp_path: Path, corpus: Path) -> None:
    path = corpus / "dev" / "nDPI-weibo.pcap"
    outputs: list[Any] = [run("requests", path, "--jsonl", "--workers", n)[1] for n in ("1", "2")]
    assert outputs[0] == outputs[1]
    assert outputs[0].count("\n") > 10


# -- by statement --------------------------------------------------------------------------


def test_group_statement_has_a_line_for_each_statement(tmp_path: Path) -> None:
    turns: list[tuple[float, str, Any]] = []
    for number in range(20):
        key = f"user:{number}".encode()
        answer = b"-WRONGTYPE Operation against a key\r\n" if number == 7 else b"$-1\r\n"
        turns.append((100 * number, "C", b"*2\r\n$3\r\nGET\r\n$%d\r\n%s\r\n" % (len(key), key)))
        turns.append((100 * number + 10 + number, "S", answer))
    turns += [(3_000, "C", b"*2\r\n$4\r\nKEYS\r\n$1\r\n*\r\n"), (4_000, "S", b"*0\r\n")]
    capture = record(tmp_path, turns)
    code, said, told = run("requests", capture, "--group", "statement")
    heading, first, second = said.splitlines()

    assert (code, told) == (0, "")
    assert heading.split()[:4] == ["count", "errors", "p50", "p99"]
    assert first.split()[-2:] == ["KEYS", "*"]
    assert second.split()[:2] == ["20", "1"]
    assert second.split()[-2:] == ["GET", "user:*"]

    _code, said, _told = run("requests", capture, "--group", "statement", "--jsonl")
    keys, get = map(json.loads, said.splitlines())
    assert list(get) == [
        "protocol",
        "statement",
        "count",
        "errors",
        "p50",
        "p99",
        "total",
        "server",
        "server_likely",
        "waited",
        "slowest",
    ]
    assert (get["statement"], get["count"], get["errors"]) == ("GET user:*", 20, 1)
    assert get["slowest"]["operation"] == "GET user:19"
    assert keys["p99"] == pytest.approx(1, abs=0.1)


def test_a_capture_without_requests_has_no_statements(tmp_path: Path) -> None:
    code, said, told = run(
        "requests", record(tmp_path, [(0, "C", b"\x01\x02"), (9, "S", b"\x03")]), "--group=statement"
    )

    assert (code, said) == (0, "")
    assert "no request" in told


def test_lines_of_a_connection_are_written_so_many_at_a_time(capture: Path) -> None:
    session = Session([open_file(capture)], compile_when=Compile.NEVER)
    session.run_here()
    found = FoundRequests(session, Sharing(1), None, Words(Language.EN))
    pieces = [list(found.made(lambda pairs: [one.number for one, _ in pairs], at_once=most)) for most in (None, 2)]
    session.close()

    assert pieces == [[[0, 1, 2]], [[0, 1], [2]]]


def test_requests_of_a_connection_beyond_the_limit_are_said_to_be_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for module in ("tcptui.access.requests", "tcptui.cli.run.requests"):
        monkeypatch.setattr(f"{module}.REQUESTS_MOST", 2)
    session = Session([open_file(record(tmp_path, TURNS))], compile_when=Compile.NEVER)
    session.run_here()
    found = FoundRequests(session, Sharing(1), None, Words(Language.EN)).all()
    session.close()

    assert [request.operation for request in found] == ["POST /login?api_key=[removed]&page=2", "GET /a"]
    assert "only the first 2 are listed" in capsys.readouterr().err
