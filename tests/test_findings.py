"""Findings and errors: every fault has its place and remedy, in both languages."""

import string
from pathlib import Path

import pytest

from geodata import errors
from geodata.errors import GeodataError, PackError, fault_catalogue
from geodata.findings import Finding, errors_of

ROOT = Path(__file__).resolve().parents[1]


def _places(text: str) -> set[str]:
    """Names that fill a text; a value worded in both languages is given as ``reason`` and ``reason_en``."""
    return {name.removesuffix("_en") for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("package", ["geodata", "coverage"])
def test_every_fault_speaks_both_languages(package: str) -> None:
    catalogue = fault_catalogue(package)
    assert catalogue
    for code, row in catalogue.items():
        assert None not in row.values(), f"{code}: a field is missing"
        assert None not in row, f"{code}: a comma without quotes"
        assert row["severity"] in {"error", "warning", "info"}, code
        needed = ("message_vi", "message_en", *(("remedy_vi", "remedy_en") if row["severity"] != "info" else ()))
        for part in needed:
            assert row[part].strip(), f"{code} {part}"
        assert _places(row["message_vi"]) == _places(row["message_en"]), code


@pytest.mark.parametrize("package", ["geodata", "coverage"])
def test_codes_are_listed_once(package: str) -> None:
    lines = (ROOT / package / "faults.csv").read_text(encoding="utf-8").splitlines()[1:]
    codes = [line.split(",", 1)[0] for line in lines]
    assert sorted(codes) == sorted(set(codes))


def test_a_finding_says_what_where_and_how_to_mend() -> None:
    finding = Finding("column_missing", layer="villages", column="name", details={"have": "a, b"})
    assert finding.severity == "error"
    assert "villages" in finding.message()
    assert "a, b" in finding.message("en")
    assert finding.remedy() != finding.remedy("en")


def test_long_lists_are_shortened_and_counted() -> None:
    finding = Finding("pack_file_missing", rows=tuple(range(1, 9)), values=tuple("abcdefgh"))
    filled = finding._fill()
    assert filled["rows"] == "1, 2, 3, 4, 5 ..."
    assert filled["values"] == "a, b, c ..."
    assert finding.count == 8


def test_an_unfilled_place_is_a_question_mark() -> None:
    assert "?" in PackError("pack_file_missing").text()


def test_errors_of_keeps_what_stops_the_work() -> None:
    both = [Finding("pack_file_extra", file="x"), Finding("pack_file_missing", file="y")]
    assert [f.file for f in errors_of(both)] == ["y"]


def test_every_error_is_also_a_builtin() -> None:
    children = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, GeodataError)]
    assert len(children) == 8
    for child in children:
        if child is not GeodataError:
            assert issubclass(child, (ValueError, OSError))
