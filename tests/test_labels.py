"""Labels on a map: none over another, none outside the frame, the same every time."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from coverage.brief.labels import Ask, around, box, hits, place_labels, spiral

FRAME = (100.0, 60.0)


def ask(key: str, x: float, y: float, rank: int = 0, width: float = 10.0) -> Ask:
    return Ask(key, x, y, width, 2.5, rank, around(width, 2.5, 1.0))


def test_the_first_place_is_to_the_right() -> None:
    places, left_out = place_labels([ask("a", 50, 30)], FRAME)
    assert (places[0].x_mm, places[0].y_mm) == (56.0, 30.0)
    assert left_out == ()


def test_at_the_right_edge_the_label_goes_to_the_left() -> None:
    places, _ = place_labels([ask("a", 99, 30)], FRAME)
    assert places[0].x_mm == 93.0


def test_a_symbol_is_never_covered_and_a_soft_one_only_if_it_must() -> None:
    blocked = np.array([box(56.0, 30.0, 4.0, 2.0)])
    places, _ = place_labels([ask("a", 50, 30)], FRAME, blocked)
    assert places[0].x_mm == 44.0
    places, _ = place_labels([ask("a", 50, 30)], FRAME, None, blocked)
    assert places[0].x_mm == 44.0
    everywhere = np.array([[0.0, 0.0, 100.0, 60.0]])
    places, _ = place_labels([ask("a", 50, 30)], FRAME, None, everywhere)
    assert places[0].x_mm == 56.0


def test_rank_decides_who_is_left_out() -> None:
    tight = [Ask(k, 50, 30, 10, 3, r, ((0.0, 0.0),)) for k, r in (("b", 1), ("a", 1), ("z", 0))]
    places, left_out = place_labels(tight, FRAME)
    assert [p.key for p in places] == ["z"]
    assert left_out == ("a", "b")


def test_areas_are_named_at_their_point_first() -> None:
    assert spiral(2.0, 2)[0] == (0.0, 0.0)
    assert len(spiral(2.0, 2)) == 1 + 6 + 12


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 60), st.integers(0, 3)), max_size=40))
def test_no_two_labels_overlap_and_none_leaves_the_frame(points: list[tuple[float, float, int]]) -> None:
    asks = [ask(f"k{i:02d}", x, y, rank) for i, (x, y, rank) in enumerate(points)]
    places, left_out = place_labels(asks, FRAME)
    boxes = np.array([box(p.x_mm, p.y_mm, 10.0, 2.5) for p in places]).reshape(-1, 4)
    for i, one in enumerate(boxes):
        assert not hits(one, np.delete(boxes, i, axis=0)).any()
        assert one[0] >= 0
        assert one[1] >= 0
        assert one[2] <= FRAME[0]
        assert one[3] <= FRAME[1]
    assert sorted([p.key for p in places] + list(left_out)) == sorted(a.key for a in asks)
    assert place_labels(asks[::-1], FRAME) == (places, left_out)
