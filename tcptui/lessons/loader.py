"""Reads the bundled cases: ``case.toml`` into a `Case`, with every key checked.

In a wheel the cases are package data (``tcptui/_cases``), in a checkout they are
``cases/`` beside the package.  A malformed file is a bug of ours, so the errors are
for whoever edits the case: they name the file and the key.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import tcptui
from tcptui.lessons.case import CaptureFile, Case, Expectation, Localized, Origin, Source, Step
from tcptui.model.finding import FindingId
from tcptui.model.tcp_state import TcpState
from tcptui.model.verdict import Verdict
from tcptui.words.language import Language

FOLDER: Final = re.compile(r"(\d+)-([a-z0-9]+(?:-[a-z0-9]+)*)")
_STATES: Final = {state.label: state for state in TcpState}
_VERDICTS: Final = {verdict.field_name: verdict for verdict in Verdict}
ENDS: Final = ("client", "server")
"""The ends at which the bench captures: the values of ``at`` of a capture."""
_NUMBERS: Final = (
    "seq",
    "ack",
    "length",
    "window",
    "in_flight",
    "acks",
    "rtt_ns",
    "irtt_ns",
    "ttl",
    "ip_id",
    "since",
    "after_ns",
)

Toml = Mapping[str, object]


class CaseError(ValueError):
    """A case folder is malformed; the message names the file and the key."""


class UnknownCaseError(LookupError):
    """There is no case with that id; ``known`` are the ids that exist."""

    def __init__(self, case_id: str, known: tuple[str, ...]) -> None:
        super().__init__(f"no case {case_id!r}; there are: {', '.join(known)}")
        self.case_id = case_id
        self.known = known


def cases_folder() -> Path:
    """The folder of the bundled cases: in the installed package, else in the checkout."""
    package = Path(tcptui.__file__).parent
    bundled = package / "_cases"
    return bundled if bundled.is_dir() else package.parent / "cases"


def load_cases(folder: Path | None = None) -> list[Case]:
    """All cases, sorted by number; raises `CaseError` for the first that is malformed."""
    folder = folder or cases_folder()
    if not folder.is_dir():
        return []
    found = [path for path in folder.iterdir() if FOLDER.fullmatch(path.name) and (path / "case.toml").is_file()]
    cases = sorted((read_case(path) for path in found), key=lambda case: case.number)
    ids = {case.id for case in cases}
    if len(ids) < len(cases):
        raise CaseError(f"{folder}: two cases have the same id")
    for case in cases:
        if case.twin is not None and case.twin not in ids:
            raise CaseError(f"{case.folder / 'case.toml'}: twin: no case {case.twin!r}")
    return cases


def load_case(case_id: str, folder: Path | None = None) -> Case:
    """The case whose id, or number, is ``case_id``; raises `UnknownCaseError`, or `CaseError` when it is malformed."""
    cases = load_cases(folder)
    for case in cases:
        if case_id.lstrip("0") in (case.id, str(case.number)):
            return case
    raise UnknownCaseError(case_id, tuple(case.id for case in cases))


def read_case(folder: Path) -> Case:
    """The case in ``folder``; raises `CaseError`."""
    name = FOLDER.fullmatch(folder.name)
    if name is None:
        raise CaseError(f"{folder}: the folder's name must be NN-id, lower case")
    path = folder / "case.toml"
    try:
        top = _Table(path, "", tomllib.loads(path.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CaseError(f"{path}: {error}") from error
    except OSError as error:
        raise CaseError(f"{path}: {error.strerror}") from error
    files = tuple(_capture(table, folder) for table in top.tables("captures"))
    kernel = folder / "kernel.jsonl"
    case = Case(
        id=name[2],
        number=int(name[1]),
        folder=folder,
        title=top.localized("title"),
        story=top.localized("story"),
        source=_source(top.table("source")),
        seed=top.optional_string("seed"),
        twin=top.optional_string("twin"),
        files=files,
        findings=top.findings("findings"),
        steps=tuple(_step(table, files) for table in top.tables("steps")),
        kernel=kernel if kernel.is_file() else None,
    )
    top.finish()
    _check_findings(case, path)
    return case


def unfold(text: str, language: Language) -> str:
    """``text`` with the lines of each paragraph joined; in Chinese with a space only beside Latin text."""
    paragraphs = [
        [line.strip() for line in paragraph.splitlines()] for paragraph in re.split(r"\n[ \t]*\n", text.strip())
    ]
    return "\n\n".join(map(_join_chinese if language is Language.ZH else " ".join, paragraphs))


def _join_chinese(lines: Iterable[str]) -> str:
    joined = ""
    for line in lines:
        if joined and line:
            before, after = joined[-1], line[0]
            glued = (_is_wide(before) and _is_wide(after)) or _is_wide_mark(before) or _is_wide_mark(after)
            joined += "" if glued else " "
        joined += line
    return joined


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in ("W", "F")


def _is_wide_mark(character: str) -> bool:
    """Whether ``character`` is full-width punctuation, which needs no space beside it; in Chinese also quotes and …."""
    return character in "“”‘’…" or (_is_wide(character) and unicodedata.category(character).startswith("P"))


class _Table:
    """One TOML table whose keys are taken one by one; keys that are left over at the end are an error."""

    def __init__(self, path: Path, where: str, value: object) -> None:
        self._path = path
        self._where = where
        if not isinstance(value, dict):
            raise CaseError(f"{path}: {where}: must be a table")
        self._left: dict[str, object] = dict(value)

    def wrong(self, key: str, problem: str) -> CaseError:
        """The error for ``key``, to be raised by the caller."""
        return CaseError(f"{self._path}: {self._where}{key}: {problem}")

    def take(self, key: str) -> object | None:
        return self._left.pop(key, None)

    def finish(self) -> None:
        """Raise `CaseError` for a key that was not taken: a typo must not pass unnoticed."""
        for key in self._left:
            raise self.wrong(key, "unknown key")

    def string(self, key: str) -> str:
        value = self.optional_string(key)
        if value is None:
            raise self.wrong(key, "is missing")
        return value

    def optional_string(self, key: str) -> str | None:
        value = self.take(key)
        if value is not None and (not isinstance(value, str) or not value.strip()):
            raise self.wrong(key, "must be a text that is not empty")
        return value

    def optional_flag(self, key: str) -> bool | None:
        value = self.take(key)
        if value is not None and not isinstance(value, bool):
            raise self.wrong(key, "must be true or false")
        return value

    def optional_count(self, key: str) -> int | None:
        value = self.take(key)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self.wrong(key, "must be a whole number, not negative")
        return value

    def count(self, key: str) -> int:
        value = self.optional_count(key)
        if value is None:
            raise self.wrong(key, "is missing")
        return value

    def table(self, key: str) -> _Table:
        value = self.take(key)
        if value is None:
            raise self.wrong(key, "is missing")
        return _Table(self._path, f"{self._where}{key}.", value)

    def tables(self, key: str, *, optional: bool = False) -> list[_Table]:
        value = self.take(key)
        if value is None and optional:
            return []
        if not isinstance(value, list) or not value:
            raise self.wrong(key, "must be a list of tables, at least one")
        return [_Table(self._path, f"{self._where}{key}[{index}].", item) for index, item in enumerate(value, 1)]

    def localized(self, key: str) -> Localized:
        table = self.table(key)
        text = Localized(unfold(table.string("en"), Language.EN), unfold(table.string("zh"), Language.ZH))
        table.finish()
        return text

    def strings(self, key: str) -> tuple[str, ...] | None:
        value = self.take(key)
        if value is None:
            return None
        if not isinstance(value, list):
            raise self.wrong(key, "must be a list of texts")
        texts = tuple(item for item in value if isinstance(item, str))
        if len(texts) != len(value) or len(set(texts)) != len(texts):
            raise self.wrong(key, "must be a list of texts, each once")
        return texts

    def frames(self, key: str, last: int) -> tuple[int, ...]:
        value = self.take(key)
        if not isinstance(value, list) or not value:
            raise self.wrong(key, "must be a list of frame numbers")
        frames = tuple(item for item in value if isinstance(item, int) and not isinstance(item, bool))
        if len(frames) != len(value) or list(frames) != sorted(set(frames)) or frames[0] < 1 or frames[-1] > last:
            raise self.wrong(key, f"frame numbers must ascend within 1…{last}")
        return frames

    def findings(self, key: str) -> tuple[FindingId, ...]:
        try:
            return tuple(FindingId(name) for name in self.strings(key) or ())
        except ValueError as error:
            raise self.wrong(key, str(error)) from error

    def state(self, key: str) -> TcpState | None:
        name = self.optional_string(key)
        if name is not None and name not in _STATES:
            raise self.wrong(key, f"{name!r} is not a TCP state; they are written like SYN-SENT")
        return _STATES[name] if name is not None else None

    def verdicts(self, key: str) -> Verdict | None:
        names = self.strings(key)
        if names is None:
            return None
        bits = Verdict(0)
        for name in names:
            if name not in _VERDICTS:
                raise self.wrong(key, f"{name!r} is not a verdict")
            bits |= _VERDICTS[name]
        return bits


def _capture(table: _Table, folder: Path) -> CaptureFile:
    name, packets = table.string("file"), table.count("packets")
    if Path(name).name != name or not (folder / name).is_file():
        raise table.wrong("file", f"{name!r} is not a file of this folder")
    if packets == 0:
        raise table.wrong("packets", "must not be 0")
    at = table.optional_string("at")
    if at not in (None, *ENDS):
        raise table.wrong("at", f"must be one of {', '.join(ENDS)}")
    table.finish()
    return CaptureFile(folder / name, packets, at)


def _source(table: _Table) -> Source:
    origin = table.string("origin")
    if origin not in tuple(Origin):
        raise table.wrong("origin", f"must be one of {', '.join(Origin)}")
    source = Source(
        Origin(origin),
        table.localized("how"),
        table.string("program"),
        table.optional_string("scenario"),
        table.optional_count("seed"),
    )
    table.finish()
    return source


def _step(table: _Table, files: tuple[CaptureFile, ...]) -> Step:
    names = [file.path.name for file in files]
    name = table.optional_string("capture") or names[0]
    if name not in names:
        raise table.wrong("capture", f"{name!r} is not among captures")
    capture = names.index(name)
    step = Step(
        title=table.localized("title"),
        text=table.localized("text"),
        question=table.localized("question"),
        answer=table.localized("answer"),
        packets=table.frames("packets", files[capture].packets),
        capture=capture,
        findings=table.findings("findings"),
        expect=tuple(_expectation(item, files[capture]) for item in table.tables("expect", optional=True)),
    )
    table.finish()
    return step


def _expectation(table: _Table, file: CaptureFile) -> Expectation:
    frame = table.count("frame")
    if not 1 <= frame <= file.packets:
        raise table.wrong("frame", f"must be within 1…{file.packets}")
    expectation = Expectation(
        frame=frame,
        client=table.state("client"),
        server=table.state("server"),
        client_known=table.optional_flag("client_known"),
        server_known=table.optional_flag("server_known"),
        verdicts=table.verdicts("verdicts"),
        **{key: table.optional_count(key) for key in _NUMBERS},
    )
    table.finish()
    if (expectation.since is None) != (expectation.after_ns is None):
        raise table.wrong("since", "goes with after_ns")
    if expectation.since is not None and not 1 <= expectation.since < frame:
        raise table.wrong("since", "must be an earlier frame")
    return expectation


def _check_findings(case: Case, path: Path) -> None:
    """Raise `CaseError` unless the findings of every step are among those of the case."""
    for index, step in enumerate(case.steps, 1):
        for finding in step.findings:
            if finding not in case.findings:
                raise CaseError(f"{path}: steps[{index}].findings: {finding} is not in the case's findings")
