"""When a server of Redis waits because its client asked it to: commands that are answered when something happens."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Final

from tcptui.protocols.redis.commands import WAITING_WORDS
from tcptui.protocols.redis.detection import redis_sides

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.protocols.stream.reassembly import ByteStream

#: Commands of a connection that are looked at, the first ones.
_READ_MOST: Final = 65_536
#: Bytes that are searched at once.
_AT_ONCE: Final = 1 << 20
_WORD: Final = re.compile(b"|".join(sorted(WAITING_WORDS)), re.IGNORECASE)
_LONGEST: Final = max(map(len, WAITING_WORDS))


def redis_waits(client: ByteStream, server: ByteStream) -> Iterator[tuple[int, int]] | None:
    """See `ApplicationProtocol.asked_to_wait`."""
    sides = redis_sides(client, server)
    if sides is None:
        return None
    return _waits(*sides) if _may_wait(sides[0]) else iter(())


def _may_wait(asker: ByteStream) -> bool:
    """Whether one of the words is among what ``asker`` sends, as a command or as part of a value."""
    starts = range(0, asker.length, _AT_ONCE)
    return any(_WORD.search(asker.read(max(at - _LONGEST, 0), _AT_ONCE + _LONGEST)) for at in starts)


def _waits(asker: ByteStream, answerer: ByteStream) -> Iterator[tuple[int, int]]:
    from tcptui.protocols.redis.redis_stream import redis_requests  # seldom asked for

    for exchange in islice(redis_requests(asker, answerer) or (), _READ_MOST):
        if exchange.waits and exchange.request is not None and exchange.response is not None:
            yield exchange.request.last_ns, exchange.response.first_ns
