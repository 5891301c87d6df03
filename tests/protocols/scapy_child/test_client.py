"""Whatever scapy's process does, there is an answer, and the next question is answered, too."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tcptui.protocols.scapy_child import channel as channels
from tcptui.protocols.scapy_child import client
from tcptui.protocols.scapy_child.channel import BOOT
from tcptui.protocols.scapy_child.client import NoAnswerError, Reply, ScapyChild
from tcptui.protocols.scapy_child.messages import BATCH_SIZE, Question, Start

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What the process does instead of reading a packet with such bytes.
_DEEDS = """
import os, re, signal, sys, tempfile, time
from tcptui.model.child_side import framed
from tcptui.protocols.scapy_child import dissect, main

def spins():
    while True: pass

def catches():
    while True:
        try:
            while True: pass
        except BaseException: pass
        if time.process_time() > 30: break

def eats():
    held = []
    while True: held.append(bytearray(1 << 20))

def recurses(): return recurses() + 1

def interrupted(): raise KeyboardInterrupt

def lies():
    os.write(int(sys.argv[2]), framed(b"[not an answer]"))
    time.sleep(60)

def floods():
    while True: os.write(int(sys.argv[2]), b"\\xff" * 65536)

def writes():
    with tempfile.TemporaryFile() as file: file.write(b"x")

deeds = {
    b"hang": spins, b"hang in C": lambda: re.match(b"(a|a|a)*b", b"a" * 40),
    b"catch": catches, b"eat": eats, b"recurse": recurses, b"lie": lies, b"flood": floods,
    b"exit": lambda: sys.exit(3), b"_exit": lambda: os._exit(3), b"abort": os.abort,
    b"kill": lambda: os.kill(os.getpid(), signal.SIGKILL), b"raise": lambda: {}["no"],
    b"interrupt": interrupted,
    b"wait": lambda: time.sleep(60), b"write": writes, b"fork": os.fork,
    b"huge": lambda: 1 << (1 << 40), b"stop": lambda: os.kill(os.getpid(), signal.SIGSTOP),
}
first = dissect._dissected
def dissected(question):
    deed = deeds.get(bytes(question.raw))
    if deed is not None: deed()
    return first(question)
dissect._dissected = dissected
"""
#: The process as it is otherwise.
HOSTILE = BOOT.replace("from tcptui", f"exec({_DEEDS!r}); from tcptui", 1)

#: A DNS question for a.b.
DNS = bytes.fromhex("0001010000010000000000000161016200" + "00010001")


def question(raw: bytes = DNS) -> Question:
    return Question(Start.UDP, 40_000 << 16 | 53, (bytes(4), bytes(4)), len(raw), raw)


def is_dns(reply: Reply) -> bool:
    return [layer.token for layer in reply.answer.layers] == ["dns"] and not reply.stopped and not reply.answer.problem


def is_there(pid: int) -> bool:
    """Whether there is such a process, if only one that has ended and nobody waited for."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture(scope="module")
def hostile() -> Iterator[ScapyChild]:
    child = ScapyChild(HOSTILE)
    yield child
    child.close()


@pytest.fixture
def child() -> Iterator[ScapyChild]:
    child = ScapyChild()
    yield child
    child.close()


@pytest.mark.parametrize(
    ("deed", "told"),
    [
        (b"hang", "it took longer than 1 s"),
        (b"hang in C", "it took longer than 1 s"),
        (b"catch", "it took longer than 1 s"),
        (b"eat", "it took more than 256 MB of memory"),
        (b"huge", "it took more than 256 MB of memory"),
        (b"recurse", "RecursionError"),
        (b"exit", "SystemExit"),
        (b"raise", "KeyError"),
        (b"interrupt", "KeyboardInterrupt"),
        (b"_exit", "the process of scapy ended (3)"),
        (b"abort", "the process of scapy ended (SIGABRT)"),
        (b"kill", "the process of scapy ended (SIGKILL)"),
        (b"lie", "the process of scapy gave no valid answer"),
        (b"flood", "the process of scapy gave no valid answer"),
    ],
)
def test_deed_is_told_and_the_next_packet_is_read(hostile: ScapyChild, deed: bytes, told: str) -> None:
    if deed in (b"eat", b"huge") and sys.platform != "linux":
        pytest.skip("only Linux counts a process's data")
    before, after = hostile.dissect([question(), question(deed), question()])[::2]
    (reply,) = hostile.dissect([question(deed)])

    assert is_dns(before)
    assert is_dns(after)
    assert (reply.stopped or reply.answer.problem) == told


@pytest.mark.parametrize("deed", [b"wait", b"stop"])
def test_process_that_does_not_answer_is_ended(
    hostile: ScapyChild, deed: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert is_dns(hostile.dissect([question()])[0])
    monkeypatch.setattr(channels, "ANSWERING", 1.5)
    pid = hostile.pid

    assert hostile.dissect([question(deed)])[0].stopped == "it took longer than 1 s"
    assert not is_there(pid)
    assert is_dns(hostile.dissect([question()])[0])


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may fork beyond any limit")
def test_dissector_starts_no_process(hostile: ScapyChild) -> None:
    assert hostile.dissect([question(b"fork")])[0].answer.problem == "BlockingIOError"


def test_dissector_writes_no_file(hostile: ScapyChild) -> None:
    """… wherever: Python tries the folders of temporary files one by one, and finds none."""
    assert hostile.dissect([question(b"write")])[0].answer.problem == "FileNotFoundError"
    assert is_dns(hostile.dissect([question()])[0])


def test_many_questions_have_as_many_answers(child: ScapyChild) -> None:
    replies = child.dissect([question()] * (2 * BATCH_SIZE + 3))

    assert len(replies) == 2 * BATCH_SIZE + 3
    assert all(map(is_dns, replies))


def test_process_that_was_ended_while_nobody_asked_is_replaced_unnoticed(child: ScapyChild) -> None:
    assert is_dns(child.dissect([question()])[0])
    pid = child.pid
    os.kill(pid, signal.SIGKILL)
    time.sleep(0.1)

    assert is_dns(child.dissect([question()])[0])
    assert child.pid != pid


def test_screen_asks_between_the_questions_of_a_filter(child: ScapyChild) -> None:
    child.dissect([question()])
    answered, is_over, has_begun = [], threading.Event(), threading.Event()

    def screen() -> None:
        while not is_over.is_set():
            answered.extend(child.dissect([question()]))
            has_begun.set()

    thread = threading.Thread(target=screen)
    thread.start()
    has_begun.wait(600)
    for _ in range(40):
        child.dissect([question()] * BATCH_SIZE)
    is_over.set()
    thread.join()

    assert len(answered) > 15  # about once for each request of the filter: without `_next`, hardly ever


def test_vendor_is_answered_without_scapys_protocols(child: ScapyChild) -> None:
    found = child.vendor(bytes.fromhex("000c29c2890b"))

    assert found is not None
    assert (found.name, found.bits) == ("VMware", 24)
    assert child.vendor(bytes.fromhex("0200deadbeef")) is None


@pytest.mark.parametrize("boot", ["raise SystemExit(1)", "import no_such_module"])
def test_process_that_cannot_start_is_tried_only_so_often(boot: str, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    monkeypatch.setattr(client, "_PAUSE", 3_600.0)  # on a machine that does much else, too
    start = channels.Channel
    monkeypatch.setattr(client, "Channel", lambda boot, **named: started.append(boot) or start(boot, **named))
    child = ScapyChild(boot)
    replies = child.dissect([question()] * 3)

    assert [(reply.stopped, reply.was_asked) for reply in replies] == [("scapy cannot be started", False)] * 3
    tried = len(started)
    with pytest.raises(NoAnswerError):
        child.vendor(bytes(6))
    assert child.dissect([question()] * 1_000)[-1].stopped == "scapy cannot be started"
    assert len(started) == tried == client._TRIES
    child.close()


def test_interpreter_that_cannot_be_read_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    child = ScapyChild()

    (reply,) = child.dissect([question()])

    assert (reply.stopped, reply.was_asked, reply.answer.layers) == ("scapy cannot be started", False, ())


@pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="needs root, and the capabilities of Linux")
def test_process_of_root_gives_root_up_before_the_first_question() -> None:
    """… and has imported all that it needs by then."""
    child = ScapyChild()
    child.start(as_root=True)

    assert is_dns(child.dissect([question()])[0])
    status = dict(line.split(":\t", 1) for line in Path(f"/proc/{child.pid}/status").read_text().splitlines())
    assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert status["NoNewPrivs"] == "1"
    child.close()


def test_fork_asks_a_process_of_its_own(child: ScapyChild) -> None:
    """… and leaves that of its parent alone; workers of a report are forks."""
    assert is_dns(child.dissect([question()])[0])
    pid = child.pid
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of Python 3.12: threads of the test runner
        fork = os.fork()
    if fork == 0:
        is_well = is_dns(child.dissect([question()])[0]) and child.pid != pid
        child.close()
        os._exit(0 if is_well else 1)

    assert os.waitpid(fork, 0)[1] == 0
    assert is_dns(child.dissect([question()])[0])
    assert child.pid == pid
