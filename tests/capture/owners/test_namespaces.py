"""Sockets of other network namespaces, from tables as /proc has them."""

from __future__ import annotations

import socket
import sys
from typing import TYPE_CHECKING

import pytest

from tcptui.capture.owners.dump import cookie_of, key, key_of, user_and_inode
from tcptui.capture.owners.namespaces import OtherNamespaces

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.byteorder != "little", reason="the tables below are of a little-endian machine")

HEAD = b"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
REST = b" 00000000:00000000 00:00000000 00000000 "
#: Listening; established; TIME-WAIT, which nobody has open.
TCP = HEAD + b"".join((
    b"   0: 0100007F:1F90 00000000:0000 0A" + REST + b"    0        0 41 1 0000000000000000 100 0 0 10 0\n",
    b"   1: 0100007F:1F90 0200007F:9C40 01" + REST + b" 1000        0 42 1 0000000000000000 20 4 30 10 -1\n",
    b"   2: 0100007F:1F90 0300007F:9C41 06" + REST + b"    0        0 0 3 0000000000000000\n",
))  # fmt: skip
TCP6 = HEAD + (
    b"   0: B80D0120000000000000000001000000:0050 0000000000000000FFFF00000100007F:9C40 08" + REST
    + b"    7        0 43 1 0000000000000000 20 4 30 10 -1\n"
)  # fmt: skip
BAD = (
    HEAD
    + b"\n".join((b"", b"   0: zz", b"   1: 01:1 02:2 01", b"\xff" * 300, b"   0: 0100007F:1F90 0200007F:9C"))
    + b"\n"
)


def process(proc: Path, pid: str, namespace: str, tcp: bytes = HEAD, tcp6: bytes = HEAD) -> None:
    (proc / pid / "ns").mkdir(parents=True)
    (proc / pid / "net").mkdir()
    (proc / namespace).touch()
    (proc / pid / "ns" / "net").symlink_to(proc / namespace)
    (proc / pid / "net" / "tcp").write_bytes(tcp)
    (proc / pid / "net" / "tcp6").write_bytes(tcp6)


def test_sockets_of_each_other_namespace_are_read_once(tmp_path: Path) -> None:
    process(tmp_path, "self", "home", TCP)
    process(tmp_path, "1", "home", TCP)
    process(tmp_path, "20", "there", TCP, TCP6)
    process(tmp_path, "21", "there", TCP, TCP6)
    process(tmp_path, "30", "bad", BAD, BAD)
    (tmp_path / "40").mkdir()

    found = [message for part in OtherNamespaces(str(tmp_path)).parts() for message in part.sockets]

    first, second = socket.inet_aton("127.0.0.1"), socket.inet_aton("127.0.0.2")
    sixth = socket.inet_pton(socket.AF_INET6, "2001:db8::1")
    assert [key_of(message) for message in found] == [
        key(first, 8080, second, 40_000),
        key(sixth, 80, first, 40_000)[:4] + sixth + socket.inet_pton(socket.AF_INET6, "::ffff:127.0.0.1"),
    ]
    assert [user_and_inode(message) for message in found] == [(1000, 42), (7, 43)]
    assert [cookie_of(message) for message in found] == [42, 43]


def test_namespace_that_ends_has_no_sockets_any_more(tmp_path: Path) -> None:
    process(tmp_path, "self", "home")
    process(tmp_path, "20", "there", TCP)
    others = OtherNamespaces(str(tmp_path))
    assert any(part.sockets for part in others.parts())

    (tmp_path / "20" / "net" / "tcp").unlink()
    (tmp_path / "20" / "net" / "tcp6").unlink()

    assert not any(part.sockets for part in others.parts())
