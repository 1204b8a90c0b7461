"""The hand-in folder: shapefiles, GeoPackage, workbook, maps, coverage rasters, manifest; whole or not at all."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
from pyproj import CRS
from pyproj.transformer import Transformer

from coverage.brief.fact_sheet import statements
from coverage.brief.fixed_tables import fixed_frames
from coverage.brief.manifest import Manifest, describe, read_manifest, write_manifest
from coverage.brief.map_pages import map_job
from coverage.brief.map_sheet import write_map_sheets
from coverage.brief.office import Office
from coverage.brief.tables import SHAPEFILES, links_of, sites_of, with_survey_axes
from coverage.brief.web_plan import standalone_map
from coverage.brief.words import crs_note, operator_word, plain, word
from coverage.brief.workbook import write_workbook
from coverage.compute import Progress, silent
from coverage.errors import Cancelled, HandInError
from coverage.gap.assessment import Assessment
from coverage.plan import Depth, Plan
from geodata.crs import VN2000_107_45, metric_crs
from geodata.layers import Layers, columns_of
from geodata.write.atomic import replacing_folder
from geodata.write.raster import write_cog
from geodata.write.vector import write_gpkg, write_shapefile_zip

STAGE = "hand_in"
_PREVIEW_PPI = 150.0
_RANDOM_ID = re.compile(r"_([0-9a-f]{32})(?![0-9a-f])")


@dataclass(frozen=True)
class _Case:
    """Everything the steps write from, in the CRS of the hand-in."""

    layers: Layers
    assessment: Assessment
    plan: Plan
    office: Office
    frames: dict[str, gpd.GeoDataFrame]
    stamp: str
    depth: Depth | None


Step = Callable[[_Case, Path], dict[str, str]]  # writes into a folder, returns file -> what it holds


def hand_in(  # noqa: PLR0913 - the four values of the pipeline, and how to write them
    layers: Layers, assessment: Assessment, plan: Plan, folder: Path, *, office: Office | None = None,
    crs: CRS = VN2000_107_45, overwrite: bool = False, made_at: datetime | None = None, depth: Depth | None = None,
    progress: Progress = silent,
) -> Manifest:
    """Write everything the office hands in to ``folder`` and return its manifest.

    Parameters
    ----------
    office : names and signatures on the papers. crs : of the vectors handed in; VN-2000 107°45' (EPSG:5899).
    overwrite : replace an earlier hand-in of this tool; any other folder that is not empty is refused always.
    depth : budget curve, phases, fixed broadband, where computed: sheets of the workbook, layers of the last.
    made_at : the time in the manifest, default now. All other bytes depend on the inputs alone.

    Raises
    ------
    HandInError, WriteError, CrsError
        Nothing is left behind and an earlier hand-in stays as it was.
    Cancelled
        When ``progress`` returns False, likewise.
    """
    folder = Path(folder)
    refuse_foreign(folder, overwrite=overwrite)
    if plan.scenario.digest != assessment.scenario.digest:
        raise HandInError("handin_scenarios", first=assessment.scenario.digest, second=plan.scenario.digest)
    metric_crs(crs, where=str(folder))
    frames = vector_frames(assessment, plan, crs)
    fixed = fixed_frames(None if depth is None else depth.fixed)
    frames |= {name: with_survey_axes(frame.to_crs(crs)) for name, frame in fixed.items() if len(frame)}
    case = _Case(layers, assessment, plan, office or Office(), frames, f"{layers.info.reference_date:%Y%m%d}",
                 depth)
    steps: tuple[Step, ...] = (_shapefiles, _geopackage, _workbook, _sheets, _web_map, _rasters)
    contents: dict[str, str] = {}
    with replacing_folder(folder) as temporary:
        for done, step in enumerate(steps, 1):
            contents |= step(case, temporary)
            if progress(STAGE, done, len(steps)) is False:
                raise Cancelled("cancelled")
        manifest = Manifest(folder, describe(temporary, contents), made_at or datetime.now(UTC).astimezone(),
                            _left_out(assessment, plan))
        write_manifest(manifest, layers, assessment, plan, crs_text(layers.info.crs, crs), temporary)
    return manifest


def refuse_foreign(folder: Path, *, overwrite: bool) -> None:
    """Raise HandInError for a place that holds anything but an earlier hand-in that may be replaced."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise HandInError("handin_not_folder", folder=str(folder))
    if not any(folder.iterdir()):
        return
    earlier = read_manifest(folder)
    if earlier is None:
        raise HandInError("handin_foreign", folder=str(folder))
    if not overwrite:
        raise HandInError("handin_exists", folder=str(folder), date=earlier.get("made_at", "?"))


def crs_text(source: CRS, target: CRS) -> str:
    """Say the CRS handed in and, where the pack's differs, by which transform it was reached."""
    said = f"{crs_note(target)} ({target.to_string()})"
    if source == target:
        return said
    return f"{said}; {Transformer.from_crs(source, target, always_xy=True).description}"


def vector_frames(assessment: Assessment, plan: Plan, crs: CRS) -> dict[str, gpd.GeoDataFrame]:
    """Return the vector layers handed in, in ``crs``, with every column the dictionary wants."""
    frames = {
        "gap_thon": assessment.gap_thon, "gap_dc": assessment.gap_dc, "gap_vung": assessment.gap_vung,
        "plan_sites": sites_of(plan), "village_status": assessment.villages, "commune_status": assessment.communes,
    }
    if assessment.anchors is not None:
        frames["anchor_status"] = assessment.anchors
    links = links_of(plan)
    if len(links):
        frames["plan_links"] = links
    if not assessment.area_rsrp:
        del frames["gap_vung"]  # an empty layer would say that there is no land without signal
    return {name: with_survey_axes(frame.to_crs(crs)) for name, frame in frames.items()}


def _left_out(assessment: Assessment, plan: Plan) -> dict[str, str]:
    out = {}
    if not assessment.area_rsrp:
        out["gap_vung, rsrp_*.tif"] = "Chưa tính vùng phủ trên toàn địa bàn trong lần chạy này."
    if not any(len(b.links) for b in plan.budgets):
        out[_file_name("plan_links")] = "Không phương án nào phải xây tuyến truyền dẫn."
    return out


def _shapefiles(case: _Case, folder: Path) -> dict[str, str]:
    """Write one zip per gap layer and one for the sites, named after layer and reference date."""
    out = {}
    for layer in SHAPEFILES:
        if layer in case.frames:
            name = f"{_file_name(layer)}_{case.stamp}.zip"
            write_shapefile_zip(case.frames[layer], folder / name, layer)
            out[name] = f"Shapefile: {word('layer', layer)}"
    return out


def _file_name(layer: str) -> str:
    return {"plan_sites": "vi_tri_de_xuat", "plan_links": "tuyen_truyen_dan", "village_status": "thon",
            "commune_status": "xa", "anchor_status": "don_vi_trong_diem", "fixed_places": "bang_rong_co_dinh",
            "fixed_links": "tuyen_cap_co_dinh"}.get(layer, layer)


def _geopackage(case: _Case, folder: Path) -> dict[str, str]:
    """Write the twin: all layers in one file, the shapefiles' short names, missing values kept missing."""
    name = f"khoang_trong_{case.stamp}.gpkg"
    write_gpkg({_file_name(layer): short_named(frame, layer) for layer, frame in case.frames.items()}, folder / name)
    return {name: "GeoPackage: các lớp như shapefile, thêm thôn, xã, đơn vị trọng điểm"}


def short_named(frame: gpd.GeoDataFrame, layer: str) -> gpd.GeoDataFrame:
    """Return the dictionary's columns of a layer under their short names, geometry last."""
    columns = {name: column.short for name, column in columns_of(layer).items() if name in frame}
    return gpd.GeoDataFrame(frame[[*columns, frame.geometry.name]].rename(columns=columns), crs=frame.crs)


def _workbook(case: _Case, folder: Path) -> dict[str, str]:
    name = f"bang_tong_hop_{case.stamp}.xlsx"
    said = statements(case.assessment, case.plan)
    write_workbook(case.layers, case.assessment, case.plan, said, case.frames, folder / name, depth=case.depth)
    return {name: "Bảng tính: tổng hợp, thôn, xã, vị trí đề xuất, truyền dẫn, đối chiếu, giả định, phát hiện, "
                  "từ điển trường"}


def _sheets(case: _Case, folder: Path) -> dict[str, str]:
    job = map_job(case.layers, case.assessment, case.plan, office=case.office)
    write_map_sheets(job, folder / "ban_do_A3.pdf", preview=folder / "ban_do_A3.png", ppi=_PREVIEW_PPI)
    return {"ban_do_A3.pdf": "Bản đồ A3: hiện trạng, các phương án, bảng kê",
            "ban_do_A3.png": "Ảnh xem trước tờ bản đồ thứ nhất"}


def _web_map(case: _Case, folder: Path) -> dict[str, str]:
    page = steady_ids(standalone_map(case.layers, case.assessment, case.plan))
    (folder / "ban_do.html").write_text(page, encoding="utf-8")
    return {"ban_do.html": "Bản đồ tương tác, mở bằng trình duyệt, không cần mạng"}


def steady_ids(page: str) -> str:
    """Return a page of folium with its random element ids numbered in order, so that equal maps are equal bytes."""
    seen: dict[str, str] = {}
    return _RANDOM_ID.sub(lambda found: "_" + seen.setdefault(found[1], f"{len(seen):032x}"), page)


def _rasters(case: _Case, folder: Path) -> dict[str, str]:
    """Write one GeoTIFF of received level per operator and technology, in the pack's grid (never resampled)."""
    out: dict[str, str] = {}
    for (operator, technology), raster in sorted(case.assessment.area_rsrp.items()):
        name = f"muc_thu/rsrp_{plain(operator)}_{plain(technology)}.tif"
        if name in out:  # two operators whose names differ in marks alone
            name = name.replace(".tif", f"_{len(out)}.tif")
        write_cog(raster, folder / name)
        out[name] = f"Mức thu RSRP (dBm): {operator_word(operator)}, {technology}"
    return out
