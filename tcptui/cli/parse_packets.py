"""Parses the command lines of packets, slice, assert and requests."""

from __future__ import annotations

import re
from os.path import lexists
from typing import TYPE_CHECKING, Final

from tcptui.cli.command_table import BY_WORD
from tcptui.cli.commands import (
    STANDARD_STREAM,
    AssertCommand,
    Chosen,
    PacketForm,
    PacketsCommand,
    RedactCommand,
    Redacting,
    RequestGroup,
    RequestsCommand,
    RequestsForm,
    SliceCommand,
)
from tcptui.cli.option_table import SPREADSHEET_SAFE
from tcptui.cli.parse_capture import workers
from tcptui.cli.parse_findings import finding_filter
from tcptui.cli.parse_values import CommandLineError, file_name, only_one
from tcptui.model.community_id import FORM
from tcptui.redact.keep import Keep
from tcptui.session.assertions.words import is_rule

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tcptui.cli.commands import Common

    Options = Mapping[str, str]
    Files = Callable[[str, Sequence[str]], tuple[str, ...]]

#: Each says which packets a slice has.
_CHOICES: Final = ("-Y", "--stream", "--community-id", "--finding", "--packets")
#: Frame numbers and numbers of connections have so many bits.
_MOST_NUMBER: Final = 2**32 - 1
#: Members of a list on the command line at most.
_MOST_MEMBERS: Final = 100_000
#: Whole seconds of ``--shift-time``, in either direction: thirty years.
_SHIFT: Final = re.compile(r"[+-]?[0-9]{1,9}")
#: Upper bound of ``--around``, in seconds: a day.
MAXIMUM_AROUND: Final = 86_400


def parse_packets(
    options: Options, repeated: Sequence[str], words: Sequence[str], common: Common, files: Files
) -> PacketsCommand:
    """``packets FILE…``; ``repeated``: all values of ``-e``.  Raises CommandLineError."""
    only_one([name for name in ("--count", "--csv", "--jsonl") if name in options])
    for other in ("-e", "--header"):
        if "--count" in options and other in options:
            raise CommandLineError("error.exclusive", first="--count", second=other)
    if "--header" in options and "--jsonl" in options:
        raise CommandLineError("error.exclusive", first="--jsonl", second="--header")
    form = PacketForm.CSV if "--csv" in options else PacketForm.JSONL if "--jsonl" in options else PacketForm.TEXT
    for name in repeated:
        file_name("-e", name)
    return PacketsCommand(
        common, files("packets", words), options.get("-Y", ""), tuple(repeated), form, "--header" in options,
        "--count" in options, is_spreadsheet_safe(options),
    )  # fmt: skip


def is_spreadsheet_safe(options: Options) -> bool:
    """Whether no cell of ``--csv`` may be a formula.  Raises CommandLineError without ``--csv``."""
    if SPREADSHEET_SAFE in options and "--csv" not in options:
        raise CommandLineError("error.needs-csv", option=SPREADSHEET_SAFE)
    return SPREADSHEET_SAFE in options


def parse_slice(options: Options, words: Sequence[str], common: Common, files: Files) -> SliceCommand:
    """``slice FILE… -w OUT``; raises CommandLineError."""
    given = only_one([name for name in _CHOICES if name in options])
    named = files("slice", words)
    if not given:
        raise CommandLineError("error.slice-what")
    if "-w" not in options:
        raise CommandLineError("error.slice-where")
    named_by = community_ids(options["--community-id"]) if "--community-id" in options else ""
    chosen = Chosen(
        display_filter=file_name("-Y", options["-Y"]) if "-Y" in options else named_by,
        streams=tuple(low for low, high in _ranges("--stream", options) for low in range(low, high + 1)),
        findings=finding_filter("--finding", options["--finding"]) if "--finding" in options else None,
        packets=_ranges("--packets", options),
        around_ns=_nanoseconds("--around", options),
        whole_streams="--whole-streams" in options,
    )
    return SliceCommand(
        common, named, chosen, file_name("-w", options["-w"]), "--overwrite" in options,
        redacting(options, named, common),
    )  # fmt: skip


def community_ids(value: str) -> str:
    """The display filter of the connections that ``--community-id`` names.  Raises CommandLineError."""
    names = value.split(",")
    for name in names:
        if not FORM.fullmatch(name):
            raise CommandLineError("error.community-id", value=name[:80])
    quoted = ", ".join(f'"{name}"' for name in names)
    return f"tcptui.community_id in {{{quoted}}}"


def parse_redact(options: Options, file: str, common: Common) -> RedactCommand:
    """``redact FILE -w OUT``; raises CommandLineError."""
    if "-w" not in options:
        raise CommandLineError("error.redact-where")
    given = {name: file_name(name, options[name]) for name in ("-w", "--key", "--certificate") if name in options}
    for name, value in given.items():
        if value == STANDARD_STREAM:
            raise CommandLineError("error.redact-stream", option=name)
    if given["-w"] == given.get("--certificate"):
        raise CommandLineError("error.redact-same")
    known = {keep.value: keep for keep in Keep}
    kept = options["--keep"].split(",") if "--keep" in options else []
    for one in kept:
        if one not in known:
            raise CommandLineError("error.redact-keep", value=one[:80], known=", ".join(known))
    shift = options.get("--shift-time", "0")
    if not _SHIFT.fullmatch(shift):
        raise CommandLineError("error.redact-shift", value=shift[:80])
    return RedactCommand(
        common, file, given["-w"], given.get("--key"), tuple(dict.fromkeys(known[one] for one in kept)), int(shift),
        given.get("--certificate"), "--overwrite" in options,
    )  # fmt: skip


def parse_assert(options: Options, words: Sequence[str], common: Common, files: Files) -> AssertCommand:
    """``assert FILE… RULE…``; raises CommandLineError."""
    rules, others = tuple(filter(is_rule, words)), [word for word in words if not is_rule(word)]
    for word in others:
        if " " in word.strip() and not lexists(word):
            raise CommandLineError("error.no-rule", value=word[:80])
    named = files("assert", others)
    if not rules and "--rules" not in options:
        raise CommandLineError("error.which-rule")
    given = {name: file_name(name, options[name]) for name in BY_WORD["assert"].options & options.keys()}
    return AssertCommand(common, named, rules, given.get("--rules"), given.get("--junit"), given.get("--slice"))


def parse_requests(options: Options, words: Sequence[str], common: Common, files: Files) -> RequestsCommand:
    """``requests FILE…``; raises CommandLineError."""
    only_one([name for name in ("--jsonl", "--har", "--results") if name in options])
    only_one([name for name in ("--group", "--har", "--results") if name in options])
    only_one([name for name in ("--results", "--workers") if name in options])
    only_one([name for name in ("--results", "--redact") if name in options])
    groups = {group.value: group for group in RequestGroup}
    if options.get("--group", RequestGroup.STATEMENT.value) not in groups:
        raise CommandLineError("error.group", value=options["--group"][:80], known=", ".join(groups))
    named = files("requests", words)
    if "--overwrite" in options and "--har" not in options:
        raise CommandLineError("error.overwrite-har")
    forms = {f"--{form.value}": form for form in RequestsForm}
    form = next((form for name, form in forms.items() if name in options), RequestsForm.TEXT)
    return RequestsCommand(
        common, named, form, file_name("--har", options["--har"]) if "--har" in options else "",
        "--overwrite" in options, file_name("-Y", options["-Y"]) if "-Y" in options else "", workers(options),
        groups[options["--group"]] if "--group" in options else None,
        file_name("--results", options["--results"]) if "--results" in options else "",
        redacting(options, named, common),
    )  # fmt: skip


def redacting(options: Options, files: Sequence[str], common: Common) -> Redacting | None:
    """``--redact [--key FILE]``; None: not given.  Raises CommandLineError."""
    if "--redact" not in options:
        if "--key" in options:
            raise CommandLineError("error.key-redact")
        return None
    if common.keylog:
        raise CommandLineError("error.exclusive", first="--redact", second="--keylog")
    if len(files) > 1:
        raise CommandLineError("error.redact-several")
    return Redacting(file_name("--key", options["--key"]) if "--key" in options else None)


def _ranges(option: str, options: Options) -> tuple[tuple[int, int], ...]:
    """The value of ``option``, numbers and ranges such as ``10-20,31``; nothing without it."""
    text = options.get(option)
    if text is None:
        return ()
    # Connections are numbered from 0 and few are named, packets from 1.
    least, may_range = (1, True) if option == "--packets" else (0, False)
    found = []
    for part in text.split(",", _MOST_MEMBERS):
        match = re.fullmatch(r"\s*(\d{1,10})\s*(?:-\s*(\d{1,10})\s*)?", part, re.ASCII)
        low = int(match[1]) if match else -1
        high = int(match[2]) if match and match[2] else low
        if not least <= low <= high <= _MOST_NUMBER or (high > low and not may_range):
            raise CommandLineError(f"error.{'packets' if may_range else 'streams'}", option=option, value=text[:80])
        found.append((low, high))
    return tuple(found)


def _nanoseconds(option: str, options: Options) -> int | None:
    text = options.get(option)
    if text is None:
        return None
    if not re.fullmatch(r"\d{1,5}(\.\d{1,9})?", text, re.ASCII) or float(text) > MAXIMUM_AROUND:
        raise CommandLineError("error.around", option=option, value=text[:80], most=MAXIMUM_AROUND)
    whole, _point, rest = text.partition(".")
    return int(whole) * 10**9 + int(rest.ljust(9, "0"))
