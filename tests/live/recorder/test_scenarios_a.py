"""Openings, ends and silences recorded afresh: the kernels did what each scenario says, and its twin did not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cases.recorder.namespaces import End
from cases.recorder.pcapng import read_pcapng
from cases.recorder.segment import Flag, Segment, parse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [
    pytest.mark.live,
    pytest.mark.rerun_on_race(reason="timers of real kernels fire late on a busy machine", reruns=2),
]

NAMES = [
    "syn-dropped-by-firewall", "syn-to-dead-host", "refused-closed-port", "refused-by-filter", "refused-on-the-way",
    "unreachable-port", "unreachable-for-a-moment", "defer-accept", "health-check-probe", "connect-and-abort",
    "stale-syn", "fast-open", "fast-open-closed-early", "port-reused-in-time-wait", "challenge-ack-half-open",
    "window-scale-broken", "abortive-close", "unread-data", "injected-reset", "injected-reset-ignored",
    "keep-alive-timeout", "path-dead", "host-dead", "server-stopped", "data-after-close", "fin-wait-2-timeout",
    "late-segment-in-time-wait", "late-segment-time-wait-kept",
]  # fmt: skip


@pytest.fixture
def recorded(record_all: Callable[..., Path]) -> Path:
    return record_all(NAMES)


def kernel(folder: Path, end: End) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (folder / "kernel.jsonl").read_text().splitlines()]
    return [line for line in lines if line["end"] == end.value]


def states(folder: Path, end: End) -> list[tuple[str, str]]:
    """State changes of the end's connected sockets."""
    lines = [line for line in kernel(folder, end) if "from" in line and not line["remote"].endswith(":0")]
    return [(line["from"], line["to"]) for line in lines]


def resets(folder: Path, end: End) -> list[tuple[str, str]]:
    """State of the socket and the kernel's reason, for each RST that it sent."""
    lines = [line for line in kernel(folder, end) if line.get("kind") == "send-reset"]
    return [(line["state"], line["reason"]) for line in lines]


def errors(folder: Path, end: End) -> set[str]:
    return {line["error"] for line in kernel(folder, end) if "error" in line}


def segments(folder: Path, end: End) -> list[Segment]:
    parsed = [parse(record.data) for record in read_pcapng(folder / f"{end.value}.pcapng")]
    return [segment for segment in parsed if segment is not None]


def sent(folder: Path, end: End, at: End) -> list[Segment]:
    """What ``end`` sent, as the capture ``at`` an end has it."""
    return [each for each in segments(folder, at) if (each.destination_port == 8080) is (end is End.CLIENT)]


def test_dropped_syns_arrive_at_the_server_and_those_to_a_dead_host_do_not(recorded: Path) -> None:
    dropped, dead = recorded / "syn-dropped-by-firewall", recorded / "syn-to-dead-host"

    for folder in (dropped, dead):
        assert states(folder, End.CLIENT)[-1] == ("SYN-SENT", "CLOSED")
        assert errors(folder, End.CLIENT) == {"ETIMEDOUT"}
        assert len(segments(folder, End.CLIENT)) == 3
    assert len(segments(dropped, End.SERVER)) == 3
    assert segments(dead, End.SERVER) == []


def test_refusals_have_one_error_and_three_senders(recorded: Path) -> None:
    closed, filtered, away = (recorded / f"refused-{how}" for how in ("closed-port", "by-filter", "on-the-way"))

    for folder in (closed, filtered, away):
        assert errors(folder, End.CLIENT) == {"ECONNREFUSED"}
    assert resets(closed, End.SERVER) == [("no socket", "NO_SOCKET")]
    assert resets(filtered, End.SERVER) == []
    assert [segment.flags for segment in sent(filtered, End.SERVER, at=End.SERVER)] == [Flag.RST | Flag.ACK]
    assert segments(away, End.SERVER) == []
    assert [segment.flags for segment in sent(away, End.SERVER, at=End.CLIENT)] == [Flag.RST | Flag.ACK]


def test_unreachable_ends_an_opening_but_not_a_connection(recorded: Path) -> None:
    assert errors(recorded / "unreachable-port", End.CLIENT) == {"ECONNREFUSED"}
    assert len(read_pcapng(recorded / "unreachable-port" / "server.pcapng")) == 2
    assert errors(recorded / "unreachable-for-a-moment", End.CLIENT) == set()


def test_deferred_accept_repeats_the_syn_ack_though_the_third_ack_came(recorded: Path) -> None:
    frames = segments(recorded / "defer-accept", End.SERVER)
    syn_acks = [place for place, frame in enumerate(frames) if Flag.SYN in frame.flags and Flag.ACK in frame.flags]
    third_ack = next(place for place, frame in enumerate(frames) if frame.flags == Flag.ACK)

    assert len(syn_acks) == 2
    assert syn_acks[0] < third_ack < syn_acks[1]


def test_probe_leaves_no_socket_and_a_connection_that_is_aborted_does(recorded: Path) -> None:
    assert states(recorded / "health-check-probe", End.SERVER) == []
    assert states(recorded / "connect-and-abort", End.SERVER)[-1] == ("ESTABLISHED", "CLOSED")


def test_stale_syn_is_answered_and_that_answer_reset(recorded: Path) -> None:
    flags = [segment.flags for segment in segments(recorded / "stale-syn", End.SERVER)]

    assert flags[-3:] == [Flag.SYN, Flag.SYN | Flag.ACK, Flag.RST]
    assert resets(recorded / "stale-syn", End.CLIENT)[-1] == ("no socket", "NO_SOCKET")


def test_fast_open_goes_from_syn_received_to_fin_wait_1_without_the_third_ack(recorded: Path) -> None:
    assert ("SYN-RECEIVED", "FIN-WAIT-1") in states(recorded / "fast-open-closed-early", End.SERVER)


def test_port_in_time_wait_is_accepted_and_a_half_open_connection_challenged(recorded: Path) -> None:
    reused, challenged = recorded / "port-reused-in-time-wait", recorded / "challenge-ack-half-open"

    assert len({segment.seq for segment in sent(reused, End.CLIENT, at=End.CLIENT) if Flag.SYN in segment.flags}) == 2
    assert resets(reused, End.CLIENT) == resets(reused, End.SERVER) == []
    assert ("SYN-SENT", "TCP_INVALID_ACK_SEQUENCE") in resets(challenged, End.CLIENT)
    assert states(challenged, End.CLIENT).count(("SYN-SENT", "ESTABLISHED")) == 2


def test_window_that_only_one_end_scales_lets_some_seventy_bytes_through(recorded: Path) -> None:
    lengths = [each.length for each in sent(recorded / "window-scale-broken", End.CLIENT, at=End.CLIENT)]

    assert sum(0 < length <= 70 for length in lengths) >= 3


def test_kernel_knows_an_abort_from_unread_data_and_nothing_of_an_injected_reset(recorded: Path) -> None:
    assert resets(recorded / "abortive-close", End.SERVER) == [("CLOSED", "TCP_STATE")]
    assert resets(recorded / "unread-data", End.SERVER) == [("CLOSED", "TCP_ABORT_ON_CLOSE")]
    assert resets(recorded / "injected-reset", End.SERVER) == []
    assert errors(recorded / "injected-reset", End.CLIENT) == {"ECONNRESET"}


def test_reset_beside_the_next_number_is_challenged_and_ends_nothing(recorded: Path) -> None:
    folder = recorded / "injected-reset-ignored"

    assert any(Flag.RST in segment.flags for segment in sent(folder, End.SERVER, at=End.CLIENT))
    assert errors(folder, End.CLIENT) == set()
    assert ("ESTABLISHED", "FIN-WAIT-1") in states(folder, End.CLIENT)


def test_keep_alive_ends_with_a_reset_and_data_without_one(recorded: Path) -> None:
    for name in ("keep-alive-timeout", "path-dead", "host-dead"):
        assert errors(recorded / name, End.CLIENT) == {"ETIMEDOUT"}
    assert resets(recorded / "keep-alive-timeout", End.CLIENT) == [("ESTABLISHED", "TCP_KEEPALIVE_TIMEOUT")]
    assert resets(recorded / "path-dead", End.CLIENT) == resets(recorded / "host-dead", End.CLIENT) == []


def test_hung_host_still_gets_what_a_dead_path_does_not_carry(recorded: Path) -> None:
    requests = {
        name: [each for each in sent(recorded / name, End.CLIENT, at=End.SERVER) if each.length]
        for name in ("path-dead", "host-dead")
    }

    assert len(requests["path-dead"]) == 1
    assert len(requests["host-dead"]) >= 4


def test_stopped_server_acknowledges_at_once_and_answers_after_it_continues(recorded: Path) -> None:
    frames = read_pcapng(recorded / "server-stopped" / "server.pcapng")
    parsed = [(record.time_ns, parse(record.data)) for record in frames]
    own = [(at, segment) for at, segment in parsed if segment and segment.source_port == 8080]
    asked = [at for at, segment in parsed if segment and segment.destination_port == 8080 and segment.length][1]
    acknowledged = next(at for at, segment in own if at > asked)
    answered = next(at for at, segment in own if at > asked and segment.length)
    log = kernel(recorded / "server-stopped", End.CLIENT)
    goes_on = next(line["time_ns"] for line in log if line.get("call") == "signal SIGCONT")

    assert asked < acknowledged < goes_on < answered


def test_late_data_meet_a_stand_in_or_nothing(recorded: Path) -> None:
    assert resets(recorded / "data-after-close", End.CLIENT) == [("TIME-WAIT", "TCP_TIMEWAIT_SOCKET")]
    assert resets(recorded / "fin-wait-2-timeout", End.CLIENT) == [("no socket", "NO_SOCKET")]


def test_reset_ends_a_time_wait_early_unless_the_sysctl_forbids_it(recorded: Path) -> None:
    assert resets(recorded / "late-segment-in-time-wait", End.CLIENT) == [("no socket", "NO_SOCKET")]
    assert resets(recorded / "late-segment-time-wait-kept", End.CLIENT) == []
    assert len(resets(recorded / "late-segment-time-wait-kept", End.SERVER)) == 2
