"""Until a connection has been judged, its explanation does not say that nothing happened to it."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

import pytest

from tcptui.access.cached_findings import CachedFindings
from tcptui.access.open_capture import segments_of
from tcptui.access.progress import Phase, Progress
from tcptui.session import judging
from tcptui.session.session import Session, open_file
from tcptui.ui.explain_document import stream_document
from tcptui.ui.main import fetch
from tcptui.words.catalogue import Words
from tcptui.words.language import Language
from tcptui.words.quantities import Count
from tests.ui.conftest import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.ui.conftest import Shown, Wire

    Show = Callable[..., AbstractAsyncContextManager[Shown]]

EN = Words(Language.EN)
NOTHING = EN("screen.explain.clean")
NOT_YET = EN("screen.explain.unjudged")
#: The stream that loses a packet.
LOSSY = 1


def said(session: Session, known: CachedFindings, words: Words = EN) -> list[str]:
    return [passage.text for passage in stream_document(session, LOSSY, known, words)]


async def test_connection_that_is_being_judged_is_not_called_clean(
    show: Show, mixed_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged, current_findings = Event(), Session.current_findings

    def slowly(session: Session, stream: int) -> CachedFindings:
        assert judged.wait(600)
        return current_findings(session, stream)

    monkeypatch.setattr(fetch, "_INLINE_PACKETS", 0)
    monkeypatch.setattr(Session, "current_findings", slowly)
    async with show(mixed_session) as shown:
        try:
            await shown.press("g", "j")
            await until(lambda: shown.screen.workspace.settled)
            early = "\n".join(shown.lines())
        finally:
            judged.set()
        await until(lambda: NOT_YET not in "\n".join(shown.lines()))
        late = "\n".join(shown.lines())

    assert NOT_YET in early
    assert NOTHING not in early
    assert NOTHING not in late


@pytest.mark.parametrize("language", Language)
def test_what_was_not_judged_is_told(mixed_session: Session, language: Language) -> None:
    words, packets = Words(language), segments_of(mixed_session, LOSSY)

    none = said(mixed_session, CachedFindings((), 0), words)
    some = said(mixed_session, CachedFindings((), packets - 2), words)
    every = said(mixed_session, CachedFindings((), packets), words)

    assert none[0] == words("screen.explain.unjudged")
    assert str(packets) in none[1]
    assert some[0] == every[0] != none[0]
    assert [text for text in some if text not in every] == [words("screen.explain.since", n=Count(2))]


def test_long_connection_of_a_growing_capture_is_not_judged_until_it_is(
    wire: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire.handshake(0, "10.0.0.1:40001", "192.0.2.10:9000")
    wire.lossy(200, "10.0.0.1:40002", "192.0.2.10:80")
    monkeypatch.setattr(judging, "PROMPT_SEGMENTS", 2)
    monkeypatch.setattr(judging.Judging, "refresh", lambda *_, **__: False)  # judging is not its turn yet
    session = open_file(wire.pcap(tmp_path / "two.pcap"))
    clean = 0  # nothing of it needs a judgement

    def known(phase: Phase) -> tuple[CachedFindings, CachedFindings]:
        monkeypatch.setattr(Session, "progress", Progress(phase))
        return session.current_findings(LOSSY), session.current_findings(clean)

    assert known(Phase.LOADING) == (CachedFindings((), 0), CachedFindings((), 0))
    assert known(Phase.LIVE) == (CachedFindings((), 0), CachedFindings((), segments_of(session, clean)))
    assert known(Phase.DONE)[0].findings
