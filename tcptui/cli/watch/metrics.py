"""``--metrics ADDRESS``: counts of all sources in OpenMetrics' text, served by prometheus_client.

Labels are names of sources, ids of findings and names of states: as many series as the command line and the catalogue
of findings allow, never one for an address or a connection.
"""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Final, NamedTuple

from tcptui.cli.watch.measures import BOUNDS
from tcptui.model.errors import CaptureError, UsageError
from tcptui.model.safe_text import reason_of, safe_text
from tcptui.model.units import NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from prometheus_client.metrics_core import Metric

    from tcptui.cli.watch.feed import Feed

#: Where metrics are served unless an address is named.
LOOPBACK: Final = "127.0.0.1"
_MOST_PORT: Final = 65_535
_SOURCE: Final = ("source",)


class MetricsAddress(NamedTuple):
    """Where to listen."""

    host: str
    port: int


def metrics_address(text: str) -> MetricsAddress:
    """``[HOST:]PORT``; an IPv6 address in brackets.  Raises UsageError, also where the library is missing."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") if host.startswith("[") else host
    is_port = port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) <= _MOST_PORT
    if not is_port or (colon and not host) or (":" in host and not text.startswith("[")):
        raise UsageError("metrics_address", value=safe_text(text))
    if importlib.util.find_spec("prometheus_client") is None:
        raise UsageError("metrics_no_library")
    importlib.import_module("prometheus_client")  # while this process may still read everything it was started with
    return MetricsAddress(host or LOOPBACK, int(port))


def serve_metrics(address: MetricsAddress, feeds: Sequence[Feed]) -> Callable[[], None]:
    """Serve the counts of ``feeds`` at ``address``; returns what ends that.  Raises CaptureError."""
    from prometheus_client import CollectorRegistry, start_http_server

    registry = CollectorRegistry()
    registry.register(WatchCollector(feeds))
    try:
        server, thread = start_http_server(address.port, address.host, registry)
    except OSError as error:
        where = f"{address.host}:{address.port}"
        raise CaptureError("metrics_refused", address=safe_text(where), reason=reason_of(error)) from error

    def end() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return end


class WatchCollector:
    """Makes metrics of what is counted when somebody asks for them."""

    def __init__(self, feeds: Sequence[Feed]) -> None:
        self._feeds = feeds

    def collect(self) -> Iterator[Metric]:
        """The metrics, as of now."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

        up = GaugeMetricFamily("tcptui_source_up", "Whether the source is captured now.", labels=_SOURCE)
        runs = CounterMetricFamily("tcptui_source_connects", "Attempts to capture the source.", labels=_SOURCE)
        packets = CounterMetricFamily("tcptui_packets", "Packets analysed.", labels=_SOURCE)
        octets = CounterMetricFamily("tcptui_wire_bytes", "Their bytes on the wire.", labels=_SOURCE)
        drops = CounterMetricFamily("tcptui_capture_drops", "Packets that the kernel dropped.", labels=_SOURCE)
        lag = GaugeMetricFamily("tcptui_lag_seconds", "How far the analysis is behind.", labels=_SOURCE)
        findings = CounterMetricFamily("tcptui_findings", "Findings told.", labels=("source", "finding"))
        states = GaugeMetricFamily(
            "tcptui_connections", "Connections by the state of an end.", labels=("source", "end", "state")
        )
        offset = GaugeMetricFamily(
            "tcptui_clock_offset_seconds",
            "What must be added to the source's clock to get this host's, at least (low) and at most (high).",
            labels=("source", "bound"),
        )
        rtt = HistogramMetricFamily(
            "tcptui_rtt_seconds", "From a segment to its acknowledgment, at the capture point.", labels=_SOURCE
        )
        think = HistogramMetricFamily(
            "tcptui_server_think_seconds", "Time that the server took to respond, by ended connection.", labels=_SOURCE
        )
        for feed in self._feeds:
            name, totals, counts = [feed.source.name], feed.totals, feed.counts
            up.add_metric(name, float(feed.is_up))
            runs.add_metric(name, feed.run)
            packets.add_metric(name, totals.packets)
            octets.add_metric(name, totals.wire_bytes)
            if totals.dropped is not None:
                drops.add_metric(name, totals.dropped)
            if feed.is_up:
                lag.add_metric(name, counts.get("lag", 0.0))
            for finding, count in sorted(feed.found.copy().items()):
                findings.add_metric([*name, finding], count)
            for end, numbers in counts.get("states", {}).items():
                for state, count in numbers.items():
                    states.add_metric([*name, end, state], count)
            if feed.clock is not None:
                offset.add_metric([*name, "low"], feed.clock.low_ns / NS_PER_S)
                offset.add_metric([*name, "high"], feed.clock.high_ns / NS_PER_S)
            rtt.add_metric(name, _buckets(totals.rtt), totals.rtt_seconds)
            think.add_metric(name, _buckets(totals.think), totals.think_seconds)
        yield from (up, runs, packets, octets, drops, lag, findings, states, offset, rtt, think)


def _buckets(counts: list[int]) -> list[tuple[str, float]]:
    """Cumulative buckets of a `Histogram`'s counts (empty: none yet)."""
    total, buckets = 0, []
    for bound, count in zip((*map(str, BOUNDS), "+Inf"), counts or [0] * (len(BOUNDS) + 1), strict=True):
        total += count
        buckets.append((bound, float(total)))
    return buckets
