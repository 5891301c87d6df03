"""Batched numbers: one value for each of many streams, the *members*; arithmetic applies to all of them at once.

Rules are written for one stream.  Streams whose packets are alike but for times, frame numbers and the like can be
judged by one run of a rule, as one batch: what differs among them is `Batched`, everything else is a plain number.
Arithmetic is done for all members at once.  A comparison must come out the same in all of them, for the rule takes one
branch: else `DivergedError` says which members go with the first, and each half is judged by a run of its own.  What
cannot be done for all members at once raises `NotBatchableError`, and the streams are judged one by one.  So a result
is either exactly that of every single stream, or there is none.
"""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, NoReturn, TypeVar

import numpy as np

from tcptui.model.sparse_array import zeros

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

_T = TypeVar("_T")
_Number = TypeVar("_Number", int, float)

#: Python's integers have no bounds: results are kept this far within those of 64 bits.
_WITHIN: Final = 1 << 62
#: Up to which integers a float is exact, so that Python's division and NumPy's are the same.
_EXACT: Final = 1 << 53
#: Up to so many comparisons a member, comparing each number with each takes less time than a search.
_COMPARED_EACH: Final = 64
_ALL: Final = slice(None)
#: Functions that give a truth value: it must be the same in all members.
_ASKING: Final = frozenset(
    {np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal, np.logical_and, np.logical_or}
)
#: Functions whose result Python's integers have, too, while it fits.
_ROOMY: Final = frozenset({np.add, np.subtract, np.multiply})


class DivergedError(Exception):
    """Something comes out differently in some members."""

    def __init__(self, agreeing: NDArray[np.bool_]) -> None:
        """``agreeing``: which members are like the first one."""
        super().__init__()
        self.agreeing = agreeing


class NotBatchableError(Exception):
    """What was asked for cannot be done for all members at once."""


#: Raised for what batched numbers cannot do; where the code itself is wrong, it raises again for a single stream.
UNABLE: Final = (NotBatchableError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def agreed(outcome: NDArray[Any]) -> Any:
    """What ``outcome`` (members are its last axis) is in every member.  Raises DivergedError where they differ."""
    same = outcome == outcome[..., :1]
    if not same.all():
        raise DivergedError(same.reshape(-1, same.shape[-1]).all(axis=0))
    return outcome[..., 0]


def nothing_but_of_one(found: list[list[_T]]) -> list[_T]:
    """What was found in the one stream, or nothing in each of several.

    Raises DivergedError where something was in some of them, and NotBatchableError where there was in each.
    """
    if len(found) == 1 or not any(found):
        return found[0]
    agreed(np.fromiter(map(bool, found), np.bool_, len(found)))
    raise NotBatchableError


class Batched:
    """Batched scalar, or column: one value (or column) per stream; arithmetic applies to all streams at once."""

    __slots__ = ("each", "plain")

    def __init__(self, each: NDArray[Any], *, plain: bool) -> None:
        """``each``: numbers by member, or columns: segments by members.

        ``plain``: they stand for Python's numbers, which have no bounds; else for NumPy's of that type.
        """
        self.each = each
        self.plain = plain

    def __repr__(self) -> str:
        return f"Batched({self.each!r})"

    # -- what must be one number ----------------------------------------------------

    def __bool__(self) -> bool:
        if self.each.ndim > 1:
            raise NotBatchableError
        each = self.each
        return bool(agreed(each.astype(np.bool_) if each.dtype == object else each != 0))

    def __index__(self) -> int:
        if self.each.ndim > 1 or self.each.dtype.kind not in "iu":
            raise NotBatchableError
        return int(agreed(self.each))

    def __int__(self) -> int:
        # Times are made plain by int(), and no two members have the same: that would be a split for each.
        if self.each.ndim > 1 or (self.each != self.each[0]).any():
            raise NotBatchableError
        return int(self.each[0])

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotBatchableError

    def _unable(self, *_words: object) -> NoReturn:
        raise NotBatchableError

    __hash__ = __float__ = __complex__ = __format__ = __str__ = __round__ = __divmod__ = __rdivmod__ = _unable
    __rtruediv__ = __rfloordiv__ = __rmod__ = __lshift__ = __rlshift__ = __rshift__ = __rrshift__ = _unable
    __ror__ = __rxor__ = __contains__ = __pow__ = __rpow__ = __matmul__ = _unable

    def __array__(self, *_words: object, **_more: object) -> NDArray[Any]:
        # Truth values that are asked for as an array choose segments: they must be the same in all members.
        if self.each.dtype.kind != "b" or self.each.ndim != 2:
            raise NotBatchableError
        found: NDArray[Any] = agreed(self.each)
        return found

    # -- as an array ------------------------------------------------------------------

    @property
    def dtype(self) -> np.dtype[Any]:
        """As of an array."""
        return self.each.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """As of an array of one stream."""
        return self.each.shape[:-1]

    @property
    def ndim(self) -> int:
        """As of an array of one stream."""
        return self.each.ndim - 1

    def __len__(self) -> int:
        if self.each.ndim < 2:
            raise NotBatchableError
        return len(self.each)

    def __iter__(self) -> Iterator[Batched]:
        return iter([self[i] for i in range(len(self))])

    def __getitem__(self, key: Any) -> Any:
        if self.each.ndim < 2 or isinstance(key, tuple):
            raise NotBatchableError
        if isinstance(key, Batched):
            return taken(self, key)
        return Batched(self.each[key], plain=False)

    def __setitem__(self, key: Any, value: Any) -> None:
        if self.each.ndim < 2 or isinstance(key, tuple):
            raise NotBatchableError
        if isinstance(key, Batched):
            self.each[...] = np.where(key.each, _operand(value), self.each)
            return
        self.each[key] = _operand(value)

    def item(self, *index: int) -> Any:
        """As `numpy.ndarray.item`: stands for a Python integer."""
        cells = self.each[index] if index else self.each
        if cells.ndim > 1:
            raise NotBatchableError
        return _plainly(_roomy(cells))

    def tolist(self) -> Any:
        """As `numpy.ndarray.tolist`: a number, or those of a column."""
        plainly = _roomy(self.each)
        if plainly.ndim < 2 or plainly.dtype == object:
            return _plainly(plainly) if plainly.ndim < 2 else list(map(_plainly, plainly))
        first = plainly[:, 0]
        # Most that differ do so in the last member: only rows in which that has the same are compared as a whole.
        same = first == plainly[:, -1]
        same[same] = (plainly[same] == first[same, None]).all(axis=1)
        numbers: list[Any] = first.tolist()
        for at in np.flatnonzero(~same).tolist():
            numbers[at] = Batched(plainly[at], plain=True)
        return numbers

    def astype(self, kind: Any) -> Batched:
        """As `numpy.ndarray.astype`."""
        return Batched(self.each.astype(kind), plain=False)

    def view(self, kind: Any) -> Batched:
        """As `numpy.ndarray.view`, for a type of the same size: the same memory."""
        if np.dtype(kind).itemsize != self.each.dtype.itemsize:
            raise NotBatchableError
        return Batched(self.each.view(kind), plain=False)

    def copy(self) -> Batched:
        """As `numpy.ndarray.copy`."""
        return Batched(self.each.copy(), plain=self.plain)

    def sum(self, *, where: Any = True, **kind: Any) -> Any:
        """As `numpy.ndarray.sum`."""
        return self._over_segments(np.add, "reduce", where=_operand(where), **kind)

    def max(self, *, where: Any = True, **initial: int) -> Any:
        """As `numpy.ndarray.max`."""
        return self._over_segments(np.maximum, "reduce", where=_operand(where), **initial)

    def min(self) -> Any:
        """As `numpy.ndarray.min`."""
        return self._over_segments(np.minimum, "reduce")

    def nonzero(self) -> tuple[NDArray[np.intp], ...]:
        """As `numpy.ndarray.nonzero`: the places must be the same in all members."""
        found: tuple[NDArray[np.intp], ...] = agreed(self.each != 0).nonzero()
        return found

    def any(self) -> bool:
        """As `numpy.ndarray.any`."""
        return bool(agreed((self.each != 0).any(axis=0)))

    def all(self) -> bool:
        """As `numpy.ndarray.all`."""
        return bool(agreed((self.each != 0).all(axis=0)))

    def searchsorted(self, numbers: Any, side: Literal["left", "right"] = "left") -> Any:
        """As `numpy.ndarray.searchsorted`: one array of places, where they are the same in all members."""
        wanted = _operand(numbers)
        if self.each.ndim != 2:
            raise NotBatchableError
        beyond = np.less if side == "left" else np.less_equal
        if np.ndim(wanted) < 2:
            return agreed(beyond(self.each, wanted).sum(axis=0))
        places = self.each[:, 0].searchsorted(wanted[:, 0], side)
        if self._are_places(places, wanted, beyond, slice(-1, None)) and self._are_places(places, wanted, beyond):
            return places
        if len(self.each) * len(wanted) > _COMPARED_EACH and (found := self._searched(wanted, side)) is not None:
            return one_column(found)
        return one_column(beyond(self.each[:, None, :], wanted[None, :, :]).sum(axis=0))

    def _are_places(
        self, places: NDArray[np.int64], wanted: NDArray[Any], beyond: np.ufunc, members: slice = _ALL
    ) -> bool:
        """Whether ``places`` are those of the numbers ``wanted`` in all ``members``; ``beyond``: which precede one."""
        each, wanted = self.each[:, members], wanted[:, members]
        behind, ahead = np.flatnonzero(places), np.flatnonzero(places < len(each))
        before = beyond(each.take(places[behind] - 1, 0), wanted.take(behind, 0))
        return bool(before.all() and not beyond(each.take(places[ahead], 0), wanted.take(ahead, 0)).any())

    def _searched(self, wanted: NDArray[Any], side: Literal["left", "right"]) -> NDArray[np.int64] | None:
        """`searchsorted` of all members in one search, each member's numbers above those of the one before.

        None where integers of 64 bits have no room for that.
        """
        if self.each.dtype.kind not in "iu" or wanted.dtype.kind not in "iu":
            return None
        least = min(int(self.each.min()), int(wanted.min()))
        span = max(int(self.each.max()), int(wanted.max())) - least + 1
        count, size = self.each.shape
        if span * size > _WITHIN:
            return None
        lift = np.arange(size) * span - least
        steps = (self.each.astype(np.int64, copy=False) + lift).T.ravel()
        places = steps.searchsorted((wanted.astype(np.int64, copy=False) + lift).T.ravel(), side)
        found: NDArray[np.int64] = places.reshape(size, -1).T - np.arange(size) * count
        return found

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **more: Any) -> Any:
        if method == "at" and isinstance(inputs[0], Batched):
            target, where, numbers = inputs
            if isinstance(where, Batched):
                where = where.each, np.arange(member_count(where))
            ufunc.at(target.each, where, _operand(numbers))
            return None
        if method == "reduceat" and not more and isinstance(inputs[0], Batched) and not isinstance(inputs[1], Batched):
            return _known(ufunc, ufunc.reduceat(inputs[0].each, inputs[1], axis=0), plain=False)
        if method != "__call__":
            if len(inputs) != 1 or more.keys() - {"initial"}:
                raise NotBatchableError
            found = self._over_segments(ufunc, method, **more)
            if out is not None:
                (target,) = out
                target.each[...] = found.each
                return target
            return found
        if more:
            raise NotBatchableError
        plain = all(isinstance(given, int) or (isinstance(given, Batched) and given.plain) for given in inputs)
        result = ufunc(*map(_operand, inputs))
        if out is not None:
            target = out[0]
            if isinstance(target, Batched):
                target.each[...] = result
            elif result.dtype.kind == "b":
                target[...] = agreed(result)
            else:
                raise NotBatchableError
            return target
        return _known(ufunc, result, plain=plain)

    def __array_function__(self, function: Any, _types: Any, arguments: Any, more: Any) -> Any:
        known = _FUNCTIONS.get(function)
        if known is None:
            raise NotBatchableError
        return known(*arguments, **more)

    def _over_segments(self, ufunc: np.ufunc, method: str, **more: Any) -> Any:
        if self.each.ndim != 2 or method not in {"reduce", "accumulate"}:
            raise NotBatchableError
        return _known(ufunc, getattr(ufunc, method)(self.each, axis=0, **more), plain=False)

    # -- arithmetic and comparisons -----------------------------------------------------

    def _with(self, ufunc: np.ufunc, other: Any, *, swapped: bool = False) -> Any:
        if isinstance(other, Batched):
            plain = self.plain and other.plain
        elif isinstance(other, (np.ndarray, np.generic)):
            plain = False
        elif isinstance(other, (int, float)):
            plain = self.plain
        else:
            raise NotBatchableError
        mine, others = self.each, _operand(other)
        return _known(ufunc, ufunc(others, mine) if swapped else ufunc(mine, others), plain=plain)

    def __add__(self, other: Any) -> Any:
        return self._with(np.add, other)

    def __radd__(self, other: Any) -> Any:
        return self._with(np.add, other, swapped=True)

    def __sub__(self, other: Any) -> Any:
        return self._with(np.subtract, other)

    def __rsub__(self, other: Any) -> Any:
        return self._with(np.subtract, other, swapped=True)

    def __mul__(self, other: Any) -> Any:
        self._check_product(other)
        return self._with(np.multiply, other)

    def __rmul__(self, other: Any) -> Any:
        self._check_product(other)
        return self._with(np.multiply, other, swapped=True)

    def _check_product(self, other: Any) -> None:
        """Raise NotBatchableError where a product of Python's integers could be larger than those of 64 bits."""
        if self.plain and self.each.dtype.kind == "i":
            factor = _operand(other)
            if isinstance(factor, (int, np.ndarray)):
                most = int(np.abs(self.each).max(initial=0)) * int(np.abs(factor).max(initial=0))
                if most > _WITHIN:
                    raise NotBatchableError

    def __floordiv__(self, other: Any) -> Any:
        return self._with(np.floor_divide, _divisor(other))

    def __mod__(self, other: Any) -> Any:
        return self._with(np.remainder, _divisor(other))

    def __truediv__(self, other: Any) -> Any:
        _divisor(other)
        if self.plain and self.each.dtype.kind in "iu" and int(np.abs(self.each).max(initial=0)) > _EXACT:
            raise NotBatchableError
        return self._with(np.true_divide, other)

    def __and__(self, other: Any) -> Any:
        return self._with(np.bitwise_and, other)

    def __rand__(self, other: Any) -> Any:
        return self._with(np.bitwise_and, other, swapped=True)

    def __xor__(self, other: Any) -> Any:
        return self._with(np.bitwise_xor, other)

    def __invert__(self) -> Any:
        return _known(np.invert, ~self.each, plain=self.plain)

    def __or__(self, other: Any) -> Any:
        return self._with(np.bitwise_or, other)

    def __iadd__(self, other: Any) -> Any:
        return self._instead(self + other)

    def __isub__(self, other: Any) -> Any:
        return self._instead(self - other)

    def _instead(self, result: Any) -> Any:
        """A column is changed where it is, as arrays are; a number is not."""
        if self.each.ndim < 2:
            return result
        self.each[...] = _operand(result)
        return self

    def __neg__(self) -> Any:
        return _known(np.negative, -self.each, plain=self.plain)

    def __abs__(self) -> Any:
        return _known(np.absolute, np.abs(self.each), plain=self.plain)

    def __lt__(self, other: Any) -> Any:
        return self._with(np.less, other)

    def __le__(self, other: Any) -> Any:
        return self._with(np.less_equal, other)

    def __gt__(self, other: Any) -> Any:
        return self._with(np.greater, other)

    def __ge__(self, other: Any) -> Any:
        return self._with(np.greater_equal, other)

    def __eq__(self, other: object) -> Any:
        if isinstance(other, (str, bytes)) and self.each.ndim == 1 and self.each.dtype == object:
            return bool(agreed(self.each == other))
        if other is None or isinstance(other, (str, bytes)):
            return False
        return self._with(np.equal, other)

    def __ne__(self, other: object) -> Any:
        same = self == other
        return not same if isinstance(same, bool) else np.logical_not(same)


def _operand(value: Any) -> Any:
    """``value`` so that members are the last axis."""
    if isinstance(value, Batched):
        return value.each
    if isinstance(value, (list, tuple)):
        value = np.asarray(value)
    if isinstance(value, np.ndarray) and value.ndim:
        if value.ndim > 1:
            raise NotBatchableError
        return value[:, None]
    return value


def _plainly(each: NDArray[Any]) -> Any:
    """Python's numbers of all members; one where it is the same in all."""
    return each[0].item() if each.dtype != object and (each == each[0]).all() else Batched(each, plain=True)


def _divisor(value: Any) -> Any:
    """``value``, which is nowhere 0: Python raises, and NumPy does not."""
    if np.any(_operand(value) == 0):
        raise NotBatchableError
    return value


def _roomy(each: NDArray[Any]) -> NDArray[Any]:
    return each.astype(np.int64, copy=False) if each.dtype.kind in "iub" else each


def _known(ufunc: np.ufunc, result: NDArray[Any], *, plain: bool) -> Any:
    """``result`` of ``ufunc`` by member: `Batched`, or the one truth value."""
    if ufunc in _ASKING or result.dtype.kind == "b":
        if result.ndim > 1:
            return one_column(result)
        outcome = agreed(result)
        return bool(outcome) if plain else outcome
    if result.dtype == object:
        raise NotBatchableError
    if plain and ufunc in _ROOMY and result.dtype.kind == "i" and int(np.abs(result).max(initial=0)) > _WITHIN:
        raise NotBatchableError
    return Batched(result, plain=plain)


def one_column(cells: NDArray[Any]) -> Any:
    """A column of all members, which is that of any where they have the same."""
    # Most that differ do so in the first row: one look spares a comparison of all.
    same = (cells[:1] == cells[:1, :1]).all() and (cells == cells[:, :1]).all()
    return cells[:, 0].copy() if same else Batched(cells, plain=False)


def taken(column: Any, places: Any) -> Any:
    """``column[places]``, where the places may differ by member."""
    if not isinstance(places, Batched):
        return column[places]
    if places.each.dtype.kind == "b":
        return column[agreed(places.each)]
    if not isinstance(column, Batched):
        found = np.asarray(column)[places.each]
        return one_column(found) if found.ndim > 1 else Batched(found, plain=False)
    return one_column(np.take_along_axis(column.each, places.each, axis=0))


def of_pairs(make: Callable[..., NDArray[Any]], *columns: Any) -> Any:
    """``make(*columns)`` of columns of the same length, which makes a number of the numbers in the same place.

    Where they differ by member it is called once, with the numbers of all members one after another.
    """
    size = max(map(member_count, columns), default=0)
    if not size:
        return make(*columns)
    shape = len(columns[0]), size
    return one_column(make(*(np.broadcast_to(_operand(some), shape).ravel() for some in columns)).reshape(shape))


def by_member(make: Callable[..., NDArray[Any]], *columns: Any) -> Any:
    """``make(*columns)``, which makes a column; where any differs by member it is called for each member."""
    size = max(map(member_count, columns), default=0)
    if not size:
        return make(*columns)
    each = [
        make(*(some.each[:, member] if isinstance(some, Batched) else some for some in columns))
        for member in range(size)
    ]
    return one_column(np.stack(each, axis=1))


def put(column: Any, part: Any, values: Any) -> Any:
    """``column`` with ``values`` at ``part``: a new one where they differ by member, and it does not."""
    if isinstance(values, Batched) and not isinstance(column, Batched):
        column = Batched(np.repeat(column[:, None], member_count(values), axis=1), plain=False)
    column[part] = values
    return column


def _where(condition: Any, chosen: Any, other: Any) -> Any:
    return Batched(np.where(_operand(condition), _operand(chosen), _operand(other)), plain=False)


def _concatenated(parts: Any) -> Any:
    columns = [_operand(part if isinstance(part, Batched) else np.asarray(part)) for part in parts]
    members = max(column.shape[1] for column in columns)
    return Batched(np.concatenate([np.broadcast_to(column, (len(column), members)) for column in columns]), plain=False)


def _differences(column: Any) -> Any:
    return Batched(np.diff(column.each, axis=0), plain=False)


def _sums(column: Any) -> Any:
    return Batched(np.cumsum(column.each, axis=0), plain=False)


def _count(column: Any) -> int:
    return int(agreed(np.count_nonzero(column.each, axis=0)))


def _place_of_most(column: Any) -> Any:
    return agreed(np.argmax(column.each, axis=0))


def _sorted(column: Any) -> Any:
    return Batched(np.sort(column.each, axis=0), plain=False)


def _is_among(column: Any, numbers: Any) -> Any:
    return one_column(np.isin(column.each, numbers))


def _appended(column: Any, others: Any) -> Any:
    return _concatenated((column, others if isinstance(others, Batched) else np.atleast_1d(others)))


def _clipped(column: Any, least: Any, most: Any) -> Any:
    return np.minimum(np.maximum(column, least), most)


def places_of(column: Any, numbers: Any, side: Literal["left", "right"] = "left") -> Any:
    """``column.searchsorted(numbers, side)``, where the numbers may differ by member and the column does not."""
    if not isinstance(numbers, Batched) or isinstance(column, Batched):
        return column.searchsorted(numbers, side)
    places = column.searchsorted(numbers.each, side)
    return agreed(places) if places.ndim < 2 else one_column(places)


def column(numbers: Sequence[Any]) -> Any:
    """``numbers`` as an array; of batched numbers, as a column."""
    size = max(map(member_count, numbers), default=0)
    if not size:
        return np.array(numbers, np.int64)
    return Batched(np.stack([np.broadcast_to(_operand(number), size) for number in numbers]), plain=False)


def in_any_member(mask: Any) -> Any:
    """``mask``, where it differs by member: what is set in any."""
    return mask.each.any(axis=1) if isinstance(mask, Batched) else mask


def largest(*numbers: _Number) -> _Number:
    """The largest of ``numbers``; of batched numbers, that of each, whichever of them it is."""
    found: _Number = _stacked(numbers).max().item() if any(map(member_count, numbers)) else max(numbers)
    return found


def smallest(*numbers: _Number) -> _Number:
    """The smallest of ``numbers``; of batched numbers, that of each, whichever of them it is."""
    found: _Number = _stacked(numbers).min().item() if any(map(member_count, numbers)) else min(numbers)
    return found


def _stacked(numbers: tuple[Any, ...]) -> Any:
    """``numbers`` as a batched column, all integers or none."""
    if len({isinstance(number, float) or np.asarray(_operand(number)).dtype.kind == "f" for number in numbers}) > 1:
        raise NotBatchableError  # one of 64 bits has more digits than a float
    return column(numbers)


def upper_median(numbers: Sequence[int]) -> int:
    """The middle one of ``numbers``, the larger one of two; of batched numbers, that of each."""
    found: int = np.sort(column(numbers))[len(numbers) // 2].item()
    return found


def zeros_like(clock: Any, count: int) -> Any:
    """A column of ``count`` zeros, of as many members as ``clock`` has."""
    if isinstance(clock, Batched):
        return Batched(np.zeros((count, member_count(clock)), np.int64), plain=False)
    return zeros(count, np.int64)


_FUNCTIONS: Final[dict[Any, Callable[..., Any]]] = {
    np.where: _where, np.concatenate: _concatenated, np.diff: _differences, np.clip: _clipped,
    np.searchsorted: places_of, np.cumsum: _sums, np.argmax: _place_of_most, np.append: _appended,
    np.count_nonzero: _count, np.sort: _sorted, np.isin: _is_among,
}  # fmt: skip


def member_count(value: Any) -> int:
    """How many members ``value`` has; 0 where it is the same in all."""
    return int(value.each.shape[-1]) if isinstance(value, Batched) else 0


def in_each(make: Callable[..., _T], *arguments: Any) -> _T:
    """``make(*arguments)``; where an argument differs by member, the result of each member.

    For what has to be done stream by stream.  Raises DivergedError where results cannot be batched and differ.
    """
    size = max(map(member_count, arguments), default=0)
    if not size:
        return make(*arguments)
    columns = [_by_member(given) for given in arguments]
    found: _T = of_each([make(*cells) for cells, _member in zip(zip(*columns, strict=False), range(size), strict=True)])
    return found


def in_columns(make: Callable[..., NDArray[Any]], *arguments: Any) -> Any:
    """As `in_each`, where ``make`` takes columns with an entry for each member and returns one; a None stays None."""
    size = max(map(member_count, arguments), default=0)
    found = make(*(_column(given, max(size, 1)) for given in arguments))
    return member_values(found) if size else found.item(0)


def _column(value: Any, size: int) -> Any:
    if isinstance(value, Batched):
        return value.each
    if not isinstance(value, bytes):
        return None if value is None else np.full(size, value)
    # NumPy's own bytes, which `np.full` makes of them on the way, end before their last zeros.
    column = np.empty(size, object)
    column[:] = [value] * size
    return column


def _by_member(value: Any) -> Any:
    return value.each.T.tolist() if isinstance(value, Batched) else repeat(value)


def integer(value: Any) -> int:
    """``value``, an integer of NumPy or of Python, as one of Python; of batched numbers, that of each.

    Unlike `int`, which is for what is to be the same in all members.
    """
    found: int = value if isinstance(value, int) else value.item()
    return found


def rounded(value: float, digits: int) -> float:
    """`round`; of batched numbers, that of each."""
    found: float = in_each(round, value, digits)
    return found


class NumberDict(Generic[_T]):
    """A dictionary whose keys are integers; batched ones are compared with one another one by one."""

    def __init__(self) -> None:
        self._known: dict[int, _T] = {}
        self._of_members: list[tuple[Any, _T]] = []
        """All items, the newest last, once a key was batched."""

    def get(self, key: Any, default: _T) -> _T:
        """As `dict.get`."""
        if not self._of_members and not isinstance(key, Batched):
            return self._known.get(key, default)
        items = self._of_members or list(self._known.items())
        return next((value for known, value in reversed(items) if known == key), default)

    def __setitem__(self, key: Any, value: _T) -> None:
        if isinstance(key, Batched) and not self._of_members:
            self._of_members = list(self._known.items())
        if self._of_members or isinstance(key, Batched):
            self._of_members.append((key, value))
        else:
            self._known[key] = value


def member_values(each: NDArray[Any]) -> Any:
    """Python's number, or text, of each member; one where it is the same in all."""
    if (each == each[0]).all():
        return each[:1].tolist()[0]
    return Batched(_roomy(each), plain=True)


def of_each(values: list[_T]) -> Any:
    """The ``values`` of all members as one: that which all have, or `Batched` of numbers or texts, or a tuple of such.

    Raises DivergedError where they differ and are of several types, or of one that cannot be batched.
    """
    first = values[0]
    kind = type(first)
    alike = np.fromiter((type(value) is kind for value in values), np.bool_, len(values))
    if not alike.all():
        raise DivergedError(alike)
    same = np.fromiter((value == first for value in values), np.bool_, len(values))
    if same.all():
        return first
    if kind is int:
        return Batched(np.array(values, np.int64), plain=True)
    if kind is float:
        return Batched(np.array(values, np.float64), plain=True)
    if kind is str:
        texts = np.empty(len(values), object)
        texts[:] = values
        return Batched(texts, plain=True)
    if kind is tuple and all(len(value) == len(first) for value in values):  # type: ignore[arg-type]
        return tuple(of_each(list(column)) for column in zip(*values, strict=True))
    if kind is bytes:  # whatever is read of them would be read of each
        raise NotBatchableError
    raise DivergedError(same)
