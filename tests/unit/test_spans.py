"""Sets of spans, against sets of bases."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maxatac.genome.spans import Spans, at_depth, merge, without

some_spans = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 9)).map(lambda pair: (pair[0], sum(pair))), max_size=8
).map(lambda rows: merge(np.array(rows, np.int64).reshape(-1, 2)))


def bases(spans: Spans) -> set[int]:
    return {base for start, end in spans.tolist() for base in range(start, end)}


def assert_merged(spans: Spans) -> None:
    assert spans.dtype == np.int64 and spans.shape[1:] == (2,)
    np.testing.assert_array_equal(spans, merge(spans))


@given(st.lists(some_spans, max_size=4), st.integers(1, 4))
def test_bases_in_so_many_sets(sets: list[Spans], depth: int) -> None:
    found = at_depth(sets, depth)
    counts = Counter(base for spans in sets for base in bases(spans))
    assert bases(found) == {base for base, count in counts.items() if count >= depth}
    assert_merged(found)


@given(some_spans, some_spans)
def test_bases_of_one_set_alone(spans: Spans, removed: Spans) -> None:
    found = without(spans, removed)
    assert bases(found) == bases(spans) - bases(removed)
    assert_merged(found)


@pytest.mark.parametrize("depth", [1, 2])
def test_nothing(depth: int) -> None:
    nothing = np.empty((0, 2), np.int64)
    assert at_depth([], depth).shape == at_depth([nothing, nothing], depth).shape == (0, 2)
