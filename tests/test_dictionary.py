"""dictionary.csv: the names of every layer's columns, on the screen and in a shapefile."""

import csv
from importlib import resources

import pytest

from geodata.layers import GEOMETRY, columns_of, dictionary
from geodata.write.vector import RESULT_GEOMETRY

LAYERS = sorted(dictionary())
TYPES = {"code", "text", "int", "float", "bool", "date", "choice", "raster"}


def _rows() -> list[dict[str, str]]:
    text = resources.files("geodata").joinpath("dictionary.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def test_every_row_has_every_field_and_none_is_repeated() -> None:
    rows = _rows()
    assert all(None not in row and None not in row.values() for row in rows)
    keys = [(row["layer"], row["column"]) for row in rows]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("layer", LAYERS)
def test_short_names_fit_a_shapefile(layer: str) -> None:
    shorts = [c.short for c in columns_of(layer).values()]
    assert len({s.lower() for s in shorts}) == len(shorts), "short names must differ"
    for short in shorts:
        assert short.isascii()
        assert short.isidentifier()
        assert short == short.lower()
        assert 1 <= len(short) <= 10


@pytest.mark.parametrize("layer", LAYERS)
def test_columns_are_described(layer: str) -> None:
    for column in columns_of(layer).values():
        assert column.type in TYPES
        assert column.label_vi
        assert column.label_en
        assert bool(column.choices) == (column.type == "choice")
        if column.minimum is not None and column.maximum is not None:
            assert column.minimum < column.maximum


@pytest.mark.parametrize("layer", LAYERS)
def test_headings_differ_within_a_layer(layer: str) -> None:
    for language in ("vi", "en"):
        labels = [c.label(language) for c in columns_of(layer).values()]
        assert len(labels) == len(set(labels))


def test_every_vector_layer_is_in_the_dictionary() -> None:
    assert set(GEOMETRY) <= set(dictionary())
    assert set(RESULT_GEOMETRY) <= set(dictionary())
