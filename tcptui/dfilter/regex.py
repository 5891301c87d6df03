"""Regular expressions of ``matches``: PCRE2's as Python's, over bytes, without regard to case.

Most of the syntax is the same.  What is written differently is translated, what Python cannot do is refused; both
engines agree about the rest: ASCII letters and digits, ``.`` stops at a line feed, ``^`` is the start alone.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from enum import Enum, auto
from itertools import accumulate
from typing import Final

#: Characters of a pattern, and groups inside each other, at most: Python's compiler takes stack and time for them.
MAXIMUM_LENGTH: Final = 4_096
MAXIMUM_DEPTH: Final = 40

_POSIX: Final = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "ascii": r"\x00-\x7f", "blank": r"\t\x20", "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9", "graph": r"\x21-\x7e", "lower": "A-Za-z", "print": r"\x20-\x7e", "punct":
    r"\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e", "space": r"\x09-\x0d\x20", "upper": "A-Za-z", "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}  # fmt: skip
_NOT_POSIX: Final = {name: re.compile(f"[^{members}]".encode()) for name, members in _POSIX.items()}
_SPACES: Final = {"h": r"\t\x20\xa0", "v": r"\n\x0b\x0c\r\x85"}
_SIMPLE: Final = {"a": r"\x07", "e": r"\x1b", "f": r"\x0c", "n": r"\n", "r": r"\r", "t": r"\t"}
_SAME: Final = frozenset("dDsSwW")
_AFTER_BACKSLASH: Final = {"A": r"\A", "z": r"\Z", "Z": r"(?=\n?\Z)", "b": r"\b", "B": r"\B", "N": r"[^\n]", "K": "",
                  "C": r"[\x00-\xff]", "R": r"(?:\r\n|[\n\x0b\x0c\r\x85])"}  # fmt: skip
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FLAGS: Final = re.compile(r"\(\?([a-z]*)(?:-([a-z]*))?([:)])")
_KNOWN_FLAGS: Final = frozenset("imsx")
_AGAIN: Final = re.compile(r"\(\?P=[A-Za-z_][A-Za-z0-9_]*\)|\(\?\([0-9]{1,2}\)")
_QUANTIFIER: Final = re.compile(r"\{([0-9]+)(?:,[0-9]*)?\}")
_MOST_REPEATS: Final = 65_535
#: What repeats a number of times is compiled as often: so many parts at most.  PCRE2 has a limit of the kind, too.
_MOST_PARTS: Final = 1 << 17


class Refusal(Enum):
    """Why a pattern is refused."""

    INVALID = auto()
    """No engine compiles it."""
    UNSUPPORTED = auto()
    """PCRE2 might, Python cannot."""
    TOO_LARGE = auto()


class PatternError(ValueError):
    """A pattern cannot be used; ``text``: the part, or what the engine says."""

    def __init__(self, refusal: Refusal, text: str, place: int = 0) -> None:
        super().__init__(text)
        self.refusal = refusal
        self.text = text
        self.place = place
        """The byte of the pattern at which what is wrong begins."""

    @property
    def is_unfinished(self) -> bool:
        """Whether more of the pattern may make it right: the end of a group or a class, or what is escaped."""
        return self.text.startswith("missing ") or self.text.endswith(" at end of pattern")


def compile_pattern(pattern: bytes) -> re.Pattern[bytes]:
    """``pattern`` as Python's.  Raises PatternError."""
    if len(pattern) > MAXIMUM_LENGTH:
        raise PatternError(Refusal.TOO_LARGE, str(MAXIMUM_LENGTH))
    translation = _Translation(pattern.decode("latin-1"))
    translated = translation.whole()
    try:
        return re.compile(translated.encode("latin-1"), re.IGNORECASE)
    except (re.error, OverflowError) as error:
        told, place = str(error), getattr(error, "pos", None)
        if place is not None:  # it counts in what was translated, which nobody typed
            told = told.removesuffix(f" at position {place}")
            place = translation.source_of(place)
        # What is fixed to one width, or repeated twice, is Python's own limit.
        is_ours = any(part in told for part in ("look-behind", "multiple repeat", "unknown extension", "group ref"))
        raise PatternError(Refusal.UNSUPPORTED if is_ours else Refusal.INVALID, told, place or 0) from None
    except RecursionError:
        raise PatternError(Refusal.TOO_LARGE, str(MAXIMUM_LENGTH)) from None


class _Translation:
    """One pattern on its way from PCRE2's syntax to Python's."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._place = 0
        self._made: list[str] = []
        self._depth = 0
        #: Of each open group, the flags that were set within: Python scopes them by a group of their own.
        self._flags: list[list[str]] = [[]]
        self._spaced: list[bool] = [False]
        self._opened: list[int] = []
        """Where each open group begins."""
        self._parts: list[int] = [0]
        """In each open group the parts that are compiled."""
        self._last_parts = 1
        """Those of what a quantifier would repeat."""
        self._steps: list[tuple[int, int]] = []
        """For each step the parts that were made before it, and the place of the pattern at which it began."""

    def whole(self) -> str:
        """The translated pattern.  Raises PatternError."""
        while self._place < len(self._pattern):
            begin = self._place
            self._steps.append((len(self._made), begin))
            try:
                self._step()
            except PatternError as error:
                error.place = begin
                raise
        if self._depth:
            raise PatternError(Refusal.INVALID, "missing )", self._opened[-1])
        self._made.append(")" * len(self._flags[-1]))
        return "".join(self._made)

    def source_of(self, place: int) -> int:
        """Where in the pattern that begins which was made into the character ``place`` of the translated one."""
        ends = list(accumulate(map(len, self._made), initial=0))
        made = bisect_right(ends, place) - 1
        return self._steps[max(0, bisect_right(self._steps, (made, len(self._pattern))) - 1)][1] if self._steps else 0

    def _peek(self, length: int = 1) -> str:
        return self._pattern[self._place : self._place + length]

    def _step(self) -> None:
        sign = self._peek()
        if sign not in "(){":
            self._last_parts = 1
            self._parts[-1] += 1
        if sign == "\\":
            self._made.append(self._escape(in_class=False))
        elif sign == "[":
            self._made.append(self._class())
        elif sign == "(":
            self._open()
        elif sign == ")":
            self._close()
        elif sign == "|":
            flags = self._flags[-1]
            self._made.append(")" * len(flags) + "|" + "".join(flags))
            self._place += 1
        elif sign == "{":
            self._brace()
        elif self._spaced[-1] and sign == "#":
            end = self._pattern.find("\n", self._place)
            self._place = len(self._pattern) if end < 0 else end + 1
        else:
            if not (self._spaced[-1] and sign in " \t\n\v\f\r"):
                self._made.append(sign)
            self._place += 1

    def _brace(self) -> None:
        found = _QUANTIFIER.match(self._pattern, self._place)
        if found is None:
            self._made.append(r"\{")
            self._place += 1
            return
        if any(int(part) > _MOST_REPEATS for part in re.findall("[0-9]+", found[0][:20])):
            raise PatternError(Refusal.TOO_LARGE, found[0])
        self._parts[-1] += self._last_parts * (int(found[1]) - 1)
        if self._parts[-1] > _MOST_PARTS:
            raise PatternError(Refusal.TOO_LARGE, found[0])
        self._made.append(found[0])
        self._place = found.end()

    def _open(self) -> None:
        flags = _FLAGS.match(self._pattern, self._place)
        if flags is not None and flags[0] != "(?:" and flags[0] != "(?)":
            self._set_flags(flags)
            return
        for theirs, ours in (("(?<", "(?P<"), ("(?'", "(?P<"), ("(?P<", "(?P<")):
            name = _NAME.match(self._pattern, self._place + len(theirs))
            if self._peek(len(theirs)) == theirs and name is not None:
                self._push(f"{ours}{name[0]}>", name.end() + 1 - self._place)
                return
        for kept in ("(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>"):
            if self._peek(len(kept)) == kept:
                self._push(kept, len(kept))
                return
        again = _AGAIN.match(self._pattern, self._place)
        if again is not None:
            if again[0].startswith("(?("):
                self._push(again[0], len(again[0]))
            else:
                self._made.append(again[0])
                self._place = again.end()
            return
        if self._peek(3) == "(?#":
            end = self._pattern.find(")", self._place)
            if end < 0:
                raise PatternError(Refusal.INVALID, "missing )")
            self._place = end + 1
            return
        if self._peek(2) in ("(?", "(*"):
            raise PatternError(Refusal.UNSUPPORTED, self._peek(4))
        self._push("(", 1)

    def _push(self, opened: str, length: int) -> None:
        self._depth += 1
        if self._depth > MAXIMUM_DEPTH:
            raise PatternError(Refusal.TOO_LARGE, str(MAXIMUM_DEPTH))
        self._made.append(opened)
        self._opened.append(self._place)
        self._place += length
        self._flags.append([])
        self._parts.append(1)
        self._spaced.append(self._spaced[-1])

    def _close(self) -> None:
        if not self._depth:
            raise PatternError(Refusal.INVALID, "unmatched )")
        self._depth -= 1
        self._made.append(")" * len(self._flags.pop()) + ")")
        self._opened.pop()
        self._last_parts = self._parts.pop()
        self._parts[-1] += self._last_parts
        self._spaced.pop()
        self._place += 1

    def _set_flags(self, found: re.Match[str]) -> None:
        on, off, end = found[1], found[2] or "", found[3]
        if not set(on + off) <= _KNOWN_FLAGS:
            raise PatternError(Refusal.UNSUPPORTED, found[0])
        spaced = ("x" in on or self._spaced[-1]) and "x" not in off
        on, off = "".join(sorted({*on} - {*off, "x"})), "".join(sorted({*off} - {"x"}))
        scoped = f"(?{on}{'-' + off if off else ''}:" if on or off else "(?:"
        if end == ":":
            self._push(scoped, len(found[0]))
        else:
            if len(self._flags[-1]) + self._depth >= MAXIMUM_DEPTH:
                raise PatternError(Refusal.TOO_LARGE, str(MAXIMUM_DEPTH))
            self._made.append(scoped)
            self._flags[-1].append(scoped)
            self._place = found.end()
        self._spaced[-1] = spaced

    def _escape(self, *, in_class: bool) -> str:
        letter = self._pattern[self._place + 1 : self._place + 2]
        if not letter:
            raise PatternError(Refusal.INVALID, "\\ at end of pattern")
        self._place += 2
        if letter == "Q":
            end = self._pattern.find("\\E", self._place)
            end = len(self._pattern) if end < 0 else end
            quoted = self._pattern[self._place : end]
            self._place = min(end + 2, len(self._pattern))
            self._parts[-1] += len(quoted)
            return "".join(_literal(one) for one in quoted)
        if letter == "E":
            return ""
        if letter in _SIMPLE:
            return _SIMPLE[letter]
        if letter in _SAME:
            return f"\\{letter}"
        if letter.lower() in _SPACES:
            return self._spaces(letter, in_class=in_class)
        if letter == "x":
            return self._hex()
        if letter == "c":
            code = ord(self._peek().upper() or "\0") ^ 64
            self._place += 1
            return _code(code)
        if in_class and letter == "b":
            return r"\x08"
        if letter.isdigit():
            return self._digits(letter, in_class=in_class)
        if self._pattern.startswith("N{U+", self._place - 1):
            raise PatternError(Refusal.INVALID, "\\N{U+")
        if not in_class and letter in _AFTER_BACKSLASH:
            return _AFTER_BACKSLASH[letter]
        if not in_class and letter in "kg":
            return self._reference(letter)
        if letter.isascii() and letter.isalnum():
            raise PatternError(Refusal.UNSUPPORTED, f"\\{letter}")
        return _literal(letter)

    def _spaces(self, letter: str, *, in_class: bool) -> str:
        members = _SPACES[letter.lower()]
        if letter.isupper() and in_class:
            raise PatternError(Refusal.UNSUPPORTED, f"\\{letter}")
        return members if in_class else f"[{'^' if letter.isupper() else ''}{members}]"

    def _hex(self) -> str:
        if self._peek() == "{":
            found = re.compile(r"\{0*([0-9A-Fa-f]{1,2})\}").match(self._pattern, self._place)
            if found is None:
                raise PatternError(Refusal.INVALID, "\\x{")
        else:
            found = re.compile(r"([0-9A-Fa-f]{0,2})").match(self._pattern, self._place)
            assert found is not None
        self._place = found.end()
        return _code(int(found[1] or "0", 16))

    def _digits(self, first: str, *, in_class: bool) -> str:
        found = re.compile("[0-9]*").match(self._pattern, self._place)
        assert found is not None
        digits = first + found[0]
        if first != "0" and not in_class and (len(digits) == 1 or int(digits[:3]) <= self._groups()):
            self._place = found.end()
            return f"(?:\\{digits})" if int(digits[:3]) <= 99 else f"\\{digits}"
        octal = re.match("[0-7]{1,3}", digits)
        if octal is None or int(octal[0], 8) > 0xFF:
            raise PatternError(Refusal.INVALID, f"\\{digits[:3]}")
        self._place += len(octal[0]) - 1
        return _code(int(octal[0], 8))

    def _groups(self) -> int:
        return len(re.findall(r"(?<!\\)\((?!\?[^P<'])", self._pattern))

    def _reference(self, letter: str) -> str:
        found = re.compile(r"\{([A-Za-z_0-9]+)\}|<([A-Za-z_0-9]+)>|'([A-Za-z_0-9]+)'|([0-9]+)").match(
            self._pattern, self._place
        )
        name = next((part for part in found.groups() if part), "") if found is not None else ""
        if found is None or (letter == "g" and found[0][0] in "<'") or not (name.isdigit() or _NAME.fullmatch(name)):
            raise PatternError(Refusal.UNSUPPORTED, f"\\{letter}")
        self._place = found.end()
        return f"(?:\\{name})" if name.isdigit() else f"(?P={name})"

    def _class(self) -> str:
        start = self._place
        self._place += 1
        members = ["["]
        if self._peek() == "^":
            members.append("^")
            self._place += 1
        if self._peek() == "]":
            members.append(r"\]")
            self._place += 1
        while self._peek() != "]":
            if not self._peek():
                raise PatternError(Refusal.INVALID, f"missing ] for {self._pattern[start : start + 8]}")
            member = self._member()
            # Python warns of two hyphens, which might mean a difference of sets one day.
            members.append(_code(ord("-")) if member == "-" and members[-1] in ("[", "^", "-") else member)
        self._place += 1
        return "".join([*members, "]"])

    def _member(self) -> str:
        named = re.compile(r"\[:(\^?)([a-z]+):\]").match(self._pattern, self._place)
        if named is not None:
            if named[2] not in _POSIX:
                raise PatternError(Refusal.INVALID, named[0])
            self._place = named.end()
            if named[1]:
                others = _NOT_POSIX[named[2]].findall(bytes(range(256)))
                return "".join(_code(one[0]) for one in others)
            return _POSIX[named[2]]
        if self._peek(2) in ("[.", "[="):
            raise PatternError(Refusal.UNSUPPORTED, self._peek(2))
        sign = self._peek()
        if sign == "\\":
            return self._escape(in_class=True)
        self._place += 1
        return sign if sign == "-" or sign.isalnum() else _literal(sign)


def _code(code: int) -> str:
    return f"\\x{code:02x}"


def _literal(sign: str) -> str:
    """A character that means itself, in a class and outside."""
    return sign if sign.isalnum() and sign.isascii() else _code(ord(sign))
