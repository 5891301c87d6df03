"""Metrics, read by prometheus_client's own parser: names, counts, and labels that stay few."""

from __future__ import annotations

import json
import socket
from typing import Any
from urllib.request import Request, urlopen

import pytest

pytest.importorskip("prometheus_client")

from prometheus_client.openmetrics.parser import text_string_to_metric_families

from tcptui.cli.watch.feed import Feed
from tcptui.cli.watch.measures import BOUNDS
from tcptui.cli.watch.metrics import MetricsAddress, metrics_address, serve_metrics
from tcptui.cli.watch.sources import SourceKind, Watched
from tcptui.model.errors import CaptureError, UsageError

ACCEPT = {"Accept": "application/openmetrics-text; version=1.0.0"}
BUCKETS = len(BOUNDS) + 1


class Idle:
    socket: socket.socket

    def terminate(self) -> None:
        raise AssertionError

    def finish(self) -> str:
        raise AssertionError


def feed(name: str) -> Feed:
    one = Feed(Watched(name, SourceKind.REMOTE, name))
    one.start(Idle(), 0.0)
    counts = {
        "packets": 10, "bytes": 1000, "dropped": 1, "found": 1, "lag": 0.5, "rtt": [[1] * BUCKETS, 9.0],
        "think": [[0] * (BUCKETS - 1) + [2], 40.0], "states": {"client": {"ESTABLISHED": 3}, "server": {"?": 3}},
    }  # fmt: skip
    said: list[dict[str, Any]] = [
        {"begin": {"clock": {"low": -1_000_000, "high": 2_000_000, "round_trip": 3_000_000}}}, {"status": counts},
    ]  # fmt: skip
    said += [
        {"event": "found", "id": "connection-refused", "finding": n, "client": {"address": f"10.0.0.{n}"}}
        for n in range(50)
    ]
    one.take(b"".join(json.dumps(line).encode() + b"\n" for line in said), 1.0)
    return one


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def scraped(feeds: list[Feed]) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    port = free_port()
    end = serve_metrics(MetricsAddress("127.0.0.1", port), feeds)
    try:
        with urlopen(Request(f"http://127.0.0.1:{port}/metrics", headers=ACCEPT), timeout=60) as answer:
            text = answer.read().decode()
    finally:
        end()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_real_parser_reads_every_count() -> None:
    one, other = feed("a/eth0"), Feed(Watched("b/eth0", SourceKind.REMOTE, "b/eth0"))
    found = scraped([one, other])

    def of(name: str, **labels: str) -> float:
        return found[name, frozenset({"source": "a/eth0", **labels}.items())]

    assert of("tcptui_source_up") == 1
    assert found["tcptui_source_up", frozenset({("source", "b/eth0")})] == 0
    assert of("tcptui_findings_total", finding="connection-refused") == 50
    assert (of("tcptui_packets_total"), of("tcptui_wire_bytes_total"), of("tcptui_capture_drops_total")) == (
        10,
        1000,
        1,
    )
    assert of("tcptui_connections", end="client", state="ESTABLISHED") == 3
    assert (of("tcptui_clock_offset_seconds", bound="low"), of("tcptui_clock_offset_seconds", bound="high")) == (
        -0.001, 0.002,
    )  # fmt: skip
    assert of("tcptui_rtt_seconds_bucket", le="0.001") == 3
    assert (of("tcptui_rtt_seconds_count"), of("tcptui_rtt_seconds_sum")) == (BUCKETS, 9.0)
    assert (of("tcptui_server_think_seconds_bucket", le="10.0"), of("tcptui_server_think_seconds_count")) == (0, 2)


def test_series_do_not_grow_with_addresses() -> None:
    found = scraped([feed("a/eth0")])
    assert not any("10.0.0." in value for _name, labels in found for _label, value in labels)
    assert len(found) < 60


def test_an_address_in_use_is_refused_with_the_reason() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = MetricsAddress("127.0.0.1", taken.getsockname()[1])
        with pytest.raises(CaptureError) as caught:
            serve_metrics(address, [])
    assert caught.value.key == "messages.metrics_refused"


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [("9464", "127.0.0.1", 9464), ("10.0.0.1:80", "10.0.0.1", 80), ("[::1]:9464", "::1", 9464), ("h:1", "h", 1)],
)
def test_loopback_unless_an_address_is_named(text: str, host: str, port: int) -> None:
    assert metrics_address(text) == MetricsAddress(host, port)


@pytest.mark.parametrize("text", ["", "x", "0", "65536", ":9464", "::1:9464", "h:", "1e3", "٣"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        metrics_address(text)
    assert caught.value.key == "messages.metrics_address"


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(UsageError) as caught:
        metrics_address("9464")
    assert caught.value.key == "messages.metrics_no_library"
