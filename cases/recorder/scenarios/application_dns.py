"""Questions to a name server whose answers do not fit into a datagram, and what becomes of asking again over TCP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cases.recorder.commands import execute, launch, scratch
from cases.recorder.firewall import filter_packets
from cases.recorder.scenario import Scenario

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from cases.recorder.program import Program

_PORT: Final = 53
_HTTP: Final = 8080
_REQUEST: Final = b"GET / HTTP/1.1\r\nHost: ns.shop.test\r\nConnection: close\r\n\r\n"
_ONE_LOST: Final = f"udp dport {_PORT} @th,160,32 0x026e7304 quota until 70 bytes drop"
"""Of the queries whose name begins with ``ns`` the first: of the next, the quota is used up."""
_DONE: Final = 0
"""Mark: the client has ended."""
_ZONE: Final = "shop.test"
_CONF: Final = """
server:
    rundir: "{folder}"
    listen: {host}@53
database:
    storage: "{folder}"
template:
  - id: default
    storage: "{folder}"
zone:
  - domain: shop.test
log:
  - target: stderr
    any: warning
"""
_RECORDS: Final = """
$ORIGIN shop.test.
$TTL 300
@ SOA ns hostmaster 1 3600 600 86400 60
@ NS ns
ns A 10.9.0.2
www A 192.0.2.5
"""


def draw(chance: random.Random) -> dict[str, float]:
    """How often is asked, how large an answer is, and how long the client rests in between."""
    return {
        "delay_ms": chance.randint(4, 60),
        "times": chance.randint(1, 4),
        "strings": chance.randint(4, 18),
        "pause_ms": chance.randint(20, 400),
    }


def _knot(*statements: str) -> Callable[[Program], None]:
    """Knot DNS with a zone of its own, behind a packet filter with ``statements``, until the client has ended."""

    def script(me: Program) -> None:
        if statements:
            filter_packets(me, *statements)
        folder = scratch()
        (folder / "knot.conf").write_text(_CONF.format(folder=folder, host=me.host))
        long = " ".join(f'"{chr(97 + number % 26) * 200}"' for number in range(me.p.strings))
        (folder / "shop.test.zone").write_text(f"{_RECORDS}long TXT {long}\n")
        launch(me, ["knotd", "-c", str(folder / "knot.conf")], _PORT)
        me.sleep(0.5)  # it listens before its zone is loaded
        me.ready()
        me.hear(_DONE)
        me.sleep(0.2)

    return script


def _asks(*words: str, name: str = f"long.{_ZONE}", kind: str = "TXT") -> Callable[[Program], None]:
    """kdig, which asks again over TCP by itself where an answer did not fit."""

    def script(me: Program) -> None:
        for _ in range(me.p.times):
            execute(me, ["kdig", f"@{me.peer_host}", "+time=4", "+retry=0", *words, name, kind])
            me.sleep(me.p.pause_ms / 1_000)
        me.tell(_DONE)

    return script


def _story(name: str, shows: str, client: Callable[[Program], None], *statements: str, **more: Any) -> Scenario:
    found = more.pop("found", ())
    never = () if "dns-detour" in found else ("dns-detour",)
    how: dict[str, Any] = {"draw": draw, "port": _PORT, "limit": 60.0, "may_fail": frozenset({"exit 1"}), **more}
    return Scenario(
        id=name, shows=shows, client=client, server=_knot(*statements), findings_client=found, findings_server=found,
        never=never, **how,
    )  # fmt: skip


def _resolves_then_asks(me: Program) -> None:
    """kdig, which asks again after 5 s; then a request to the address that it was given."""
    me.sleep(0.1)
    for name in ("www", "ns"):
        execute(me, ["kdig", f"@{me.peer_host}", "+time=5", "+retry=1", "+noedns", f"{name}.{_ZONE}", "A"])
    connection = me.connect(port=_HTTP)
    connection.send(_REQUEST)
    connection.read_all()
    connection.close()
    me.tell(_DONE)


def _loses_a_query(me: Program) -> None:
    """Knot DNS behind a packet filter that drops one query, and a server of HTTP beside it."""
    filter_packets(me, _ONE_LOST)
    folder = scratch()
    (folder / "knot.conf").write_text(_CONF.format(folder=folder, host=me.host))
    (folder / "shop.test.zone").write_text(_RECORDS)
    launch(me, ["knotd", "-c", str(folder / "knot.conf")], _PORT)
    me.sleep(0.5)  # it listens before its zone is loaded
    listener = me.listen(port=_HTTP)
    me.ready()
    connection = listener.accept()
    connection.read(len(_REQUEST))
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nyes")
    connection.close()
    me.hear(_DONE)
    me.sleep(0.2)


SCENARIOS = [
    Scenario(
        id="dns-lookup",
        shows="A query gets lost and is asked again after 5 s; then the connection opens at once.",
        twin="dns-detour",
        client=_resolves_then_asks,
        server=_loses_a_query,
        draw=draw,
        port=_HTTP,
        findings_client=("dns-lookup",),
        findings_server=("dns-lookup",),
        never=("dns-detour",),
    ),
    _story(
        "dns-detour",
        "Answers do not fit into a datagram, and the client asks each time again over TCP.",
        _asks("+noedns"),
        twin="dns-over-tcp",
        found=("dns-detour",),
    ),
    _story(
        "dns-over-tcp",
        "A client asks over TCP from the beginning, though the answers would not have fitted.",
        _asks("+tcp"),
        twin="dns-detour",
    ),
    _story(
        "dns-detour-refused",
        "Answers do not fit into a datagram, and TCP is refused.",
        _asks("+noedns"),
        "tcp dport 53 reject with tcp reset",
        twin="dns-detour",
        found=("dns-detour", "connection-refused"),
        findings_perhaps=("port-refused",),
    ),
    _story(
        "dns-detour-silent",
        "Answers do not fit into a datagram, and a packet filter drops TCP.",
        _asks("+noedns"),
        "tcp dport 53 drop",
        twin="dns-detour-refused",
        found=("dns-detour",),
        findings_perhaps=("syn-timeout", "syn-retransmission", "port-silent", "host-silent"),
    ),
    _story(
        "dns-fits",
        "A client says that it takes large datagrams (EDNS), and no answer has to be cut.",
        _asks("+bufsize=4096", name=f"www.{_ZONE}", kind="A"),
        twin="dns-detour",
    ),
]
