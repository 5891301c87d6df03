"""``assert FILE… RULE…``: whether a capture keeps rules; 0 all hold, 1 one does not, 2 wrong usage, 3 input failed."""

from __future__ import annotations

import re
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from tcptui.capture.slicing.sink import Sink
from tcptui.cli.inputs import open_inputs, refuse_unreadable_among
from tcptui.cli.read_files import replaceable
from tcptui.cli.report.junit import TestCase, junit_xml
from tcptui.cli.run.combined_fault import combined_fault
from tcptui.cli.run.copying import reading_again, write_rows
from tcptui.cli.run.filtering import WrongFilterError, judges, say_unread
from tcptui.cli.run.load import exit_code, has_failed, read_whole, write_text
from tcptui.cli.run.own_findings import own_rules
from tcptui.cli.run.slice import comments_of
from tcptui.cli.signals import signals_unwind
from tcptui.cli.stdout import redirect_stdout_to_null
from tcptui.dfilter.errors import FilterError, Mistake, Span
from tcptui.model.arrays import sorted_unique
from tcptui.model.errors import OutputError, StandardOutputError, TcptuiError, UsageError
from tcptui.model.file_names import disambiguate
from tcptui.model.safe_text import reason_of, safe_text
from tcptui.session.assertions.judge import judge
from tcptui.session.assertions.rule import RuleError, parse_rule
from tcptui.session.assertions.rules_file import Entry, read_rules
from tcptui.session.assertions.words import Kind
from tcptui.session.filtering.run import is_readable
from tcptui.session.reading_again import packets_read_again
from tcptui.session.slicing.choose import with_fragments
from tcptui.words.errors import error_line, say
from tcptui.words.quantities import Count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcptui.cli.commands import AssertCommand
    from tcptui.cli.inputs import Input
    from tcptui.session.assertions.judge import Judgement
    from tcptui.session.assertions.rule import Rule
    from tcptui.session.session import Session
    from tcptui.words.catalogue import Words

_BROKEN: Final = 1
INPUT_FAILED: Final = 3
#: Frame numbers that are named of a rule that is broken.
_NAMED: Final = 10
#: Characters of a rule that are shown.
_SHOWN: Final = 200
#: Characters of a rule in the name of its slice.
_IN_NAME: Final = 40


class WrongRuleError(UsageError):
    """A rule of a file is none; ``place`` says which, ``message`` why."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__("placed", place=place, message=message)
        self.key = "assertion.error.placed"


def check_rules(command: AssertCommand, words: Words) -> int:
    """Run the command; returns the exit code.  Raises TcptuiError for wrong usage and what cannot be written."""
    try:
        rules = _rules(command, words)
        with ExitStack() as stack:
            stack.enter_context(signals_unwind())
            opened = _open(command, rules, stack, words)
            code = _check(command, rules, opened, words)
            sys.stdout.flush()
            return code
    except UsageError:
        raise
    except TcptuiError as error:
        # 1 says that a rule is broken, so it says nothing else.
        say(error_line(error, words), words)
        if isinstance(error, StandardOutputError):
            redirect_stdout_to_null()
        return INPUT_FAILED


def _rules(command: AssertCommand, words: Words) -> list[Rule]:
    """All rules.  Raises UsageError for the first that is none, whose `more` has the others."""
    rules: list[Rule] = []
    faults: list[UsageError] = []
    entries = [Entry(0, text) for text in command.rules]
    path = "" if command.rules_file is None else safe_text(command.rules_file)
    if command.rules_file is not None:
        file = read_rules(Path(command.rules_file))
        entries += file.entries
        faults += file.faults
    for entry in entries:
        place = _place(path, entry, words)
        try:
            if entry.fault is not None:
                raise entry.fault
            rules.append(_readable(parse_rule(entry.text, entry.name)))
        except FilterError as error:
            shown = safe_text(entry.text, _SHOWN)
            faults.append(WrongFilterError(f"{place}, {shown}" if place else shown, error, words))
        except RuleError as error:
            faults.append(WrongRuleError(place, error_line(error, words)) if place else error)
    if faults:
        raise combined_fault(faults)
    return rules


def _readable(rule: Rule) -> Rule:
    """``rule``; raises FilterError where it asks a field that nothing reads, before any packet is read."""
    for field in rule.fields:
        if not is_readable(field):
            raise FilterError(Mistake.UNREAD_FIELD, Span(0, 0), name=field.name)
    return rule


def _place(path: str, entry: Entry, words: Words) -> str:
    """Which rule of the file an entry is; of the command line's, which stand before the user's eyes, nothing."""
    if not entry.number:
        return ""
    key = "assertion.place-named" if entry.name else "assertion.place"
    return words(key, path=path, number=entry.number, name=safe_text(entry.name, _SHOWN))


def _open(command: AssertCommand, rules: Sequence[Rule], stack: ExitStack, words: Words) -> list[Input]:
    """Open the inputs, give up root, and refuse now what could not be written later."""
    opened = open_inputs(command.files, stack, words)
    results = [] if command.junit is None else [Path(command.junit)]
    if command.slices is not None:
        results += [_slice_path(command.slices, number, rule) for number, rule in enumerate(rules, 1)]
    may_replace = replaceable(command.common, opened, rules=[command.rules_file] if command.rules_file else [])
    for path in results:
        may_replace.check(path)
    refuse_unreadable_among(opened)
    return opened


def _check(command: AssertCommand, rules: Sequence[Rule], opened: Sequence[Input], words: Words) -> int:
    fields = [field for rule in rules for field in rule.fields]
    own = own_rules(command.common, words)
    session = read_whole(command.common, opened, words, own, judges=judges(fields))
    if has_failed(session):
        return INPUT_FAILED
    judged = []
    for rule in rules:
        try:
            with packets_read_again(session):
                judged.append(judge(session, rule))
        except FilterError as error:
            raise WrongFilterError(safe_text(rule.text, _SHOWN), error, words) from error
    unread = sorted_unique(np.concatenate([one.unread for one in judged])) if judged else np.zeros(0, np.int64)
    say_unread(session, unread, "assertion.unread", words)
    failed = exit_code(session, [one.source for one in opened]) != 0
    reasons = [None if one.holds else _reason(one, session, words) for one in judged]
    write_text(_line(one, reason, words, is_part=failed) + "\n" for one, reason in zip(judged, reasons, strict=True))
    if command.junit is not None:
        unknown = words("assertion.why.part") if failed else None
        cases = [TestCase(_name(one.rule), reason or unknown) for one, reason in zip(judged, reasons, strict=True)]
        suite = ", ".join(disambiguate(command.files))
        with Sink(Path(command.junit)) as sink:
            sink.write(junit_xml(suite, cases).encode())
    if command.slices is not None:
        _write_slices(command.slices, command.files, judged, session, words)
    if failed:
        return INPUT_FAILED  # what a rule says of a part, it does not say of the capture
    return _BROKEN if any(not one.holds for one in judged) else 0


def _name(rule: Rule) -> str:
    return rule.name or rule.text


def _line(judged: Judgement, reason: str | None, words: Words, *, is_part: bool) -> str:
    named = safe_text(judged.rule.text, _SHOWN)
    if judged.rule.name:
        named = words("assertion.named", name=safe_text(judged.rule.name, _SHOWN), rule=named)
    if reason is None:
        if is_part:
            return words("assertion.unknown", rule=named, reason=words("assertion.why.part"))
        return words("assertion.holds", rule=named)
    return words("assertion.broken", rule=named, reason=reason)


def _reason(judged: Judgement, session: Session, words: Words) -> str:
    """Why the rule does not hold, with numbers, and the packets that break it."""
    rule = judged.rule
    facts: dict[str, object] = {"n": Count(judged.count), "of": Count(judged.of)}
    if rule.field is not None:
        percent = f"{float(rule.percent):g}"
        facts |= {"field": rule.field.name, "percent": percent, "value": _number(judged.value or 0.0)}
        key = "percentile" if judged.value is not None else "percentile-of-nothing"
        key += "-of-connections" if judged.value is not None and rule.of_connections else ""
    elif rule.kind is Kind.COUNT:
        facts["value"] = f"{judged.value or 0.0:.4g}"
        key = "share" if rule.is_share else "count"
    else:
        key = rule.kind.value
    text = words(f"assertion.why.{key}", **facts)
    frames = session.store.frame[judged.rows[:_NAMED]].tolist()
    if not frames:
        return text
    named = ", ".join(map(str, frames))
    more = len(judged.rows) - len(frames)
    packets = words("assertion.packets-more", packets=named, n=Count(more)) if more else named
    return words("assertion.with-packets", reason=text, packets=packets)


def _number(value: float) -> str:
    return f"{value:.9f}".rstrip("0").rstrip(".") if value != int(value) else str(int(value))


def _write_slices(
    folder: str, files: Sequence[str], judged: Sequence[Judgement], session: Session, words: Words
) -> None:
    """A capture of the packets that break a rule, for each that is broken by packets.  Raises TcptuiError."""
    broken = [(number, one) for number, one in enumerate(judged, 1) if len(one.rows)]
    if not broken:
        return
    directory = Path(folder)
    try:
        directory.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputError("output_failed", path=safe_text(folder), reason=reason_of(error)) from error
    slicer = reading_again(session)
    comments = comments_of(session, slicer, files, words)
    for number, one in broken:
        path = _slice_path(folder, number, one.rule)
        comments.begin()
        chosen = np.zeros(session.store.count, np.bool_)
        chosen[one.rows] = True
        rows = np.flatnonzero(with_fragments(session.store, chosen))
        with Sink(path) as sink:
            write_rows(session, slicer, rows, sink, comments)
        facts = {"n": f"{len(rows):,}", "all": f"{session.store.count:,}", "file": safe_text(str(path))}
        say(words("slice.written", **facts), words)


def _slice_path(folder: str, number: int, rule: Rule) -> Path:
    return Path(folder) / f"{number:02d}-{_slug(rule)}.pcapng"


def _slug(rule: Rule) -> str:
    """A file name out of a rule: letters, digits and hyphens only."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", _name(rule))[:_IN_NAME].strip("-.") or "rule"
