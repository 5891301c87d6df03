"""The whole program over one capture, in this process: every way to read it, look at it and write of it.

Whatever the bytes are: nothing raises but an error of `tcptui.model.errors`, the two kernels agree, and no text
that is made of the capture holds anything but what a terminal can only print.
"""

from __future__ import annotations

import asyncio
import gc
import io
import shutil
import sys
import tempfile
import unicodedata
from contextlib import nullcontext, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tcptui.analysis.analyzer import compiled_kernel
from tcptui.analysis.stream.table import STREAM_COLUMNS
from tcptui.capture.file_source import open_file
from tcptui.capture.spool.reader import SpoolReader
from tcptui.cli import inputs
from tcptui.cli.main import main
from tcptui.model.errors import TcptuiError
from tcptui.model.packet_store import NO_STREAM
from tcptui.protocols.headers.tree import header_tree
from tcptui.protocols.scapy_child.client import scapy_child
from tcptui.protocols.stream.conversation import Conversation
from tcptui.session import gc_control as collecting
from tcptui.session.catch_up import Compile
from tcptui.session.session import Session
from tcptui.ui.explain_document import packet_document, stream_document
from tcptui.ui.follow.source import RawSource
from tcptui.wire.numba_compile import compiler_available
from tcptui.wire.record_scanner import Scanner
from tcptui.words.catalogue import Words
from tcptui.words.language import Language
from tests.support.terminal_bytes import LINE_CONTROLS, offences
from tests.support.tree_text import tree_text

if TYPE_CHECKING:
    import random

    from tests.adversary.reached import Reached


@dataclass(frozen=True, slots=True)
class Effort:
    """How much of a capture is looked at one by one, and how many commands write of it."""

    packets: int
    streams: int
    commands: int


THOROUGH: Final = Effort(packets=12, streams=4, commands=2)
#: For many mutants rather than much of each.
QUICK: Final = Effort(packets=3, streams=2, commands=1)
#: … one in so many of which is given to the commands: they read it once more.
_COMMANDED: Final = 3
#: What both kernels must agree on.
_EVERY_ROW: Final = ("time_ns", "captured", "wire_length", "kind", "issues", "stream")
#: … and where a segment is, or the quote of one; elsewhere nobody writes them.
_TCP_ROWS: Final = (
    "from_b", "seq", "ack", "flags", "window", "length", "options", "previous", "verdict", "dup_ack_number",
    "refers_to", "acked", "bytes_in_flight", "push_bytes", "marks", "state_a", "state_b",
)  # fmt: skip
#: What a tree says of a packet that ended scapy's process, or took too much of its time or memory.
_LOST: Final = ("decoded: the process of scapy", "decoded: it took", "decoded: scapy cannot be started")
_WORDS: Final = (Words(Language.EN), Words(Language.ZH))


class TrialError(AssertionError):
    """Something that must always hold does not."""


@cache
def _machine_code() -> tuple[Any, Scanner] | None:
    if not compiler_available():
        return None
    scanner = Scanner()
    scanner.compile()
    return compiled_kernel(), scanner


def analysed(path: Path, *, compiled: bool) -> Session | None:
    """``path`` read to its end; None when it cannot be opened, as an error that users are told."""
    try:
        source = open_file(path)
    except TcptuiError:
        return None
    session = Session([source], compile_when=Compile.NEVER)
    code = _machine_code() if compiled else None
    if code is not None:
        kernel, scanner = code
        pipeline = session._pipeline
        pipeline._scanner = scanner
        pipeline.readers[:] = [SpoolReader(source.descriptor, scanner)]
        pipeline.analyzer.compile(kernel)
    asyncio.run(session.run())
    return session


def try_out(path: Path, chance: random.Random, reached: Reached | None = None, effort: Effort = THOROUGH) -> int:
    """Everything with the capture at ``path``; the number of its packets.  Raises whatever goes wrong.

    ``reached`` sees what is done, and is told what the engine concluded.
    """
    seen = nullcontext() if reached is None else reached
    with seen:
        plain = analysed(path, compiled=False)
    compiled = analysed(path, compiled=True)
    packets = 0
    if plain is not None and compiled is not None:
        try:
            _agree(plain, compiled)
            packets = compiled.store.count
            if reached is not None:
                reached.add_session(compiled)
            with seen:
                _look(compiled, chance, reached, effort)
        finally:
            plain.close()
            compiled.close()
    if effort is THOROUGH or chance.randrange(_COMMANDED) == 0:
        with seen:
            _commands(path, chance, packets, 0 if compiled is None else compiled.streams.count, effort)
    return packets


def _agree(plain: Session, compiled: Session) -> None:
    if plain.store.count != compiled.store.count:
        raise TrialError(f"plain {plain.store.count}, compiled {compiled.store.count} packets")
    count = plain.store.count
    every, segments = np.arange(count), np.flatnonzero(plain.store.stream[:count] != NO_STREAM)
    for name in _EVERY_ROW + _TCP_ROWS:
        rows = every if name in _EVERY_ROW else segments
        if not np.array_equal(getattr(plain.store, name)[rows], getattr(compiled.store, name)[rows]):
            raise TrialError(f"the kernels differ in column {name}")
    streams = plain.streams.count
    for name in (name for name in STREAM_COLUMNS if name != "flow"):  # numbers of flows are drawn by lot
        if not np.array_equal(getattr(plain.streams, name)[:streams], getattr(compiled.streams, name)[:streams]):
            raise TrialError(f"the kernels differ in stream column {name}")
    if plain.progress.notice != compiled.progress.notice:
        raise TrialError(f"the kernels differ: {plain.progress.notice} and {compiled.progress.notice}")


#: Characters that alone are harmless in any text: all but what offends, and what combines.
_harmless_characters: Final[set[str]] = set()


def _harmless(text: str, what: str) -> None:
    unknown = set(text) - _harmless_characters
    if not unknown:
        return
    _harmless_characters.update(
        char
        for char in unknown
        if unicodedata.category(char)[0] != "M"
        and not offences(char.encode("utf-8", "surrogatepass"), set(), LINE_CONTROLS)
    )
    found = offences(text.encode("utf-8", "surrogatepass"), set(), LINE_CONTROLS)
    if found:
        raise TrialError(f"{what}: {found[0]}")


def _some(count: int, most: int, chance: random.Random) -> list[int]:
    return sorted(chance.sample(range(count), min(count, most)))


def _look(session: Session, chance: random.Random, reached: Reached | None, effort: Effort) -> None:
    """Findings, explanations in both languages, header trees, bytes, conversations."""
    count = session.store.count
    for _stream, found in session.each_findings(range(session.streams.count)):
        if reached is not None:
            reached.add_findings(found)
    for row in _some(count, effort.packets, chance):
        stream = int(session.store.stream[row])
        application = session.application(stream) if stream >= 0 else None
        packet = session.reader.packet(row)
        tree = header_tree(packet, application)
        text = tree_text(tree)
        _harmless(text, f"header tree of row {row}")
        if any(lost in text for lost in _LOST):
            raise TrialError(f"scapy's process did not stand row {row}")
        size = len(packet.data)
        if any(node.start is not None and not 0 <= node.start <= node.end <= size for node in tree.walk()):
            raise TrialError(f"a field of row {row} lies outside of the packet")
        if stream >= 0:
            for passage in packet_document(session, row, 0, chance.choice(_WORDS)):
                _harmless(passage.text, f"explanation of row {row}")
    for stream in _some(session.streams.count, effort.streams, chance):
        known = session.current_findings(stream)
        for words in _WORDS:
            for passage in stream_document(session, stream, known, words):
                _harmless(passage.text, f"explanation of stream {stream}")
        _listen(session, stream)


def _listen(session: Session, stream: int) -> None:
    """What both ends said, as the screen reads it."""
    directions = session.directions(stream)
    conversation = Conversation(directions, (0, 1))
    for by_line in (False, True):
        source = RawSource(conversation, by_line=by_line)
        for index in {0, len(source) // 2, len(source) - 1} if len(source) else ():
            source.block(index)
            source.data(index)
    application = session.application(stream)
    for part in application.parts():
        for _offset, _data in part.blocks():
            pass
        part.trouble()
    for _request in application.requests():
        pass


class _Standard(io.TextIOWrapper):
    """A standard output in memory that keeps its bytes."""

    def __init__(self) -> None:
        self.kept = io.BytesIO()
        super().__init__(self.kept, "utf-8", write_through=True)


def command(*words: str) -> tuple[int, bytes, bytes]:
    """The program with ``words``: exit code, standard output and standard error."""
    out, err = _Standard(), _Standard()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(words)
    return code, out.kept.getvalue(), err.kept.getvalue()


def _keep_root(_identity: object) -> None:
    """In place of `drop_root`, which is for processes that do one thing, before they have threads."""


def _commands(path: Path, chance: random.Random, packets: int, streams: int, effort: Effort) -> None:
    """Some of the commands that write of a capture, in one of the languages."""
    stream = str(chance.randrange(max(streams, 1)))
    name = str(path)
    folder = Path(tempfile.mkdtemp(prefix="tcptui-export-"))
    try:
        asked = [
            ("report", name), ("report", name, "--json"), ("report", name, "--markdown"),
            ("report", name, "--stream", stream), ("verdicts", name, "--jsonl"),
            ("follow", name, "--stream", stream), ("follow", name, "--stream", stream, "--hex"),
            ("follow", name, "--stream", stream, "--decoded"),
            ("follow", name, "--stream", stream, "--raw", "--side", chance.choice(("client", "server"))),
            ("explain", name, "--stream", stream, *chance.choice(((), ("--json",), ("--markdown",)))),
            ("export", name), ("export", name, "--json"), ("export", name, "--out", str(folder)),
            *(
                ("graph", name, "--stream", stream, "--kind", kind, *form)
                for kind, form in (("sequence", ()), ("rtt", ("--csv",)), ("flight", ("--svg", "-")))
            ),
        ]  # fmt: skip
        for words in chance.sample(asked, effort.commands):
            code, out, err = command(*words, "--lang", chance.choice(("en", "zh")))
            readable = packets and (streams or "--stream" not in words)
            # What is damaged is said in a line.
            if code > 1 or (code == 1 and readable and not err):
                raise TrialError(f"{words[0]} {words[2:]}: exit {code}: {err!r}")
            # Raw bytes are what was asked for; a terminal is refused them.
            for text in (err,) if "--raw" in words else (out, err):
                found = offences(text, set(), LINE_CONTROLS)
                if found:
                    raise TrialError(f"{words[0]} {words[2:]}: {found[0]}")
        for written in folder.iterdir():
            _harmless(written.name, "name of a file")
    finally:
        shutil.rmtree(folder)


def warm_up() -> None:
    """Load now what the first capture would wait for; and keep this process's rights for the next one."""
    inputs.drop_root = _keep_root  # type: ignore[assignment]
    _machine_code()
    scapy_child.load()
    sys.setswitchinterval(0.0005)
    gc.collect()
    gc.freeze()  # `clean_up` has only what came later to look at
    # … of which nothing is kept: what keeps imports has one capture in mind, or a few.
    kept = {name: getattr(gc, name) for name in ("isenabled", "disable", "enable")}
    vars(collecting)["gc"] = SimpleNamespace(**kept, freeze=lambda: None)


def clean_up() -> None:
    """Give up what one trial left behind: sessions are few objects, but large ones, and Python counts objects."""
    gc.collect()
