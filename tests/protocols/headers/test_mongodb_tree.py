"""Header trees of MongoDB: values as tshark 4.0 has them, of messages and documents that are drawn; no secrets."""

from __future__ import annotations

import re
import struct
import subprocess
from random import Random
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest
from captures import ACK, CLIENT, PSH, SERVER, Tape
from mongodb_messages import (
    Raw,
    answer,
    ask,
    batch,
    compressed,
    cstring,
    document,
    greeted,
    hello,
    long,
    message,
    msg,
    query,
    reply,
)
from tree_text import tree_text

from tcptui.model.fields import ROWS
from tcptui.protocols.headers.tree import header_tree
from tcptui.session.filtering.printed import FieldPrinter
from tcptui.session.session import Session, open_file

if TYPE_CHECKING:
    from pathlib import Path

Talk = list[tuple[int, bytes]]

_ID: Final = bytes(range(0x60, 0x6C))


def write(path: Path, talk: Talk, port: int = 27017) -> Path:
    """A capture of a connection to a server."""
    tape, ends, sent = Tape(), (f"{CLIENT}:40000", f"{SERVER}:{port}"), [1001, 9001]
    tape.handshake(0, *ends)
    for at, (side, data) in enumerate(talk):
        for begin in range(0, len(data), 60_000):
            some = data[begin : begin + 60_000]
            tape.tcp(100 + 10 * at, ends[side], ends[1 - side], PSH | ACK, sent[side], sent[1 - side], some)
            sent[side] += len(some)
    path.write_bytes(tape.pcap())
    return path


def shown(session: Session, row: int) -> str:
    return tree_text(header_tree(session.reader.packet(row), session.application(int(session.store.stream[row]))))


def all_shown(path: Path) -> str:
    session = open_file(path)
    text = "\n".join(shown(session, row) for row in range(session.store.count))
    session.close()
    return text


def test_no_line_has_a_password_nor_a_token(tmp_path: Path) -> None:
    login = {"saslStart": 1, "mechanism": "SCRAM-SHA-256", "payload": b"n,,n=ada,r=n0nce", "$db": "admin"}
    talk = [
        (0, hello(1, speculativeAuthenticate={"saslStart": 1, "payload": b"n,,n=ada,r=sp3cul"})),
        (1, reply(2, 1, {"ok": 1.0, "speculativeAuthenticate": {"payload": b"r=sp3cul0,s=s4lt", "done": False}})),
        (0, msg(3, login)),
        (1, answer(4, 3, conversationId=1, payload=b"r=an0ther")),
        (0, msg(5, {"createUser": "ada", "pwd": "pa55word", "$db": "admin"})),
        (1, answer(6, 5)),
        (
            0,
            ask(7, "insert", "users", ("documents", [{"name": "Ada", "password": "h1dden", "auth": {"token": "t0k"}}])),
        ),
        (1, answer(8, 7, **{"$clusterTime": {"signature": {"hash": b"h4sh-of-time", "keyId": long(5)}}})),
        (0, compressed(ask(9, "find", "users", filter={"apiKey": "k3y-of-ada"}))),
        (1, compressed(batch(10, 9, 0, "firstBatch", {"secret": {"a": ["d33p"]}}))),
    ]
    text = all_shown(
        write(tmp_path / "mongo.pcap", [(side, one) for side, whole in talk for one in (whole[:30], whole[30:])])
    )

    secrets = ["n0nce", "sp3cul", "s4lt", "an0ther", "pa55word", "h1dden", "t0k", "h4sh", "k3y-of-ada", "d33p"]
    assert not [one for one in secrets if one in text or one.encode().hex() in text]
    assert all(one in text for one in ("Element: password", "Value: Ada", "Element: apiKey", "Value: Ada"))
    assert "Value: SCRAM-SHA-256" not in text  # nothing of a login is shown


def test_message_that_is_not_opened_says_so(tmp_path: Path) -> None:
    text = all_shown(write(tmp_path / "mongo.pcap", [
        (0, hello(1)), (1, greeted(2, 1)), (0, compressed(ask(3, "find", "a"), 1)), (1, answer(4, 3)),
    ]))  # fmt: skip
    assert "Compressor: Snappy (1)" in text
    assert "Unsupported Compressed Data: Snappy (1) is not opened here" in text


def test_document_that_does_not_fit_ends_its_lines(tmp_path: Path) -> None:
    wrong = message(2013, bytes(4) + b"\0" + struct.pack("<i", 30) + b"\2a\0\xff\xff\xff\x7f" + bytes(19), 3)
    deep: dict[str, Any] = {"a": 1}
    for _ in range(150):
        deep = {"d": deep}
    text = all_shown(write(tmp_path / "mongo.pcap", [
        (0, hello(1)), (1, greeted(2, 1)), (0, wrong), (1, answer(4, 3)), (0, ask(5, "find", "a", filter=deep)),
        (1, answer(6, 5, many=[1] * 3_000)),
    ]))  # fmt: skip
    assert "[The rest is no document]" in text
    assert "[Documents within more than 40 others are not shown]" in text
    assert "[More elements are not shown]" in text


def drawn_value(chance: Random, depth: int) -> Any:
    text = "".join(chance.choices("abcdefgh é0123", k=chance.randrange(12)))
    raw = chance.randbytes(chance.randrange(20))
    code = struct.pack("<i", len(text.encode()) + 1) + cstring(text)
    scope = document({"x": 1})
    values: list[Any] = [
        chance.randrange(-(1 << 31), 1 << 31), long(chance.randrange(-(1 << 63), 1 << 63)), chance.random() * 1e6, text,
        raw, None, chance.random() < 0.5, Raw((7, _ID)), Raw((9, struct.pack("<q", chance.randrange(1 << 41)))),
        Raw((11, b"a.*b\0im\0")), Raw((17, struct.pack("<Q", chance.randrange(1 << 62)))), Raw((6, b"")),
        Raw((13, code)), Raw((14, code)), Raw((0xFF, b"")), Raw((0x7F, b"")),
        Raw((15, struct.pack("<i", 4 + len(code) + len(scope)) + code + scope)),
    ]  # fmt: skip
    if depth < 4:
        values += [
            drawn_document(chance, depth + 1),
            [drawn_value(chance, depth + 1) for _ in range(chance.randrange(4))],
        ] * 3
    return chance.choice(values)


def drawn_document(chance: Random, depth: int = 0) -> dict[str, Any]:
    return {f"n{at}": drawn_value(chance, depth) for at in range(chance.randrange(1, 6))}


def drawn(seed: int) -> Talk:
    """Messages of every kind with drawn documents."""
    chance, talk = Random(seed), [(0, hello(1)), (1, greeted(2, 1))]
    name = cstring("shop.orders")
    for number in range(3, 63, 2):
        made = [drawn_document(chance) for _ in range(3)]
        some = document(made[0])
        flags = chance.choice((0, 0, 2, 1 << 16))
        asks = [
            ask(number, "find", "orders", filter=made[0]), ask(number, "insert", "orders", ("documents", made)),
            msg(number, {"ping": 1, "$db": "shop"}, flags=flags),
            query(number, "shop.orders", made[0], flags=chance.randrange(256) & ~1),
            message(2005, bytes(4) + name + struct.pack("<iq", 10, 5), number),
            message(2002, struct.pack("<i", number % 2) + name + some, number),
            message(2001, bytes(4) + name + struct.pack("<i", 3) + some + document(made[1]), number),
            message(2006, bytes(4) + name + struct.pack("<i", 1) + some, number),
            message(2007, bytes(4) + struct.pack("<iqq", 2, 7, -8), number),
            message(2010, cstring("shop") + cstring("find") + some + document(made[1]), number),
        ]  # fmt: skip
        answers = [
            answer(number + 1, number, **made[0]), batch(number + 1, number, 9, "nextBatch", *made),
            reply(number + 1, number, *made, flags=chance.randrange(16), cursor=number),
            message(2011, some + document(made[1]), number + 1, number),
        ]  # fmt: skip
        both = [chance.choice(asks), chance.choice(answers)]
        if chance.random() < 0.3:
            both = [compressed(one, chance.choice((0, 2))) for one in both]
        talk += [(0, both[0]), (1, both[1])]
    return talk


def printed_by_tshark(path: Path, *words: str) -> str:
    command = ["tshark", "-r", str(path), "-n", "-2", "-d", "tcp.port==27017,mongo", *words]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=600).stdout


def test_all_that_is_drawn_fits(tmp_path: Path) -> None:
    for seed in range(3):
        text = all_shown(write(tmp_path / f"{seed}.pcap", drawn(seed)))
        assert "no document" not in text
        assert "does not fit" not in text
        assert text.count("Mongo Wire Protocol") == 62


@pytest.mark.tshark
@pytest.mark.parametrize("seed", range(4))
def test_values_of_fields_equal_tsharks(tmp_path: Path, seed: int) -> None:
    path = write(tmp_path / "mongo.pcap", drawn(seed))
    fields = [row for row in ROWS if row.name.startswith("mongo.")]
    words = [word for name in ("frame.number", *(one.name for one in fields)) for word in ("-e", name)]
    printed = printed_by_tshark(path, "-T", "fields", "-E", "aggregator=\x1f", *words)
    theirs = [
        row.removesuffix("\n").split("\t")[1:] for row in re.split(r"^(?=\d+\t)", printed, flags=re.MULTILINE)[4:]
    ]
    session = open_file(path)
    columns = FieldPrinter(session, fields).texts(np.arange(session.store.count, dtype=np.int32))
    session.close()
    ours = [["\x1f".join(column[row + 3]) for column in columns] for row in range(len(theirs))]

    differing = [
        (row, field.name, mine, his)
        for row, (mines, hiss) in enumerate(zip(ours, theirs, strict=True))
        for field, mine, his in zip(fields, mines, hiss, strict=True) if mine != his.replace("<MISSING>", "")
    ]  # fmt: skip
    assert differing == []
    assert sum(cell.count("\x1f") + 1 for row in ours for cell in row if cell) > 2_500
