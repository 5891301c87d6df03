"""Texts that a regular expression nearly matches, made from its own parse tree: what backtracks most on them.

Each `Shape` is a beginning, a piece that is repeated, and an end that fails; pieces are what the pattern's own repeats
take, and pairs of characters that its classes tell apart.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from itertools import islice, product
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PARSER: Final = re._parser  # type: ignore[attr-defined]  # the parse tree has no public name
_COMPILER: Final = re._compiler  # type: ignore[attr-defined]
_REPEATS: Final = frozenset({_PARSER.MAX_REPEAT, _PARSER.MIN_REPEAT, _PARSER.POSSESSIVE_REPEAT})
#: A repeat of fewer items than this is no loop over a long text.
_LOOP: Final = 8
_CHARACTERS: Final = [chr(code) for code in range(128)] + ["\x80", "\xe9", "\xff"]
_BEYOND_BYTES: Final = ["\u2003", "\u4e00", "\U000e0100", "\u0300"]
#: Bounds of how many texts are made of one pattern.
_ALPHABET_AT_MOST: Final = 9
_EXAMPLES_AT_MOST: Final = 6
#: Growth of the time when a text grows fourfold: linear is 4, quadratic 16.
GROWTH: Final = 9.0
#: Nanoseconds below which growth is not measured: what so little a text takes says nothing.
_MEASURABLE_NS: Final = 1_500_000
#: Characters of the texts: what is quadratic takes longer than that on the last of them, what is linear hardly does.
#: Each is hardly three times the one before: of what grows with the fourth power, none takes minutes; of what doubles
#: with each character, neither does the first that is measurable.
_SIZES: Final = (16, 20, 24, 28, 80, 240, 640, 1_600, 3_200)
#: What grows is measured again on a text twice as long (linear is 2, quadratic 4), unless that would take long.
#: A repeat of at most 128 characters looks quadratic up to there, and is measurable there on slow machines only.
_GROWTH_OF_TWICE: Final = 3.0
_CONFIRMED_BELOW_NS: Final = 20_000_000
#: So much longer four times the text takes only where nobody need confirm it: twice the text might never end.
_PLAIN_GROWTH: Final = 100.0
#: What is slow is so most times; a busy machine, once, and now and then it makes a short text take long.
_LOOKS: Final = 5
#: Of so many times the shortest is taken: others had the processor's caches meanwhile.
_TRIES: Final = 7


@dataclass(frozen=True)
class Shape:
    """``begin``, ``piece`` n times, ``end``."""

    begin: str
    piece: str
    end: str

    def text(self, size: int) -> str:
        """About ``size`` characters of it."""
        return self.begin + self.piece * max(1, size // len(self.piece)) + self.end


@dataclass(frozen=True)
class Slow:
    """A shape whose time grows faster than its length."""

    shape: Shape
    method: str
    size: int
    growth: float
    """How much longer four times the text takes."""
    ns_a_character: float


def shapes_of(pattern: re.Pattern[Any]) -> list[Shape]:
    """The texts for one pattern, each once."""
    return list(dict.fromkeys(shape for shape in _Shapes(pattern).all() if shape.piece))


def slow_shapes(pattern: re.Pattern[Any], methods: frozenset[str], at_most: int | None = None) -> Iterator[Slow]:
    """The shapes on which one of ``methods`` takes more than linear time.

    ``at_most``: the longest text that the pattern is applied to.
    """
    anchored = {"fullmatch" if "fullmatch" in methods else "match"} if methods & {"match", "fullmatch"} else set()
    for shape in shapes_of(pattern):
        for method in sorted(anchored | ({"finditer"} if methods - {"match", "fullmatch"} else set())):
            found = _slow(pattern, method, shape, at_most)
            if found is not None:
                yield found


def _slow(pattern: re.Pattern[Any], method: str, shape: Shape, at_most: int | None) -> Slow | None:
    call = _caller(pattern, method)

    def nanoseconds(size: int, tries: int = 1) -> int:
        text = shape.text(size)
        given = text.encode("latin-1") if isinstance(pattern.pattern, bytes) else text
        best = None
        for _ in range(tries):
            begin = time.thread_time_ns()
            call(given)
            spent = time.thread_time_ns() - begin
            best = spent if best is None else min(best, spent)
        assert best is not None
        return best

    for step in _SIZES:  # the first ones are short: of what is exponential, no size is to be tried that never ends
        size = min(step, at_most or step)
        if nanoseconds(size) >= _MEASURABLE_NS and nanoseconds(size, 2) >= _MEASURABLE_NS:
            break
    else:
        return None
    grown = 0
    for look in range(_LOOKS):
        quarter, whole = nanoseconds(size // 4, _TRIES), nanoseconds(size, _TRIES)
        grown += whole >= max(_MEASURABLE_NS, GROWTH * quarter)
        if look + 1 - grown > _LOOKS // 2:
            return None
        is_plain = whole >= max(_CONFIRMED_BELOW_NS, GROWTH * quarter) or whole > _PLAIN_GROWTH * quarter
        if is_plain:
            break
    if not is_plain and not at_most and nanoseconds(2 * size, _TRIES) < _GROWTH_OF_TWICE * nanoseconds(size, _TRIES):
        return None
    return Slow(shape, method, size, whole / max(quarter, 1), whole / size)


def _caller(pattern: re.Pattern[Any], method: str) -> Callable[[Any], object]:
    if method == "finditer":  # goes on where others stop: what is slow for `search` or `sub` is slow for it
        return lambda text: sum(1 for _ in pattern.finditer(text))
    return getattr(pattern, method)  # type: ignore[no-any-return]


class _Shapes:
    def __init__(self, pattern: re.Pattern[Any]) -> None:
        self._bytes = isinstance(pattern.pattern, bytes)
        self._flags = pattern.flags
        source = pattern.pattern.decode("latin-1") if self._bytes else pattern.pattern
        flags = pattern.flags & ~re.UNICODE if self._bytes else pattern.flags
        self._state = _PARSER.State()
        self._tree = _PARSER.parse(source, flags | (re.ASCII if self._bytes else 0))
        self._known: dict[str, frozenset[str]] = {}
        self._alphabet = self._told_apart()
        self._groups: dict[int, str] = {}

    def all(self) -> Iterator[Shape]:
        """Every text: around each loop of the tree, of whole examples, and of pairs of characters."""
        ends = ["", *self._alphabet]
        for begin, item in self._loops(self._tree, ""):
            pieces = dict.fromkeys([*self._examples(item), *sorted(self._first(item))[:_ALPHABET_AT_MOST]])
            for piece in pieces:
                for end in ends:
                    yield Shape(begin, piece, end)
                yield Shape("", begin + piece, "")
                yield Shape("", begin + piece, "\n")
            yield Shape("", begin, "")
        for whole in self._examples(self._tree):
            for end in ends:
                yield Shape("", whole, end)
        for one, end in product(self._alphabet, ends):
            yield Shape("", one, end)
        for one, other in product(self._alphabet, repeat=2):
            yield Shape("", one + other, "")

    def _loops(self, tree: Any, begin: str) -> Iterator[tuple[str, Any]]:
        """Each repeated item with an example of what stands before it."""
        for op, value in tree:
            if op in _REPEATS:
                _least, most, item = value
                if most >= _LOOP:
                    yield begin, item
                yield from self._loops(item, begin)
            elif op is _PARSER.BRANCH:
                for each in value[1]:
                    yield from self._loops(each, begin)
            elif op is _PARSER.SUBPATTERN:
                yield from self._loops(value[3], begin)
            elif op is _PARSER.ATOMIC_GROUP:
                yield from self._loops(value, begin)
            elif op in (_PARSER.ASSERT, _PARSER.ASSERT_NOT):
                yield from self._loops(value[1], begin)
            elif op is _PARSER.GROUPREF_EXISTS:
                for each in value[1:]:
                    yield from self._loops(each or [], begin)
            begin += next(self._examples([(op, value)]), "")

    def _examples(self, tree: Any) -> Iterator[str]:
        """Some of the shortest texts that ``tree`` matches."""
        parts = [list(islice(self._of_node(op, value), _EXAMPLES_AT_MOST)) or [""] for op, value in tree]
        longest = max(map(len, parts), default=1)
        for place in range(min(longest, _EXAMPLES_AT_MOST)):
            yield "".join(part[min(place, len(part) - 1)] for part in parts)

    def _of_node(self, op: Any, value: Any) -> Iterator[str]:
        if op is _PARSER.LITERAL:
            yield chr(value)
        elif op in (_PARSER.NOT_LITERAL, _PARSER.IN, _PARSER.ANY, _PARSER.CATEGORY):
            found = self._members(op, value)
            yield from [each for each in self._alphabet if each in found] or sorted(found)[:1]
        elif op is _PARSER.BRANCH:
            for each in value[1]:
                yield from islice(self._examples(each), 2)
        elif op is _PARSER.SUBPATTERN:
            group, *_, inner = value
            for text in self._examples(inner):
                self._groups[group] = text
                yield text
        elif op in _REPEATS:
            least, most, item = value
            for text in self._examples(item):
                yield text * max(least, min(most, 1) if least == 0 and self._is_plain(item) else least)
            if least == 0:
                yield ""
        elif op is _PARSER.ATOMIC_GROUP:
            yield from self._examples(value)
        elif op is _PARSER.GROUPREF:
            yield self._groups.get(value, "")
        elif op is _PARSER.GROUPREF_EXISTS:
            yield from self._examples(value[1])

    def _is_plain(self, item: Any) -> bool:
        return len(item) == 1 and item[0][0] is _PARSER.LITERAL

    def _first(self, tree: Any) -> frozenset[str]:
        """The characters of the alphabet that any class or literal within ``tree`` takes."""
        found: set[str] = set()
        for op, value in tree:
            found |= set(self._alphabet) & self._members(op, value)
        return frozenset(found)

    def _members(self, op: Any, value: Any) -> frozenset[str]:
        """The characters that one node takes, and those of the nodes within it."""
        if op in (_PARSER.LITERAL, _PARSER.NOT_LITERAL, _PARSER.IN, _PARSER.ANY, _PARSER.CATEGORY):
            key = f"{op} {value}"
            if key not in self._known:
                node = [(op, value)] if op is not _PARSER.CATEGORY else [(_PARSER.IN, [(op, value)])]
                self._known[key] = self._taken(node)
            return self._known[key]
        return frozenset().union(*(self._members(*node) for inner in _inner(op, value) for node in inner))

    def _taken(self, node: list[Any]) -> frozenset[str]:
        state = _PARSER.State()
        state.flags = self._flags
        state.str = "?"
        compiled = _COMPILER.compile(_PARSER.SubPattern(state, node), self._flags)
        known = _CHARACTERS if self._bytes else _CHARACTERS + _BEYOND_BYTES
        return frozenset(
            each for each in known if compiled.fullmatch(each.encode("latin-1") if self._bytes else each)
        )  # fmt: skip

    def _told_apart(self) -> list[str]:
        """A character for each set of classes and literals that hold it; the rarest sets first."""
        self._alphabet = []
        classes: list[frozenset[str]] = []
        for op, value in _nodes(self._tree):
            classes.append(self._members(op, value))
        known = _CHARACTERS if self._bytes else _CHARACTERS + _BEYOND_BYTES
        sets: dict[tuple[bool, ...], str] = {}
        for each in [*"a A0_-.", *known]:
            sets.setdefault(tuple(each in one for one in classes), each)
        return sorted(sets.values(), key=lambda each: -sum(each in one for one in classes))[:_ALPHABET_AT_MOST]


def _inner(op: Any, value: Any) -> list[Any]:
    """The trees right within a node."""
    if op in _REPEATS:
        return [value[2]]
    if op is _PARSER.BRANCH:
        return list(value[1])
    if op is _PARSER.SUBPATTERN:
        return [value[3]]
    if op is _PARSER.ATOMIC_GROUP:
        return [value]
    if op in (_PARSER.ASSERT, _PARSER.ASSERT_NOT):
        return [value[1]]
    if op is _PARSER.GROUPREF_EXISTS:
        return [each for each in value[1:] if each]
    return []


def _nodes(tree: Any) -> Iterator[tuple[Any, Any]]:
    """The leaves of a tree that take a character."""
    for op, value in tree:
        inner = _inner(op, value)
        if inner:
            for each in inner:
                yield from _nodes(each)
        elif op not in (_PARSER.AT, _PARSER.GROUPREF):
            yield op, value
