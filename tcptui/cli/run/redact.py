"""``redact FILE -w OUT``: a capture without addresses, names and content, and what proves that it means the same."""

from __future__ import annotations

import json
import os
import re
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from tcptui.access.requests import with_payload
from tcptui.capture.output import Output, whole_output
from tcptui.capture.slicing.sink import Sink
from tcptui.cli.inputs import open_input, open_inputs, refuse_unreadable_among, sha256_of
from tcptui.cli.read_files import replaceable
from tcptui.cli.run.copying import reading_again
from tcptui.cli.run.load import exit_code, has_failed, read_whole, require_unchanged, write_text
from tcptui.cli.signals import signals_unwind
from tcptui.model.errors import OutputError
from tcptui.model.safe_text import safe_text
from tcptui.redact.certificate import Proved, as_json
from tcptui.redact.copy import APPLICATION, Copy, Original
from tcptui.redact.headers import Rewriter
from tcptui.redact.keep_dns import DnsKeeper
from tcptui.redact.key import drawn_key, read_key
from tcptui.redact.mapping import Mapping
from tcptui.redact.proof import Difference, compare
from tcptui.redact.search import search
from tcptui.redact.segments import KEPT_REQUESTS, SegmentPayloads
from tcptui.redact.stretches import stretches
from tcptui.redact.unique_hosts import unique_hosts
from tcptui.session.reading_again import packets_read_again
from tcptui.session.slicing.write import PCAP_SUFFIX
from tcptui.words.errors import CommandFailedError, say
from tcptui.words.quantities import Count

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from collections.abc import Mapping as Counts

    from tcptui.cli.commands import RedactCommand
    from tcptui.redact.keep import Keep
    from tcptui.redact.proof import Comparison
    from tcptui.redact.search import Searched
    from tcptui.session.session import Session
    from tcptui.session.slicing.write import Slicer
    from tcptui.words.catalogue import Words

_Result = TypeVar("_Result")
#: How often another key is drawn where a new address happens to be an old one.
_DRAWN_MOST: Final = 8
_SAID: Final = "This capture was redacted: it is not what was captured."
#: What every redacted capture says of itself.
_OWN_WORDS: Final = frozenset((_SAID.encode(), APPLICATION))
#: Readable stretches of blocks that are no packets.
_TEXT: Final = re.compile(rb"[\x20-\x7e]{8,4096}")
_DESCRIBED_MOST: Final = 1 << 20


class AddressRemainsError(Exception):
    """A new address is one of the old capture: another key maps it elsewhere."""


class KeyCollidesError(CommandFailedError):
    """Under this key a replacement is another host of the same capture."""


def under_a_key(given: bytes | None, attempt: Callable[[bytes], _Result]) -> _Result:
    """The result of ``attempt`` under the key that was ``given``; without one, others are drawn while it may help.

    Raises KeyCollidesError where ``attempt`` raises AddressRemainsError with each.
    """
    for _ in range(_DRAWN_MOST if given is None else 1):
        try:
            return attempt(drawn_key() if given is None else given)
        except AddressRemainsError:
            continue
    raise KeyCollidesError("error.redact-key-collides")


def write_redacted(command: RedactCommand, words: Words) -> int:
    """Run the command; returns the exit code.  Raises TcptuiError."""
    with ExitStack() as stack:
        stack.enter_context(signals_unwind())
        opened = open_inputs((command.file,), stack, words)
        given = None if command.key is None else read_key(Path(command.key))
        rules = () if command.key is None else (command.key,)
        may_replace = replaceable(command.common, opened, overwrite=command.overwrite, rules=rules)
        out = Path(command.write)
        for name in (command.write, command.certificate):
            if name is not None:
                may_replace.check(Path(name))
        refuse_unreadable_among(opened)
        session = read_whole(command.common, opened, words, (), judges=False, workers=1, decrypts=False)
        if has_failed(session):
            return 1
        with packets_read_again(session):
            digest = opened[0].sha256()
        redaction = _Redaction(command, session, reading_again(session), digest, words)
        output = Output(out, may_replace, apart=True)
        try:
            proved = redaction.proved(output, given)
            require_unchanged(session)
            if command.certificate is not None:
                with whole_output(Path(command.certificate), may_replace) as descriptor:
                    os.write(descriptor, (json.dumps(as_json(proved), indent=1, ensure_ascii=False) + "\n").encode())
            output.publish()
        finally:
            output.close()
        write_text(_told(proved, safe_text(command.write), words))
        if given is None:
            say(words("redact.key-drawn"), words)
        return exit_code(session, [one.source for one in opened])


class _Redaction:
    """One capture that is written redacted until it is proved."""

    def __init__(
        self, command: RedactCommand, session: Session, slicer: Slicer, digest: str | None, words: Words
    ) -> None:
        self._command, self._session, self._digest, self._words = command, session, digest, words
        self._original = original_of(session, slicer)
        links = set(self._original.links)
        if Path(command.write).suffix == PCAP_SUFFIX and len(links) > 1:
            raise OutputError("slice_link_types", count=len(links))

    def proved(self, output: Output, given: bytes | None) -> Proved:
        """Write to ``output`` and prove it; without a key that was ``given`` others are tried.

        Raises CommandFailedError where it cannot be proved.
        """
        return under_a_key(given, partial(self._try, output))

    def _try(self, output: Output, key: bytes) -> Proved:
        session, command = self._session, self._command
        os.ftruncate(output.descriptor, 0)  # under another key it may have been written already
        os.lseek(output.descriptor, 0, os.SEEK_SET)
        mapping = Mapping(key, command.keep)
        with Sink(output.path, descriptor=output.descriptor) as sink:
            replaced = write_copy(
                session, self._original, mapping, sink, as_pcap=output.path.suffix == PCAP_SUFFIX,
                shift_s=command.shift_s,
            )  # fmt: skip
        one = open_input(str(output.written))
        try:
            again = read_whole(command.common._replace(keylog=""), [one], self._words, (), judges=False, workers=1)
            compared = self._compare(again)
            searched = self._search(again, output)
            hosts = unique_hosts(again)
        finally:
            one.close()
        return Proved(
            self._digest, session.store.count, sha256_of(output.descriptor), replaced, command.keep, compared, searched,
            hosts, command.shift_s,
        )  # fmt: skip

    def _compare(self, again: Session) -> Comparison:
        session = self._session
        with packets_read_again(session):
            whole = session.diagnosis.findings, again.diagnosis.findings
            compared = compare(session, again, whole, KEPT_REQUESTS)
        if compared.difference is not None:
            raise differs(compared.difference)
        return compared

    def _search(self, again: Session, output: Output) -> Searched:
        return search_copy(
            self._session, self._original, again, output.descriptor, self._words, self._command.keep
        )  # fmt: skip


def original_of(session: Session, slicer: Slicer) -> Original:
    """The capture of ``session``, which has one, as it is copied."""
    return Original(session.store, slicer.only_source(), session.reader)


def write_copy(
    session: Session, original: Original, mapping: Mapping, sink: Sink, *, as_pcap: bool = False, shift_s: int = 0
) -> dict[str, int]:  # fmt: skip
    """Write ``original``, the capture of ``session``, under ``mapping``; returns what was replaced how often."""
    rewriter = Rewriter(mapping, DnsKeeper(mapping).message)
    with packets_read_again(session), SegmentPayloads(session, mapping) as payloads:
        payloads.prepare(with_payload(session).tolist())
        copy = Copy(original, rewriter, payloads, shift_s)
        if as_pcap:
            copy.write_pcap(sink)
        else:
            copy.write(sink, _SAID)
    return {**+rewriter.replaced, "labels": mapping.labels}


def search_copy(
    session: Session, original: Original, again: Session, descriptor: int, words: Words, keep: Collection[Keep] = ()
) -> Searched:  # fmt: skip
    """Search the copy at ``descriptor``, read as ``again``, for what ``session`` has of hosts and content.

    Raises AddressRemainsError where another key helps, CommandFailedError where anything else is found.
    """
    with packets_read_again(session):
        searched = search(
            lambda: stretches(session.store, session.reader), lambda: stretches(again.store, again.reader),
            _texts(original), descriptor, keep,
        )  # fmt: skip
    if searched.is_address:
        raise AddressRemainsError
    if searched.found:
        what = words(f"redact.found.{searched.first.replace(' ', '-')}")
        raise CommandFailedError("error.redact-found", what=what, count=searched.found)
    return searched


def _texts(original: Original) -> Iterator[bytes]:
    """What the capture says in words beside its packets."""
    layout, descriptor = original.source.layout, original.source.descriptor
    bodies = [section.body for section in layout.sections] + [body for _, body in layout.interfaces]
    bodies += [os.pread(descriptor, min(one.size, _DESCRIBED_MOST), one.begin) for one in layout.carried]
    for body in bodies:
        yield from (text for text in _TEXT.findall(body) if text not in _OWN_WORDS)


def differs(difference: Difference) -> CommandFailedError:
    """What is said where a copy means something else."""
    return CommandFailedError(f"error.redact-differs.{difference.what}", where=difference.where)


def _told(proved: Proved, name: str, words: Words) -> Iterable[str]:
    compared, searched = proved.compared, proved.searched
    yield words("redact.written", file=name, packets=Count(proved.packets)) + "\n"
    yield words("redact.replaced", counted=_counted(proved.replaced, words)) + "\n"
    packets, findings, requests = map(Count, (compared.verdicts, compared.findings, compared.requests))
    yield words("redact.compared", verdicts=packets, findings=findings, requests=requests) + "\n"
    yield words("redact.searched", values=Count(searched.values)) + "\n"
    if compared.gone:
        yield words("redact.gone", gone=_counted(compared.gone, words)) + "\n"
    yield words("redact.unique", unique=proved.hosts.unique, of=proved.hosts.of) + "\n"


def say_gone(compared: Comparison, words: Words) -> None:
    """Say on standard error which requests and findings the copy does not tell of any more."""
    for key, gone in (("redact.gone", compared.gone), ("redact.lost", compared.lost)):
        if gone:
            say(words(key, gone=_counted(gone, words)), words)


def _counted(counts: Counts[str, int], words: Words) -> str:
    return words("report.list-comma").join(f"{what} {count:,}" for what, count in sorted(counts.items()))
