"""Parses command lines that open a capture: its source, its output files, and the options about findings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tcptui.capture.rotation import Rotation
from tcptui.cli.commands import (
    STANDARD_STREAM,
    Limits,
    LiveCommand,
    OpenCommand,
    RemoteCommand,
)
from tcptui.cli.parse_findings import finding_filter
from tcptui.cli.parse_values import CommandLineError, file_name, filter_words, number
from tcptui.findings.finding_filter import NOTHING
from tcptui.session.watch.options import KEEP_AFTER, KEEP_BEFORE, Watch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tcptui.cli.commands import Common, Display

    Options = Mapping[str, str]

#: tcpdump's and libpcap's own limit for ``-s``.
MAXIMUM_SNAPLEN: Final = 262_144
#: Upper bound of ``-B``: libpcap takes the buffer size as a C int, in bytes.
MAXIMUM_BUFFER_KIB: Final = 2_097_151
#: Counts beyond a signed 64-bit integer are assumed to be typing errors.
MAXIMUM_COUNT: Final = 2**63 - 1
#: Upper bound of ``-W`` and ``-G``: both are a C int in tcpdump.
MAXIMUM_INT: Final = 2**31 - 1
#: Upper bound of each value of ``--keep-seconds``: an hour.
MAXIMUM_KEPT_SECONDS: Final = 3600.0
#: Unit suffixes of sizes, in bytes: without one ``-C`` counts millions; newer versions of tcpdump have the same ones.
_UNITS: Final = {"": 1_000_000, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}

#: More processes than that are assumed to be a typing error.
MAXIMUM_WORKERS: Final = 1_024
_ROTATING: Final = frozenset({"-C", "-W", "-G"})
#: Options about output files.
OUTPUT_OPTIONS: Final = _ROTATING | {"-w", "--overwrite"}
#: Options that limit the disk space and memory of a live capture.
LIMIT_OPTIONS: Final = frozenset({"--spool-limit", "--memory-limit"})
#: Options about what is done with findings as they are made.
WATCHING: Final = frozenset({"--no-screen", "--stop-on", "--keep-around", "--keep-seconds", "--only", "-Y"})


def options_for_files(options: Options, files: Sequence[str]) -> frozenset[str]:
    """The options of `OUTPUT_OPTIONS` and `LIMIT_OPTIONS` that are allowed for ``files``.

    All of them for standard input; for files, which exist already, only those that ``--keep-around`` needs.
    """
    if STANDARD_STREAM in files:
        return OUTPUT_OPTIONS | LIMIT_OPTIONS
    return frozenset({"-w", "--overwrite"}) if "--keep-around" in options else frozenset()


def parse_live(options: Options, words: Sequence[str], common: Common, display: Display) -> LiveCommand:
    """``-i INTERFACE`` with its options; raises CommandLineError."""
    write, rotation, watch = _keeping(options)
    if write == STANDARD_STREAM and "--kernel" in options:
        raise CommandLineError("error.exclusive", first="--kernel", second="-w -")
    return LiveCommand(
        common=common,
        interface=file_name("-i", options["-i"]),
        filter_words=filter_words(words),
        display=display,
        count=number(options, "-c", 1, MAXIMUM_COUNT),
        snaplen=number(options, "-s", 0, MAXIMUM_SNAPLEN) or 0,
        buffer_kib=number(options, "-B", 1, MAXIMUM_BUFFER_KIB),
        promiscuous="-p" not in options,
        write=write,
        overwrite="--overwrite" in options,
        include_own="--include-own" in options,
        kernel="--kernel" in options,
        rotation=rotation,
        watch=watch,
        limits=limits_of(options),
        display_filter=display_filter(options),
    )


def parse_remote(options: Options, words: Sequence[str], common: Common, display: Display) -> RemoteCommand:
    """``ssh://…`` with its options; raises CommandLineError."""
    write, rotation, watch = _keeping(options)
    _no_stream(write)
    return RemoteCommand(
        common=common,
        target=words[0],
        filter_words=filter_words(words[1:]),
        display=display,
        count=number(options, "-c", 1, MAXIMUM_COUNT),
        snaplen=number(options, "-s", 0, MAXIMUM_SNAPLEN) or 0,
        buffer_kib=number(options, "-B", 1, MAXIMUM_BUFFER_KIB),
        promiscuous="-p" not in options,
        write=write,
        overwrite="--overwrite" in options,
        rotation=rotation,
        watch=watch,
        limits=limits_of(options),
        display_filter=display_filter(options),
    )


def parse_open(
    options: Options, files: tuple[str, ...], words: str, common: Common, display: Display
) -> OpenCommand:  # fmt: skip
    """Files or standard input, with their options; raises CommandLineError."""
    write, rotation, watch = _keeping(options)
    _no_stream(write)
    limits = limits_of(options)
    overwrite, chosen, processes = "--overwrite" in options, display_filter(options), workers(options)
    return OpenCommand(common, files, words, display, write, overwrite, rotation, watch, limits, chosen, processes)


def display_filter(options: Options) -> str:
    """The value of ``-Y``; empty without it.  Raises CommandLineError."""
    return file_name("-Y", options["-Y"]) if "-Y" in options else ""


def workers(options: Options) -> int | None:
    """The value of ``--workers``; raises CommandLineError."""
    return number(options, "--workers", 1, MAXIMUM_WORKERS)


def _no_stream(write: str | None) -> None:
    """Raise CommandLineError for ``-w -``, which only a capture on this host supports."""
    if write == STANDARD_STREAM:
        raise CommandLineError("error.needs-interface", option="-w -")


def _keeping(options: Options) -> tuple[str | None, Rotation | None, Watch]:
    write = file_name("-w", options["-w"]) if "-w" in options else None
    if "--overwrite" in options and write is None:
        raise CommandLineError("error.overwrite-what")
    rotation, watch = _rotation(options), _watch(options)
    if write is None:
        for name in options:
            if name in ("-C", "-G", "--keep-around"):
                raise CommandLineError("error.keep-where", option=name)
    if write == STANDARD_STREAM:
        for name in options:
            if name in _ROTATING | WATCHING | LIMIT_OPTIONS:
                raise CommandLineError("error.not-to-stdout", option=name)
    if watch.keep_around and rotation is not None:
        first = next(name for name in options if name in _ROTATING)
        raise CommandLineError("error.exclusive", first=first, second="--keep-around")
    return write, rotation, watch


def _rotation(options: Options) -> Rotation | None:
    octets = size(options, "-C")
    seconds = number(options, "-G", 1, MAXIMUM_INT)
    files = number(options, "-W", 1, MAXIMUM_INT)
    if octets is None and seconds is None:
        if files is not None:
            raise CommandLineError("error.files-of-what")
        return None
    return Rotation(octets, seconds, files)


def limits_of(options: Options) -> Limits:
    """``--spool-limit`` and ``--memory-limit``; raises CommandLineError."""
    return Limits(size(options, "--spool-limit"), size(options, "--memory-limit"))


def size(options: Options, name: str) -> int | None:
    """The size option ``name`` in bytes: given in millions, or with k, M, G in powers of 1024; None without it."""
    text = options.get(name)
    if text is None:
        return None
    found = re.fullmatch(r"([0-9]{1,12})([kKmMgG]?)", text)
    octets = int(found[1]) * _UNITS[found[2].lower()] if found else 0
    if not 0 < octets <= MAXIMUM_COUNT:
        raise CommandLineError("error.size", option=name, value=text)
    return octets


def _watch(options: Options) -> Watch:
    stop_on, around, only = (
        finding_filter(name, options[name]) if name in options else NOTHING
        for name in ("--stop-on", "--keep-around", "--only")
    )
    before, after = KEEP_BEFORE, KEEP_AFTER
    if "--keep-seconds" in options:
        if not around:
            raise CommandLineError("error.keep-seconds-what")
        before, after = _seconds(options["--keep-seconds"])
    if only and "--no-screen" not in options:
        raise CommandLineError("error.only-what")
    return Watch("--no-screen" in options, stop_on, around, before, after, only)


def _seconds(text: str) -> tuple[float, float]:
    """Parse ``BEFORE[,AFTER]``, in seconds."""
    found = re.fullmatch(r"([0-9]{1,4}(?:\.[0-9]{1,9})?)(?:,([0-9]{1,4}(?:\.[0-9]{1,9})?))?", text)
    before = float(found[1]) if found else -1.0
    after = float(found[2]) if found and found[2] else KEEP_AFTER
    if not (0 <= before <= MAXIMUM_KEPT_SECONDS and after <= MAXIMUM_KEPT_SECONDS):
        raise CommandLineError("error.seconds", value=text, most=int(MAXIMUM_KEPT_SECONDS))
    return before, after
