"""Stories of several connections with one cause: what a capture shows as a whole."""

from __future__ import annotations

import random
import socket
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Final

from cases.recorder.firewall import filter_packets, pass_on
from cases.recorder.namespaces import End
from cases.recorder.rules import ANY, SERVER, Rule, black_hole, drop, hold
from cases.recorder.scenario import Parameters, Scenario
from cases.recorder.scripts import ANSWER, MSS, REQUEST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cases.recorder.program import Connection, Listener, Program

DONE: Final = 0
"""Mark: the client has done all that it does."""
SYNS_0_1_3: Final = {"net.ipv4.tcp_syn_retries": "2", "net.ipv4.tcp_syn_linear_timeouts": "0"}
"""SYNs after 0, 1 and 3 s; the kernel gives up after 7 s."""
STAGGER: Final = 0.007
GIVES_UP_MS: Final = 3_000
ASKED: Final = b"GET /orders/%02d HTTP/1.1\r\nHost: shop.example\r\n\r\n"
REPLIED: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"


def side_by_side(*jobs: Callable[[], None]) -> None:
    """Runs ``jobs`` at the same time; returns when all have ended."""
    threads = [Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def staggered(me: Program, hosts: int, job: Callable[[int], None]) -> None:
    """``job`` for each host side by side, begun some milliseconds apart: of two frames that two processors send in the
    same microsecond the trace may know another order than the link.
    """

    def late(host: int) -> None:
        me.sleep(STAGGER * host)
        job(host)

    side_by_side(*(lambda host=host: late(host) for host in range(hosts)))  # type: ignore[misc]


def ask(connection: Connection) -> None:
    """One request, its answer read."""
    connection.send(REQUEST)
    connection.read(ANSWER)


def ask_once(me: Program, host: int = 0, own_host: int = 0) -> None:
    """A connection with one request, closed when it is answered."""
    connection = me.connect(host=host, own_host=own_host)
    ask(connection)
    connection.close()


def answer(connection: Connection) -> None:
    """Answers one request, and closes when the client has."""
    connection.read(REQUEST)
    connection.send(ANSWER)
    connection.read_all()
    connection.close()


def answer_each(listener: Listener, count: int) -> None:
    """Answers one connection after the other."""
    for _ in range(count):
        answer(listener.accept())


def try_in_vain(me: Program, seconds: Iterable[float], host: int = 0, port: int | None = None) -> list[Connection]:
    """Starts an attempt at each of ``seconds``; none is waited for."""
    attempts = []
    for second in seconds:
        me.at(second)
        attempts.append(me.begin_connect(host=host, port=port))
    return attempts


# -- a stall of all ------------------------------------------------------------------------

STALL_HOSTS: Final = 4
ROUNDS: Final = 8


def draw_stall(chance: random.Random) -> dict[str, float]:
    """When everything stands still, and for how long."""
    return {"delay_ms": chance.randint(10, 25), "stalls_at": 1.1, "lasts": chance.choice([0.9, 1.2, 1.5])}


def talk_to_all(me: Program) -> None:
    """A request to each server four times a second, all answers read before the next round."""
    connections = [me.connect(host=host) for host in range(STALL_HOSTS)]
    for number in range(ROUNDS):
        me.at(0.4 + number / 4)
        for connection in connections:
            connection.send(REQUEST)
        for connection in connections:
            connection.read(ANSWER)
    for connection in connections:
        connection.close()


def answer_all_rounds(me: Program) -> None:
    """Each server answers at once."""

    def serve(listener: Listener) -> None:
        connection = listener.accept()
        for _ in range(ROUNDS):
            connection.read(REQUEST)
            connection.send(ANSWER)
        connection.read_all()
        connection.close()

    side_by_side(*_each_serving(me, STALL_HOSTS, serve))


def _each_serving(me: Program, hosts: int, serve: Callable[[Listener], None]) -> list[Callable[[], None]]:
    """A job for each host: ``serve`` with its listener.  All listen before the client begins."""
    listeners = [me.listen(host=host) for host in reversed(range(hosts))][::-1]
    return [lambda listener=listener: serve(listener) for listener in listeners]  # type: ignore[misc]


COMMON_STALL = Scenario(
    id="common-stall",
    shows="A client talks to four servers when its radio stands still: for a second or so nothing passes in either "
    "direction, then everything that waited arrives together.",
    twin="slow-server",
    client=talk_to_all,
    server=answer_all_rounds,
    draw=draw_stall,
    rules=lambda p: [hold(ANY.between(p.stalls_at, p.stalls_at + p.lasts), p.stalls_at + p.lasts)],
    server_hosts=STALL_HOSTS,
    findings_client=("common-stall",),
    findings_perhaps=(
        "common-stall", "spurious-retransmission", "retransmission-timeout", "tail-loss", "server-think-time",
        "client-think-time", "retransmission-unexplained", "lost-retransmission",
    ),
    never=("slow-server", "lossy-host", "host-silent"),
)  # fmt: skip


# -- many tried ----------------------------------------------------------------------------

TARGETS: Final = 22
LIVING: Final = (5, 13)
GONE: Final = tuple(host for host in range(TARGETS) if host not in LIVING and host % 3)
"""Of the other hosts every third is up and refuses."""


def try_all(me: Program) -> None:
    """Works through a list of addresses; most are out of date."""
    attempts = []
    for host in range(TARGETS):
        me.at(0.1 * host)
        attempts.append(me.begin_connect(host=host))
    me.at(9.5)
    for host in LIVING:
        ask(attempts[host])
    for attempt in attempts:
        attempt.close()


def answer_where_alive(me: Program) -> None:
    """Two of the addresses are still in use."""
    side_by_side(*(lambda host=host: answer(me.listen(host=host).accept()) for host in LIVING))  # type: ignore[misc]


MANY_TARGETS = Scenario(
    id="many-targets",
    shows="A program works through a list of 22 addresses, of which two still answer; the others are gone or refuse.",
    twin="host-silent",
    client=try_all,
    server=answer_where_alive,
    rules=lambda _: [drop(ANY.of_server(*GONE))],
    server_hosts=TARGETS,
    client_sysctls=SYNS_0_1_3,
    findings_client=("many-targets",),
    findings_perhaps=("syn-timeout", "syn-retransmission", "connection-refused", "client-think-time"),
    never=("host-silent", "port-silent", "port-refused"),
)


# -- a host, a port ------------------------------------------------------------------------


def try_one_of_three(me: Program) -> None:
    """Two servers answer, the third never does."""
    ask_once(me, host=0)
    attempts = try_in_vain(me, (0.3, 0.8, 1.5), host=2)
    ask_once(me, host=1)
    me.at(2.5)
    ask_once(me, host=0)
    me.at(9.0)
    for attempt in attempts:
        attempt.close()


def two_answer(me: Program) -> None:
    """The two that are up."""
    side_by_side(
        lambda: answer_each(me.listen(host=1), 1),
        lambda: answer_each(me.listen(host=0), 2),
    )


HOST_SILENT = Scenario(
    id="host-silent",
    shows="Of three servers one is down: no attempt to reach it is answered, while the others work.",
    twin="port-silent",
    client=try_one_of_three,
    server=two_answer,
    rules=lambda _: [drop(ANY.of_server(2))],
    server_hosts=3,
    client_sysctls=SYNS_0_1_3,
    findings_client=("host-silent",),
    findings_perhaps=("syn-retransmission", "syn-timeout"),
    never=("port-silent", "many-targets"),
)

SECURE: Final = 8443


def try_other_port(me: Program) -> None:
    """The ordinary port works, the other one never answers."""
    ask_once(me)
    attempts = try_in_vain(me, (0.3, 0.8, 1.5), port=SECURE)
    ask_once(me)
    me.at(9.0)
    for attempt in attempts:
        attempt.close()


def behind_a_filter(me: Program) -> None:
    """A packet filter drops what comes for one of the two ports."""
    filter_packets(me, f"tcp dport {SECURE} drop")
    answer_each(me.listen(), 2)


PORT_SILENT = Scenario(
    id="port-silent",
    shows="The server's packet filter drops what comes for port 8443; port 8080 of the same host answers.",
    twin="host-silent",
    client=try_other_port,
    server=behind_a_filter,
    more_ports=(SECURE,),
    client_sysctls=SYNS_0_1_3,
    findings_client=("port-silent",),
    findings_server=("port-silent",),
    findings_perhaps=("syn-retransmission", "syn-timeout"),
    never=("host-silent", "many-targets", "port-refused"),
)

# -- an answer of somebody else --------------------------------------------------------------

BEHIND: Final = 1
"""The server's host that gets what is sent to the port `SECURE` of host 0, and answers under its own address."""


def try_translated_port(me: Program) -> None:
    """The ordinary port works; what the other one's server answers has another address."""
    ask_once(me)
    attempts = try_in_vain(me, (0.3, 0.8), port=SECURE)
    ask_once(me)
    me.at(5.0)
    for attempt in attempts:
        attempt.close()


def behind_half_a_translation(me: Program) -> None:
    """Host 1 serves the port for host 0; the way to it changes the address, the way back does not."""
    pass_on(me, SECURE, me.own_address(BEHIND))
    listener = me.listen()
    me.listen(host=BEHIND, port=SECURE)
    answer_each(listener, 2)


ANSWERED_ELSEWHERE = Scenario(
    id="answered-elsewhere",
    shows="Port 8443 of a server is translated to another address on the way in and not back on the way out: the "
    "SYN-ACK has an address that the client never asked, and the client resets it.",
    twin="port-silent",
    client=try_translated_port,
    server=behind_half_a_translation,
    more_ports=(SECURE,),
    server_hosts=2,
    client_sysctls={"net.ipv4.tcp_syn_retries": "1", "net.ipv4.tcp_syn_linear_timeouts": "0"},
    findings_client=("answered-elsewhere",),
    findings_server=("answered-elsewhere",),
    findings_perhaps=("syn-retransmission", "syn-timeout", "probe-connection", "rst-dead-connection"),
    never=("host-silent", "port-silent", "many-targets", "port-refused"),
)

# -- SYNs of a kind ------------------------------------------------------------------------


def try_with_ecn(me: Program) -> None:
    """Four connections one after the other, each of which offers ECN at first."""
    for number in range(4):
        me.at(1.4 * number)
        ask_once(me)


def behind_an_old_filter(me: Program) -> None:
    """A packet filter takes the flags that offer ECN for an attack."""
    filter_packets(me, "tcp flags & (syn | ecn | cwr) == syn | ecn | cwr drop")
    answer_each(me.listen(), 4)


ECN_SYNS_DROPPED = Scenario(
    id="ecn-syns-dropped",
    shows="A packet filter drops SYNs that offer ECN; the client repeats each without the offer after a second, and it "
    "is answered at once.",
    twin="port-silent",
    client=try_with_ecn,
    server=behind_an_old_filter,
    client_sysctls={"net.ipv4.tcp_ecn": "1"},
    findings_client=("selective-syns",),
    findings_server=("selective-syns",),
    findings_perhaps=("syn-retransmission", "client-think-time"),
    never=("host-silent", "port-silent", "many-targets"),
)

CLOSED: Final = 8081


def try_closed_port(me: Program) -> None:
    """Two clients try a port at which nothing listens; one of them reaches the ordinary port."""
    ask_once(me)
    for number in range(4):
        me.at(0.3 + 0.4 * number)
        with suppress(ConnectionRefusedError):
            me.connect(port=CLOSED, own_host=number % 2)
    ask_once(me)


PORT_REFUSED = Scenario(
    id="port-refused",
    shows="Nothing listens on port 8081: each of four attempts of two clients is refused, while port 8080 serves.",
    twin="server-restarted",
    client=try_closed_port,
    server=lambda me: answer_each(me.listen(), 2),
    more_ports=(CLOSED,),
    client_hosts=2,
    may_fail=frozenset({"ECONNREFUSED"}),
    findings_client=("port-refused", "connection-refused"),
    findings_server=("port-refused", "connection-refused"),
    never=("server-restarted", "many-targets", "port-silent"),
)


# -- a restart -----------------------------------------------------------------------------


def draw_restart(chance: random.Random) -> dict[str, float]:
    """When the server comes back; it goes away at second 1."""
    return {"delay_ms": chance.randint(10, 40), "back_at": chance.choice([2.6, 3.1])}


def keep_trying(me: Program) -> None:
    """Two connections are open when the server goes away; tries again until it is back."""
    pooled = [me.connect(), me.connect()]
    for connection in pooled:
        ask(connection)
    ask_once(me)
    for connection in pooled:
        connection.read_all()
        connection.close()
    for second in (1.3, 1.8, 2.3):
        me.at(second)
        with suppress(ConnectionRefusedError):
            me.connect()
    me.at(me.p.back_at + 0.2)
    for _ in range(2):
        ask_once(me)


def go_and_come_back(me: Program) -> None:
    """Closes everything, listens again later."""
    listener = me.listen()
    pooled = [listener.accept(), listener.accept()]
    for connection in pooled:
        connection.read(REQUEST)
        connection.send(ANSWER)
    answer(listener.accept())
    me.at(1.0)
    listener.close()
    for connection in pooled:
        connection.close()
    me.at(me.p.back_at)
    answer_each(me.listen(), 2)


SERVER_RESTARTED = Scenario(
    id="server-restarted",
    shows="A server's program ends, with it two open connections; three attempts are refused, then it serves again.",
    twin="port-refused",
    client=keep_trying,
    server=go_and_come_back,
    draw=draw_restart,
    may_fail=frozenset({"ECONNREFUSED"}),
    findings_client=("server-restarted", "connection-refused"),
    findings_server=("server-restarted", "connection-refused"),
    findings_perhaps=("client-think-time", "half-close"),
    never=("port-refused", "many-targets"),
)


# -- resets by the clock -------------------------------------------------------------------

RESETS: Final = 7


def connect_again(me: Program) -> None:
    """A connection with one request that should stay open; a new one whenever it is reset."""
    for _ in range(RESETS):
        connection = me.connect()
        ask(connection)
        with suppress(ConnectionResetError):
            connection.read_all()
        connection.close()


def reset_by_the_clock(me: Program) -> None:
    """Ends each connection with a RST when it has lasted so long."""
    listener = me.listen()
    for _ in range(RESETS):
        connection = listener.accept()
        connection.read(REQUEST)
        connection.send(ANSWER)
        me.sleep(me.p.every)
        connection.abort()


REPEATED_RESETS = Scenario(
    id="repeated-resets",
    shows="A server ends each connection of a client with a RST after some seconds; the client opens another at once.",
    twin="server-restarted",
    client=connect_again,
    server=reset_by_the_clock,
    draw=lambda chance: {"delay_ms": chance.randint(10, 40), "every": chance.choice([2.5, 3.0])},
    may_fail=frozenset({"ECONNRESET"}),
    limit=60.0,
    findings_client=("repeated-resets", "rst-abortive-close"),
    findings_server=("repeated-resets", "rst-abortive-close"),
    never=("server-restarted", "port-refused"),
)


# -- one queue -----------------------------------------------------------------------------

QUEUE: Final = 4
"""Admits five waiting connections, and four half-open ones: with more, Linux would answer with SYN cookies."""
FIRST: Final = 4
RUSH: Final = 4
LATE: Final = 2


def rush(me: Program) -> None:
    """Four connections fill the queue but for one place; four more come at once, two when it is full."""
    connections = [me.connect(own_host=number % 2) for number in range(FIRST)]
    me.at(0.5)
    connections += [me.begin_connect(own_host=number % 2) for number in range(RUSH)]
    me.at(0.9)
    connections += [me.begin_connect(own_host=number % 2) for number in range(LATE)]
    side_by_side(*(lambda one=connection: _take_greeting(one) for connection in connections))  # type: ignore[misc]


def _take_greeting(connection: Connection) -> None:
    connection.read(ANSWER)
    connection.send(REQUEST)
    connection.read_all()
    connection.close()


def greet_late(me: Program) -> None:
    """Accepts nobody for a while."""
    listener = me.listen(backlog=QUEUE)
    me.at(me.p.accepts_at)
    for _ in range(FIRST + RUSH + LATE):
        connection = listener.accept()
        connection.send(ANSWER)
        connection.read(REQUEST)
        connection.close()


LISTENER_OVERFLOW = Scenario(
    id="listener-overflow",
    shows="A server accepts nobody for two seconds: the queue of its port overflows for clients of two hosts.",
    twin="port-silent",
    client=rush,
    server=greet_late,
    draw=lambda chance: {"delay_ms": chance.randint(10, 40), "accepts_at": chance.choice([2.3, 2.6])},
    client_hosts=2,
    findings_client=("listener-overflow", "accept-queue-full"),
    findings_server=("listener-overflow", "accept-queue-full"),
    findings_perhaps=(
        "syn-ack-retransmission", "syn-retransmission", "server-think-time", "retransmission-timeout", "tail-loss",
    ),
    never=("third-ack-lost", "port-silent", "lossy-host"),
)  # fmt: skip


# -- one server, one path --------------------------------------------------------------------

SLOW_ASKED: Final = 3


def ask_three_servers(me: Program) -> None:
    """Three requests to each of three servers, each on a connection of its own."""

    def ask_host(host: int) -> None:
        for number in range(SLOW_ASKED):
            connection = me.connect(host=host)
            connection.send(ASKED % (10 * host + number))
            connection.read(len(REPLIED))
            connection.close()

    staggered(me, 3, ask_host)


def one_is_slow(me: Program) -> None:
    """The first server takes its time."""

    def serve(listener: Listener, seconds: float) -> None:
        for _ in range(SLOW_ASKED):
            connection = listener.accept()
            connection.read(len(ASKED % 0))
            me.sleep(seconds)
            connection.send(REPLIED)
            connection.read_all()
            connection.close()

    fast = [me.listen(host=2), me.listen(host=1)]
    slow = me.listen(host=0)
    side_by_side(lambda: serve(slow, me.p.slow), lambda: serve(fast[0], 0), lambda: serve(fast[1], 0))


SLOW_SERVER = Scenario(
    id="slow-server",
    shows="Of three servers one takes two seconds for each answer; the others answer at once.",
    twin="common-stall",
    client=ask_three_servers,
    server=one_is_slow,
    draw=lambda chance: {"delay_ms": chance.randint(10, 30), "slow": chance.choice([1.8, 2.1, 2.4])},
    server_hosts=3,
    findings_client=("slow-server", "server-think-time"),
    findings_server=("slow-server", "server-think-time"),
    never=("common-stall", "lossy-host"),
)

DOWNLOADS: Final = 3
SEGMENTS: Final = 12
LOSSY_HOSTS: Final = 4


def download_from_all(me: Program) -> None:
    """Three downloads from each of four servers."""

    def download(host: int) -> None:
        for _ in range(DOWNLOADS):
            connection = me.connect(host=host)
            connection.send(REQUEST)
            connection.read(SEGMENTS * MSS)
            connection.close()

    staggered(me, LOSSY_HOSTS, download)


def upload_to_all(me: Program) -> None:
    """Each server sends its segments."""

    def serve(listener: Listener) -> None:
        for _ in range(DOWNLOADS):
            connection = listener.accept()
            connection.read(REQUEST)
            connection.send(SEGMENTS * MSS)
            connection.read_all()
            connection.close()

    side_by_side(*_each_serving(me, LOSSY_HOSTS, serve))


def lose_of_one(_: Parameters) -> list[Rule]:
    """Of each download from the first server one segment in the middle and the last one, and some of the repeats."""
    lost = [SEGMENTS * number + place for number in range(DOWNLOADS) for place in (4, SEGMENTS)]
    lossy = SERVER.of_server(0)
    return [drop(lossy.data.new.nth(*lost)), drop(lossy.data.again.nth(1, 4, 7))]


LOSSY_HOST = Scenario(
    id="lossy-host",
    shows="Four servers send files to one client; on the path of one of them packets are lost.",
    twin="common-stall",
    client=download_from_all,
    server=upload_to_all,
    draw=lambda chance: {"delay_ms": chance.randint(10, 25)},
    rules=lose_of_one,
    server_hosts=LOSSY_HOSTS,
    findings_client=("lossy-host",),
    findings_server=("lossy-host",),
    findings_perhaps=(
        "fast-retransmission", "retransmission-timeout", "tail-loss", "lost-retransmission",
        "spurious-retransmission", "retransmission-unexplained", "path-limited", "out-of-order",
    ),
    never=("common-stall", "path-mtu-shared", "slow-server"),
)  # fmt: skip


# -- one device on the way -------------------------------------------------------------------

FORGETS_AFTER: Final = 12.0
IDLE_HOSTS: Final = (0, 0, 1)


def draw_rest(chance: random.Random) -> dict[str, float]:
    """How long the pool rests; the device on the way forgets earlier."""
    return {"delay_ms": chance.randint(10, 30), "idle": chance.choice([18.0, 20.0])}


def wake_the_pool(me: Program) -> None:
    """Three connections of a pool rest; each is used again, in vain, and a new one works."""
    pooled = [me.connect(host=host) for host in IDLE_HOSTS]
    for connection in pooled:
        connection.option(socket.TCP_USER_TIMEOUT, GIVES_UP_MS)
        ask(connection)
    me.at(me.p.idle)
    for connection in pooled:
        connection.send(REQUEST)
        me.sleep(0.2)
    for connection in pooled:
        with suppress(TimeoutError):
            connection.read(ANSWER)
        connection.close()
    for host in (0, 1):
        ask_once(me, host=host)
    me.tell(DONE)


def answer_old_and_new(me: Program) -> None:
    """Keeps the old connections open: it does not learn what became of them."""

    def serve(listener: Listener, old: int) -> None:
        kept = []
        for _ in range(old):
            kept.append(listener.accept())
            kept[-1].read(REQUEST)
            kept[-1].send(ANSWER)
        answer(listener.accept())
        me.hear(DONE)

    second = me.listen(host=1)
    first = me.listen(host=0)
    side_by_side(lambda: serve(first, IDLE_HOSTS.count(0)), lambda: serve(second, IDLE_HOSTS.count(1)))


IDLE_FLOWS_DROPPED = Scenario(
    id="idle-flows-dropped",
    shows="A NAT forgets three idle connections of a pool, to two servers; new connections to both work at once.",
    twin="path-dead",
    client=wake_the_pool,
    server=answer_old_and_new,
    draw=draw_rest,
    rules=lambda _: [drop(ANY.of_connection(number).after(FORGETS_AFTER)) for number in range(len(IDLE_HOSTS))],
    server_hosts=2,
    may_fail=frozenset({"ETIMEDOUT"}),
    limit=60.0,
    findings_client=("idle-flows-dropped", "idle-connection-dropped"),
    findings_perhaps=("retransmission-timeout", "tail-loss", "still-open", "client-think-time"),
    never=("path-lost", "lossy-host"),
)

MTU_SEGMENTS: Final = 8


def ask_two_for_segments(me: Program) -> None:
    """A download from each of two servers."""

    def download(host: int) -> None:
        connection = me.connect(host=host)
        connection.send(REQUEST)
        connection.read(MTU_SEGMENTS * MSS)
        connection.close()

    staggered(me, 2, download)


def send_large(me: Program) -> None:
    """Both servers answer with full segments."""

    def serve(listener: Listener) -> None:
        connection = listener.accept()
        connection.read(REQUEST)
        connection.send(MTU_SEGMENTS * MSS)
        connection.read_all()
        connection.close()

    side_by_side(*_each_serving(me, 2, serve))


PATH_MTU_SHARED = Scenario(
    id="path-mtu-shared",
    shows="A tunnel in front of the client carries smaller packets than the servers send, and nobody says so: large "
    "ones of both servers vanish, small ones pass.",
    twin="lossy-host",
    client=ask_two_for_segments,
    server=send_large,
    draw=lambda chance: {"delay_ms": chance.randint(10, 30), "mtu": chance.choice([1400, 1420])},
    rules=lambda p: [black_hole(End.SERVER, p.mtu)],
    # As for `path-mtu-black-hole`: the search for a smaller size begins after the second time-out.
    server_sysctls={"net.ipv4.tcp_mtu_probing": "1", "net.ipv4.tcp_retries1": "2"},
    server_hosts=2,
    findings_server=("path-mtu-shared", "path-mtu-blackhole", "retransmission-timeout"),
    findings_perhaps=("retransmission-timeout", "lost-retransmission", "tail-loss", "server-think-time"),
    never=("lossy-host", "path-lost"),
)

# -- near-twins -------------------------------------------------------------------------------


def try_in_an_outage(me: Program) -> None:
    """One server answers; three attempts to another one while the client's own link is out; then the first again."""
    ask_once(me, host=0)
    attempts = try_in_vain(me, (1.2, 1.6, 2.0), host=1)
    me.at(7.0)
    for attempt in attempts:
        attempt.close()
    me.at(9.0)
    ask_once(me, host=0)


CLIENT_LINK_OUT = Scenario(
    id="client-link-out",
    shows="The client's own link is out for some seconds, in which it tries a server that is up; nothing arrives.",
    twin="host-silent",
    client=try_in_an_outage,
    server=lambda me: answer_each(me.listen(), 2),
    rules=lambda _: [drop(ANY.between(1.0, 8.0))],
    server_hosts=2,
    client_sysctls=SYNS_0_1_3,
    findings_perhaps=("syn-timeout", "syn-retransmission"),
    never=("host-silent", "port-silent", "many-targets", "common-stall"),
)


def one_client_of_two(me: Program) -> None:
    """The first client is served, the second refused, the first never tries again."""
    ask_once(me)
    for second in (0.6, 1.0, 1.4):
        me.at(second)
        with suppress(ConnectionRefusedError):
            me.connect(own_host=1)


def refuse_one(me: Program) -> None:
    """A filter refuses one client with a RST."""
    filter_packets(me, f"ip saddr {me.peer_address(1)} tcp dport 8080 reject with tcp reset")
    answer_each(me.listen(), 1)
    me.at(1.8)


ONE_CLIENT_REFUSED = Scenario(
    id="one-client-refused",
    shows="A packet filter refuses one of two clients; the port serves the other one.",
    twin="server-restarted",
    client=one_client_of_two,
    server=refuse_one,
    client_hosts=2,
    may_fail=frozenset({"ECONNREFUSED"}),
    findings_client=("connection-refused",),
    findings_server=("connection-refused",),
    never=("server-restarted", "port-refused"),
)

SCENARIOS = [
    CLIENT_LINK_OUT,
    ONE_CLIENT_REFUSED,
    COMMON_STALL,
    MANY_TARGETS,
    HOST_SILENT,
    PORT_SILENT,
    ANSWERED_ELSEWHERE,
    ECN_SYNS_DROPPED,
    PORT_REFUSED,
    SERVER_RESTARTED,
    REPEATED_RESETS,
    LISTENER_OVERFLOW,
    SLOW_SERVER,
    LOSSY_HOST,
    IDLE_FLOWS_DROPPED,
    PATH_MTU_SHARED,
]
