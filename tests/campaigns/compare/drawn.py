"""Sides of a comparison drawn as columns, without captures, from worlds that are harsh on statistics.

Few clients make most connections (Pareto), clients differ from each other and from day to day, losses come in bursts,
times have heavy tails, and some trouble is that of few clients on one day.  A fault has its true size for every client.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tcptui.compare.side import LOSS_CAUSES, FoundRows, RequestRows, Side, TcpOption
from tcptui.model.finding import FindingId, Severity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    F64 = NDArray[np.float64]

_MS = 1_000_000
_STATEMENTS = 5
_FINDINGS = (
    FindingId.RETRANSMISSION_TIMEOUT,
    FindingId.ZERO_WINDOW,
    FindingId.PORT_REUSED,
    FindingId.CONNECTION_REFUSED,
)
_SIZES = np.array([1_460, 1_400, 1_360])


@dataclass(frozen=True)
class DrawnWorld:
    """What a side is drawn from: first what makes it hard, then what is at fault."""

    clients: int = 60
    connections: int = 1_000
    busy: float = 1.5
    """Exponent of the Pareto distribution of connections by client: the smaller, the more the busiest have."""
    shared: float = 1.0
    """Share of clients that both sides have."""
    alike: float = 0.5
    """How much clients differ from each other (sigma of a logarithm), the same on both sides."""
    today: float = 0.15
    """How much a client differs from itself on the other side."""
    tail: float = 1.2
    """Sigma of the logarithm of the server's times."""
    loss_alike: float = 1.0
    """As `alike`, of losses, …"""
    loss_today: float = 0.5
    """… and as `today`."""
    slower: float = 1.0
    """Round trips are so many times as long."""
    extra_loss: float = 0.0
    extra_think_ms: float = 0.0
    refused: float = 0.0
    """Share of connections."""
    sack: bool = True


def drawn_side(world: DrawnWorld, seed: int, number: int) -> Side:
    """Draw a side: clients that are ``shared`` are those of ``seed``, all else of ``seed`` and ``number``."""
    every, draw = np.random.default_rng([seed, 99]), np.random.default_rng([seed, number])
    shared = round(world.shared * world.clients)
    clients = world.clients

    def of_client(make: str, *args: float) -> F64:
        """A number for each client."""
        mine: F64 = getattr(every, make)(*args, clients)
        mine[shared:] = getattr(draw, make)(*args, clients)[shared:]
        return mine

    busy = of_client("pareto", world.busy) + 0.3
    far, slow = of_client("normal", 0, world.alike), of_client("normal", 0, world.alike)
    lossy, prone = of_client("normal", 0, world.loss_alike), of_client("gamma", 0.5, 2.0)
    stamps, size = of_client("random") < 0.9, of_client("random")
    far, slow = far + draw.normal(0, world.today, clients), slow + draw.normal(0, world.today, clients)
    # The mean of a client's losses over its days is its own.
    lossy = np.exp(
        lossy - world.loss_alike**2 / 2 + draw.normal(0, world.loss_today, clients) - world.loss_today**2 / 2
    )
    # The bad day of few clients.
    prone = prone * draw.gamma(0.2, 5.0, clients)

    count = world.connections
    client = draw.choice(clients, count, p=busy / busy.sum())
    rtt = 20 * _MS * world.slower * np.exp(far[client] + draw.normal(0, 0.2, count))
    think = 30 * _MS * np.exp(slow[client] + draw.normal(0, world.tail, count)) + world.extra_think_ms * _MS
    bulk = draw.random(count) < 0.2
    segments = np.where(bulk, 12 + (50 * (draw.pareto(1.5, count) + 1)).astype(np.int64), 12)
    # Losses of a connection come in bursts.
    share = np.minimum(0.005 * lossy[client] * draw.gamma(0.3, 1 / 0.3, count) + world.extra_loss, 0.9)
    resent = np.zeros((count, len(LOSS_CAUSES)), np.int64)
    resent[:, 1] = draw.binomial(segments, share)
    resent[:, 0] = draw.binomial(resent[:, 1], 0.3)
    resent[:, 1] -= resent[:, 0]
    has = (
        resent[:, 1] > 0,
        draw.random(count) < np.minimum(0.02 * prone[client], 1),
        draw.random(count) < np.minimum(0.03 * prone[client], 1),
        draw.random(count) < world.refused,
    )
    options = np.ones((count, len(TcpOption)), np.bool_)
    options[:, 2] = stamps[client]
    options[:, 3:] = False
    agreed = options.copy()
    agreed[:, 0] &= world.sack
    asked = draw.integers(_STATEMENTS, size=count)
    unlike = np.exp(of_client("normal", 0, world.alike) + draw.normal(0, world.today, clients))
    name = "10.1.{}.{}"
    address = np.array([
        name.format(one >> 8, one & 255) if one < shared else f"10.{2 + number}.{one >> 8}.{one & 255}"
        for one in range(clients)
    ], object)  # fmt: skip
    return Side(
        streams=np.arange(count),
        began_ns=np.sort(draw.integers(600_000, size=count)) * _MS,
        client=address[client],
        server=np.full(count, "10.9.0.1:80", object),
        port=np.full(count, 80),
        handshake_ns=(rtt * np.exp(draw.normal(0, 0.1, count))).astype(np.int64),
        rtt_ns=rtt.astype(np.int64),
        segments=segments,
        resent=resent,
        exchanges=np.ones(count, np.int64),
        server_think_ns=think.astype(np.int64),
        client_think_ns=(5 * _MS * np.exp(draw.normal(0, 1, count))).astype(np.int64),
        bulk_bytes=np.where(bulk, segments * 1_460, 0),
        bulk_ns=(segments * 100_000 * np.exp(0.5 * far[client] + draw.normal(0, 0.5, count))).astype(np.int64),
        opened=np.ones(count, np.bool_),
        offered=options,
        agreed=agreed,
        mss=_SIZES[np.searchsorted([0.7, 0.9], size)][client],
        found=FoundRows(
            np.concatenate([np.flatnonzero(each) for each in has]),
            np.concatenate([np.full(int(each.sum()), place) for place, each in enumerate(has)]),
            _FINDINGS, (Severity.WARNING,) * len(_FINDINGS),
        ),
        requests=RequestRows(
            np.arange(count), asked,
            (10 * _MS * unlike[client] * np.exp(draw.normal(0, world.tail, count))).astype(np.int64),
            draw.random(count) < 0.02, tuple(f"http GET /{number}" for number in range(_STATEMENTS)),
        ),
    )  # fmt: skip
