"""The report of an unexpected error in the program itself: plain text that may be shown to others.

Python's own traceback ends with the error's message as it is, and that may quote a packet: an
unknown character set of a header, say, with escape sequences in it.  A report here has files,
lines and our source, the type of the error, and its message where that is of a known form (`_recognised_message`).
"""

from __future__ import annotations

import builtins
import os
import re
import sys
import threading
from functools import cache
from typing import TYPE_CHECKING, Final

from tcptui import __version__
from tcptui.model.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType, TracebackType

_LONGEST_MESSAGE: Final = 200
_LONGEST_LINE: Final = 500

#: Instead of what a message quotes.
_HIDDEN: Final = "'…'"
#: Types that Python's messages name, beside those in `builtins`.
_TYPES: Final = frozenset({"NoneType", "function", "method", "module", "generator", "coroutine", "ndarray", "array"})
_NAME: Final = r"'([A-Za-z_][\w.]*)'"
#: Python's own messages, in full; a group is the name of a type.
_PATTERNS: Final = tuple(
    re.compile(form, re.ASCII)
    for form in (
        r"(?:list|tuple|string|bytearray|range object|array)(?: assignment)? index out of range|index out of range",
        r"pop from (?:an )?empty (?:list|set|deque|dict)|pop from an empty deque",
        r"(?:integer |float )?division by zero|integer (?:division|modulo|division or modulo) by zero|float modulo",
        r"maximum recursion depth exceeded(?: (?:while|in) [a-z _]+)?",
        r"(?:dictionary changed size|dictionary keys changed|Set changed size|deque mutated) during iteration",
        r"not enough values to unpack \(expected (?:at least )?\d+, got \d+\)",
        r"too many values to unpack \(expected \d+\)",
        rf"unsupported operand type\(s\) for [^\s'\w]+(?: or [a-z]+\(\))?: {_NAME} and {_NAME}",
        rf"'[<>=!]+' not supported between instances of {_NAME} and {_NAME}",
        rf"{_NAME} object is not (?:subscriptable|callable|iterable|an iterator|reversible)",
        rf"{_NAME} object (?:cannot be interpreted as an integer|does not support item (?:assignment|deletion))",
        rf"object of type {_NAME} has no len\(\)|argument of type {_NAME} is not iterable",
        rf"cannot unpack non-iterable [A-Za-z_]+ object|unhashable type: {_NAME}",
        r"unpack requires a buffer of \d+ bytes",
        r"unpack_from requires a buffer of at least \d+ bytes for unpacking \d+ bytes at offset -?\d+"
        r" \(actual buffer size is \d+\)",
        r"bytes must be in range\(0, 256\)|byte must be in range\(0, 256\)|negative shift count|substring not found",
        r"int too (?:large|big) to convert(?: to float)?|Python int too large to convert to C (?:int|long|ssize_t)",
        r"cannot convert float (?:NaN|infinity) to integer",
        r"(?:min|max)\(\) (?:arg is an empty sequence|iterable argument is empty)",
        r"list\.(?:remove|index)\(x\): x not in list|tuple\.index\(x\): x not in tuple",
        r"I/O operation on closed file\.?|Event loop is closed|cannot schedule new futures after (?:\w+ )?shutdown",
        r"can't start new thread|generator already executing|coroutine raised StopIteration",
    )
)
#: Messages whose end quotes something.
_ENDS_QUOTED: Final = re.compile(r"(unknown encoding|invalid literal for int\(\) with base \d+): ", re.ASCII)
#: What Python's own codecs say is wrong.
_CODEC_REASONS: Final = frozenset({
    "invalid start byte", "invalid continuation byte", "unexpected end of data", "truncated data", "illegal encoding",
    "ordinal not in range(128)", "ordinal not in range(256)", "character maps to <undefined>", "surrogates not allowed",
    "illegal UTF-16 surrogate", "illegal multibyte sequence", "incomplete multibyte sequence",
})  # fmt: skip


def describe_crash(error: BaseException) -> str:
    """The report of ``error`` and of the errors that caused it; its last line is the summary."""
    # imported here so that ``--help`` starts fast
    import traceback
    from importlib.metadata import PackageNotFoundError, version

    try:
        textual = version("textual")
    except PackageNotFoundError:  # a damaged installation, which may be what failed
        textual = "not installed"
    versions = f"tcptui {__version__}, textual {textual}, Python {sys.version.partition(' ')[0]}"
    parts = [f"{versions}, {sys.platform}\n"]
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    for link in reversed(chain):
        parts.append("\n")
        parts.extend(traceback.format_tb(link.__traceback__))
        parts.append(_summary(link) + "\n")
    return "".join(parts)


def _summary(error: BaseException) -> str:
    message = safe_text(_recognised_message(error), _LONGEST_MESSAGE)
    return type(error).__name__ + (f": {message}" if message else "")


def install_exception_hooks() -> None:
    """Have all unhandled errors, of any thread, reported by `describe_crash` instead of Python's traceback."""
    sys.excepthook = _tell
    threading.excepthook = lambda told: _tell(told.exc_type, told.exc_value, told.exc_traceback)
    sys.unraisablehook = lambda told: _tell(told.exc_type, told.exc_value, told.exc_traceback)


def install_log_format() -> None:
    """Have errors that libraries log reported alike: asyncio logs that of a failed task which nobody awaits.

    Call it before commands that may import such a library; ``--help`` does without `logging`.
    """
    import logging

    class SafeFormatter(logging.Formatter):
        """Formats a record as its first line, made safe, and the report of its error if it has one."""

        def format(self, record: logging.LogRecord) -> str:
            first = safe_text(
                record.getMessage().partition("\n")[0], _LONGEST_LINE
            )  # in further lines asyncio quotes the error
            error = record.exc_info[1] if record.exc_info else None
            return first if error is None else f"{first}\n{describe_crash(error)}"

    if logging.lastResort is not None:
        logging.lastResort.setFormatter(SafeFormatter())


def _tell(_kind: type[BaseException], error: BaseException | None, _trace: TracebackType | None) -> None:
    if error is None or isinstance(error, SystemExit) or sys.stderr is None:
        return
    try:
        sys.stderr.write(describe_crash(error))
        sys.stderr.flush()
    except OSError:
        return  # standard error is gone


# The message of an error as far as it cannot quote a packet: in forms that are known, else nothing of it.
#
# What is left of a message once quoted texts are taken out is no safe rest: an apostrophe in it moves what counts as
# quoted.  So nothing is taken out; a message is told only where every word of it is ours, Python's, or the system's.


def _recognised_message(error: BaseException) -> str:
    """The message of ``error`` if its form is known, with ``'…'`` where it quotes something; else empty."""
    if isinstance(error, UnicodeDecodeError | UnicodeEncodeError):
        return _of_codec(error)
    if isinstance(error, OSError):
        return "" if error.errno is None else f"[Errno {error.errno}] {os.strerror(error.errno)}"
    text = str(error)
    if text in _own_texts(error.__traceback__):
        return text
    if isinstance(error, AttributeError | NameError | ImportError):
        return text if _names_only(error, text) else ""
    if len(error.args) == 1 and text == repr(error.args[0]):
        return _HIDDEN  # a key that was not found, bytes
    quoting = _ENDS_QUOTED.match(text)
    if quoting is not None:
        return f"{quoting[1]}: …"
    for form in _PATTERNS:
        found = form.fullmatch(text)
        if found is not None:
            return _without_names(text, found)
    return ""


def _of_codec(error: UnicodeDecodeError | UnicodeEncodeError) -> str:
    """What a codec says of its input, without the input; empty if it is none of Python's own."""
    if error.reason not in _CODEC_REASONS:
        return ""
    where = f"position {error.start}" if error.end <= error.start + 1 else f"positions {error.start}-{error.end - 1}"
    if isinstance(error, UnicodeEncodeError):
        return f"{_HIDDEN} codec can't encode characters in {where}: {error.reason}"
    what = f"byte 0x{error.object[error.start]:02x}" if error.end == error.start + 1 else "bytes"
    return f"{_HIDDEN} codec can't decode {what} in {where}: {error.reason}"


def _without_names(text: str, found: re.Match[str]) -> str:
    """``text`` without the names in it that are of no type of Python's: a text of that form may be a packet's."""
    for place in range(found.re.groups, 0, -1):
        name = found[place]
        if name is not None and name not in _type_names():
            begin, end = found.span(place)
            text = text[:begin] + "…" + text[end:]
    return text


@cache
def _type_names() -> frozenset[str]:
    return _TYPES | {name for name, value in vars(builtins).items() if isinstance(value, type)}


_NO_ATTRIBUTE: Final = re.compile(rf"(?:type object |module )?{_NAME}(?: object)? has no attribute {_NAME}", re.ASCII)
_NO_NAME: Final = re.compile(rf"(?:free variable )?name {_NAME} is not defined", re.ASCII)
_UNBOUND: Final = re.compile(
    rf"cannot access (?:local|free) variable {_NAME} where it is not associated with a value(?: in enclosing scope)?",
    re.ASCII,
)
_NO_MODULE: Final = re.compile(rf"No module named {_NAME}(?:; {_NAME} is not a package)?", re.ASCII)


def _names_only(error: AttributeError | NameError | ImportError, text: str) -> bool:
    """Whether ``text`` is Python's own about names that stand in the source of the functions that were running."""
    forms = (form.fullmatch(text) for form in (_NO_ATTRIBUTE, _NO_NAME, _UNBOUND, _NO_MODULE))
    found = next((match for match in forms if match is not None), None)
    if found is None:
        return False
    named = {name for name in found.groups() if name is not None}
    if isinstance(error, AttributeError):
        named.discard(type(error.obj).__name__)
        named.discard(getattr(error.obj, "__name__", ""))
    return named <= _own_names(error.__traceback__)


def _codes(trace: TracebackType | None) -> Iterator[CodeType]:
    while trace is not None:
        yield trace.tb_frame.f_code
        trace = trace.tb_next


def _own_texts(trace: TracebackType | None) -> frozenset[str]:
    """All texts that stand in the source of the functions of ``trace``."""
    return frozenset(
        constant for code in _codes(trace) for constant in code.co_consts if isinstance(constant, str) and constant
    )


def _own_names(trace: TracebackType | None) -> frozenset[str]:
    """All names that stand in the source of the functions of ``trace``, and texts, which may be names of modules."""
    names = (each for code in _codes(trace) for each in (*code.co_names, *code.co_varnames, *code.co_freevars))
    return frozenset(names) | _own_texts(trace)
