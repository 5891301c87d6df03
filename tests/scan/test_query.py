"""``tcptui query``: what it finds, what it must not reach, and what a mistake says."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shlex
import shutil
import signal
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow.parquet as pq
import pytest
from scanned import HOSTILE, capture_row, file_rows, written_scan

from tcptui.cli.commands import QueryCommand
from tcptui.cli.parse import parse
from tcptui.cli.parse_values import CommandLineError
from tcptui.cli.run import query
from tcptui.cli.run.query import run_query
from tcptui.model.errors import InputError, TcptuiError
from tcptui.scan import ask
from tcptui.scan.ask import BLOCK_ROWS, SqlError, Tables
from tcptui.scan.questions import QUESTIONS
from tcptui.scan.schema import COLUMNS, Table
from tcptui.scan.views import VIEWS
from tcptui.words.catalogue import Words
from tcptui.words.errors import CommandFailedError, error_line
from tcptui.words.language import Language

#: In the tables of a scan of UTC, in the views of `Tables` without a zone.
TIMES: Final = frozenset({"start", "make_timestamp_ns(epoch_ns(start) + duration_ns)"})
DOCS: Final = Path(__file__).parents[2] / "tcptui" / "docs"
BOTH: Final = [Words(language) for language in Language]


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scan in a folder whose name is a pattern, and would be SQL."""
    folder = tmp_path_factory.mktemp("query") / "it's [a] *"
    folder.mkdir()
    return written_scan(folder)


@pytest.fixture(scope="module")
def tables(scanned: Path) -> Tables:
    return Tables(scanned)


def rows_of(tables: Tables, sql: str, **parameters: int | str) -> list[tuple[Any, ...]]:
    return [row for block in tables.ask(sql, parameters).blocks for row in block]


def told(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str | Path) -> str:
    monkeypatch.setattr(query, "give_up_root", lambda: None)
    command = parse(["query", *map(str, words)], {})
    assert isinstance(command, QueryCommand)
    assert run_query(command, BOTH[0]) == 0
    return capfd.readouterr().out


# -- named questions ---------------------------------------------------------------------------

ANSWERS: Final[dict[str, list[tuple[Any, ...]]]] = {
    "first-seen": [
        ("zero-window", "error", "2026-02-28 23:59:59", "2026-03-01 00:00:05", 2, 2, 2, "/in/b.pcap", 0),
    ],
    "first-seen finding=rtt-measured": [
        ("rtt-measured", "note", "2026-03-01 00:00:01", "2026-03-01 00:00:01", 1, 1, 1, "/in/a.pcap", 1),
    ],
    "first-seen server=10.9.0.1": [
        ("zero-window", "error", "2026-03-01 00:00:05", "2026-03-01 00:00:05", 1, 1, 1, "/in/a.pcap", 0),
    ],
    "worst-servers": [
        ("10.9.0.1", 80, 2, 1, 50.0, 3.0, "zero-window"), ("2001:db8:0:5::1", 443, 1, 1, 100.0, 1.0, "zero-window"),
    ],
    "worst-servers limit=1": [("10.9.0.1", 80, 2, 1, 50.0, 3.0, "zero-window")],
    "retransmissions": [
        ("10.1.2.0/24", "2026-03-01 01:00:00", 100, 50, 50.0), ("10.1.2.0/24", "2026-03-01 00:00:00", 200, 4, 2.0),
    ],
    "retransmissions prefix4=25 least=0 prefix6=0": [
        ("10.1.2.0/25", "2026-03-01 01:00:00", 100, 50, 50.0), ("10.1.2.128/25", "2026-03-01 00:00:00", 100, 3, 3.0),
        ("10.1.2.0/25", "2026-03-01 00:00:00", 100, 1, 1.0),
    ],
    "slowest-operations": [("http", HOSTILE, 3, 2.0, 2.98, 3.0, 0.002, 1)],
    "slowest-operations protocol=mysql": [],
    "slowest-operations least=4": [],
    "rtt": [
        ("2001:db8:0:0::/64", "2001:db8:0:5::/64", 1, None, 7.0, 7.0, None),
        ("10.1.2.0/24", "10.9.0.0/24", 2, 1.0, 3.0, 3.98, None),
    ],
    "who-resets": [
        ("2001:db8:0:5::1", "server", 443, 1, 1, 100.0, 1, "RSTR", None),
        ("10.1.2.3", "client", 80, 2, 1, 50.0, 1, "RSTO", 9.0),
    ],
    "failed-captures": [("failed", "/in/c.pcap", "scan_time", "too long")],
}  # fmt: skip


@pytest.mark.parametrize("words", ANSWERS)
def test_questions_find_what_is_there(tables: Tables, scanned: Path, words: str) -> None:
    command = parse(["query", str(scanned), *words.split()], {})
    assert isinstance(command, QueryCommand)
    assert rows_of(tables, command.sql, **dict(command.parameters)) == ANSWERS[words]


def test_every_question_has_an_answer_here_and_runs_where_tables_have_no_files(tmp_path: Path) -> None:
    assert {words.split()[0] for words in ANSWERS} == {question.name for question in QUESTIONS}
    file_rows(tmp_path, "failed-x", {Table.CAPTURES: [capture_row("/in/x", status="failed", capture_id=None)]})
    tables = Tables(tmp_path)
    for question in QUESTIONS:
        found = rows_of(tables, question.sql, **{one.name: one.default for one in question.parameters})
        assert len(found) == (question.name == "failed-captures"), question.name


def test_values_are_bound_not_pasted(tables: Tables) -> None:
    first = QUESTIONS[0].sql
    with pytest.raises(SqlError):
        rows_of(tables, first, finding="\udcff", server="")
    assert rows_of(tables, first, finding="' OR true --", server="") == []


# -- SQL ---------------------------------------------------------------------------------------


def test_tables_are_views_with_the_columns_of_the_schema(tables: Tables) -> None:
    assert [name for (name,) in rows_of(tables, "SHOW TABLES")] == sorted(
        [table.value for table in Table] + [view.name for view in VIEWS]
    )
    for table, columns in COLUMNS.items():
        names = tables.ask(f'FROM "{table.value}"').names
        assert set(names) == {*(column.name for column in columns), "day"}
    assert rows_of(tables, "SELECT start, day FROM connections ORDER BY start") == [
        ("2026-02-28 23:59:59", "2026-02-28"), ("2026-03-01 00:00:00.123456789", "2026-03-01"),
        ("2026-03-01 00:00:01", "2026-03-01"),
    ]  # fmt: skip


def test_a_column_that_an_older_file_lacks_is_null(tmp_path: Path) -> None:
    written_scan(tmp_path)
    path = next((tmp_path / "connections").glob("day=2026-02-28/*"))
    file = pq.ParquetFile(path).read()
    pq.write_table(file.drop_columns("history"), path)
    tables = Tables(tmp_path)
    assert rows_of(tables, "SELECT count(*), count(history) FROM connections") == [(3, 2)]


def test_only_parts_that_count_are_read(tmp_path: Path) -> None:
    written_scan(tmp_path)
    path = next((tmp_path / "connections").glob("day=2026-02-28/*"))
    shutil.copy(path, path.with_name("part-0123-0.parquet"))  # its file of captures is not there yet
    (path.parent / "part-0124-0.parquet").write_bytes(b"not even Parquet")
    assert rows_of(Tables(tmp_path), "SELECT count(*) FROM connections") == [(3,)]
    captures = next((tmp_path / "captures").glob("day=2026-02-28/*"))
    again = pq.ParquetFile(captures).read()
    replaced = again.schema.metadata | {b"tcptui.replaces": captures.name.split("-")[1].encode()}
    pq.write_table(again.replace_schema_metadata(replaced), captures.with_name("part-0123-0.parquet"))
    assert rows_of(Tables(tmp_path), "SELECT count(*) FROM connections") == [(3,)]
    assert rows_of(Tables(tmp_path), "SELECT count(*) FROM captures") == [(3,)]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1;", "SELECT 1 -- one", "SELECT 1; -- one", "SELECT 1 ; /* a\n;b */ ;\n", "/* x */ FROM (SELECT 1)",
        "SELECT 1 AS 日本 ; -- é;", "SELECT 1;--;\n;", "SELECT 1 -- ;",
    ],
)  # fmt: skip
def test_semicolons_and_comments_are_no_matter(tables: Tables, sql: str) -> None:
    assert rows_of(tables, sql) == [(1,)]


def test_a_semicolon_in_a_text_stays(tables: Tables) -> None:
    assert rows_of(tables, "SELECT 'a; -- b'") == [("a; -- b",)]
    assert rows_of(tables, """SELECT 1 AS "a; -- b" """) == [(1,)]


def test_views_have_the_rows_of_their_tables_under_other_names(tables: Tables) -> None:
    for view in VIEWS:
        names = tables.ask(f"FROM {view.name}").names
        assert names == tuple(column.name for column in view.columns)
        assert rows_of(tables, f"SELECT count(*) FROM {view.name}") == rows_of(
            tables, f"SELECT count(*) FROM {view.table.value}"
        )
    zeek = (
        """SELECT ts, uid, "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", proto, conn_state, history FROM zeek"""
    )
    assert rows_of(tables, f"{zeek} ORDER BY ts LIMIT 2")[1] == (
        1772323200.1234567, "Caa-0", "10.1.2.3", 50000, "10.9.0.1", 80, "tcp", "RSTO", "ShADadR",
    )  # fmt: skip
    types = """SELECT "network.type", count(*), count("event.end") FROM ecs GROUP BY ALL ORDER BY ALL"""
    assert rows_of(tables, types) == [("ipv4", 2, 1), ("ipv6", 1, 0)]
    logs = """SELECT time_unix_nano, severity_number, severity_text, event_name, "tcptui.stream" FROM otel"""
    assert rows_of(tables, f"{logs} ORDER BY severity_number, time_unix_nano LIMIT 1") == [
        (1772323201000000000, 9, "INFO", "tcptui.rtt-measured", 1)
    ]


def test_scripts_make_the_views_in_anybodys_duckdb(
    scanned: Path, tables: Tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "scan").symlink_to(scanned)
    monkeypatch.chdir(tmp_path / "scan")
    for view in VIEWS:
        with duckdb.connect(":memory:") as own:
            own.execute(view.script)
            names = ", ".join(f'"{column.name}"::VARCHAR' for column in view.columns if column.sql not in TIMES)
            found = own.execute(f"SELECT {names} FROM {view.name} ORDER BY ALL").fetchall()
        assert found == rows_of(tables, f"SELECT {names} FROM {view.name} ORDER BY ALL")


def test_times_of_a_view_add_up(tables: Tables) -> None:
    ends = rows_of(tables, """SELECT "event.end", "event.duration" FROM ecs WHERE "event.duration" > 0""")
    assert ends == [("2026-03-01 00:00:01.623456789", 1_500_000_000)]
    assert rows_of(tables, "SELECT duration FROM zeek WHERE duration > 0") == [(1.5,)]


def test_subnets(tables: Tables) -> None:
    sql = "SELECT subnet(unhex($hex), $four, $six)"
    v6, v4 = "20010db8000100020003000400050006", "00000000000000000000ffffc0a8f1fe"
    for six, expected in ((0, "::/0"), (1, "0::/1"), (16, "2001::/16"), (48, "2001:db8:1::/48"),
                          (112, "2001:db8:1:2:3:4:5::/112"), (128, "2001:db8:1:2:3:4:5:6/128")):  # fmt: skip
        assert rows_of(tables, sql, hex=v6, four=24, six=six) == [(expected,)]
    for four, expected in ((0, "0.0.0.0/0"), (20, "192.168.240.0/20"), (32, "192.168.241.254/32")):
        assert rows_of(tables, sql, hex=v4, four=four, six=0) == [(expected,)]


def test_rows_keep_their_order_in_many_blocks(tables: Tables) -> None:
    sql = f"SELECT range AS n FROM range({3 * BLOCK_ROWS + 7}) ORDER BY n DESC"
    assert [n for (n,) in rows_of(tables, sql)] == list(range(3 * BLOCK_ROWS + 6, -1, -1))


def test_who_stops_early_ends_the_query(tables: Tables) -> None:
    blocks = tables.ask("SELECT range FROM range(10000000000000)").blocks
    assert len(next(iter(blocks))) == BLOCK_ROWS
    blocks.close()  # returns although the rest would take days
    assert rows_of(tables, "SELECT 1") == [(1,)]


def test_ctrl_c_ends_a_long_query_even_if_it_comes_first(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(ask.queue.Queue[Any]):
        def get(self, block: bool = True, timeout: float | None = None) -> Any:
            os.kill(os.getpid(), signal.SIGINT)
            return super().get(block, timeout)

    monkeypatch.setattr(ask.queue, "Queue", Interrupted)
    for sql in (
        "SELECT sum(hash(range) % 7) FROM range(1000000000000)",
        "FROM range(1000000000000) WHERE range = -1",
    ):
        with pytest.raises(KeyboardInterrupt):
            rows_of(tables, sql)
    monkeypatch.undo()
    assert rows_of(tables, "SELECT 1") == [(1,)]


# -- what it must not reach --------------------------------------------------------------------


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM '/etc/passwd'", "FROM read_text('/etc/hostname')",
        "FROM glob('/etc/*')", "FROM read_parquet('https://localhost/x.parquet')", "FROM sniff_csv('/etc/passwd')",
        "COPY (SELECT 1) TO 'OUT/x.csv'", "EXPLAIN ANALYZE COPY (SELECT 1) TO 'OUT/x.csv'", "EXPORT DATABASE 'OUT/x'",
        "ATTACH 'OUT/x.db'", "INSTALL httpfs", "LOAD httpfs", "SET threads = 99", "RESET threads", "PRAGMA threads = 3",
        "CREATE TABLE x AS SELECT 1", "DROP VIEW findings", "SELECT 1; SELECT 2", "", " ; ", "-- nothing",
        "FROM query('DROP VIEW findings')", "FROM read_text('DIR/secret.txt')", "FROM read_csv('DIR/link/hosts')",
        "COPY findings TO 'DIR/captures/x.parquet'", "FROM scanned", "SELECT $a", "SELECT nothing", "SELEC 1",
        "SELECT 'x'::INT", "SELECT '\udcff'", "SELECT 1::DECIMAL(90, 3)", "FROM read_duckdb('OUT/x.db')",
        "CALL pragma_version()",
    ],
)  # fmt: skip
def test_what_is_refused_says_so_in_one_line(scanned: Path, tables: Tables, tmp_path: Path, sql: str) -> None:
    (scanned / "secret.txt").write_text("secret")
    if not (scanned / "link").exists():
        (scanned / "link").symlink_to("/etc")
    quoted = str(scanned).replace("'", "''")
    before = sorted(scanned.rglob("*"))
    with pytest.raises(SqlError) as caught:
        rows_of(tables, sql.replace("OUT", str(tmp_path)).replace("DIR", quoted))
    assert caught.value.exit_code == 2
    for words in BOTH:
        line = error_line(caught.value, words)
        assert "\n" not in line
        assert "LINE 1" not in line
    assert list(tmp_path.iterdir()) == []
    assert sorted(scanned.rglob("*")) == before


def test_what_a_message_repeats_is_harmless(tables: Tables) -> None:
    with pytest.raises(SqlError) as caught:
        rows_of(tables, "SELECT operation::INT FROM requests")
    assert "\x1b" in str(caught.value.facts["reason"])
    assert "\x1b" not in error_line(caught.value, BOTH[0])


def test_links_that_lead_out_of_the_scan_are_refused(tmp_path: Path) -> None:
    written_scan(tmp_path / "scan")
    path = next((tmp_path / "scan" / "findings").glob("day=2026-02-28/*"))
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError) as caught:
        Tables(tmp_path / "scan")
    assert "without links" in error_line(caught.value, BOTH[0])


def test_a_link_to_the_folder_itself_is_followed(scanned: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").symlink_to(scanned)
    assert rows_of(Tables(tmp_path / "mine"), "SELECT count(*) FROM findings") == [(3,)]


def test_memory_is_bounded(scanned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ask, "available_memory", lambda: 1)
    with pytest.raises(InputError) as caught:
        rows_of(Tables(scanned), "SELECT list(range) FROM range(100000000)")
    assert "memory" in error_line(caught.value, BOTH[0])


# -- folders that are no scan ------------------------------------------------------------------


def test_a_folder_whose_name_is_no_utf8_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "scan").mkdir()
    folder = written_scan(tmp_path / "scan").rename(tmp_path / "scan\udcff")
    with pytest.raises(InputError) as caught:
        Tables(folder)
    assert caught.value.key == "messages.query_unreadable"
    assert error_line(caught.value, BOTH[0]).isprintable()


@pytest.mark.parametrize("language", Language)
def test_folders_without_a_scan_are_one_line(tmp_path: Path, language: Language) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    for name in ("empty", "file", "missing"):
        with pytest.raises(InputError) as caught:
            Tables(tmp_path / name)
        line = error_line(caught.value, Words(language))
        assert name in line
        assert "\n" not in line


def test_a_later_version_is_refused(tmp_path: Path) -> None:
    written_scan(tmp_path)
    path = next((tmp_path / "captures").glob("*/*"))
    rows = pq.ParquetFile(path).read()
    pq.write_table(rows.replace_schema_metadata({b"tcptui.schema_version": b"2"}), path)
    with pytest.raises(InputError) as caught:
        Tables(tmp_path)
    assert "later version" in error_line(caught.value, BOTH[0])


def test_a_damaged_file_is_one_line(tmp_path: Path) -> None:
    written_scan(tmp_path)
    path = next((tmp_path / "requests").glob("*/*"))
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(InputError) as caught:
        Tables(tmp_path)
    assert caught.value.key == "messages.query_unreadable"
    assert "\n" not in error_line(caught.value, BOTH[0])


@pytest.mark.parametrize("words", BOTH, ids=lambda words: words.language.value)
def test_without_duckdb_one_line_says_what_to_install(words: Words, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query, "find_spec", lambda _: None)
    with pytest.raises(CommandFailedError) as caught:
        run_query(parse(["query", "scan", "rtt"], {}), words)  # type: ignore[arg-type]
    assert "pip install" in words(caught.value.key)


# -- words -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        (), ("scan",), ("scan", ""), ("scan", "rtts"), ("scan", "nothing-like-it"), ("scan", "rtt", "x"),
        ("scan", "rtt", "x=1"), ("scan", "rtt", "limit=x"), ("scan", "rtt", "limit=0"), ("scan", "rtt", "prefix4=33"),
        ("scan", "rtt", "limit=1", "limit=2"), ("scan", "failed-captures", "a=1"), ("scan", "SELECT 1", "2"),
        ("", "rtt"), ("scan", "rtt", "--csv", "--jsonl"), ("scan", "rtt", "--spreadsheet-safe"), ("--list", "scan"),
        ("--list", "--csv"), ("scan", "rtt", "--json"),
    ],
)  # fmt: skip
def test_wrong_words_are_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(CommandLineError) as caught:
        parse(["query", *words], {})
    for language in BOTH:
        assert "\n" not in error_line(caught.value, language)


@pytest.mark.parametrize("words", BOTH, ids=lambda words: words.language.value)
def test_the_list_has_every_question_and_its_parameters(words: Words, capfd: pytest.CaptureFixture[str]) -> None:
    language = words.language.value
    run_query(parse(["query", "--list", "--lang", language], {}), words)  # type: ignore[arg-type]
    text = capfd.readouterr().out
    run_query(parse(["query", "--list", "--jsonl"], {}), words)  # type: ignore[arg-type]
    listed = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [one["name"] for one in listed] == [question.name for question in QUESTIONS]
    for one in listed:
        assert one["name"] in text
        assert one["meaning"] in text
        assert [set(parameter) for parameter in one["parameters"]] == [
            {"name", "type", "default", "meaning"} for _ in one["parameters"]
        ]
        assert all(f"{parameter['name']}={parameter['default']}" in text for parameter in one["parameters"])
        assert set(re.findall(r"\$(\w+)", one["sql"])) == {parameter["name"] for parameter in one["parameters"]}


# -- what is written ---------------------------------------------------------------------------

SQL: Final = "SELECT operation, 1.5::DECIMAL(5, 2) AS d, 'inf'::DOUBLE AS f, true AS yes, NULL AS n, [1, 2] AS l, "
ODD: Final = SQL + "'\\xAA'::BLOB AS b, ['\x07'] AS t FROM requests LIMIT 1"


def test_csv_is_exact(scanned: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    text = told(capfd, monkeypatch, scanned, ODD, "--csv")
    head, cells = csv.reader(io.StringIO(text))
    assert head == ["operation", "d", "f", "yes", "n", "l", "b", "t"]
    assert cells == [HOSTILE, "1.50", "inf", "true", "", "[1,2]", "aa", '["\\u0007"]']
    sql = "SELECT '=1+1' AS a, -1 AS b"
    assert told(capfd, monkeypatch, scanned, sql, "--csv", "--spreadsheet-safe").splitlines()[1] == "'=1+1,-1"


def test_json_lines_are_exact_and_printable(
    scanned: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    line = told(capfd, monkeypatch, scanned, ODD, "--jsonl")
    assert line.removesuffix("\n").isprintable()
    assert json.loads(line) == {
        "operation": HOSTILE, "d": 1.5, "f": "inf", "yes": True, "n": None, "l": [1, 2], "b": "aa", "t": ["\x07"],
    }  # fmt: skip
    huge = told(capfd, monkeypatch, scanned, "SELECT 9223372036854775807::HUGEINT * 3 AS a, 1 AS a", "--jsonl")
    assert json.loads(huge) == {"a": 27670116110564327421, "a_1": 1}
    assert told(capfd, monkeypatch, scanned, "SELECT 1 WHERE false", "--jsonl") == ""


def test_text_is_safe_and_stands_in_columns(
    scanned: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sql = "SELECT operation AS \"a\x1bb\", number, NULL AS n, repeat('漢', 200) AS long FROM requests ORDER BY number"
    text = told(capfd, monkeypatch, scanned, sql)
    assert "\x1b" not in text
    assert "\x9b" not in text
    assert "\u202e" not in text
    head, *lines = text.splitlines()
    assert len(lines) == 3
    assert head.index("number") + len("number") == lines[0].index("0  –") + 1
    assert lines[0].endswith("漢" * 100 + "…")


def test_csv_on_a_terminal_is_safe(
    scanned: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query.sys.stdout, "isatty", lambda: True)
    assert "\x1b" not in told(capfd, monkeypatch, scanned, ODD, "--csv")


def test_no_rows_are_said_not_written(
    scanned: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query, "give_up_root", lambda: None)
    assert run_query(parse(["query", str(scanned), "SELECT 1 WHERE false"], {}), BOTH[0]) == 0  # type: ignore[arg-type]
    out, errors = capfd.readouterr()
    assert (out, "no rows" in errors) == ("", True)


# -- the manual --------------------------------------------------------------------------------


def test_the_sql_of_the_manual_runs_as_it_stands(
    scanned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "scan").symlink_to(scanned)
    monkeypatch.chdir(tmp_path)
    text = (DOCS / "scan.md").read_text("utf-8")
    (block,) = re.findall(r"^```sql\n(.*?)^```$", text, re.M | re.S)
    statements = duckdb.extract_statements(block)
    found = [duckdb.sql(one.query).fetchall() for one in statements]
    assert [len(rows) for rows in found] == [1, 3, 3]
    assert found[0][0][0] == "zero-window"
    calls = re.findall(r"^tcptui query scan (.*)$", text, re.M)
    assert len(calls) == 5
    for call in calls:
        assert told(capfd, monkeypatch, "scan", *shlex.split(call))


def test_errors_are_of_one_tree() -> None:
    assert issubclass(SqlError, TcptuiError)
