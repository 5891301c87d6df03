"""Each rule does to a real connection what it says, and nothing else."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from cases.recorder.pcapng import Record, read_pcapng
from cases.recorder.segment import Flag, Segment, parse

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.live,
    pytest.mark.rerun_on_race(reason="timers of real kernels fire late on a busy machine", reruns=2),
]

IPV4_TTL = 22
TWO_MS = 2_000_000
#: How long the line of "rate" takes for a full segment, at 1 Mbit/s.
ON_THE_LINE_NS = 1514 * 8 * 1000


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def segments(path: Path) -> list[tuple[Record, Segment]]:
    found = [(record, parse(record.data)) for record in read_pcapng(path)]
    return [(record, segment) for record, segment in found if segment is not None]


def third_data(folder: Path) -> dict[str, Any]:
    """What became of the client's third data segment, when first sent."""
    client = read_pcapng(folder / "client.pcapng")
    own = [entry for entry in lines(folder / "link.jsonl") if entry["from"] == "client"]
    data = [entry for entry in own if (s := parse(client[entry["frame"] - 1].data)) and s.length]
    return data[2]


def travel_ms(folder: Path, entry: dict[str, Any]) -> float:
    sent = read_pcapng(folder / f"{entry['from']}.pcapng")[entry["frame"] - 1].time_ns
    return (read_pcapng(folder / f"{entry['to']}.pcapng")[entry["delivered"][0] - 1].time_ns - sent) / 1e6


def late_ms(folder: Path) -> float:
    """How much the link was late at worst, by its own account, taking a frame or handing it over."""
    late_us: int = json.loads((folder / "recording.json").read_text())["late_us"]
    return late_us / 1e3


def test_plain_link_delivers_every_frame_once_and_in_order(ruled: Path) -> None:
    entries = lines(ruled / "plain" / "link.jsonl")

    for end in ("client", "server"):
        numbers = [entry["delivered"] for entry in entries if entry["from"] == end]
        assert all(len(delivered) == 1 for delivered in numbers)
        assert numbers == sorted(numbers)


def test_dropped_segment_is_only_in_its_senders_capture_and_sent_again(ruled: Path) -> None:
    entry = third_data(ruled / "drop")
    again = [line for line in lines(ruled / "drop" / "kernel.jsonl") if line.get("kind") == "retransmit"]

    assert entry["delivered"] == []
    assert entry["dropped"].startswith("drop: client data new")
    assert [(line["end"], line["why"]) for line in again] == [("client", "fast-recovery")]


def test_delayed_segment_needs_that_much_longer_than_the_others(ruled: Path) -> None:
    folder = ruled / "delay"

    # Taken late and handed over late, at worst.
    assert 59 <= travel_ms(folder, third_data(folder)) <= 80 + 2 * late_ms(folder)


def test_reordered_segment_arrives_behind_the_next_two(ruled: Path) -> None:
    folder = ruled / "reorder"
    data = [s.seq for _, s in segments(folder / "server.pcapng") if s.length]

    assert sorted(data[:5]) == [data[0], data[1], data[4], data[2], data[3]]


def test_duplicated_segment_arrives_twice_and_was_sent_once(ruled: Path) -> None:
    entry = third_data(ruled / "duplicate")
    server = read_pcapng(ruled / "duplicate" / "server.pcapng")
    first, second = (server[number - 1] for number in entry["delivered"])

    assert first.data == second.data
    late_ns = 1e6 * late_ms(ruled / "duplicate")  # of either
    assert 1_000_000 - late_ns <= second.time_ns - first.time_ns <= 30_000_000 + late_ns
    kernel = lines(ruled / "duplicate" / "kernel.jsonl")
    assert not [line for line in kernel if line.get("kind") == "retransmit"]


def test_corrupted_segment_differs_in_one_byte_and_is_not_acknowledged(ruled: Path) -> None:
    folder = ruled / "corrupt"
    entry = third_data(folder)
    sent = parse_bytes(folder / "client.pcapng", entry["frame"])
    arrived = parse_bytes(folder / "server.pcapng", entry["delivered"][0])

    different = [i for i in range(IPV4_TTL + 4, len(sent)) if sent[i] != arrived[i]]
    assert len(different) == 1
    assert [line["why"] for line in lines(folder / "kernel.jsonl") if line.get("kind") == "retransmit"]


def parse_bytes(capture: Path, number: int) -> bytes:
    return read_pcapng(capture)[number - 1].data


def test_missed_segment_reaches_its_host_but_not_its_capture(ruled: Path) -> None:
    folder = ruled / "miss"

    assert third_data(folder)["delivered"] == [0]
    assert not [line for line in lines(folder / "kernel.jsonl") if line.get("kind") == "retransmit"]
    assert len(read_pcapng(folder / "client.pcapng")) == len(read_pcapng(folder / "server.pcapng")) + 1


def test_clamped_mss_limits_what_both_ends_send(ruled: Path) -> None:
    largest = max(s.length for _, s in segments(ruled / "clamp" / "client.pcapng"))

    assert largest == 1000 - 12


def test_stripped_option_is_gone_for_both_ends(ruled: Path) -> None:
    info = [line for line in lines(ruled / "strip" / "kernel.jsonl") if line.get("kind") == "tcp-info"]

    assert [line["options"] & 2 for line in info] == [0, 0]


def test_each_router_takes_one_from_the_ttl(ruled: Path) -> None:
    sent = read_pcapng(ruled / "hops" / "client.pcapng")[0].data
    arrived = read_pcapng(ruled / "hops" / "server.pcapng")[0].data

    assert (sent[IPV4_TTL], arrived[IPV4_TTL]) == (64, 55)


def test_ipv6_hosts_lose_and_recover_as_well(ruled: Path) -> None:
    folder = ruled / "ipv6"
    kernel = lines(folder / "kernel.jsonl")

    assert read_pcapng(folder / "client.pcapng")[0].data[12:14] == b"\x86\xdd"
    assert [line["why"] for line in kernel if line.get("kind") == "retransmit"] == ["fast-recovery"]
    assert [line["to"] for line in kernel if "kind" not in line and line["end"] == "client"][-1] == "CLOSED"


def test_router_that_answers_teaches_the_sender_a_smaller_size(ruled: Path) -> None:
    folder = ruled / "black-hole"
    kernel = lines(folder / "kernel.jsonl")

    resends = [line["why"] for line in kernel if line.get("kind") == "retransmit"]
    # A host that was kept from its work for a moment may add resends of its own.
    assert "path-mtu" in resends
    assert max(len(record.data) for record in read_pcapng(folder / "server.pcapng")) <= 1414


def test_injected_reset_arrives_at_one_end_and_was_sent_by_nobody(ruled: Path) -> None:
    folder = ruled / "inject"
    injected = [entry for entry in lines(folder / "link.jsonl") if entry["from"] == "link"]
    client = read_pcapng(folder / "client.pcapng")
    frame = client[injected[0]["delivered"][0] - 1].data
    reset = parse(frame)

    assert len(injected) == 1
    assert reset is not None
    assert reset.flags & Flag.RST
    assert frame[IPV4_TTL] == 33
    assert [line["end"] for line in lines(folder / "kernel.jsonl") if line.get("kind") == "receive-reset"][:1] == [
        "client"
    ]
    assert not [s for _, s in segments(folder / "server.pcapng") if s.flags & Flag.RST and s.destination_port != 8080]


def test_partition_lets_nothing_through_while_it_lasts(ruled: Path) -> None:
    folder = ruled / "partition"
    start = json.loads((folder / "recording.json").read_text())["start_ns"]
    near_s = 0.01 + late_ms(folder) / 1e3  # the link goes by when it took a frame

    for entry in lines(folder / "link.jsonl"):
        at = (entry["time_ns"] - start) / 1e9
        if abs(at - 0.5) > near_s and abs(at - 1.0) > near_s:
            assert bool(entry["delivered"]) is not (0.5 < at < 1.0)
    assert [line for line in lines(folder / "kernel.jsonl") if line.get("why") in ("tail-loss-probe", "rto")]


def test_bottleneck_spaces_full_segments_by_its_line_speed(ruled: Path) -> None:
    folder = ruled / "rate"
    times = [record.time_ns for record, s in segments(folder / "server.pcapng") if s.length][1:7]
    gaps = sorted(later - earlier for earlier, later in pairwise(times))

    # The line may have been free when a late frame came, and a frame may have been handed over late.
    assert abs(gaps[len(gaps) // 2] - ON_THE_LINE_NS) < TWO_MS + 2e6 * late_ms(folder)
    assert times[-1] - times[0] > len(gaps) * ON_THE_LINE_NS - 1e6 * late_ms(folder) - TWO_MS


def test_lost_acks_cost_no_retransmission(ruled: Path) -> None:
    folder = ruled / "acks-lost"
    lost = [entry for entry in lines(folder / "link.jsonl") if "dropped" in entry]

    assert [entry["from"] for entry in lost] == ["server", "server"]


def test_stopped_program_reads_nothing_while_its_kernel_acknowledges(ruled: Path) -> None:
    kernel = lines(ruled / "stopped" / "kernel.jsonl")
    calls = {line["call"]: line for line in kernel if line.get("kind") == "program"}
    server = segments(ruled / "stopped" / "server.pcapng")
    asked = next(place for place, (_, s) in enumerate(server) if s.length)
    acknowledged = next(record.time_ns for record, s in server[asked:] if s.source_port == 8080)

    assert calls["accept"]["until"] > calls["signal SIGCONT"]["time_ns"] > acknowledged
