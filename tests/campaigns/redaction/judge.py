"""Plants two values of the same shape, redacts both under one key, and judges what comes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcptui.cli.commands import RedactCommand
from tcptui.cli.parse import parse
from tcptui.cli.run.redact import write_redacted
from tcptui.model.errors import TcptuiError
from tcptui.words.catalogue import Words
from tcptui.words.errors import error_line
from tcptui.words.language import Language
from tests.campaigns.redaction.searcher import Searcher
from tests.campaigns.redaction.secrets_drawn import Secrets

if TYPE_CHECKING:
    from pathlib import Path

    from tests.campaigns.redaction.carriers import Build

CLEAN: Final = "clean"
REFUSED: Final = "refused"
LEAKED: Final = "leaked"


@dataclass(frozen=True)
class Verdict:
    """What became of one carrier: one of the three words, and what was found or why there is no file."""

    word: str
    why: str = ""


def redacted(source: Path, out: Path, key: Path) -> str | None:
    """Redact ``source`` into ``out``; returns why there is no file, or None."""
    command = parse(["redact", str(source), "-w", str(out), "--key", str(key), "--overwrite"], {})
    assert isinstance(command, RedactCommand)
    try:
        write_redacted(command, Words(Language.EN))
    except TcptuiError as error:
        return error_line(error, Words(Language.EN))
    return None if out.exists() else "no file"


def judged(build: Build, number: int, folder: Path, key: Path) -> Verdict:
    """What becomes of what ``build`` plants: looked for in the copy, and in how that differs from the copy of a twin.

    The twin has other content of the same shape, and the same addresses, names and identifiers: under one key both
    become the same file, or something of the content, its sum perhaps, has reached it.
    """
    copies, planted = [], []
    for content in (2 * number, 2 * number + 1):
        secrets = Secrets(content, ~number)
        source, out = folder / "planted.pcap", folder / "copy.pcapng"
        source.write_bytes(build(secrets))
        out.unlink(missing_ok=True)
        why = redacted(source, out, key)
        if why is not None:
            assert not out.exists()
            return Verdict(REFUSED, why)
        copies.append(out.read_bytes())
        planted.append(secrets)
    searcher = Searcher(copies[0])
    for value in planted[0].drawn:
        for notation in searcher.found(value):
            return Verdict(LEAKED, f"{value!r} {notation}")
    if copies[0] != copies[1]:
        differ = [at for at, (one, other) in enumerate(zip(*copies, strict=False)) if one != other]
        return Verdict(LEAKED, f"depends on the content: {len(differ)} octets differ, the first at {differ[:1]}")
    return Verdict(CLEAN)
