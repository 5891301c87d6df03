"""The redacted copy of a capture, in a file without a name."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

import tcptui
from tcptui.api.errors import CollisionError
from tcptui.capture.file_source import open_descriptor
from tcptui.capture.slicing.sink import Sink
from tcptui.capture.spool.files import open_spool
from tcptui.cli.run.redact import AddressRemainsError, differs, original_of, search_copy, write_copy
from tcptui.model.safe_text import safe_text
from tcptui.redact.key import drawn_key
from tcptui.redact.mapping import Mapping
from tcptui.redact.proof import Comparison, compare_packets
from tcptui.session.catch_up import Compile
from tcptui.session.reading_again import packets_read_again
from tcptui.session.session import Session
from tcptui.session.slicing.write import Slicer
from tcptui.words.errors import CommandFailedError

if TYPE_CHECKING:
    from tcptui.capture.source import Source
    from tcptui.words.catalogue import Words

#: How often another key is drawn where a new address happens to be an old one.
_DRAWN_MOST: Final = 8


def redacted_source(session: Session, key: bytes | None, first: int | None, words: Words) -> Source:
    """The copy of what ``session`` has read, as `Capture.redacted` says it.  Raises TcptuiError, CollisionError."""
    if len(session.reader.sources) > 1:
        raise CommandFailedError("error.redact-several")
    with ExitStack() as stack:
        if first is not None and first < session.store.count:
            session = _beginning(session, first, stack)
        for _ in range(_DRAWN_MOST if key is None else 1):
            try:
                return _copied(session, drawn_key() if key is None else key, words)
            except AddressRemainsError:
                continue
    raise CollisionError(words("cli.error.redact-key-collides"))


def _beginning(session: Session, first: int, stack: ExitStack) -> Session:
    """The ``first`` packets of ``session``, which ``stack`` closes."""
    spool = open_spool()
    stack.callback(os.close, spool)
    with packets_read_again(session), Sink(Path(session.label), descriptor=spool) as sink:
        Slicer(session).write(np.arange(first), sink, lambda *_: (), f"tcptui {tcptui.__version__}")
    return _read(spool, session.label, stack)


def _copied(session: Session, key: bytes, words: Words) -> Source:
    with ExitStack() as stack:
        spool = open_spool()
        stack.callback(os.close, spool)
        original = original_of(session, Slicer(session))
        with Sink(Path(session.label), descriptor=spool) as sink:
            write_copy(session, original, Mapping(key), sink)
        again = _read(spool, session.label, stack)
        different = compare_packets(session, again, Comparison())
        if different is not None:
            raise differs(different)
        search_copy(session, original, again, spool, words)
        return open_descriptor(os.dup(spool), safe_text(session.label))


def _read(spool: int, label: str, stack: ExitStack) -> Session:
    source = open_descriptor(os.dup(spool), label)
    stack.callback(source.close)
    session = Session([source], compile_when=Compile.FIRST, decrypts=False)
    stack.callback(session.close)
    session.run_here(alone=True)
    return session
