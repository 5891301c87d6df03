"""The one cache that evicts what was used least recently."""

from __future__ import annotations

import threading
from collections import OrderedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcptui.model.lru import LruCache

STEPS = st.lists(st.tuples(st.sampled_from(["get", "put", "pop", "renew"]), st.integers(0, 5)), max_size=40)


@given(size=st.integers(1, 4), steps=STEPS)
def test_behaves_like_an_ordered_dict_that_every_access_moves_to_the_end(
    size: int, steps: list[tuple[str, int]]
) -> None:
    cache: LruCache[int, int] = LruCache(size)
    model: OrderedDict[int, int] = OrderedDict()
    for value, (step, key) in enumerate(steps):
        if step == "get":
            assert cache.get(key) == model.get(key)
        elif step == "pop":
            assert cache.pop(key) == model.pop(key, None)
        elif step == "put":
            cache.put(key, value)
            model[key] = value
        else:
            assert cache.renew(key, lambda known: (known or 0) + 1) == (model.get(key) or 0) + 1
            model[key] = (model.get(key) or 0) + 1
        if step != "pop" and key in model:
            model.move_to_end(key)
        if len(model) > size:
            model.popitem(last=False)
        assert [key in cache for key in range(6)] == [key in model for key in range(6)]
        assert len(cache) == len(model)


@given(
    size=st.integers(1, 12), steps=st.lists(st.tuples(st.booleans(), st.integers(0, 5), st.integers(0, 7)), max_size=40)
)
def test_what_was_used_last_is_kept_as_far_as_it_weighs_no_more_and_one_in_any_case(
    size: int, steps: list[tuple[bool, int, int]]
) -> None:
    cache: LruCache[int, int] = LruCache(size, weigh=lambda value: value)
    model: OrderedDict[int, int] = OrderedDict()
    for puts, key, weight in steps:
        if puts:
            cache.put(key, weight)
            model[key] = weight
            model.move_to_end(key)
            while sum(model.values()) > size and len(model) > 1:
                model.popitem(last=False)
        else:
            assert cache.pop(key) == model.pop(key, None)
        assert [key in cache for key in range(6)] == [key in model for key in range(6)]
    cache.clear()
    cache.put(0, size)
    cache.put(1, 0)
    assert 0 in cache


def test_an_entry_survives_when_its_renewal_fails() -> None:
    cache: LruCache[str, int] = LruCache(2)
    cache.put("a", 1)

    def fail(_known: int | None) -> int:
        raise OSError

    with pytest.raises(OSError):  # noqa: PT011 - the one raised above
        cache.renew("a", fail)
    assert cache.get("a") == 1


def test_cleared_it_is_empty() -> None:
    cache: LruCache[str, int] = LruCache(2)
    cache.put("a", 1)
    cache.clear()
    assert (len(cache), cache.get("a")) == (0, None)


def test_a_cache_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="0 entries"):
        LruCache(0)


def test_locked_it_makes_a_value_once_for_threads_that_ask_together() -> None:
    cache: LruCache[str, int] = LruCache(2, locked=True)
    together, makes = threading.Barrier(4), []

    def make(known: int | None) -> int:
        if known is None:
            makes.append(threading.get_ident())
            return 1
        return known

    def ask() -> None:
        together.wait(600)
        cache.renew("a", make)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(600)
    assert len(makes) == 1
