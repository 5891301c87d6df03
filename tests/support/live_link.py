"""Two network namespaces, a veth pair between them, a server in one and bounded clients in the other."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import count
from typing import TYPE_CHECKING, Final, Self

from tmux_terminal import until

if TYPE_CHECKING:
    from types import TracebackType

CLIENT: Final = "10.79.0.1"
SERVER: Final = "10.79.0.2"
#: The interface in the server's namespace, where the program captures.
INTERFACE: Final = "wire0"
PORT: Final = 8080
_NUMBERS: Final = count()

#: Answers each request with 1000 bytes behind a header of 41.
_SERVE: Final = """
import socket, sys, threading
listener = socket.create_server((sys.argv[1], int(sys.argv[2])), backlog=64)
print("ready", flush=True)
def serve(peer):
    with peer:
        while peer.recv(65536):
            peer.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 1000\\r\\n\\r\\n" + b"a" * 1000)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""
_ASK: Final = """
import socket, sys
for number in range(int(sys.argv[3])):
    with socket.create_connection((sys.argv[1], int(sys.argv[2])), 600) as peer:
        for _ in range(int(sys.argv[4])):
            peer.sendall(b"GET / HTTP/1.1\\r\\nHost: wire.example\\r\\n\\r\\n")
            left = 1041
            while left > 0:
                left -= len(peer.recv(left))
"""
#: Frames as they stand on the wire, in numbers a kernel's own sockets do not reach.
_FLOOD: Final = """
import socket, struct, sys
interface, kind, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
flags, payload = (0x02, b"") if kind == "syn" else (0x18, bytes(range(100)))
size = 40 + len(payload)
ethernet = bytes.fromhex("0200000000630200000000010800")
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind((interface, 0))
sent = 0
for number in range(count):
    source, turn = (number, 0) if kind == "syn" else (number % 1000, number // 1000)
    address = 0x0B000000 + source  # 11.0.0.0 and on
    ip = struct.pack(">BBHHHBBHII", 0x45, 0, size, number & 0xFFFF, 0, 64, 6, 0, address, 0x0A4F0063)
    words = struct.unpack(">10H", ip)
    total = sum(words)
    total = (total & 0xFFFF) + (total >> 16)
    ip = ip[:10] + struct.pack(">H", ~(total + (total >> 16)) & 0xFFFF) + ip[12:]
    tcp = struct.pack(">HHIIBBHHH", 1024 + source % 60000, 80, 1000 + turn * len(payload), 1, 0x50, flags, 8192, 0, 0)
    try:
        sent += out.send(ethernet + ip + tcp + payload) > 0
    except OSError:
        pass  # no room for it at the moment
with open(f"/sys/class/net/{interface}/statistics/tx_dropped") as dropped:
    print(sent - int(dropped.read()))
"""


#: UDP packets that end with their number, 2,000 a second, or 300 after "slow", until "stop"; says the last number.
_NUMBER: Final = """
import os, select, socket, sys, time
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
number, pace = -1, 10
while True:
    if select.select([0], [], [], 0)[0]:
        words = os.read(0, 100).split()
        if not words or b"stop" in words:
            break
        pace = 4 if words[-1] == b"slow" else 10
    for _ in range(pace):
        number += 1
        try:
            out.sendto(number.to_bytes(20, "big"), (sys.argv[1], 9))
        except ConnectionRefusedError:
            number -= 1  # the ICMP error about an earlier one; this one was not sent
    time.sleep(0.05 / pace)
print(number)
"""


def run(*words: str) -> str:
    """Run a command to its end; its output."""
    return subprocess.run(words, check=True, timeout=600, capture_output=True, text=True).stdout


class Numbers:
    """A sender of numbered packets, 2,000 a second."""

    def __init__(self, sender: subprocess.Popen[str]) -> None:
        self._sender = sender

    def pace(self, word: str) -> None:
        """``slow``: some 300 a second from now on; ``fast``: 2,000 again."""
        assert self._sender.stdin is not None
        self._sender.stdin.write(f"{word}\n")
        self._sender.stdin.flush()

    def stop(self) -> int:
        """Send no more; the last number."""
        return int(self._sender.communicate("stop\n", timeout=600)[0])


class Link:
    """The pair, for a with statement; everything is gone after it."""

    def __init__(self) -> None:
        name = f"tcptui-e2e-{os.getpid()}-{next(_NUMBERS)}"
        self.client, self.server = f"{name}-c", f"{name}-s"
        self._servers: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Self:
        for namespace in (self.client, self.server):
            run("ip", "netns", "add", namespace)
            run("ip", "-n", namespace, "link", "set", "lo", "up")
        self.join()
        return self

    def join(self) -> None:
        """Put the wire in, again if `remove_interface` took it out."""
        veth = ("type", "veth", "peer", "name", INTERFACE, "netns", self.server)
        run("ip", "link", "add", INTERFACE, "netns", self.client, *veth)
        for namespace, address in ((self.client, CLIENT), (self.server, SERVER)):
            # No IPv6 address, so that nothing is sent but what a test sends.
            run("ip", "-n", namespace, "link", "set", INTERFACE, "addrgenmode", "none")
            run("ip", "-n", namespace, "addr", "add", f"{address}/24", "dev", INTERFACE)
            run("ip", "-n", namespace, "link", "set", INTERFACE, "up")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self._servers:
            server.kill()
            server.communicate()
        for namespace in (self.client, self.server):
            subprocess.run(["ip", "netns", "del", namespace], check=False, timeout=600, capture_output=True)

    @property
    def inside(self) -> tuple[str, ...]:
        """What a command is started with to run where the capture is made."""
        return ("ip", "netns", "exec", self.server)

    def serve(self, address: str = SERVER) -> None:
        """Start the server; it listens when this returns."""
        words = [*self.inside, sys.executable, "-c", _SERVE, address, str(PORT)]
        self._servers.append(subprocess.Popen(words, stdout=subprocess.PIPE, text=True))
        output = self._servers[-1].stdout
        assert output is not None
        assert output.readline() == "ready\n"

    def ask(self, connections: int = 1, requests: int = 2, port: int = PORT) -> None:
        """Make so many connections of so many requests each, one after the other, from the client's side."""
        self._ask(self.client, SERVER, connections, requests, port)

    def ask_locally(self, connections: int = 1) -> None:
        """The same over the server's loopback; `serve` on 127.0.0.1 first."""
        self._ask(self.server, "127.0.0.1", connections, 1, PORT)

    @staticmethod
    def _ask(namespace: str, address: str, connections: int, requests: int, port: int) -> None:
        words = [str(port), str(connections), str(requests)]
        run("ip", "netns", "exec", namespace, sys.executable, "-c", _ASK, address, *words)

    def number(self) -> Numbers:
        """Send numbered UDP packets from the client's side."""
        words = ["ip", "netns", "exec", self.client, sys.executable, "-c", _NUMBER, SERVER]
        sender = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._servers.append(sender)
        return Numbers(sender)

    def knock(self) -> None:
        """Try a port where nobody listens."""
        code = f"import socket; socket.socket().connect_ex(('{SERVER}', 9))"
        run("ip", "netns", "exec", self.client, sys.executable, "-c", code)

    def remove_interface(self) -> None:
        """Pull the cable out, and the card with it."""
        run("ip", "-n", self.server, "link", "del", INTERFACE)

    def set_interface(self, state: str) -> None:
        """Switch the interface where the capture is made ``up`` or ``down``."""
        run("ip", "-n", self.server, "link", "set", INTERFACE, state)

    def remove_client(self) -> None:
        """Delete the other host's namespace, and the wire's end with it."""
        run("ip", "netns", "del", self.client)

    def flood(self, kind: str, count: int) -> int:
        """Send ``count`` TCP packets from made-up addresses, ``syn`` or ``data``; how many left.

        To a station that is not there, so nobody answers.
        """
        words = ("ip", "netns", "exec", self.client, sys.executable, "-c", _FLOOD, INTERFACE, kind, str(count))
        return int(subprocess.run(words, check=True, timeout=600, capture_output=True, text=True).stdout)

    def processes(self) -> set[int]:
        """Every process in the server's namespace."""
        return {int(pid) for pid in run("ip", "netns", "pids", self.server).split()}

    def wait_empty(self, besides: set[int]) -> None:
        """Wait until nothing more runs there than ``besides``."""
        until(lambda: self.processes() <= besides, f"processes {self.processes() - besides} to end")
