"""What we say of the corpus, judged once by hand, and what of it has changed since.

`judgements.tsv` has a row for each judged finding of the corpus's ``dev`` captures: all warnings and errors, and notes
that were looked at.  Identical siblings of one capture share a row, which lists their streams and the first frames of
the first of them.  A rule that changes what is said shows here which judgements it touches.

By hand: ``python -m tests.corpus.judgements`` prints the differences, ``python -m tests.corpus.judgements --update``
rewrites changed rows as *unjudged* (keeping the old reason) and adds what is new; then each such row is judged with the
packets: ``tshark -r FILE -Y 'tcp.stream == N'``.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import astuple, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tcptui.model.finding import Severity  # noqa: E402 - after the path is set
from tcptui.session.session import open_file  # noqa: E402
from tests.conftest import corpus_folder  # noqa: E402

TABLE: Final = Path(__file__).with_name("judgements.tsv")
CAPTURES: Final = (".pcap", ".pcapng", ".cap", ".gz")
#: How many frames a row names: enough to find the place.
FRAMES: Final = 4


class Judgement(StrEnum):
    """How right a finding is, by the packets."""

    RIGHT = "right"
    MISLEADING = "misleading"
    """True, but a reader concludes something else than what happened."""
    TOO_SURE = "too-sure"
    WRONG = "wrong"
    CANNOT_TELL = "cannot-tell"
    UNJUDGED = "unjudged"


@dataclass(frozen=True)
class Said:
    """What is said of some streams of a capture, as far as a judgement rests on it."""

    capture: str
    id: str
    shape: str
    confidence: str
    severity: str
    frames: str
    """The first frames of the finding of the first stream, separated by commas."""

    @property
    def is_loud(self) -> bool:
        return self.severity != Severity.NOTE.name.lower()


@dataclass(frozen=True)
class Row:
    """A row of the table."""

    said: Said
    streams: tuple[int, ...]
    judgement: Judgement
    reason: str

    @classmethod
    def parse(cls, line: str) -> Row:
        """Raises ValueError for a line that has not nine columns, or an unknown judgement."""
        capture, streams, name, shape, confidence, severity, frames, judgement, reason = line.split("\t")
        said = Said(capture, name, shape, confidence, severity, frames)
        return cls(said, _numbers(streams), Judgement(judgement), reason)

    def line(self) -> str:
        capture, name, *rest = astuple(self.said)
        return "\t".join((capture, _ranges(self.streams), name, *rest, self.judgement, self.reason))

    def __str__(self) -> str:
        said = self.said
        return f"{said.capture} {_ranges(self.streams)} {said.id} ({self.judgement}: {self.reason})"


def _numbers(text: str) -> tuple[int, ...]:
    """The streams of ``1,3-5``."""
    spans = [part.partition("-") for part in text.split(",")]
    return tuple(n for first, _, last in spans for n in range(int(first), int(last or first) + 1))


def _ranges(streams: Iterable[int]) -> str:
    spans: list[list[int]] = []
    for stream in sorted(streams):
        if spans and stream == spans[-1][1] + 1:
            spans[-1][1] = stream
        else:
            spans.append([stream, stream])
    return ",".join(f"{a}" if a == b else f"{a}-{b}" for a, b in spans)


def read_table() -> list[Row]:
    """The judged rows, as they stand in the file."""
    return [Row.parse(line) for line in TABLE.read_text().splitlines()[1:]]


def write_table(rows: Iterable[Row]) -> None:
    """Write ``rows`` in the order of captures, streams and ids."""
    header = "capture\tstreams\tid\tshape\tconfidence\tseverity\tframes\tjudgement\treason"
    ordered = sorted(rows, key=lambda row: (row.said.capture, row.streams, row.said.id))
    TABLE.write_text("\n".join([header, *(row.line() for row in ordered)]) + "\n")


def said_today(corpus: Path) -> dict[tuple[str, int, str], Said]:
    """Every finding of the ``dev`` captures, by capture, stream and id."""
    said = {}
    for path in sorted(path for path in (corpus / "dev").iterdir() if path.suffix in CAPTURES):
        session = open_file(path)
        try:
            for stream, findings in session.each_findings(range(session.streams.count)):
                for finding in findings:
                    said[path.name, stream, finding.id.value] = Said(
                        path.name,
                        finding.id.value,
                        str(finding.facts.get("shape", "")),
                        finding.confidence.name.lower(),
                        finding.severity.name.lower(),
                        ",".join(map(str, finding.packets[:FRAMES])),
                    )
        finally:
            session.close()
    return said


def differences(rows: list[Row], today: dict[tuple[str, int, str], Said]) -> list[str]:
    """What the table does not say of ``today``: one line each, with the reason that was given once."""
    lines = [f"not judged yet: {row}" for row in rows if row.judgement is Judgement.UNJUDGED]
    judged = set()
    for row in rows:
        for stream in row.streams:
            key = row.said.capture, stream, row.said.id
            judged.add(key)
            now = today.get(key)
            if now is None:
                lines.append(f"gone from stream {stream}: {row}")
            elif change := _changed(row, stream, now):
                lines.append(f"changed in stream {stream}, {change}: {row}")
    new = [(key, said) for key, said in today.items() if said.is_loud and key not in judged]
    lines += [f"loud and not in the table: {key[0]} {key[1]} {key[2]} {said.shape}" for key, said in new]
    return lines


def _changed(row: Row, stream: int, now: Said) -> str:
    """What changed of what was judged: ``likely → possible``; nothing: empty."""
    names = ["shape", "confidence", "severity"] + ["frames"] * (stream == row.streams[0])
    pairs = [(getattr(row.said, name), getattr(now, name)) for name in names]
    return ", ".join(f"{old or 'no shape'} → {new or 'no shape'}" for old, new in pairs if old != new)


def updated(rows: list[Row], today: dict[tuple[str, int, str], Said]) -> list[Row]:
    """The table with what changed and what is new as `Judgement.UNJUDGED`, and without what is gone."""
    kept: list[Row] = []
    left = dict(today)
    for row in rows:
        same: list[int] = []
        for stream in row.streams:
            now = left.pop((row.said.capture, stream, row.said.id), None)
            if now is None:
                continue
            if _changed(row, stream, now):
                kept.append(Row(now, (stream,), Judgement.UNJUDGED, f"was {row.judgement}: {row.reason}"))
            else:
                same.append(stream)
        if same:
            first = replace(row.said, frames=today[row.said.capture, same[0], row.said.id].frames)
            kept.append(replace(row, said=first, streams=tuple(same)))
    new = [Row(said, (key[1],), Judgement.UNJUDGED, "") for key, said in left.items() if said.is_loud]
    return kept + new


def counts(rows: Iterable[Row]) -> dict[str, Counter[Judgement]]:
    """How many findings got which judgement: the loud ones and the notes."""
    found: dict[str, Counter[Judgement]] = defaultdict(Counter)
    for row in rows:
        found["loud" if row.said.is_loud else "note"][row.judgement] += len(row.streams)
    return dict(found)


def main() -> int:
    corpus = corpus_folder()
    if corpus is None:
        print("needs the corpus: set TCPTUI_CORPUS to its folder", file=sys.stderr)
        return 1
    rows, today = read_table(), said_today(corpus)
    if "--update" in sys.argv[1:]:
        rows = updated(rows, today)
        write_table(rows)
    for line in differences(rows, today):
        print(line)
    for kind, found in counts(rows).items():
        print(kind, ", ".join(f"{judgement} {number}" for judgement, number in found.most_common()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
