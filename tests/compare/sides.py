"""Sides of a comparison, drawn: connections of clients that differ, without a capture."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tcptui.compare.side import LOSS_CAUSES, FoundRows, RequestRows, Side, TcpOption
from tcptui.model.finding import FindingId, Severity

if TYPE_CHECKING:
    from numpy.typing import NDArray

MS = 1_000_000


def drawn(
    seed: int, count: int = 400, clients: int = 40, *, rtt_ms: float = 20.0, think_ms: float = 30.0,
    alike: float = 0.4, servers: int = 1, finding: float = 0.0, only_clients: int | None = None,
) -> Side:  # fmt: skip
    """A side: ``alike`` is how much its clients differ (sigma of a logarithm), ``finding`` how many are refused.

    ``only_clients``: those that are refused are connections of so many clients.
    """
    draw = np.random.default_rng(seed)
    client = draw.integers(clients, size=count)
    of_client = np.random.default_rng(clients).normal(0, alike, clients)
    rtt = (rtt_ms * MS * np.exp(of_client[client] + draw.normal(0, 0.2, count))).astype(np.int64)
    has = draw.random(count) < finding if only_clients is None else client < only_clients
    nothing = np.zeros(0, np.int64)
    return Side(
        streams=np.arange(count),
        began_ns=np.sort(draw.integers(600_000, size=count)) * MS,
        client=np.array([f"10.0.0.{one}" for one in client], object),
        server=np.array([f"10.2.0.{one}:80" for one in draw.integers(servers, size=count)], object),
        port=np.full(count, 80),
        handshake_ns=rtt,
        rtt_ns=rtt,
        segments=np.full(count, 20),
        resent=np.zeros((count, len(LOSS_CAUSES)), np.int64),
        exchanges=np.ones(count, np.int64),
        server_think_ns=(think_ms * MS * np.exp(draw.normal(0, 1, count))).astype(np.int64),
        client_think_ns=np.zeros(count, np.int64),
        bulk_bytes=np.zeros(count, np.int64),
        bulk_ns=np.zeros(count, np.int64),
        opened=np.ones(count, np.bool_),
        offered=np.ones((count, len(TcpOption)), np.bool_),
        agreed=np.ones((count, len(TcpOption)), np.bool_),
        mss=np.full(count, 1460),
        found=FoundRows(
            np.flatnonzero(has), np.zeros(int(has.sum()), np.int64), (FindingId.CONNECTION_REFUSED,), (Severity.ERROR,)
        ),
        requests=RequestRows(nothing, nothing, nothing, np.zeros(0, np.bool_)),
    )  # fmt: skip


def asking(side: Side, took_ms: NDArray[np.float64], failed: Any = None) -> Side:
    """``side`` with one request in each connection."""
    count = len(side)
    failures = np.zeros(count, np.bool_) if failed is None else failed
    rows = RequestRows(
        np.arange(count), np.zeros(count, np.int64), (took_ms * MS).astype(np.int64), failures, ("http GET /orders",)
    )
    return replace(side, requests=rows)
