"""What the two programs of a conversation do, drawn by kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.campaigns.compose.plan import CLOSED_PORT, PORT, Act, Conversation, Kind, Options

if TYPE_CHECKING:
    import random

WEIGHTS: Final = {
    Kind.REQUESTS: 24,
    Kind.UPLOAD: 18,
    Kind.DOWNLOAD: 18,
    Kind.SLOW_READER: 8,
    Kind.BOTH_WAYS: 5,
    Kind.IDLE: 8,
    Kind.HALF_CLOSE: 4,
    Kind.EARLY_CLOSE: 4,
    Kind.ABORT: 3,
    Kind.REFUSED: 3,
    Kind.EMPTY: 2,
    Kind.NEVER_CLOSED: 2,
    Kind.SMALL_WRITES: 5,
}
CONFIRMATION: Final = 100


def draw_kind(chance: random.Random) -> Kind:
    """One kind by its weight."""
    return chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]


def draw(chance: random.Random, kind: Kind, start_s: float, source_port: int, small: bool) -> Conversation:
    """A conversation of this kind; ``small``: there are many beside it."""
    client, server = _ACTS[kind](chance, small)
    return Conversation(
        kind=kind,
        start_s=start_s,
        source_port=source_port,
        port=CLOSED_PORT if kind is Kind.REFUSED else PORT,
        client=client,
        server=server,
        client_options=_options(chance, kind),
        server_options=_options(chance, kind),
        fast_open=chance.randint(20, 1200) if kind is Kind.REQUESTS and chance.random() < 0.06 else 0,
    )


def _options(chance: random.Random, kind: Kind) -> Options:
    return Options(
        no_delay=chance.random() < 0.3,
        quick_ack=chance.random() < 0.1,
        receive_buffer=chance.choice((4_000, 16_000, 60_000)) if chance.random() < 0.12 else 0,
        send_buffer=chance.choice((8_000, 32_000)) if chance.random() < 0.1 else 0,
        keep_alive=chance.random() < (0.5 if kind is Kind.IDLE else 0.08),
        patience_s=round(chance.choice((1.5, 2.5, 4.0, 6.0)), 1),
    )


def _bytes(chance: random.Random, small: bool) -> int:
    """Sizes from a segment to some hundred kilobytes, evenly by magnitude."""
    low, high = (2_000, 40_000) if small else (3_000, 400_000)
    return int(low * (high / low) ** chance.random())


def _ending(chance: random.Random) -> tuple[tuple[Act, ...], tuple[Act, ...]]:
    """Who closes: the client, the server, or both at once."""
    who = chance.random()
    pause = Act("sleep", every_s=round(chance.uniform(0, 0.2), 3))
    if who < 0.55:
        return (pause, Act("close")), (Act("read-all"), Act("close"))
    if who < 0.9:
        return (Act("read-all"), Act("close")), (pause, Act("close"))
    return (Act("close"),), (Act("close"),)


def _think(chance: random.Random) -> Act:
    seconds = chance.choice((0, 0, 0.002, 0.05, 0.15, 0.3, 0.8, 1.6))
    return Act("sleep", every_s=round(seconds * chance.uniform(0.8, 1.2), 3))


def _requests(chance: random.Random, small: bool) -> tuple[tuple[Act, ...], tuple[Act, ...]]:
    client: list[Act] = []
    server: list[Act] = []
    for _ in range(chance.randint(1, 3 if small else 6)):
        question = chance.randint(20, 1_400)
        answer = int(chance.choice((200, 2_000, 30_000)) * chance.uniform(0.5, 2))
        client += [Act("send", question), Act("read", answer), _think(chance)]
        server += [Act("read", question), _think(chance), Act("send", answer)]
    last = _ending(chance)
    return (*client, *last[0]), (*server, *last[1])


def _pieces(chance: random.Random, size: int) -> Act:
    """In one go, or with pauses of the program between."""
    if chance.random() < 0.7:
        return Act("send", size)
    pieces = chance.randint(3, 25)
    return Act("send", size // pieces * pieces, pieces, round(chance.choice((0.005, 0.03, 0.1, 0.2)), 3))


def _upload(chance: random.Random, small: bool) -> tuple[tuple[Act, ...], tuple[Act, ...]]:
    data = _pieces(chance, _bytes(chance, small))
    last = _ending(chance)
    client = (data, Act("read", CONFIRMATION), *last[0])
    return client, (Act("read", data.size), Act("send", CONFIRMATION), *last[1])


def _download(chance: random.Random, small: bool) -> tuple[tuple[Act, ...], tuple[Act, ...]]:
    data = _pieces(chance, _bytes(chance, small))
    last = _ending(chance)
    client = (Act("send", CONFIRMATION), Act("read", data.size), *last[0])
    return client, (Act("read", CONFIRMATION), _think(chance), data, *last[1])


def _slow_reader(chance: random.Random, small: bool) -> tuple[tuple[Act, ...], tuple[Act, ...]]:
    """One end reads in pieces by a clock, or not at all for a while."""
    size = max(_bytes(chance, small), 60_000)
    if chance.random() < 0.6:
        pieces = chance.randint(5, 60)
        reading: tuple[Act, ...] = (Act("read", size, pieces, round(chance.choice((0.005, 0.02, 0.06)), 3)),)
    else:
        first = size // 4
        stop = Act("sleep", every_s=round(chance.uniform(0.3, 2.0), 2))
        reading = (Act("read", first), stop, Act("read", size - first))
    last = _ending(chance)
    if chance.random() < 0.5:
        return (Act("send", size), Act("read", CONFIRMATION), *last[0]), (*reading, Act("send", CONFIRMATION), *last[1])
    client = (Act("send", CONFIRMATION), *reading, *last[0])
    return client, (Act("read", CONFIRMATION), Act("send", size), *last[1])


def _both_ways(chance: random.Random, small: bool) -> tuple[tuple[Act, ...], tuple[Act, ...]]:
    size = min(_bytes(chance, small), 60_000)
    there, back = _pieces(chance, size), _pieces(chance, size)
    last = _ending(chance)
    return (there, Act("read", back.size), *last[0]), (back, Act("read", there.size), *last[1])


def _idle(chance: random.Random, _: bool) -> tuple[tuple[Act, ...], tuple[Act, ...]]:
    pause = Act("sleep", every_s=round(chance.uniform(0.5, 3.5), 2))
    turn = (Act("send", 300), Act("read", 800))
    answer = (Act("read", 300), Act("send", 800))
    last = _ending(chance)
    return (*turn, pause, *turn, *last[0]), (*answer, *answer, *last[1])


def _half_close(chance: random.Random, small: bool) -> tuple[tuple[Act, ...], tuple[Act, ...]]:
    size = _bytes(chance, small)
    client = (Act("send", 500), Act("shutdown"), Act("read-all"), Act("close"))
    return client, (Act("read-all"), _think(chance), Act("send", size), Act("close"))


def _early_close(chance: random.Random, small: bool) -> tuple[tuple[Act, ...], tuple[Act, ...]]:
    size = max(_bytes(chance, small), 20_000)
    part = Act("read", int(size * chance.uniform(0.05, 0.6)))
    if chance.random() < 0.6:
        return (Act("send", CONFIRMATION), part, Act("close")), (
            Act("read", CONFIRMATION),
            Act("send", size),
            Act("close"),
        )
    return (Act("send", size), Act("read", CONFIRMATION), Act("close")), (part, Act("close"))


def _abort(chance: random.Random, _: bool) -> tuple[tuple[Act, ...], tuple[Act, ...]]:
    pause = Act("sleep", every_s=round(chance.uniform(0.0, 0.4), 2))
    talk = (Act("send", 700), Act("read", 900), pause)
    answer = (Act("read", 700), Act("send", 900), pause)
    if chance.random() < 0.5:
        return (*talk, Act("abort")), (*answer, Act("read-all"), Act("close"))
    return (*talk, Act("read-all"), Act("close")), (*answer, Act("abort"))


def _refused(_: random.Random, __: bool) -> tuple[tuple[Act, ...], tuple[Act, ...]]:
    return (Act("send", CONFIRMATION), Act("close")), ()


def _empty(chance: random.Random, _: bool) -> tuple[tuple[Act, ...], tuple[Act, ...]]:
    end = Act("abort") if chance.random() < 0.3 else Act("close")
    return (Act("sleep", every_s=round(chance.uniform(0, 0.5), 2)), end), (Act("read-all"), Act("close"))


def _never_closed(chance: random.Random, _: bool) -> tuple[tuple[Act, ...], tuple[Act, ...]]:
    wait = Act("sleep", every_s=round(chance.choice((1.0, 3.0, 6.0)), 1))
    client = (Act("send", 300), Act("read", 800), Act("close"))
    return client, (Act("read", 300), Act("send", 800), Act("read-all"), wait, Act("close"))


def _small_writes(chance: random.Random, _: bool) -> tuple[tuple[Act, ...], tuple[Act, ...]]:
    """A request in several writes, so that Nagle's algorithm and delayed ACKs may meet."""
    client: list[Act] = []
    server: list[Act] = []
    for _turn in range(chance.randint(2, 6)):
        pieces = chance.randint(2, 4)
        size = chance.randint(20, 150)
        client += [Act("send", size * pieces, pieces), Act("read", 300)]
        server += [Act("read", size * pieces), Act("send", 300)]
    last = _ending(chance)
    return (*client, *last[0]), (*server, *last[1])


_ACTS: Final = {
    Kind.REQUESTS: _requests,
    Kind.UPLOAD: _upload,
    Kind.DOWNLOAD: _download,
    Kind.SLOW_READER: _slow_reader,
    Kind.BOTH_WAYS: _both_ways,
    Kind.IDLE: _idle,
    Kind.HALF_CLOSE: _half_close,
    Kind.EARLY_CLOSE: _early_close,
    Kind.ABORT: _abort,
    Kind.REFUSED: _refused,
    Kind.EMPTY: _empty,
    Kind.NEVER_CLOSED: _never_closed,
    Kind.SMALL_WRITES: _small_writes,
}
