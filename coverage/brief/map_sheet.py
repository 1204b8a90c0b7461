"""A3 map sheets as one PDF: matplotlib draws the map, typst sets the sheet around it."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import typst

from coverage.brief.fonts import typst_fonts
from coverage.brief.map_body import MapContent, draw_body
from coverage.brief.map_frame import scale_bar, scale_text
from coverage.brief.map_style import swatch, symbol
from coverage.brief.office import Office
from coverage.brief.words import sentence, vn_number, word
from coverage.errors import HandInError

MAP_MM = (297.0, 235.0)  # room for the map on the sheet, tick labels included


@dataclass(frozen=True)
class SheetTable:
    """A table of texts.

    Parameters
    ----------
    widths_mm : of the columns; 0 = what is left.
    align : one letter per column: l, c or r.
    most : rows shown at most beside the map.
    """

    title: str
    heads: tuple[str, ...]
    widths_mm: tuple[float, ...]
    align: str
    rows: tuple[tuple[str, ...], ...]
    most: int = 99


@dataclass(frozen=True)
class Sheet:
    """One map sheet: what it shows and says.

    Parameters
    ----------
    figures : label and value, as printed. tables : below them, as many rows as fit.
    notes : lines of small print beside the sources.
    annex : a longer table on pages of its own, after all maps. more_annexes : others, with a line under their titles.
    """

    title: str
    subtitle: str
    content: MapContent
    figures_title: str
    figures: tuple[tuple[str, str], ...]
    tables: tuple[SheetTable, ...]
    notes: tuple[str, ...]
    annex: SheetTable | None = None
    annex_subtitle: str = ""
    more_annexes: tuple[tuple[SheetTable, str], ...] = ()


@dataclass(frozen=True)
class Job:
    """Everything that one PDF prints.

    Parameters
    ----------
    sources : lines generated from the pack's manifest, longest first; the first that fits is printed.
    annexes : tables on pages of their own, with a line under the title, after everything else.
    foot : scenario digest, pack id, model, version; on every page.
    """

    title: str
    sheets: tuple[Sheet, ...]
    sources: tuple[str, ...]
    foot: str
    illustrative: bool
    annexes: tuple[tuple[SheetTable, str], ...] = ()
    office: Office = field(default_factory=Office)
    language: str = "vi"


def write_map_sheets(job: Job, path: Path, *, preview: Path | None = None, ppi: float = 150.0) -> int:
    """Compile the sheets to ``path`` (PDF) and return how many pages there are.

    ``preview``: also the first page as PNG at ``ppi`` pixels per inch. The bytes depend on the values alone.
    Raises HandInError when typst refuses the sheet.
    """
    with tempfile.TemporaryDirectory(prefix="phusong_") as name:
        folder = Path(name)
        values = _values(job, folder)
        (folder / "sheets.json").write_text(json.dumps(values, ensure_ascii=False), encoding="utf-8")
        return compile_typst("map_sheet.typ", folder, path, preview=preview, ppi=ppi)


def compile_typst(
    template: str, folder: Path, path: Path, *, preview: Path | None = None, ppi: float = 150.0
) -> int:
    """Compile a packaged template whose data lie in ``folder`` and write the PDF to ``path``; return its pages."""
    text = resources.files("coverage.brief").joinpath("templates", template).read_text(encoding="utf-8")
    (folder / template).write_text(text, encoding="utf-8")
    compiler = typst.Compiler(str(folder / template), root=str(folder), font_paths=typst_fonts())
    try:
        pdf: Any = compiler.compile(format="pdf", timestamp=0)
        pages: Any = compiler.query("<pages>", field="value")
        picture: Any = compiler.compile(format="png", ppi=ppi) if preview is not None else None
    except typst.TypstError as error:
        raise HandInError("sheet_compile", file=path.name, error=error.message) from error
    path.write_bytes(pdf)
    if preview is not None:
        preview.write_bytes(picture[0] if isinstance(picture, list) else picture)
    return int(json.loads(pages)[0])


def _values(job: Job, folder: Path) -> Mapping[str, Any]:
    """Draw the maps and swatches into ``folder`` and return what the template reads."""
    language = job.language
    return {
        "language": language, "title": job.title, "author": job.office.body, "sources": job.sources, "foot": job.foot,
        "parent_body": job.office.parent_body, "body": job.office.body,
        "stamp": word("paper", "illustrative", language) if job.illustrative else "",
        "stamp_note": word("paper", "illustrative_note", language) if job.illustrative else "",
        "words": {key: word("paper", key, language) for key in ("legend", "scale", "sources", "signature", "sheet")},
        "sign": [{"role": word("paper", role, language), "name": name} for role, name in job.office.signers()],
        "sheets": [_sheet_values(job, sheet, i, folder) for i, sheet in enumerate(job.sheets, 1)],
        "annexes": [{**_table_values(t), "subtitle": text} for t, text in (*_annexes(job), *job.annexes)],
    }


def _sheet_values(job: Job, sheet: Sheet, number: int, folder: Path) -> Mapping[str, Any]:
    body = draw_body(sheet.content, MAP_MM)
    (folder / f"map_{number}.pdf").write_bytes(body.pdf)
    notes = sheet.notes
    if body.unlabelled:
        notes = (*notes, word("paper", "unlabelled", job.language).format(n=vn_number(len(body.unlabelled))))
    more = word("paper", "more_rows" if sheet.annex else "more_in_xlsx", job.language)
    return {
        "title": sheet.title, "subtitle": sheet.subtitle, "map": f"map_{number}.pdf", "map_mm": body.size_mm,
        "legend": _legend(body.classes, job.language, folder),
        "scale": {"text": scale_text(body.frame), "stops": scale_bar(body.frame, 62.0)},
        "figures_title": sheet.figures_title, "figures": sheet.figures,
        "tables": [{**_table_values(t), "more": more} for t in sheet.tables], "notes": notes,
        "inset": _inset(job, folder),
    }


def _annexes(job: Job) -> list[tuple[SheetTable, str]]:
    own = ([(s.annex, s.annex_subtitle)] if s.annex is not None else [] for s in job.sheets)
    return [each for annex, s in zip(own, job.sheets, strict=True) for each in (*annex, *s.more_annexes)]


def _table_values(table: SheetTable) -> dict[str, Any]:
    return {"title": table.title, "heads": table.heads, "widths": table.widths_mm, "align": table.align,
            "rows": table.rows, "most": table.most}


def _legend(classes: Sequence[str], language: str, folder: Path) -> list[dict[str, str]]:
    """Draw a swatch of every class present and return file and label of each."""
    out = []
    for key in classes:
        file = f"swatch_{key}.pdf"
        (folder / file).write_bytes(swatch(symbol(key)))
        label = symbol(key).label_vi if language == "vi" else symbol(key).label_en
        out.append({"file": file, "label": sentence(label)})
    return out


def _inset(job: Job, folder: Path) -> Mapping[str, Any]:
    """Copy the office's official inset beside the sheet, or return the line that says where it must go."""
    source = job.office.inset_file
    if not source:
        return {"file": None, "text": word("paper", "inset_missing", job.language)}
    path = Path(source)
    if not path.is_file() or path.suffix.lower() not in (".png", ".jpg", ".jpeg", ".svg", ".pdf"):
        raise HandInError("inset_unreadable", file=source)
    name = f"inset{path.suffix.lower()}"
    (folder / name).write_bytes(path.read_bytes())
    return {"file": name, "text": ""}
