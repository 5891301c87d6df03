"""The kernel's view of sockets that this test opens on the loopback interface."""

from __future__ import annotations

import getpass
import os
import socket
import sys
from contextlib import ExitStack

import pytest

from tcptui.capture.socket_diag import available, look_up
from tcptui.model.tcp_state import TcpState

linux = pytest.mark.skipif(sys.platform != "linux", reason="inet_diag is Linux's")


def pair(
    stack: ExitStack, family: socket.AddressFamily = socket.AF_INET, host: str = "127.0.0.1"
) -> tuple[socket.socket, socket.socket]:
    """A connected client and its server's end."""
    dual = family == socket.AF_INET6 and host == "::"
    listener = stack.enter_context(socket.create_server((host, 0), family=family, dualstack_ipv6=dual))
    target = ("127.0.0.1" if dual else host, listener.getsockname()[1])
    client = stack.enter_context(socket.create_connection(target, 5))
    server, _ = listener.accept()
    stack.enter_context(server)
    return client, server


def test_linux_with_the_library_can_be_asked() -> None:
    assert available() == (sys.platform == "linux")


@linux
def test_both_ends_of_a_connection_are_found_with_their_owner() -> None:
    with ExitStack() as stack:
        client, server = pair(stack)
        client.sendall(b"x" * 1000)

        ours = look_up(*client.getsockname(), *client.getpeername())
        theirs = look_up(*server.getsockname(), *server.getpeername())

    assert ours is not None
    assert theirs is not None
    assert (ours.state, theirs.state) == (TcpState.ESTABLISHED, TcpState.ESTABLISHED)
    assert theirs.receive_queue == 1000
    assert theirs.received == 1000
    assert ours.acknowledged in (1000, 1001)  # with its SYN
    assert (ours.owner.pid, ours.owner.user) == (os.getpid(), getpass.getuser())
    assert ours.congestion_window
    assert ours.round_trip_ns
    assert ours.sent_again == 0


@linux
def test_ipv4_connection_of_a_server_that_listens_on_ipv6_is_found() -> None:
    with ExitStack() as stack:
        client, _server = pair(stack, socket.AF_INET6, "::")
        port = client.getpeername()[1]

        found = look_up("127.0.0.1", port, *client.getsockname())

    assert found is not None
    assert found.state is TcpState.ESTABLISHED


@linux
def test_half_closed_connection_shows_the_state_of_each_end() -> None:
    with ExitStack() as stack:
        client, server = pair(stack)
        client.shutdown(socket.SHUT_WR)
        server.recv(1)
        server.sendall(b"y")  # what carries the acknowledgment of the FIN
        client.recv(1)

        states = [look_up(*end.getsockname(), *end.getpeername()) for end in (client, server)]

    assert [state.state for state in states if state] == [TcpState.FIN_WAIT_2, TcpState.CLOSE_WAIT]


@linux
def test_mini_socket_of_time_wait_has_a_state_and_no_windows() -> None:
    with ExitStack() as stack:
        client, server = pair(stack)
        ends = (*client.getsockname(), *client.getpeername())
        client.shutdown(socket.SHUT_WR)
        server.close()
        client.recv(1)

        found = look_up(*ends)

    assert found is not None
    assert found.state is TcpState.TIME_WAIT
    assert found.congestion_window is None


@linux
def test_connection_of_other_hosts_is_none() -> None:
    assert look_up("192.0.2.1", 80, "198.51.100.1", 50000) is None
    assert look_up("2001:db8::1", 80, "2001:db8::2", 50000) is None
