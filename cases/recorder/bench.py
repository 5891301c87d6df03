"""Records one scenario: hosts, link, programs and trace, from nothing to files and back to nothing."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import signal
import socket
import time
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cases.recorder.account import RecordingError, link_log, make_account
from cases.recorder.kernel_log import KernelLog
from cases.recorder.kernel_trace import epoch_minus_monotonic_ns
from cases.recorder.link import Link
from cases.recorder.namespaces import Address, End, Host, die_with_parent, enter, hosts, private_mounts
from cases.recorder.pcapng import Record, write_pcapng
from cases.recorder.program import Board, Program
from cases.recorder.stand_still import StandStill
from cases.recorder.tracing import TraceInstance, parse_trace
from cases.recorder.watchdog import watchdog

if TYPE_CHECKING:
    from pathlib import Path

    from cases.recorder.account import Account
    from cases.recorder.scenario import Parameters, Scenario
    from cases.recorder.tracing import TraceEvent

ABOUT: Final = "recording.json"
REFUSED: Final = "refused.json"
"""The name that `ABOUT` gets when the recording cannot be trusted, so that nobody takes it for one."""
ETHERNET_LINK: Final = 1
WARM_UP_DATAGRAMS: Final = 3
START_SECONDS: Final = 300.0
"""Until the server's program is ready: other programs that it starts take long on a busy machine."""
LATE_NS: Final = 50_000_000
"""Later than this a frame tells of the machine's other work, not of the scenario."""
STOOD_NS: Final = 200_000_000
"""A program that waited longer than this for a processor does, too: as long as the shortest retransmission timeout."""
NICE: Final = -15
"""Of the programs: they work little, and what others do on this machine is not to be seen in their connection."""
BUSY: Final = "the machine stood still"
"""What the message of a refused recording says where nothing but that was wrong."""
HEAD_START: Final = 0.02
"""Seconds between the server's listen() and the client's first step."""
WATCHDOG_GRACE: Final = 100.0
"""Seconds beyond start and limit of a scenario after which the watchdog ends a bench that hangs."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What one run left in its folder."""

    folder: Path
    frames: dict[str, int]
    """Of each end's capture."""
    seconds: float


def record(scenario: Scenario, seed: int, folder: Path, probe: bool = False) -> Recording:
    """Runs ``scenario`` and writes its files into ``folder``; takes over this process's namespaces.

    Raises RecordingError when the recording cannot be trusted (the files are written all the same
    where possible: they show what went wrong), TracingError and OSError when the machine does not
    allow it.  ``probe`` adds the sender's variables at every segment received.
    """
    began = time.monotonic()
    parameters = scenario.parameters(seed)
    private_mounts()
    instance = TraceInstance.open()
    try:
        addresses = {end: Address(end, instance.lane, scenario.ipv6, scenario.hosts_of(end)) for end in End}
        log = os.memfd_create("programs")
        offset_ns = epoch_minus_monotonic_ns()
        sysctls = {end: scenario.sysctls_of(end) for end in End}
        instance.start(*_wanted(scenario, addresses, probe))
        with (
            hosts(addresses, sysctls) as pair,
            watchdog(instance, pair, START_SECONDS + scenario.limit + WATCHDOG_GRACE),
        ):
            rates = scenario.rates(parameters)
            link = Link(pair, scenario.rules(parameters), scenario.delays(parameters), rates, scenario.hops)
            still = StandStill()
            problem = _play(scenario, parameters, pair, link, log, still)
            instance.stop()
            link.drain()
            trace = instance.text()
    finally:
        instance.close()
    events = parse_trace(trace.splitlines())
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ABOUT).unlink(missing_ok=True)
    try:
        account = make_account(events, link, addresses, scenario.capturing(parameters))
        programs = _program_log(log, offset_ns)
        _write(folder, scenario, seed, account, link, events, programs, offset_ns, addresses, still)
    except RecordingError:
        (folder / "trace.txt").write_text(trace)
        raise
    problem = distorted(link, account, still) or problem or _unexpected(programs, scenario)
    if problem:
        (folder / ABOUT).rename(folder / REFUSED)
        raise RecordingError(problem)
    frames = {end.value: len(account.captured(end)) for end in End}
    return Recording(folder, frames, time.monotonic() - began)


def _wanted(
    scenario: Scenario, addresses: dict[End, Address], probe: bool
) -> tuple[dict[str, str | None], dict[str, str]]:
    """Trace events with their filters, and those whose call stack is kept."""
    devices = " || ".join(f'name == "{address.device}"' for address in addresses.values())
    ports = " || ".join(f"sport == {port} || dport == {port}" for port in (scenario.port, *scenario.more_ports))
    events: dict[str, str | None] = {
        "net/net_dev_start_xmit": devices,
        "net/netif_receive_skb": devices,
        "sock/inet_sock_set_state": ports,
        "tcp/tcp_retransmit_skb": ports,
        "tcp/tcp_retransmit_synack": ports,
        "tcp/tcp_cong_state_set": ports,
        "tcp/tcp_receive_reset": ports,
        "tcp/tcp_send_reset": None,
    }
    if probe:
        events["tcp/tcp_probe"] = ports
    stacks = {"net/net_dev_start_xmit": devices}
    for event in ("sock/inet_sock_set_state", "tcp/tcp_retransmit_skb", "tcp/tcp_retransmit_synack"):
        stacks[event] = ports
    return events, stacks


# -- the run ---------------------------------------------------------------------------


def _play(
    scenario: Scenario, parameters: Parameters, pair: dict[End, Host], link: Link, log: int, still: StandStill
) -> str:
    """Both programs from start to end, the link in between; returns what went wrong, or ""."""
    board = Board()
    children: dict[End, int] = {}
    watchers: list[int] = []
    statuses: dict[End, int] = {}
    try:
        for end in (End.SERVER, End.CLIENT):
            children[end] = _start(scenario, parameters, end, pair, board, log)
            board.enrol(end, children[end])
            watchers.append(os.pidfd_open(children[end]))
        start_by = time.monotonic_ns() + round(START_SECONDS * 1e9)
        quiet_from = 0

        def finished(now: int) -> bool:
            nonlocal quiet_from
            link.start_ns = board.start_ns
            still.look([child for end, child in children.items() if end not in statuses], now, link.start_ns > 0)
            for end, child in children.items():
                if end not in statuses and os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                    still.last_look(child, link.start_ns > 0)
                    statuses[end] = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
                    quiet_from = now
            ended = len(statuses) == len(children) and now - quiet_from > scenario.quiet * 1e9 and link.idle
            return ended or now > (link.start_ns or start_by) + scenario.limit * 1e9

        link.run(finished, watchers)
    finally:
        unfinished = [end for end in children if end not in statuses]
        for end in unfinished:
            os.kill(children[end], signal.SIGKILL)
            os.waitpid(children[end], 0)
        for watcher in watchers:
            os.close(watcher)
    failed = [end.value for end, status in statuses.items() if status not in (0, -signal.SIGKILL)]
    if failed:
        return f"the program of the {' and the '.join(failed)} failed: {_tail(log)}"
    if unfinished:
        return f"not finished after {scenario.limit} s: {', '.join(end.value for end in unfinished)}"
    return ""


def _start(scenario: Scenario, parameters: Parameters, end: End, pair: dict[End, Host], board: Board, log: int) -> int:
    """Starts the program of one end in its namespace; returns its process id."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        die_with_parent()
        with contextlib.suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, 0, NICE)
        enter(pair[end].namespace)
        for host in pair.values():
            host.close()
        own = pair[end].address
        peer = pair[end.other].address
        _warm_up(peer)
        program = Program(own, peer, scenario.port, scenario.congestion, parameters, board, log)
        if end is End.CLIENT:
            _await_start(board)
        program.run(scenario.client if end is End.CLIENT else scenario.server)
        status = 0
    except BaseException:  # noqa: BLE001 - a forked child must end here, and its parent reports why
        os.write(log, json.dumps({"time_ns": 0, "kind": "traceback", "text": traceback.format_exc()}).encode() + b"\n")
    finally:
        os._exit(status)


def _warm_up(peer: Address) -> None:
    """Datagrams that end in the link: the first call stack a kernel prints takes milliseconds."""
    with socket.socket(socket.AF_INET6 if peer.ipv6 else socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _ in range(WARM_UP_DATAGRAMS):
            probe.sendto(b"warm-up", (peer.host, 9))


def _await_start(board: Board) -> None:
    give_up = time.monotonic() + START_SECONDS
    while not board.start_ns:
        if time.monotonic() > give_up:
            raise RecordingError("the server's program did not get ready")
        time.sleep(0.001)
    time.sleep(HEAD_START)


# -- the files ---------------------------------------------------------------------------


def _program_log(log: int, offset_ns: int) -> list[dict[str, object]]:
    """What the programs noted, on the capture's clock."""
    entries = [json.loads(line) for line in _log_text(log).splitlines()]
    for entry in entries:
        for key in ("time_ns", "until"):
            if key in entry:
                entry[key] += offset_ns
    return entries


def _unexpected(programs: list[dict[str, object]], scenario: Scenario) -> str:
    """The first error of a call that the scenario does not allow, or ""."""
    for entry in programs:
        error = entry.get("error")
        if error is not None and error not in scenario.may_fail:
            return f"{entry['end']}: {entry['call']} failed with {error}"
    return ""


def distorted(link: Link, account: Account, still: StandStill) -> str:
    """Whether the machine was too busy for the scenario's times, or ""."""
    late_ns = max(link.late_ns, _taken_late_ns(link, account))
    if late_ns > LATE_NS:
        return f"{BUSY}: a frame was delivered {late_ns // 1_000_000} ms too late"
    if still.longest_ns > STOOD_NS:
        return f"{BUSY}: a program waited {still.longest_ns // 1_000_000} ms for a processor"
    return ""


def _taken_late_ns(link: Link, account: Account) -> int:
    """How long, at worst, a frame that an interface had sent waited for the link to take it."""
    passed = ((p.time_ns, link.sent[end][index].taken_ns) for (end, index), p in account.sent.items())
    return max((taken - sent for sent, taken in passed if sent >= link.start_ns), default=0)


def _log_text(log: int) -> str:
    size = os.fstat(log).st_size
    return os.pread(log, size, 0).decode()


def _tail(log: int) -> str:
    return " ".join(_log_text(log)[-2000:].split())


def _write(
    folder: Path,
    scenario: Scenario,
    seed: int,
    account: Account,
    link: Link,
    events: list[TraceEvent],
    programs: list[dict[str, object]],
    offset_ns: int,
    addresses: dict[End, Address],
    still: StandStill,
) -> None:
    """The two captures, the kernels' log, the link's log and how it was made."""
    how = f"python -m cases.recorder {scenario.id} --seed {seed}"
    capturing = scenario.capturing(scenario.parameters(seed))
    snapshot = capturing.snapshot
    for end in End:
        write_pcapng(
            folder / f"{end.value}.pcapng",
            [
                Record(p.time_ns + offset_ns + capturing.clock_error_ns(p.number), len(frame), frame[:snapshot])
                for p in account.captured(end)
                for frame in (capturing.shown(p.frame),)
            ],
            link_type=ETHERNET_LINK,
            snapshot=snapshot,
            interface=end.value,
            comment=f"{scenario.shows} Two Linux hosts over a scripted link, captured at the {end.value}'s interface. "
            f"Made by: {how}",
            system=f"{platform.system()} {platform.release().split('-')[0]}",
            application="tcptui cases.recorder",
            dropped=capturing.reports_dropped,
        )
    kernel = KernelLog(account, addresses, offset_ns).read(events)
    _write_lines(folder / "kernel.jsonl", sorted(kernel + programs, key=lambda entry: int(str(entry["time_ns"]))))
    _write_lines(folder / "link.jsonl", link_log(link, account, offset_ns))
    about = {
        "scenario": scenario.id,
        "seed": seed,
        "shows": scenario.shows,
        "twin": scenario.twin,
        "made_by": how,
        "start_ns": link.start_ns + offset_ns,
        "addresses": {end.value: addresses[end].host for end in End},
        "port": scenario.port,
        "parameters": {k: v for k, v in vars(scenario.parameters(seed)).items() if k != "source_ports"},
        "sysctls": {end.value: scenario.sysctls_of(end) for end in End},
        "system": f"{platform.system()} {platform.release()}",
        "late_us": max(link.late_ns, _taken_late_ns(link, account)) // 1000,
        "waited_us": still.longest_ns // 1000,
        **({"clock_set": True} if capturing.set_back else {}),
    }
    (folder / ABOUT).write_text(json.dumps(about, indent=1) + "\n")


def _write_lines(path: Path, entries: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
