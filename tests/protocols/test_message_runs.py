"""Long runs of rows passed over by machine code, against the readers' own loops: the same end and the same count."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from http_halves import Dialogue, in_pieces

from tcptui.protocols.mysql.packets import Packets
from tcptui.protocols.postgresql.reader import Reader
from tcptui.protocols.redis.tokens import Tokens
from tcptui.protocols.redis.value import Token
from tcptui.protocols.stream.reassembly import ByteStream
from tcptui.wire import message_runs
from tcptui.wire.message_runs import BULK_STRINGS, LONG, MYSQL_ROWS, TYPED, RunPasser
from tcptui.wire.numba_compile import compile_kernel, compiler_available

pytestmark = pytest.mark.skipif(not compiler_available(), reason="needs numba, the extra [fast]")


Row = Callable[[random.Random, int], bytes]


def mysql_row(chance: random.Random, number: int) -> bytes:
    size = chance.choice((1, 5, 20, 20, 20, 250, chance.randrange(1, 3_000)))
    first = chance.choice((0, 20, 0xFB, 0xFD))
    return size.to_bytes(3, "little") + bytes((number + 3 & 0xFF, first)) + bytes(size - 1)


def typed_row(chance: random.Random, _number: int) -> bytes:
    size = chance.choice((2, 8, 20, 20, 20, 250, 3_000))
    return b"D" + (4 + size).to_bytes(4) + b"\0\1" + bytes(size - 2)


def bulk_row(chance: random.Random, _number: int) -> bytes:
    size = chance.choices((0, 1, 9, 20, 250, 3_000), (9, 90, 90, 300, 9, 1))[0]  # a large one ends what is read at once
    return b"$%d\r\n" % size + bytes(size) + b"\r\n"


def direction(data: bytes) -> ByteStream:
    return Dialogue().server(*in_pieces(data, 1_448)).direction(1)


def mysql(data: bytes) -> list[Any]:
    packets, at, number, said = Packets(direction(data)), 0, 3, list[Any]()
    for _ in range(40):
        marks: list[int] = []
        at, count = packets.skip_rows(at, number, marks)
        number = number + count & 0xFF
        said.append((at, count, marks))
    return said


def postgresql(data: bytes) -> list[Any]:
    reader, said = Reader(direction(data), 1, begin=0), list[Any]()
    while (found := reader.next()) is not None:
        said.append((found.start, found.stop, getattr(found, "kind", None), getattr(found, "count", 0)))
    return said


def redis(data: bytes) -> list[Any]:
    tokens, at, said = Tokens(direction(data)), 0, list[Any]()
    for most in (70, 5_000, 90, *[100_000] * 60):
        token = tokens.token(at)
        if isinstance(token, Token):
            at, count = tokens.pass_bulks(token.stop, most)
            said.append((token, at, count))
    return said


PROTOCOLS = {
    "mysql": (mysql, mysql_row, MYSQL_ROWS, message_runs.pass_mysql_rows),
    "postgresql": (postgresql, typed_row, TYPED, message_runs.pass_typed),
    "redis": (redis, bulk_row, BULK_STRINGS, message_runs.pass_bulks),
}


def bytes_of(chance: random.Random, row: Row) -> bytes:
    """Rows, one of which is changed at its beginning or its end, or cut."""
    rows = [bytearray(row(chance, number)) for number in range(chance.choice((40, 400, 2_000)))]
    changed = chance.randrange(len(rows) // 2, len(rows))
    one = rows[changed]
    at = chance.choice((*range(min(len(one), 6)), -1, -2))
    match chance.randrange(4):
        case 0:
            one[at] = chance.choice((0, 1, 3, 4, 0x0A, 0x0D, 0x24, 0x44, 0xFE, 0xFF, chance.randrange(256)))
        case 1:
            del one[at:]
            del rows[changed + 1 :]
        case 2:
            del one[at:]
        case _:
            one[:5] = chance.choice((bytes(3) + one[3:5], b"\xff\xff\xff" + one[3:5], b"D\0\0\0\3", b"$\r\n\r\n"))
    return b"".join(rows)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_machine_code_passes_over_what_the_reader_passes_over(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read, row, passer, kernel = PROTOCOLS[name]
    compiled = compile_kernel(kernel)
    calls = 0

    def counted(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        return compiled(*arguments)

    for seed in range(800):
        data = bytes_of(random.Random(seed), row)
        with monkeypatch.context() as patch:
            patch.setattr(passer, "_left", 1 << 60)
            plain = read(data)
            patch.setattr(passer, "_left", 0)
            patch.setattr(passer, "_compiled", counted)
            assert read(data) == plain, seed

    assert calls > 60


def test_machine_code_is_loaded_once_it_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = []
    monkeypatch.setattr(message_runs, "is_in_cache", lambda _kernel: True)
    monkeypatch.setattr(message_runs, "compile_kernel", lambda kernel: loaded.append(kernel) or kernel)
    passer = RunPasser(message_runs.pass_typed)

    while passer.machine_code(1 << 20) is None:
        assert not loaded

    assert passer.machine_code(LONG) is message_runs.pass_typed
    assert loaded == [message_runs.pass_typed]


def test_without_machine_code_in_the_cache_none_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message_runs, "is_in_cache", lambda _kernel: False)
    passer = RunPasser(message_runs.pass_typed)

    assert [passer.machine_code(1 << 22) for _ in range(3)] == [None] * 3
