"""Redis: what is a command, a reply, a push, a secret; over any segment border, from any beginning, of any bytes."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from http_halves import Dialogue, in_pieces
from hypothesis import given
from hypothesis import strategies as st

from tcptui.protocols.application import ApplicationStream, requests_of
from tcptui.protocols.redis.command import Command
from tcptui.protocols.redis.conversation import Unasked, conversation
from tcptui.protocols.redis.detection import begins_redis, redis_sides
from tcptui.protocols.redis.reader import Reader
from tcptui.protocols.redis.redis_stream import parse_redis, redis_requests
from tcptui.protocols.redis.value import Kind, Value
from tcptui.protocols.result_set import ResultSet
from tcptui.protocols.secret_names import LEFT_OUT
from tcptui.protocols.stream.reassembly import ByteStream
from tcptui.protocols.stream.unread import Unread
from tcptui.protocols.summaries import summary_of

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = b"hunter2-"


def ask(*words: bytes | str) -> bytes:
    """A command as clients write it."""
    said = [word.encode() if isinstance(word, str) else word for word in words]
    return b"*%d\r\n" % len(said) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in said)


#: Side and bytes, in order.
SESSION = (
    (0, ask("HELLO", "2", "AUTH", "default", SECRET + b"1")),
    (1, b"*2\r\n$6\r\nserver\r\n$5\r\nredis\r\n"),
    (0, ask("SET", "a", "x" * 100) + ask("GET", "a") + ask("LRANGE", "l", "0", "-1")),
    (1, b"+OK\r\n$100\r\n" + b"x" * 100 + b"\r\n*3\r\n$1\r\na\r\n$-1\r\n*1\r\n:5\r\n"),
    (0, ask("MULTI") + ask("INCR", "n") + ask("EXEC")),
    (1, b"+OK\r\n+QUEUED\r\n*1\r\n:1\r\n"),
    (0, ask("LPUSH", "a", "x")),
    (1, b"-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"),
    (0, ask("BLPOP", "q", "5")),
    (1, b"*-1\r\n"),
)
REQUESTS = [
    ("HELLO", "OK", 2), ("SET a", "OK", None), ("GET a", "OK", None), ("LRANGE l", "OK", 3), ("MULTI", "OK", None),
    ("INCR n", "QUEUED", None), ("EXEC", "OK", 1), ("LPUSH a", "WRONGTYPE", None), ("BLPOP q", "nil", None),
]  # fmt: skip


def talk(*turns: tuple[int, bytes], at: int = 0, **how: object) -> Dialogue:
    """One packet a turn; with ``at`` each is split behind so many bytes."""
    dialogue = Dialogue(**how)
    for side, data in turns:
        for part in (data[:at], data[at:]):
            if part:
                dialogue.client(part) if side == 0 else dialogue.server(part)
    return dialogue


def asked(dialogue: Dialogue) -> list[tuple[str, str, int | None]]:
    found = requests_of(*dialogue.directions())
    assert found is not None
    return [(one.operation, one.status, one.rows) for one in found]


def values(data: bytes, *, commands: bool = False) -> list[Value | Unread]:
    reader = Reader(Dialogue().client(data).direction(0), commands=commands)
    return list(iter(reader.next, None))


def follow(dialogue: Dialogue) -> Iterator[tuple[str, bytes]]:
    for part in ApplicationStream(*dialogue.directions()).parts():
        yield part.label.name, b"".join(data for _, data in part.blocks())


@pytest.mark.parametrize("at", [*range(12), 40, 110])
def test_requests_are_the_same_over_any_segment_border(at: int) -> None:
    assert asked(talk(*SESSION, at=at)) == REQUESTS


def test_blocking_command_waits_for_an_event_and_no_other_does() -> None:
    found = redis_requests(*talk(*SESSION).directions())

    assert found is not None
    assert [one.operation for one in found if one.waits] == ["BLPOP q"]


def test_follow_reads_as_redis_cli_writes() -> None:
    said = list(follow(talk(*SESSION)))

    assert said[0] == ("redis-command-hidden", b"HELLO 2 AUTH [removed] [removed]\n")
    assert said[1] == ("redis-reply", b"1) server\n2) redis\n")
    assert (("redis-command", b"SET a " + b"x" * 100 + b"\n")) in said
    assert ("redis-reply", b"1) a\n2) (nil)\n3) 1) (integer) 5\n") in said
    assert said[-1] == ("redis-reply", b"(nil)\n")


@pytest.mark.parametrize(
    ("command", "operation"),
    [
        (ask("AUTH", SECRET), "AUTH"),
        (ask("auth", "me", SECRET), "AUTH"),
        (ask("HELLO", "3", "AUTH", "me", SECRET, "SETNAME", "x"), "HELLO"),
        (ask("ACL", "SETUSER", "al", "on", b">" + SECRET, b"#" + SECRET, "~*"), "ACL SETUSER al"),
        (ask("CONFIG", "SET", "maxmemory", "1gb", "requirepass", SECRET), "CONFIG SET maxmemory"),
        (ask("CONFIG", "SET", "masterauth", SECRET), "CONFIG SET masterauth"),
        (ask("MIGRATE", "h", "1", "k", "0", "9", "COPY", "AUTH", SECRET), "MIGRATE k"),
        (ask("MIGRATE", "h", "1", "", "0", "9", "AUTH2", "me", SECRET, "KEYS", "a"), "MIGRATE"),
        (ask("SENTINEL", "SET", "m", "auth-pass", SECRET), "SENTINEL SET m"),
        (ask("MODULE", "LOAD", "/a.so", SECRET), "MODULE LOAD"),
        (b"AUTH " + SECRET + b"\r\n", "AUTH"),
        (b'CONFIG SET requirepass "' + SECRET + b' x"\r\n', "CONFIG SET"),
        (ask("ACL", "SETUSER", "al", *["on"] * 2_000, b">" + SECRET), "ACL SETUSER al"),
    ],
)
def test_secret_is_nowhere(command: bytes, operation: str) -> None:
    dialogue = talk((0, ask("PING")), (1, b"+PONG\r\n"), (0, command), (1, b"+OK\r\n"), (0, ask("ECHO", "x")))
    found = requests_of(*dialogue.directions())
    assert found is not None

    assert [one.operation.rstrip() for one in found][1] == operation
    assert not any(SECRET[:4] in data for _, data in follow(dialogue))
    assert SECRET[:4].decode() not in summary_of(command) or command.startswith(b"CONFIG")


@pytest.mark.parametrize("left", range(1, 40))
def test_secret_that_is_cut_or_whose_command_is_missing_is_not_shown(left: int) -> None:
    command = ask("AUTH", SECRET)
    before = talk((0, ask("PING")), (1, b"+PONG\r\n"))
    dialogues = [
        talk((0, ask("PING")), (1, b"+PONG\r\n"), (0, command[:left])),
        before.lost(0, left).client(command[left:], ask("PING")).server(b"+OK\r\n+PONG\r\n"),
        talk((0, command[left:]), (1, b"+OK\r\n"), (0, ask("PING")), (1, b"+PONG\r\n"), from_start=False),
    ]

    assert SECRET[:4].decode() not in summary_of(command[:left])
    for dialogue in dialogues:
        assert not any(SECRET[:4] in data for _, data in follow(dialogue))
        assert SECRET[:4].decode() not in str(asked(dialogue))


def test_replies_that_hold_passwords_are_not_shown() -> None:
    answer = b"*2\r\n$11\r\nrequirepass\r\n$8\r\n" + SECRET + b"\r\n"
    said = dict(follow(talk((0, ask("CONFIG", "GET", "*pass*")), (1, answer), (0, ask("ACL", "GENPASS")), (1, answer))))

    assert said["redis-reply-hidden"] == b""
    assert not any(SECRET in data for data in said.values())


def test_pushes_and_messages_answer_nothing() -> None:
    message = b"*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nx\r\n"
    dialogue = talk(
        (0, ask("SUBSCRIBE", "c", "d")),
        (1, b"*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n" + message + b"*3\r\n$9\r\nsubscribe\r\n$1\r\nd\r\n:2\r\n"),
        (1, message),
        (0, ask("PING")),
        (1, message + b"*2\r\n$4\r\npong\r\n$0\r\n\r\n"),
        (1, b">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n"),
    )

    assert [(one[0], one[1]) for one in asked(dialogue)] == [("SUBSCRIBE c +1", "OK"), ("PING", "OK")]
    assert sum(isinstance(one, Unasked) for one in conversation(*dialogue.directions())) == 4


def test_what_looks_like_a_message_is_an_answer_where_nobody_subscribed() -> None:
    dialogue = talk((0, ask("LRANGE", "l", "0", "2")), (1, b"*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nx\r\n"))

    assert asked(dialogue) == [("LRANGE l", "OK", 3)]


def test_commands_without_reply_take_none() -> None:
    skipped = ask("CLIENT", "REPLY", "SKIP") + ask("GET", "a") + ask("PING")
    silent = ask("CLIENT", "REPLY", "OFF") + ask("GET", "b") + ask("CLIENT", "REPLY", "ON") + ask("GET", "c")
    dialogue = talk((0, skipped), (1, b"+PONG\r\n"), (0, silent), (1, b"+OK\r\n$-1\r\n"))

    assert sorted((name, status) for name, status, _ in asked(dialogue)) == [
        ("CLIENT REPLY OFF", ""), ("CLIENT REPLY ON", "OK"), ("CLIENT REPLY SKIP", ""), ("GET a", ""), ("GET b", ""),
        ("GET c", "nil"), ("PING", "OK"),
    ]  # fmt: skip


def test_transaction_in_which_a_command_fails_has_its_error() -> None:
    error = b"-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"
    queued = [(0, ask("MULTI")), (1, b"+OK\r\n"), (0, ask("LPUSH", "a", "1")), (1, b"+QUEUED\r\n"), (0, ask("EXEC"))]
    found = [asked(talk(*queued, (1, reply)))[-1][:2] for reply in (
        b"*2\r\n:1\r\n" + error, b"*1\r\n!21\r\nSYNTAX invalid syntax\r\n", b"*1\r\n$4\r\n-ERR\r\n", b"*1\r\n:1\r\n",
    )]  # fmt: skip

    assert found == [("EXEC", "WRONGTYPE"), ("EXEC", "SYNTAX"), ("EXEC", "OK"), ("EXEC", "OK")]
    assert asked(talk((0, ask("LRANGE", "a", "0", "1")), (1, b"*1\r\n" + error)))[-1][1] == "OK"


def test_replication_is_no_answer() -> None:
    mark = b"m" * 40
    for body in (b"$9\r\nREDIS0011", b"$EOF:" + mark + b"\r\nREDIS" + mark):
        dialogue = talk(
            (0, ask("PSYNC", "?", "-1")),
            (1, b"\n+FULLRESYNC " + b"0" * 40 + b" 0\r\n\n"),
            (1, body + ask("SELECT", "0") + ask("SET", "a", "b")),
            (0, ask("REPLCONF", "ACK", "10")),
            (1, ask("PING")),
        )
        said = list(conversation(*dialogue.directions()))

        assert asked(dialogue) == [("PSYNC", "OK", None), ("REPLCONF", "", None)]
        assert [one.value.kind for one in said if isinstance(one, Unasked)] == [Kind.SNAPSHOT] + [Kind.ARRAY] * 3


def test_reply_behind_a_missing_body_is_paired() -> None:
    dialogue = talk((0, ask("GET", "a") + ask("GET", "b")), (1, b"$3000\r\n" + b"x" * 100)).lost(1, 1_400)
    dialogue.server(b"x" * 1_500 + b"\r\n:7\r\n")
    found = redis_requests(*dialogue.directions())

    assert found is not None
    assert [(one.status, one.complete) for one in found] == [("OK", False), ("OK", True)]


def test_count_is_lost_behind_a_missing_reply_and_found_again_by_turns() -> None:
    dialogue = talk((0, ask("GET", "a") + ask("GET", "b"))).lost(1, 50).server(b":1\r\n")
    for number in range(3):
        dialogue.client(ask("INCR", "n")).server(b":%d\r\n" % number)

    assert [(name, status) for name, status, _ in asked(dialogue)] == [
        ("GET a", ""), ("GET b", ""), *[("INCR n", "OK")] * 3,
    ]  # fmt: skip


@pytest.mark.parametrize("skipped", range(1, 9))
def test_capture_that_begins_later_pairs_as_soon_as_turns_tell(skipped: int) -> None:
    dialogue = talk(*SESSION[skipped:], from_start=False)
    found = asked(dialogue)

    assert set(found) <= {*REQUESTS, *((name, "", None) for name, *_ in REQUESTS)}
    assert ("LPUSH a", "WRONGTYPE", None) in found or skipped > 6


def test_capture_that_begins_amid_a_value_says_what_is_not_read() -> None:
    dialogue = talk(*SESSION, from_start=False)
    dialogue.packets.insert(0, (1, -600, b"z" * 600, 1))
    dialogue.packets = [(side, at + 600 if side else at, data, time) for side, at, data, time in dialogue.packets]
    dialogue.sent[1] += 600

    assert next(follow(dialogue)) == ("redis-unread", b"")
    assert asked(dialogue) == REQUESTS


@pytest.mark.parametrize(
    ("client", "server"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"),
        (b"EHLO me\r\n", b"220 x ESMTP\r\n250 x\r\n"),
        (b"USER me\r\n", b"+OK ready\r\n"),
        (b"PING\r\n", b"+PONG\r\n"),
        (b"AUTH PLAIN\r\n", b"+OK POP3\r\n+\r\n"),
        (b"*3\r\n$9\r\nsubscribe\r\n$1\r\n", b"HTTP/1.1 400 Bad\r\n\r\n"),
        (b"*1\r\n$5\r\nHeLp!\r\n", b"hello\r\n"),
        (b"* OK IMAP4 ready\r\n", b"a LOGIN\r\n"),
        (b"PING\r\nPING\r\nSELECT 1\r\n", b"+PONG\r\n+PONG\r\n+OK\r\n"),
        (b"get a\r\nget b\r\nset c 0 0 1\r\n1\r\n", b"VALUE a 0 1\r\n1\r\nEND\r\nEND\r\nSTORED\r\n"),
        (b"incr a 1\r\nget a\r\n", b"5\r\nEND\r\n"),
        (b"CONNECT {}\r\nPING\r\n", b"INFO {}\r\n+OK\r\nPONG\r\n"),
        (
            b"PING a\r\nTIME\r\nINFO\r\n",
            b":irc.example PONG a\r\n:irc.example 391 me :today\r\n:irc.example 371 me\r\n",
        ),
        (b"TYPE I\r\nQUIT\r\n", b"200 Type set\r\n221 Bye\r\n"),
        (b"AUTH LOGIN\r\nQUIT\r\n", b"334 VXNlcm5hbWU6\r\n221 Bye\r\n"),
        (b"HELLO {}\r\nPUSH {}\r\nINFO\r\n", b"+HI {}\r\n+OK\r\n+OK\r\n$2\r\n{}\r\n"),
        (b"GET a\r\nINCR b\r\n", b":1\r\n$1\r\na\r\n"),
        (b"", b""),
    ],
)
def test_other_protocols_are_not_taken(client: bytes, server: bytes) -> None:
    for turns in ([(0, client), (1, server)], [(1, server), (0, client)]):
        for from_start in {True, client.startswith(b"*3")}:
            assert redis_sides(*talk(*turns, from_start=from_start).directions()) is None


LINES = [
    (b"PING\r\n", b"+PONG\r\n"), (b"set a 'x y'\r\n", b"+OK\r\n"), (b"get a\n", b"$3\r\nx y\r\n"),
    (b"TTL a\r\n", b":-1\r\n"),
    (b"KEYS *\r\n", b"*1\r\n$1\r\na\r\n"), (b"LPUSH a\r\n", b"-ERR wrong number of arguments\r\n"),
    (b"GET nothing\r\n", b"$-1\r\n"), (b"CONFIG GET a\r\n", b"*0\r\n"),
    (b"INFO server\r\n", b"$32\r\n# Server\r\nredis_version:7.0.15\r\n\r\n"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "is_taken"),
    [((0, 2), True), ((2, 3), True), ((4, 5, 1), True), ((6, 1), True), ((8,), True), ((5, 8), True),
     ((7, 2), False), ((7, 2, 3), True), ((0, 1), False),
     ((5, 2), False), ((2, 6), False), ((0, 1, 2, 3, 4, 5, 6, 7, 8), True)],
)  # fmt: skip
def test_lines_are_commands_of_redis_where_two_kinds_of_answers_fit(said: tuple[int, ...], is_taken: bool) -> None:
    turns = [turn for number in said for turn in enumerate(LINES[number])]

    assert (redis_sides(*talk(*turns).directions()) is not None) == is_taken
    assert redis_sides(*talk((1, b"+OK POP3\r\n"), *turns).directions()) is None
    if is_taken:
        assert len(asked(talk(*turns))) == len(said)


def test_only_commands_begin_redis() -> None:
    assert begins_redis(ask("ping"))
    assert begins_redis(ask("FT.SEARCH", "i", "q"))
    assert not any(map(begins_redis, (ask("nosuch"), b"*1\r\n$5\r\nPING\r\n", b"+OK\r\n", b"PING\r\n", b"")))


@pytest.mark.parametrize(
    "data",
    [
        b"*2\r\n$3\r\nabc\r\n*2\r\n%1\r\n+a\r\n:1\r\n~2\r\n#t\r\n_\r\n",
        b"|1\r\n+ttl\r\n:3\r\n*2\r\n,1.5\r\n(12345678901234567890\r\n",
        b"=7\r\ntxt:abc\r\n", b"!5\r\nERR x\r\n", b"*0\r\n", b"$0\r\n\r\n", b",inf\r\n", b",-1e-7\r\n", b"*-1\r\n",
    ],
)  # fmt: skip
def test_value_of_any_type_is_one_value(data: bytes) -> None:
    (one,) = values(data)

    assert isinstance(one, Value)
    assert (one.start, one.stop, one.complete) == (0, len(data), True)
    for at in range(1, len(data)):
        assert [(cut.complete, cut.stop) for cut in values(data[:at]) if isinstance(cut, Value)] in ([], [(False, at)])


SIMPLE = st.one_of(
    st.binary(max_size=30).map(lambda data: b"$%d\r\n%s\r\n" % (len(data), data)),
    st.integers(-9, 10**6).map(lambda number: b":%d\r\n" % number),
    st.sampled_from([b"+OK\r\n", b"-ERR no\r\n", b"$-1\r\n", b"*-1\r\n", b"*0\r\n", b"_\r\n", b"#f\r\n"]),
)
NESTED = st.recursive(
    SIMPLE,
    lambda inner: st.one_of(
        st.lists(inner, max_size=12).map(lambda parts: b"*%d\r\n%s" % (len(parts), b"".join(parts))),
        st.tuples(inner, inner).map(lambda pair: b"%%1\r\n%s%s" % pair),
    ),
    max_leaves=20,
)


@given(st.lists(NESTED, min_size=1, max_size=8), st.integers(1, 40))
def test_values_follow_each_other_however_they_are_cut(parts: list[bytes], size: int) -> None:
    data = b"".join(parts)
    whole = Reader(Dialogue().server(data).direction(1), commands=False)
    pieces = Reader(
        Dialogue().server(*(data[at : at + size] for at in range(0, len(data), size))).direction(1), commands=False
    )
    bounds = [(one.start, one.stop, one.items) for one in iter(whole.next, None) if isinstance(one, Value)]

    assert [stop - start for start, stop, _ in bounds] == list(map(len, parts))
    assert bounds == [(one.start, one.stop, one.items) for one in iter(pieces.next, None) if isinstance(one, Value)]


@given(
    st.lists(st.tuples(st.integers(0, 5_000), st.binary(max_size=4), st.booleans()), max_size=6),
    st.booleans(), st.lists(st.integers(0, 9), max_size=3),
)  # fmt: skip
def test_damage_raises_nothing_and_every_byte_is_in_one_unit(
    damage: list[tuple[int, bytes, bool]], from_start: bool, missing: list[int]
) -> None:
    turns = [(side, bytearray(data)) for side, data in SESSION]
    for place, data, replaces in damage:
        turn = turns[place % len(turns)][1]
        at = place % max(len(turn), 1)
        turn[at : at + (len(data) if replaces else 0)] = data
    dialogue = Dialogue(from_start=from_start)
    for number, (side, data) in enumerate(turns):
        if number in missing:
            dialogue.lost(side, len(data))
        elif data:
            dialogue.client(bytes(data)) if side == 0 else dialogue.server(bytes(data))
    directions = dialogue.directions()
    stream = parse_redis(*directions, 1_000)
    if stream is None:
        return
    for part in stream.parts():
        assert part.start < part.stop
        list(part.blocks())
        part.trouble()
    said = list(conversation(*directions))
    for direction in directions:
        spans = sorted(
            (one.start, one.stop) for one in [
                *(one.value for one in said if not isinstance(one, Unread)),
                *(value for one in said if isinstance(one, Command) for value in one.replies),
                *(one for one in said if isinstance(one, Unread)),
            ] if one.direction.side == direction.side
        )  # fmt: skip
        assert all(before[1] <= after[0] for before, after in pairwise(spans))


@pytest.mark.parametrize("size", [1_000, 70_000])
def test_run_of_elements_is_passed_over_wherever_one_is_odd(size: int) -> None:
    """Elements with line ends in them, empty and long ones, and numbers, amid many that are plain."""
    odd = (
        b"$6\r\na\r\n$1x\r\n",
        b"$0\r\n\r\n",
        b"$-1\r\n",
        b":7\r\n",
        b"$600\r\n" + b"y" * 600 + b"\r\n",
        b"*1\r\n+x\r\n",
    )
    plain = [b"$%d\r\n%s\r\n" % (number % 40, b"v" * (number % 40)) for number in range(3_000)]
    parts = [odd[number // 150 % len(odd)] if number % 150 == 149 else one for number, one in enumerate(plain)]
    dialogue = Dialogue().server(*in_pieces(b"*3000\r\n" + b"".join(parts) + b"+OK\r\n", size))
    reader = Reader(dialogue.direction(1), commands=False)
    first, second = reader.next(), reader.next()

    assert isinstance(first, Value)
    assert isinstance(second, Value)
    assert (first.rows, first.stop, first.complete) == (3_000, dialogue.sent[1] - 5, True)
    assert second.line == b"OK"


def test_hostile_counts_take_no_memory_and_no_time() -> None:
    for data in (b"*2147483647\r\n" * 20_000, b"*1\r\n" * 100_000, b"$99999999999\r\n" * 5, b"%9\r\n" * 50_000):
        assert len(values(ask("PING") + data)) < 10

    assert len(values(b"PING\r\n" + b"\r\n" * 50_000 + ask("GET", "a"), commands=True)) == 2
    assert isinstance(values(b"*2\r\n$4\r\nPING\r\nX\r\n" * 50_000)[0], Unread)


@pytest.mark.parametrize("odd", [b"$-1\r\n", b":1\r\n", b"*0\r\n", b"$1\r\na\r\n:1\r\n"])
def test_what_is_looked_at_of_a_reply_is_in_proportion_to_it(odd: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where an element that is no bulk string ends each attempt to pass over many of them."""
    looked_at: list[int] = []

    class Counted(bytes):
        """Bytes that count what is split of them and of their slices."""

        def __getitem__(self, place: object) -> object:
            found = super().__getitem__(place)  # type: ignore[index]
            return Counted(found) if isinstance(found, bytes) else found

        def split(self, *how: object) -> list[bytes]:  # type: ignore[override]
            looked_at.append(len(self))
            return super().split(*how)  # type: ignore[arg-type]

    read = ByteStream.read
    monkeypatch.setattr(ByteStream, "read", lambda *how: Counted(read(*how)))
    data = b"*%d\r\n" % (2_000 * (1 + (b"a" in odd))) + odd * 2_000

    assert [value.stop for value in values(data) if isinstance(value, Value)] == [len(data)]
    assert sum(looked_at) < 300 * len(data)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b'SET a "b c"', [b"SET", b"a", b"b c"]),
        (rb"""SET 'it''s' x""", [b"SET", b"'it''s'", b"x"]),  # refused by Redis: taken apart at its blanks
        (rb'SET a "\x41\n\"\\"', [b"SET", b"a", b'A\n"\\']),
        (rb"SET a 'it\'s \n'", [b"SET", b"a", rb"it's \n"]),
        (b'SET pre"fix 1" ""', [b"SET", b"prefix 1", b""]),
        (b'"GET" \ta ', [b"GET", b"a"]),
        (b'SET a "open', [b"SET", b"a", b'"open']),
    ],
)
def test_inline_commands_in_quotes_are_taken_apart_as_redis_does(line: bytes, words: list[bytes]) -> None:
    """What the server made of such lines was asked of redis-server 7.0 (EVAL "return ARGV" 0 …)."""
    (value,) = values(line + b"\r\n", commands=True)

    assert isinstance(value, Value)
    assert [item.data for item in value.items] == words


def test_inline_commands_in_quotes_are_told_without_their_secrets() -> None:
    lines = b'*1\r\n$4\r\nPING\r\nAUTH "open sesame"\r\nSET "my key" "a b"\r\n'
    dialogue = Dialogue().client(lines).server(b"+PONG\r\n+OK\r\n+OK\r\n")
    told = b"".join(data for _, data in follow(dialogue))

    assert [operation for operation, _, _ in asked(dialogue)] == ["PING", "AUTH", "SET my key"]
    assert b"sesame" not in told
    assert b'SET "my key" "a b"' in told


@given(st.text(alphabet="ab \t\\\"'xn4", max_size=40).map(str.encode))
def test_any_inline_command_is_taken_apart(rest: bytes) -> None:
    for value in values(b"SET " + rest + b"\r\n", commands=True):
        assert isinstance(value, Value)
        assert all(value.start <= item.start <= item.stop <= value.stop for item in value.items)


def rows_of(*turns: tuple[int, bytes], **how: object) -> list[object]:
    """The rows of each reply that is exported; None where secrets may be in one."""
    found = requests_of(*talk(*turns, **how).directions())
    assert found is not None
    return [
        None if one.may_hold_secrets() else list(result.read())
        for one in found
        for result in one.result_sets()
        if isinstance(result, ResultSet)
    ]


@pytest.mark.parametrize("size", [0, 1, 7])
def test_elements_of_replies_are_rows(size: int) -> None:
    said = b"*4\r\n$2\r\na\n\r\n$-1\r\n*2\r\n:5\r\n%1\r\n+k\r\n#t\r\n$2\r\n\xff\x00\r\n"
    pairs = b"|1\r\n+ttl\r\n:3\r\n%2\r\n$4\r\nname\r\n$3\r\nAda\r\n$5\r\npin-1\r\n$4\r\n1234\r\n"
    turns = ((0, ask("LRANGE", "l", "0", "-1") + ask("HGETALL", "h")), (1, said + pairs))
    cut_at = {"at": size} if size else {}

    assert rows_of(*turns, **cut_at) == [
        [("a\n",), (None,), (("5", (("k", "t"),)),), (b"\xff\x00",)],
        [("name", "Ada"), ("pin-1", LEFT_OUT)],
    ]


def test_elements_that_were_not_captured_are_no_rows() -> None:
    dialogue = talk((0, ask("LRANGE", "l", "0", "-1")), (1, b"*3\r\n$1\r\na\r\n$9\r\nbb"))
    dialogue.lost(1, 3).server(b"bbbb\r\n$1\r\nc\r\n")
    found = requests_of(*dialogue.directions())
    assert found is not None
    ((result,),) = [list(one.result_sets()) for one in found]
    assert isinstance(result, ResultSet)

    assert (list(result.read()), result.complete) == ([("a",), None, ("c",)], False)


@pytest.mark.parametrize(("asked_for", "reply", "rows"), [
    (ask("HGETALL", "user:1"), b"*4\r\n+name\r\n+Ada\r\n+password\r\n+hunter2-\r\n",
     [("name",), ("Ada",), ("password",), (LEFT_OUT,)]),
    (ask("XRANGE", "s", "-", "+"), b"*1\r\n*2\r\n+1-0\r\n*2\r\n+token\r\n+hunter2-\r\n",
     [(("1-0", ("token", LEFT_OUT)),)]),
    (ask("LRANGE", "l", "0", "-1"), b"*2\r\n+password\r\n+next\r\n", [("password",), ("next",)]),
    (ask("LRANGE", "user:7:tokens", "0", "-1"), b"*1\r\n+hunter2-\r\n", None),
    (ask("EVAL", "x" * 9_000 + " redis.call('get', 'api_token')", "0"), b"*1\r\n+hunter2-\r\n", None),
    (ask("CONFIG", "GET", "*"), b"*2\r\n+requirepass\r\n+hunter2-\r\n", None),
], ids=["hash", "stream", "words", "key", "script", "setting"])  # fmt: skip
def test_secret_is_in_no_row(asked_for: bytes, reply: bytes, rows: list[object] | None) -> None:
    assert rows_of((0, asked_for), (1, reply)) == [rows]


@pytest.mark.parametrize("from_start", [True, False])
def test_transaction_tells_no_secret_that_its_commands_ask_for(from_start: bool) -> None:
    begin = ((0, ask("MULTI")), (1, b"+OK\r\n")) if from_start else ((0, ask("PING")), (1, b"+PONG\r\n"))
    turns = (*begin, (0, ask("CONFIG", "GET", "requirepass")), (1, b"+QUEUED\r\n"), (0, ask("EXEC")),
             (1, b"*1\r\n*2\r\n$11\r\nrequirepass\r\n$8\r\nhunter2-\r\n"))  # fmt: skip

    assert rows_of(*turns, from_start=from_start) == [None]
    assert not from_start or not any(SECRET[:4] in data for _, data in follow(talk(*turns)))
