"""`Prefetch`: makes one thing in a thread of its own, until it is needed; `each_prefetched`: one after the other."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_Given = TypeVar("_Given")
_T = TypeVar("_T")


class Prefetch(Generic[_T]):
    """The result of a function that runs in another thread until it is needed; in this one where there is no other."""

    def __init__(self, make: Callable[[], _T]) -> None:
        self._made: list[_T] = []
        self._failure: BaseException | None = None
        self._thread: threading.Thread | None = threading.Thread(target=self._run, args=(make,), daemon=True)
        try:
            self._thread.start()
        except RuntimeError:  # beyond the user's limit of processes
            self._thread = None
            self._run(make)

    def _run(self, make: Callable[[], _T]) -> None:
        try:
            self._made.append(make())
        except BaseException as error:  # noqa: BLE001 - raised by `take`, in the thread that can answer it
            self._failure = error

    def take(self) -> _T:
        """Wait for it; raises what the function raised."""
        if self._thread is not None:
            self._thread.join()
        if self._failure is not None:
            raise self._failure
        return self._made[0]


def each_prefetched(make: Callable[[_Given], _T], given: Iterable[_Given]) -> Iterator[_T]:
    """``make`` of each of ``given``, in this order; while one is used, the next is made."""
    coming: Prefetch[_T] | None = None
    for one in given:
        before, coming = coming, Prefetch(partial(make, one))
        if before is not None:
            yield before.take()
    if coming is not None:
        yield coming.take()
