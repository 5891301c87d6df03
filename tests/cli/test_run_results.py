"""`tcptui requests --results`: rows of databases as files, whole or said not to be, and never what may be a secret."""

from __future__ import annotations

import gzip
import json
import random
import struct
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from run_command import run

from tcptui.protocols.application import requests_of
from tcptui.protocols.result_set import Refusal, ResultSet
from tcptui.protocols.secret_names import LEFT_OUT
from tcptui.session.catch_up import Compile
from tcptui.session.result_files import JsonLines
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.result_set import Row

CASES = Path(__file__).parents[2] / "cases"
MYSQL = CASES / "149-n-plus-one" / "client.pcapng.gz"
POSTGRESQL = CASES / "152-result-not-read" / "client.pcapng.gz"
BLOCK = struct.Struct("<II")
PACKET = 6


def blocks_of(capture: Path) -> list[bytes]:
    data, found = gzip.decompress(capture.read_bytes()), []
    while data:
        _kind, length = BLOCK.unpack_from(data)
        found.append(data[:length])
        data = data[length:]
    return found


def contents(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text("ascii") for file in sorted(folder.iterdir())}


def test_each_result_set_is_a_file_of_its_rows(tmp_path: Path) -> None:
    out = tmp_path / "rows"
    code, said, told = run("requests", MYSQL, "--results", out)
    assert (code, told) == (0, f"tcptui: 80 result sets with 199 rows written to {out}\n")
    files = contents(out)
    assert [line.split()[3] for line in said.splitlines()] == sorted(files, key=lambda name: int(name[16:-6]))
    rows = {name: [json.loads(line) for line in text.splitlines()] for name, text in files.items()}
    assert all(set(row) == {"name"} for row in rows["stream-0-packet-173.jsonl"])
    assert sum(map(len, rows.values())) == 199


def test_rows_behind_a_gap_are_missing_and_the_file_says_so(tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    assert run("requests", POSTGRESQL, "--results", whole)[0] == 0
    blocks = blocks_of(POSTGRESQL)
    largest = [at for at, block in enumerate(blocks) if BLOCK.unpack_from(block)[0] == PACKET and len(block) > 1_400]
    broken = tmp_path / "broken.pcapng"
    broken.write_bytes(b"".join(block for at, block in enumerate(blocks) if at != largest[len(largest) // 2]))
    code, _, told = run("requests", broken, "--results", cut)
    assert code == 0
    assert "1 file is not whole (.partial)" in told
    ((name, lines),) = contents(whole).items()
    ((short_name, short_lines),) = contents(cut).items()
    assert short_name == f"{name}.partial"
    assert 0 < len(short_lines.splitlines()) < len(lines.splitlines())
    assert set(short_lines.splitlines()) <= set(lines.splitlines())


def test_rows_of_statements_that_name_a_secret_are_not_written(tmp_path: Path) -> None:
    changed = tmp_path / "changed.pcapng"
    changed.write_bytes(b"".join(blocks_of(MYSQL)).replace(b"items", b"token"))
    code, said, told = run("requests", changed, "--results", tmp_path / "rows")
    assert code == 0
    assert "responses were not written: the statement involves a secret" in told
    assert "token" not in said


def test_what_cannot_be_done_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for options, exit_code in ((("--results", tmp_path / "file"), 1), (("--results", tmp_path, "--jsonl"), 2)):
        code, said, told = run("requests", MYSQL, *options)
        assert (code, said, told.count("\n")) == (exit_code, "", 1)


def test_packets_that_cannot_be_read_any_more_are_not_the_folders_fault() -> None:
    def read() -> Iterator[Row]:
        yield ("1",)
        raise OSError(5, "Input/output error")

    lines = JsonLines(ResultSet(("id",), read, complete=True))
    assert list(lines) == [b'{"id": "1"}\n']
    assert lines.failure is not None
    assert not lines.is_whole()


def test_values_of_columns_that_name_a_secret_are_left_out_and_no_others() -> None:
    rows: list[Row] = [("Ada", "hunter2", "PRI", None), ("Eve", None, "", "x")]
    lines = JsonLines(ResultSet(("user", "password", "Key", "api_token"), lambda: iter(rows), complete=True))
    assert [list(json.loads(line).values()) for line in lines] == [
        ["Ada", LEFT_OUT, "PRI", None], ["Eve", None, "", LEFT_OUT],
    ]  # fmt: skip


def test_lists_and_errors_in_rows_are_told_apart_from_text() -> None:
    row: Row = (("a", None, (b"\xff",)), Refusal("WRONGTYPE no"), "WRONGTYPE no")
    (line,) = JsonLines(ResultSet(("l", "e", "t"), lambda: iter([row]), complete=True))
    assert json.loads(line) == {
        "l": ["a", None, [{"hex": "ff"}]], "e": {"error": "WRONGTYPE no"}, "t": "WRONGTYPE no",
    }  # fmt: skip


def test_names_that_repeat_and_bytes_that_are_no_text_are_told_apart() -> None:
    columns, row = ("id", "id", ""), ("1", None, b"\xff\x00", "\x1b[2J\x7f\u202e\ud7ff")
    result = ResultSet(columns, lambda: iter([row, None]), complete=True)
    lines = JsonLines(result)
    (line,) = list(lines)
    assert line.isascii()
    assert b"\x1b" not in line
    assert b"\x7f" not in line
    assert json.loads(line) == {"id": "1", "id (2)": None, "column 3": {"hex": "ff00"}, "column 4": row[3]}
    assert (lines.rows, lines.is_whole()) == (1, False)


@pytest.mark.parametrize("capture", [MYSQL, POSTGRESQL], ids=["mysql", "postgresql"])
@pytest.mark.parametrize("seed", range(8))
def test_damaged_messages_end_in_rows_or_in_none(capture: Path, seed: int, tmp_path: Path) -> None:
    generator = random.Random(seed)
    blocks = [bytearray(block) for block in blocks_of(capture)]
    for block in generator.sample(blocks[2:], len(blocks) // 3):
        for _ in range(generator.randrange(1, 4)):
            if len(block) > 110:
                block[generator.randrange(94, len(block) - 8)] = generator.choice((0, 1, 0x7F, 0xFB, 0xFE, 0xFF))
    damaged = tmp_path / "damaged.pcapng"
    damaged.write_bytes(b"".join(map(bytes, blocks)))
    read = 0
    with closing(open_file(damaged, Compile.NEVER)) as session:
        for stream in range(session.streams.count):
            for exchange in requests_of(*session.directions(stream)) or ():
                for result in exchange.result_sets():
                    read += sum(row is not None for row in result.read())
    assert read <= 20_000
