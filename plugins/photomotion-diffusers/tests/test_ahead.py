from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from contextvars import ContextVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photomotion_diffusers.ahead import ahead

SETTING = ContextVar("SETTING", default="unset")


@given(items=st.lists(st.none() | st.integers()), taken=st.integers(0, 5))
def test_the_same_items_and_no_thread_afterwards(items: list[int | None], taken: int) -> None:
    before = threading.active_count()
    assert list(ahead(iter(items))) == items
    with closing(ahead(iter(items))) as some:
        assert [item for item, _ in zip(some, range(taken), strict=False)] == items[:taken]
    assert threading.active_count() == before


def test_one_is_made_while_one_is_used_and_no_more() -> None:
    made: list[int] = []
    second = threading.Event()

    def make() -> Iterator[int]:
        for number in range(5):
            made.append(number)
            if number == 1:
                second.set()
            yield number

    with closing(ahead(make())) as items:
        assert next(items) == 0
        assert second.wait(10)
        assert next(items) == 1
        assert made in ([0, 1], [0, 1, 2])


def test_a_fault_comes_where_its_item_would() -> None:
    def make() -> Iterator[int]:
        yield 1
        raise RuntimeError("out of paper")

    items = ahead(make())
    assert next(items) == 1
    with pytest.raises(RuntimeError, match="out of paper"):
        next(items)


def test_the_maker_has_the_takers_settings() -> None:
    """PyTorch's compiler keeps its own in context variables, which a new thread does not have."""
    token = SETTING.set("mine")
    try:
        assert list(ahead(SETTING.get() for _ in range(2))) == ["mine", "mine"]
    finally:
        SETTING.reset(token)
