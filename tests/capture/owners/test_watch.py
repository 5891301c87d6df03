"""Sockets of this test, found in the kernel's tables, and who has them open; processes of a made-up /proc."""

from __future__ import annotations

import os
import socket
import sys
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

import pytest

from tcptui.capture.owners.client import OwnerChild
from tcptui.capture.owners.dump import OwnNamespace, dump, ends_of, key, key_of, open_diagnosis, user_and_inode
from tcptui.capture.owners.holders import Holders
from tcptui.capture.owners.messages import (
    Answers,
    Process,
    Question,
    Sighting,
    decode_answers,
    decode_questions,
    encode_answers,
    encode_questions,
)
from tcptui.capture.owners.watch import ControlGroups, SocketWatch

if TYPE_CHECKING:
    from pathlib import Path

linux = pytest.mark.skipif(sys.platform != "linux", reason="inet_diag and /proc are Linux's")
LOOPBACK = socket.inet_aton("127.0.0.1")


def pair(stack: ExitStack, *, dual: bool = False) -> tuple[socket.socket, socket.socket]:
    """A connected client, and its server's end."""
    family = socket.AF_INET6 if dual else socket.AF_INET
    listener = stack.enter_context(socket.create_server(("", 0), family=family, dualstack_ipv6=dual))
    client = stack.enter_context(socket.create_connection(("127.0.0.1", listener.getsockname()[1]), 5))
    server, _ = listener.accept()
    return client, stack.enter_context(server)


def key_here(local: socket.socket, peer: socket.socket) -> bytes:
    """The key of ``local``, which is connected to ``peer``, both on the loopback interface."""
    return key(LOOPBACK, local.getsockname()[1], LOOPBACK, peer.getsockname()[1])


@linux
@pytest.mark.parametrize("dual", [False, True])
def test_dump_has_both_ends_also_of_a_server_that_listens_on_ipv6(*, dual: bool) -> None:
    with ExitStack() as stack:
        client, server = pair(stack, dual=dual)
        kernel = stack.enter_context(open_diagnosis())
        found = {key_of(message): message for part in dump(kernel) for message in part.sockets}

        for one, other in ((client, server), (server, client)):
            message = found[key_here(one, other)]
            assert user_and_inode(message) == (os.getuid(), os.fstat(one.fileno()).st_ino)
        assert len({ends_of(message) for message in found.values()}) == len(found)


@linux
def test_watch_has_who_had_it_open_after_it_has_gone_and_another_with_the_same_ports_apart() -> None:
    with ExitStack() as stack:
        watch = SocketWatch([stack.enter_context(closing(OwnNamespace()))], Holders(), ControlGroups())
        client, server = pair(stack)
        ends = key_here(client, server)
        assert watch.look()
        assert watch.look() >= 0
        port, target = client.getsockname()[1], server.getsockname()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # its port is free at once
        client.close()
        server.close()
        stack.enter_context(socket.create_connection(target, 5, ("127.0.0.1", port)))
        watch.look()
        first, second = watch.sightings(ends)

    assert first.cookie != second.cookie
    assert first.first_asked_ns <= first.first_heard_ns < first.last_asked_ns <= first.last_heard_ns
    assert first.last_heard_ns < second.first_asked_ns
    assert {seen.process.pid for seen in (first, second) if seen.process} == {os.getpid()}
    assert first.uid == os.getuid()


@linux
def test_process_that_looks_answers_from_what_it_has_seen() -> None:
    child = OwnerChild.start()
    assert child is not None
    with ExitStack() as stack:
        stack.callback(child.close)
        client, server = pair(stack)
        question = Question(LOOPBACK, client.getsockname()[1], LOOPBACK, server.getsockname()[1])
        nobody = Question(LOOPBACK, 1, LOOPBACK, 2)
        while True:  # it begins to look with the first question
            said = child.ask([question, nobody])
            assert said is not None
            if said.sightings[0] and (process := said.sightings[0][0].process):
                break
    assert (process.pid, process.uid, process.started > 0) == (os.getpid(), os.geteuid(), True)
    assert said.sightings[1] == ()
    assert child.ask([nobody]) is None, "it has ended"


def test_questions_and_answers_cross_as_they_are_and_what_is_none_is_said() -> None:
    process = Process(7, 8, "a\xffb", "a b", "/x", 1000, ((1, "init"),))
    answers = Answers(((Sighting(1, 2, 3, 4, 5, 0, "/", process), Sighting(2, 2, 3, 4, 5, -1, "", None)), ()), 9)
    questions = [Question(b"\x0a\0\0\1", 1, bytes(16), 65_535)]
    assert decode_answers(encode_answers(answers)) == answers
    assert decode_questions(encode_questions(questions)) == questions
    for other in (b"", b"{}", b"[1]", b'{"sightings": [[{}]], "looked_ns": 0}'):
        with pytest.raises(ValueError, match=r".*"):
            decode_answers(other)


# -- a made-up /proc --------------------------------------------------------------------------
def process(proc: Path, pid: int, parent: int, name: bytes, *inodes: int) -> None:
    """A process with these sockets."""
    folder = proc / str(pid)
    (folder / "fd").mkdir(parents=True)
    for number, inode in enumerate(inodes):
        (folder / "fd" / str(number)).symlink_to(f"socket:[{inode}]")
    (folder / "fd" / "99").symlink_to("/dev/null")
    stat = b"%d (%s) S %d " % (pid, name, parent) + b" ".join(b"%d" % number for number in range(5, 30))
    (folder / "stat").write_bytes(stat)
    (folder / "comm").write_bytes(name + b"\n")
    (folder / "cmdline").write_bytes(b"/bin/%s\0-x\0y z\0" % name)
    (folder / "cgroup").write_text("0::/system.slice/a.service\n")
    (folder / "status").write_text("Name:\tx\nUid:\t1\t1000\t1\t1\n")


@linux
def test_name_with_parentheses_and_escapes_is_read_whole_and_the_parent_is_still_its_parent(tmp_path: Path) -> None:
    process(tmp_path, 1, 0, b"init")
    process(tmp_path, 50, 1, b"shell")
    process(tmp_path, 60, 50, b"\x1b[31m) S 1 (", 4711)
    found = Holders(str(tmp_path)).find([4711, 12])

    assert list(found) == [4711]
    holder = found[4711]
    assert (holder.pid, holder.program, holder.command) == (60, "\x1b[31m) S 1 (", "/bin/\x1b[31m) S 1 ( -x y z")
    assert (holder.parents, holder.uid, holder.group) == (((50, "shell"), (1, "init")), 1000, "/system.slice/a.service")


@linux
def test_socket_that_a_child_inherited_is_its_parents(tmp_path: Path) -> None:
    process(tmp_path, 1, 0, b"init", 5)  # as one that hands sockets over, and is nobody's owner
    process(tmp_path, 50, 1, b"server", 5, 6)
    process(tmp_path, 60, 50, b"sleep", 5)
    assert {inode: one.pid for inode, one in Holders(str(tmp_path)).find([5, 6]).items()} == {5: 50, 6: 50}


@linux
def test_process_that_has_gone_or_may_not_be_looked_at_has_nothing(tmp_path: Path) -> None:
    process(tmp_path, 50, 1, b"gone", 5)
    (tmp_path / "50" / "status").unlink()
    (tmp_path / "51").mkdir()
    assert Holders(str(tmp_path)).find([5]) == {}


def test_path_of_a_control_group_is_found_by_its_number_and_what_is_gone_has_none(tmp_path: Path) -> None:
    group = tmp_path / "unified" / "a.slice" / "b.service"
    group.mkdir(parents=True)
    groups = ControlGroups(tmp_path)
    assert groups.path(group.stat().st_ino) == "/a.slice/b.service"
    assert groups.path((tmp_path / "unified").stat().st_ino) == "/"
    assert groups.path(1) == groups.path(0) == ""
