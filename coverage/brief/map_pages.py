"""The A3 sheets of a run: today's coverage, and one sheet per distinct plan."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np

from coverage.brief.figures import border_headline, headline, money_note, plan_headline, square
from coverage.brief.link_text import cost_text, end_name
from coverage.brief.map_body import MapContent, body_frame
from coverage.brief.map_sheet import MAP_MM, Job, Sheet, SheetTable, write_map_sheets
from coverage.brief.model_text import method_text
from coverage.brief.office import Office
from coverage.brief.tables import M_PER_KM, site_names
from coverage.brief.version import VERSION
from coverage.brief.words import (
    MISSING,
    crs_note,
    is_missing,
    sentence,
    vn_date,
    vn_km,
    vn_money,
    vn_number,
    vn_trimmed,
    word,
    yes_no,
)
from coverage.gap.assessment import Assessment
from coverage.plan import BudgetPlan, Plan
from coverage.scenario import Scenario
from coverage.summary import GapSummary, gap_summary, link_summary, plan_summary
from geodata.crs import same_crs
from geodata.layers import Layers

_GAPS = ("trang", "lom")
_BORDER_MARK = " *"
_CLEARLY_LARGER = 0.7  # of the scale's denominator


def map_sheet(
    layers: Layers, assessment: Assessment, plan: Plan | None, path: Path, *, office: Office | None = None
) -> int:
    """Write the A3 sheets to ``path`` (PDF) and return how many pages there are."""
    return write_map_sheets(map_job(layers, assessment, plan, office=office), path)


def map_job(layers: Layers, assessment: Assessment, plan: Plan | None, *, office: Office | None = None) -> Job:
    """Return everything the sheets print: today's coverage, then each plan that differs from those before it."""
    same_crs(layers.info.crs, assessment.communes.crs, where="ban_do_A3.pdf")
    sheets = [_status_sheet(layers, assessment)]
    if plan is not None:
        sheets += [_plan_sheet(layers, assessment, plan, group) for group in distinct(plan)]
    sheets = [each for sheet in sheets for each in (sheet, *_border_sheet(assessment, sheet))]
    info = layers.info
    return Job(
        title=f"Bản đồ phủ sóng {info.province}", sheets=tuple(sheets), sources=sources_line(layers),
        foot=foot_line(layers, assessment.scenario), illustrative=info.illustrative, office=office or Office(),
        annexes=(_source_annex(layers),),
    )


def distinct(plan: Plan) -> list[list[int]]:
    """Return the budgets (their numbers) grouped by the set of sites they choose, in the order of the budgets."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for i, budget in enumerate(plan.budgets):
        groups.setdefault(tuple(sorted(budget.sites["option_id"])), []).append(i)
    return list(groups.values())


def sources_line(layers: Layers) -> tuple[str, ...]:
    """Return the sources of the map from the pack's manifest, in full, short, and as names of layers only."""
    kind = "mô hình số mặt đất DSM, gồm cả tán cây" if layers.info.elevation_kind == "DSM" else "mô hình địa hình DTM"
    end = f". Độ cao: {kind}. Mã đơn vị hành chính theo danh mục từ {_vintage(layers.info.unit_vintage)}."
    more = " Nguồn từng lớp, giấy phép, ngày lấy: bảng nguồn dữ liệu kèm theo."
    names = list(dict.fromkeys(word("layer", s.layer).lower() for s in layers.info.sources))
    full, short = (_grouped(layers, dated=dated) for dated in (True, False))
    return full + end, short + end + more, sentence(", ".join(names)) + end + more


def _grouped(layers: Layers, *, dated: bool) -> str:
    """Return 'layers: source' with layers that share a source together."""
    groups: dict[str, list[str]] = {}
    for s in layers.info.sources:
        obtained = f"lấy ngày {vn_date(s.obtained)}" if s.obtained else ""
        marks = [m for m in (s.licence, obtained, _vintage(s.vintage)) if m]
        said = f"{s.source} ({'; '.join(marks)})" if dated and marks else s.source
        name = word("layer", s.layer).lower()
        if name not in groups.setdefault(said, []):
            groups[said].append(name)
    return "; ".join(f"{sentence(', '.join(names))}: {said}" for said, names in groups.items())


def _source_annex(layers: Layers) -> tuple[SheetTable, str]:
    """Return the table of sources, one row per layer and source, with the hash of every file."""
    rows = tuple(
        (word("layer", s.layer), "; ".join(s.files), s.source, s.licence, vn_date(s.obtained),
         _vintage(s.vintage), s.crs, vn_number(s.rows), vn_number(s.kept), "; ".join(h[:12] for h in s.sha256 if h),
         yes_no(s.illustrative))
        for s in layers.info.sources)
    heads = ("Lớp", "Tệp", "Nguồn", "Giấy phép", "Ngày lấy", "Năm số liệu", "Hệ tọa độ tệp gốc", "Số dòng", "Dùng được",
             "SHA-256 (12 ký tự đầu)", "Minh họa")
    table = SheetTable("Nguồn dữ liệu", heads, (42, 64, 0, 52, 20, 20, 28, 16, 16, 42, 16), "lllllllrrlc", rows)
    return table, f"{layers.info.title}. Gói dữ liệu {layers.info.pack_id}."


def _vintage(said: str) -> str:
    """Return a date as dd/mm/yyyy, a year or anything else as it is."""
    try:
        return vn_date(said) if len(said) > len("2026") else said
    except ValueError:
        return said


def model_line(scenario: Scenario) -> str:
    """Return model, method, threshold and error in one line."""
    s = scenario.service
    return (f"Mô hình ITU-R P.1812 (50%), {method_text(scenario)}, ngưỡng RSRP {vn_trimmed(s.rsrp_served_dbm, 1)} dBm "
            f"ngoài trời ở {vn_trimmed(s.rx_height_m, 1)} m, sai số chuẩn {vn_trimmed(s.sigma_model_db, 1)} dB")


def foot_line(layers: Layers, scenario: Scenario) -> str:
    """Return what every page says of its run: scenario and digest, pack, model, version."""
    return (f"Kịch bản {scenario.name}, mã {scenario.digest} · Gói dữ liệu {layers.info.pack_id} · "
            f"{model_line(scenario)} · Phủ Sóng {VERSION}")


def _notes(layers: Layers, *own: str) -> tuple[str, ...]:
    notes = [f"{crs_note(layers.info.crs)}. Khung ghi tọa độ phẳng, đơn vị mét.",
             "Địa giới theo tệp đơn vị cung cấp, không thay thế hồ sơ địa giới hành chính.", *own]
    if layers.restricted is None:
        notes.append(word("paper", "no_restricted"))
    return tuple(n for n in notes if n)


def _subtitle(layers: Layers) -> str:
    communes = layers.communes
    border = communes[communes["is_border"].astype(bool)]["name"].tolist()
    said = f"{layers.info.province} – {vn_number(len(communes))} đơn vị hành chính cấp xã"
    if border:
        said += f", {vn_number(len(border))} xã biên giới: {', '.join(map(str, border))}"
    return f"{said} – số liệu đến {vn_date(layers.info.reference_date)}"


def _status_sheet(layers: Layers, assessment: Assessment) -> Sheet:
    villages = assessment.villages.assign(status=assessment.villages["status_printed"])
    gap = gap_summary(assessment)
    content = MapContent(assessment.communes, villages, layers.elevation, masts=_masts(layers), roads=layers.roads,
                         gap_dc=assessment.gap_dc)
    basis = "Tình trạng thôn theo danh sách, quyết định của cơ quan nơi đã có; còn lại theo mô hình."
    note = ""
    if gap.differing:
        note = f"{vn_number(gap.differing)} thôn có kết quả mô hình khác tình trạng chính thức, xem bảng đối chiếu."
    return Sheet(
        title="Bản đồ hiện trạng phủ sóng di động 4G trở lên", subtitle=_subtitle(layers), content=content,
        figures_title="Chỉ tiêu chính", figures=headline(gap),
        tables=(_square_table(gap), _commune_table(assessment), _village_table(assessment)),
        notes=_notes(layers, basis, note),
        annex=_village_annex(assessment),
        annex_subtitle=f"{_subtitle(layers)}. Khoảng cách từ trung tâm thôn đến trạm; (*) xã biên giới.",
    )


def _square_table(gap: GapSummary) -> SheetTable:
    """Return the ministry's split: difficult or not, by grid power; trắng / lõm / all villages."""
    table = square(gap)
    sides = list(dict.fromkeys(side for _, cells in table for side in cells))
    rows = tuple((who, *(" / ".join(cells.get(side, ("0", "0", "0"))) for side in sides)) for who, cells in table)
    heads = ("Trắng / lõm / số thôn", *(sentence(side) for side in sides))
    return SheetTable("Theo độ khó khăn và điện lưới", heads, (0, *([26.0] * len(sides))), "l" + "c" * len(sides), rows)


def _border_sheet(assessment: Assessment, sheet: Sheet) -> tuple[Sheet, ...]:
    """Return the same sheet over the border communes, where that shows them clearly larger; else nothing."""
    border = assessment.communes[assessment.communes["is_border"].astype(bool)]
    if border.empty:
        return ()
    near = replace(sheet.content, focus=border)
    if body_frame(near, MAP_MM).scale > _CLEARLY_LARGER * body_frame(sheet.content, MAP_MM).scale:
        return ()
    here = set(border["commune_code"])
    own = replace(assessment, villages=assessment.villages[assessment.villages["commune_code"].isin(here)],
                  communes=border)
    status = sheet.content.sites is None
    return (replace(
        sheet, title=f"{sheet.title}: các xã biên giới", content=near, annex=None, more_annexes=(),
        figures=border_headline(gap_summary(assessment)) if status else sheet.figures,
        tables=(_commune_table(own), _village_table(own)) if status else sheet.tables,
    ),)


def _commune_table(assessment: Assessment) -> SheetTable:
    units = assessment.communes
    open_ones = units[(units["trang_printed"] > 0) | (units["lom_printed"] > 0)].sort_values("rank", kind="stable")
    rows = tuple(
        (str(i), f"{u.name}{_BORDER_MARK if u.is_border else ''}", vn_number(u.villages), vn_number(u.trang_printed),
         vn_number(u.lom_printed), vn_number(u.unserved_households), vn_number(u.no_fibre))
        for i, u in enumerate(open_ones.itertuples(), 1))
    heads = ("TT", "Xã (* biên giới)", "Số thôn", "Trắng sóng", "Lõm sóng", "Hộ chưa có sóng", "Thôn chưa có cáp quang")
    return SheetTable("Xã còn thôn trắng, lõm sóng", heads, (7, 0, 10, 12, 11, 15, 16), "clrrrrr", rows, most=22)


def _in_need(assessment: Assessment) -> gpd.GeoDataFrame:
    villages = assessment.villages[assessment.villages["status_printed"].isin(_GAPS)]
    rank = assessment.communes.set_index("commune_code")["rank"]
    order = villages.assign(_rank=villages["commune_code"].map(rank), _lom=villages["status_printed"] == "lom")
    return order.sort_values(["_rank", "_lom", "village_code"], kind="stable")


def _village_table(assessment: Assessment) -> SheetTable:
    rows = tuple(
        (str(i), str(v.name), str(v.commune_name), word("status", v.status_printed), vn_number(v.households),
         yes_no(v.grid_power), _near(v, 1))
        for i, v in enumerate(_in_need(assessment).itertuples(), 1))
    heads = ("TT", "Thôn", "Xã", "Tình trạng", "Số hộ", "Điện lưới", "Trạm gần nhất")
    return SheetTable("Thôn trắng, lõm sóng", heads, (7, 0, 19, 15, 9, 9, 22), "cllcrcl", rows)


def _near(village: Any, n: int) -> str:
    """Return '4,9 km, bị che' of the n-th nearest mast."""
    metres = getattr(village, f"nearest_{n}_km")
    if is_missing(metres):
        return MISSING
    blocked = getattr(village, f"nearest_{n}_blocked")
    return vn_km(1_000 * metres) + ("" if is_missing(blocked) else ", bị che" if blocked else "")


def _village_annex(assessment: Assessment) -> SheetTable | None:
    borders = set(assessment.communes.loc[assessment.communes["is_border"].astype(bool), "commune_code"])
    rows = tuple(
        (str(i), str(v.village_code), str(v.name),
         f"{v.commune_name}{_BORDER_MARK if v.commune_code in borders else ''}", word("status", v.status_printed),
         word("status", v.status_model), vn_number(v.households), vn_number(v.people),
         vn_number(v.unserved_households), yes_no(v.difficult), yes_no(v.grid_power), yes_no(v.motor_road),
         word("fibre_short", v.fibre_status), _mast(v, 1), _mast(v, 2), word("confidence", v.confidence),
         yes_no(v.needs_survey))
        for i, v in enumerate(_in_need(assessment).itertuples(), 1))
    if not rows:
        return None
    heads = ("TT", "Mã thôn", "Thôn", "Xã", "Tình trạng", "Theo mô hình", "Số hộ", "Nhân khẩu", "Hộ chưa có sóng",
             "Thôn ĐBKK", "Điện lưới", "Đường ô tô", "Cáp quang", "Trạm gần nhất", "Trạm gần thứ hai", "Độ tin cậy",
             "Cần khảo sát")
    widths = (8, 21, 0, 30, 21, 21, 13, 14, 16, 13, 13, 15, 20, 62, 62, 15, 16)
    return SheetTable("Danh sách thôn trắng, lõm sóng", heads, widths, "clllccrrrccclllcc", rows)


def _mast(village: Any, n: int) -> str:
    code = getattr(village, f"nearest_{n}")
    if is_missing(code) or code == "":
        return MISSING
    return f"{code} ({getattr(village, f'nearest_{n}_operator')}), {_near(village, n)}"


def _masts(layers: Layers) -> gpd.GeoDataFrame:
    """Return one row per mast; one that is on air for any technology is on air."""
    order = layers.sites.assign(_late=(layers.sites["state"].astype(str) != "on_air"))
    return order.sort_values(["_late", "site_code"], kind="stable").drop_duplicates("site_code")


def _plan_sheet(layers: Layers, assessment: Assessment, plan: Plan, group: Sequence[int]) -> Sheet:
    budget, summary = plan.budgets[group[0]], plan_summary(plan)[group[0]]
    amounts = [vn_money(plan.budgets[i].budget_mvnd) for i in group]
    content = MapContent(assessment.communes, _villages_after(assessment, budget), layers.elevation,
                         masts=_masts(layers), sites=budget.sites, roads=layers.roads, links=budget.links,
                         fibre=layers.fibre_routes)
    links = link_summary(budget)
    money, before, after = money_note(plan.scenario), budget.before, budget.after
    basis = f"Tình trạng thôn sau khi xây, theo mô hình; tính cả trạm đã cam kết đến 31/12/{plan.year}."
    title = f"Bản đồ vị trí đề xuất, kinh phí {' và '.join(amounts)}"
    return Sheet(
        title=title, subtitle=_subtitle(layers), content=content, figures_title="Kết quả phương án",
        figures=plan_headline(summary, (before.villages_trang, after.villages_trang),
                              (before.villages_lom, after.villages_lom), links),
        tables=(_site_table(budget), _left_table(assessment, budget)),
        notes=_notes(layers, basis, money, links.single_vi, summary.proof_vi), annex=_site_annex(budget, amounts),
        annex_subtitle=f"{layers.info.province}. {money} Tọa độ: X là hướng bắc, Y là hướng đông. {summary.proof_vi}",
        more_annexes=_link_annex(plan, budget, amounts, f"{links.single_vi} {links.money_vi}"),
    )


def _villages_after(assessment: Assessment, budget: BudgetPlan) -> gpd.GeoDataFrame:
    """Return the villages with the status after the plan; those it lifts to 'phu' as a class of their own."""
    change = budget.villages.set_index("village_code").loc[assessment.villages["village_code"]]
    before, after = change["status_before"].to_numpy(object), change["status_after"].to_numpy(object)
    lifted = np.isin(before.astype(str), _GAPS) & (after == "phu")
    return assessment.villages.assign(status=np.where(lifted, "duoc_phu", after))


def _site_table(budget: BudgetPlan) -> SheetTable:
    rows = tuple(
        (str(s.order), str(s.name), f"{s.commune_name}{_BORDER_MARK if s.is_border else ''}",
         word("site_kind_short", s.kind), vn_number(s.cost_mvnd), vn_number(s.new_people), vn_number(s.new_villages))
        for s in budget.sites.itertuples())
    heads = ("Số", "Vị trí", "Xã (* biên giới)", "Loại trạm", "Khái toán riêng (triệu đồng)", "Người phủ thêm",
             "Thôn hết trắng")
    return SheetTable("Vị trí đề xuất theo thứ tự xây", heads, (7, 0, 21, 17, 15, 12, 11), "clllrrr", rows)


def _left_table(assessment: Assessment, budget: BudgetPlan) -> SheetTable:
    """Return who is still left without after the plan, communes in their rank."""
    after = _villages_after(assessment, budget)
    rank = assessment.communes.set_index("commune_code")["rank"]
    left = after[after["status"].isin(_GAPS)]
    left = left.assign(_rank=left["commune_code"].map(rank)).sort_values(["_rank", "village_code"], kind="stable")
    rows = tuple(
        (str(i), str(v.name), str(v.commune_name), word("status", v.status), vn_number(v.households),
         yes_no(v.grid_power), yes_no(v.eligible))
        for i, v in enumerate(left.itertuples(), 1))
    heads = ("TT", "Thôn", "Xã", "Tình trạng", "Số hộ", "Điện lưới", "Thuộc đối tượng")
    return SheetTable("Thôn còn trắng, lõm sóng sau phương án", heads, (7, 0, 24, 17, 11, 11, 16), "cllcrcc", rows)


def _site_annex(budget: BudgetPlan, amounts: Sequence[str]) -> SheetTable | None:
    rows = tuple(
        (str(s.order), str(s.name), f"{s.commune_name}{_BORDER_MARK if s.is_border else ''}",
         vn_number(s.geometry.y), vn_number(s.geometry.x), word("site_kind_short", s.kind),
         f"{s.technology} {vn_number(s.band_mhz)} MHz", vn_number(s.height_m), _backhaul(s),
         word("power", s.power), vn_number(s.capex_mvnd, 1), vn_number(s.opex_mvnd_year, 1), vn_number(s.cost_mvnd, 1),
         vn_number(s.new_people), vn_number(s.new_villages), word("restriction", s.restriction), str(s.why_vi))
        for s in budget.sites.itertuples())
    if not rows:
        return None
    heads = ("Số", "Vị trí", "Xã (* biên giới)", "X (m)", "Y (m)", "Loại trạm", "Công nghệ", "Cao (m)",
             "Truyền dẫn (tuyến)", "Nguồn điện", "Đầu tư (triệu đồng)", "Chi hằng năm (triệu đồng)",
             "Khái toán riêng (triệu đồng)", "Người phủ thêm", "Thôn hết trắng", "Hạn chế", "Vì sao chọn")
    widths = (8, 36, 24, 16, 14, 20, 19, 10, 26, 18, 16, 16, 17, 13, 13, 17, 0)
    return SheetTable(f"Bảng kê vị trí đề xuất, kinh phí {' và '.join(amounts)}", heads, widths, "cllrrllrllrrrrrll",
                      rows)


def _backhaul(site: Any) -> str:
    """Return 'Cáp quang (TD-002, TD-001)'."""
    ids = ", ".join(site.links)
    return word("backhaul", site.backhaul) + (f" ({ids})" if ids else "")


def _link_annex(
    plan: Plan, budget: BudgetPlan, amounts: Sequence[str], said: str
) -> tuple[tuple[SheetTable, str], ...]:
    """Return the table of links with the sentence on single roads under its title; nothing without links."""
    if not len(budget.links):
        return ()
    frame = budget.links.assign(site_names=site_names(budget))
    rows = tuple(
        (str(k.link_id), word("link_kind", k.kind), word("link_way", k.way), end_name(k.from_name), end_name(k.to_name),
         vn_number(k.length_m / M_PER_KM, 2), vn_number(k.freq_ghz, 1), vn_number(k.capacity_mbps),
         vn_number(k.load_mbps), vn_number(k.n_sites), str(k.site_names), str(k.road_name or MISSING),
         yes_no(k.single_road), vn_number(k.cost_mvnd, 1), cost_text(k.cost_lines, plan.scenario))
        for k in frame.itertuples())
    heads = ("Tuyến", "Loại", "Cách đi", "Từ", "Đến", "Dài (km)", "GHz", "Dung lượng (Mbit/s)", "Lưu lượng (Mbit/s)",
             "Số vị trí", "Các vị trí đi qua", "Đường", "Độc đạo", "Khái toán (triệu đồng)", "Các dòng khái toán")
    widths = (14, 17, 26, 30, 30, 13, 11, 17, 17, 11, 44, 26, 13, 18, 0)
    table = SheetTable(f"Bảng kê tuyến truyền dẫn, kinh phí {' và '.join(amounts)}", heads, widths, "lllllrrrrrllcrl",
                       rows)
    return ((table, f"{said} {word('link_text', 'single_note')}"),)
