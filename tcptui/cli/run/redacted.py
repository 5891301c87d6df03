"""The redacted copy of a capture, in a file without a name: ``--redact`` reads from it what a command tells."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

import tcptui
from tcptui.access.open_capture import is_looked_through
from tcptui.capture.file_source import open_descriptor
from tcptui.capture.slicing.sink import Sink
from tcptui.capture.spool.files import open_spool
from tcptui.cli.inputs import Input
from tcptui.cli.run.load import read_whole
from tcptui.cli.run.redact import differs, original_of, say_gone, search_copy, under_a_key, write_copy
from tcptui.redact.key import read_key
from tcptui.redact.mapping import Mapping
from tcptui.redact.proof import Comparison, compare, compare_packets
from tcptui.redact.segments import KEPT_REQUESTS
from tcptui.session.catch_up import Compile
from tcptui.session.reading_again import packets_read_again
from tcptui.session.session import Session
from tcptui.session.sharing import ALONE
from tcptui.session.slicing.write import Slicer
from tcptui.words.errors import CommandFailedError, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.capture.source import Source
    from tcptui.cli.commands import Common, Redacting
    from tcptui.session.own.rule import OwnRule
    from tcptui.words.catalogue import Words


class Redacted(NamedTuple):
    """A copy, and what was compared with the original."""

    source: Source
    compared: Comparison


def redacted_copy(
    session: Session, key: bytes | None, label: str, words: Words, *, first: int | None = None, told: bool = True
) -> Redacted:  # fmt: skip
    """A copy of what ``session``, which uses no TLS secrets, has read; it is called ``label``.

    ``key``: of at least 32 bytes; None: one is drawn.  ``first``: only so many packets, the first.  ``told``: findings,
    time budgets and requests are compared, too, not only packets and states; findings may be gone, but none may be new.
    Raises CommandFailedError where the copy
    cannot be proved, KeyCollidesError where another key would help, OutputError and InputError.
    """
    if len(session.reader.sources) > 1:
        raise CommandFailedError("error.redact-several")
    with ExitStack() as stack:
        if first is not None and first < session.store.count:
            session = _beginning(session, first, stack)
        return under_a_key(key, lambda one: _copied(session, one, label, words, told=told))


def redacted_session(
    session: Session, redacting: Redacting, common: Common, own: Sequence[OwnRule], words: Words, stack: ExitStack
) -> Session:  # fmt: skip
    """The redacted copy of ``session``, read to its end, which ``stack`` closes; the same rows, the same numbers.

    Raises as `redacted_copy`, and InputError for an unusable key.
    """
    key = None if redacting.key is None else read_key(Path(redacting.key))
    copy = redacted_copy(session, key, words("redact.label"), words)
    opened = Input(copy.source, None)
    stack.callback(opened.close)
    again = read_whole(common, [opened], words, own, judges=False, workers=1, decrypts=False)
    if not np.array_equal(session.store.frame[: session.store.count], again.store.frame[: again.store.count]):
        raise CommandFailedError("error.redact-numbers")
    say_gone(copy.compared, words)
    if key is None:
        say(words("redact.key-drawn"), words)
    return again


def _beginning(session: Session, first: int, stack: ExitStack) -> Session:
    """The ``first`` packets of ``session``, which ``stack`` closes."""
    spool = open_spool()
    stack.callback(os.close, spool)
    with packets_read_again(session), Sink(Path(session.label), descriptor=spool) as sink:
        Slicer(session).write(np.arange(first), sink, lambda *_: (), f"tcptui {tcptui.__version__}")
    return _read(spool, session.label, stack)


def _copied(session: Session, key: bytes, label: str, words: Words, *, told: bool) -> Redacted:
    with ExitStack() as stack:
        spool = open_spool()
        stack.callback(os.close, spool)
        original = original_of(session, Slicer(session))
        with Sink(Path(label), descriptor=spool) as sink:
            write_copy(session, original, Mapping(key), sink)
        again = _read(spool, label, stack)
        compared = _compared(session, again, told=told)
        search_copy(session, original, again, spool, words)
        return Redacted(open_descriptor(os.dup(spool), label), compared)


def _compared(session: Session, again: Session, *, told: bool) -> Comparison:
    with packets_read_again(session):
        for one in (session, again):  # states are corrected by what follows in their connection
            if not is_looked_through(one):
                one.judge(ALONE)
        if told:
            whole = session.diagnosis.findings, again.diagnosis.findings
            compared = compare(session, again, whole, KEPT_REQUESTS, may_lose=True)
        else:
            compared = Comparison()
            compared.difference = compare_packets(session, again, compared)
    if compared.difference is not None:
        raise differs(compared.difference)
    return compared


def _read(spool: int, label: str, stack: ExitStack) -> Session:
    source = open_descriptor(os.dup(spool), label)
    stack.callback(source.close)
    session = Session([source], compile_when=Compile.FIRST, decrypts=False)
    stack.callback(session.close)
    session.run_here(alone=True)
    return session
