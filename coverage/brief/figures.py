"""The printed figures as lines of text: label and value, for the map sheet and the workbook."""

from coverage.brief.words import vn_money, vn_number, vn_share, vn_trimmed, word
from coverage.gap.communes import Counts
from coverage.scenario import Scenario
from coverage.summary import GapSummary, LinkSummary, PlanSummary

Line = tuple[str, str]


def counts_lines(counts: Counts, of: str = "") -> list[Line]:
    """Return trắng over all villages and lõm over the rest, as the official lists have it."""
    trang, lom = vn_share(counts.trang, counts.villages), vn_share(counts.lom, counts.lom_denominator)
    if not of:
        return [("Thôn trắng sóng trên tổng số thôn", trang), ("Thôn lõm sóng trên số thôn còn lại", lom)]
    return [(f"{of}: trắng sóng trên tổng số", trang), (f"{of}: lõm sóng trên số còn lại", lom)]


def headline(gap: GapSummary) -> tuple[Line, ...]:
    """Return the figures beside the map of today's coverage."""
    lines = [
        *counts_lines(gap.printed), *counts_lines(gap.powered, "Thôn có điện lưới"),
        ("Xã biên giới còn thôn trắng hoặc lõm sóng",
         f"{vn_number(gap.border_communes_uncovered)}/{vn_number(gap.border_communes)}"),
        ("Hộ dân chưa có sóng (theo mô hình)", vn_share(gap.unserved_households, gap.households)),
        ("Nhân khẩu chưa có sóng (theo mô hình)", vn_share(gap.unserved_people, gap.people)),
        ("Thôn cần khảo sát thực địa", vn_number(gap.needs_survey)),
    ]
    if gap.chua_du_dl:
        lines.append(("Thôn chưa đủ dữ liệu", vn_number(gap.chua_du_dl)))
    return tuple(lines)


def border_headline(gap: GapSummary) -> tuple[Line, ...]:
    """Return the figures beside the map of the border communes."""
    return (
        *counts_lines(gap.border),
        ("Xã biên giới còn thôn trắng hoặc lõm sóng",
         f"{vn_number(gap.border_communes_uncovered)}/{vn_number(gap.border_communes)}"),
        ("Như trên, theo mô hình",
         f"{vn_number(gap.border_communes_uncovered_by_model)}/{vn_number(gap.border_communes)}"),
    )


def today(gap: GapSummary) -> list[Line]:
    """Return every figure of today's coverage, for the workbook."""
    least = "" if gap.operators_complete else " (ít nhất, chưa đủ danh sách trạm)"
    lines = [
        ("Số thôn", vn_number(gap.villages)), *counts_lines(gap.printed), ("Thôn đã phủ", vn_number(gap.phu)),
        ("Thôn chưa đủ dữ liệu", vn_number(gap.chua_du_dl)), *counts_lines(gap.powered, "Thôn có điện lưới"),
        *counts_lines(gap.border, "Thôn của xã biên giới"),
        ("Xã biên giới còn thôn trắng hoặc lõm sóng / số xã biên giới",
         f"{vn_number(gap.border_communes_uncovered)}/{vn_number(gap.border_communes)}"),
        *(_square(gap)),
        ("Thôn có tình trạng chính thức", vn_number(gap.official)),
        ("Thôn có kết quả mô hình khác tình trạng chính thức", vn_number(gap.differing)),
        *counts_lines(gap.model, "Theo mô hình"), *counts_lines(gap.model_all, "Theo mô hình, kể cả 3G"),
    ]
    for h, counts in gap.by_households.items():
        lines.append((f"Thôn lõm sóng theo mô hình nếu tính cụm từ {vn_number(h)} hộ",
                      vn_share(counts.lom, counts.lom_denominator)))
    lines += [
        ("Hộ dân theo danh sách thôn", vn_number(gap.households)),
        ("Nhân khẩu theo danh sách thôn", vn_number(gap.people)),
        ("Dân số công bố của các xã", vn_number(gap.official_population)
         + (f" ({vn_number(gap.population_missing)} xã chưa có số liệu)" if gap.population_missing else "")),
        ("Hộ dân chưa có sóng (theo mô hình)", vn_share(gap.unserved_households, gap.households)),
        ("Nhân khẩu chưa có sóng (theo mô hình)", vn_share(gap.unserved_people, gap.people)),
        ("Thôn thuộc đối tượng hỗ trợ", vn_number(gap.eligible_villages)),
        ("Nhân khẩu thuộc đối tượng chưa có sóng", vn_share(gap.eligible_unserved_people, gap.eligible_people)),
        ("Thôn cần khảo sát thực địa", vn_number(gap.needs_survey)),
        (f"Thôn chỉ có sóng của 1 doanh nghiệp{least}", vn_number(gap.one_operator)),
        ("Thôn có sóng nhưng yếu", vn_number(gap.weak)),
        ("Thôn chưa có sóng trong nhà", vn_number(gap.indoor_unserved)),
        ("Thôn mất sóng khi dừng 3G", vn_number(gap.loses_signal_with_3g)),
        ("Thôn có cáp quang / gần tuyến, chưa xác nhận / chưa có",
         f"{vn_number(gap.fibre)} / {vn_number(gap.fibre_near)} / {vn_number(gap.no_fibre)}"),
    ]
    if gap.anchors:
        lines += [
            ("Cơ quan, đơn vị trọng điểm thiếu băng thông", vn_share(gap.anchors_short, gap.anchors)),
            ("Cơ quan, đơn vị trọng điểm chưa có sóng 4G trở lên", vn_share(gap.anchors_unserved, gap.anchors)),
        ]
    return lines


def _square(gap: GapSummary) -> list[Line]:
    """Return the 2x2 table, difficult or not by grid power, as lines."""
    return [(f"{who}, {side}: trắng sóng / lõm sóng / số thôn", f"{trang} / {lom} / {villages}")
            for who, cells in square(gap) for side, (trang, lom, villages) in cells.items()]


def square(gap: GapSummary) -> list[tuple[str, dict[str, tuple[str, str, str]]]]:
    """Return the 2x2 table: difficult or other villages, by power, with trắng, lõm and all villages."""
    sides = {"có điện lưới": "powered", "chưa có điện lưới": "unpowered", "chưa rõ về điện": "power_unknown"}
    out = []
    for row in gap.difficult_by_power.to_dict("records"):
        cells = {
            side: (vn_number(row[f"{key}_trang"]), vn_number(row[f"{key}_lom"]), vn_number(row[f"{key}_villages"]))
            for side, key in sides.items() if key != "power_unknown" or row[f"{key}_villages"]
        }
        out.append(("Thôn ĐBKK" if row["difficult"] else "Thôn khác", cells))
    return out


def change(before: float, after: float) -> str:
    """Return 'từ 15 còn 3'."""
    return f"{vn_number(before)} (không đổi)" if before == after else f"từ {vn_number(before)} còn {vn_number(after)}"


def by_plan(plans: list[PlanSummary], links: list[LinkSummary], language: str) -> list[tuple[str, list[str]]]:
    """Return every figure of the plans, for the workbook: label and one value per budget."""
    vi = language == "vi"
    checked = "Đã kiểm tra theo lớp khu vực hạn chế" if vi else "Checked against the restricted layer"
    return [
        ("Số vị trí đề xuất", [vn_number(p.sites) for p in plans]),
        ("Trạm macro xây mới", [vn_number(p.new_macro_sites) for p in plans]),
        ("Thiết bị trên cột dùng chung", [vn_number(p.shared_sites) for p in plans]),
        ("Trạm cỡ nhỏ (small cell)", [vn_number(p.small_cells) for p in plans]),
        ("Vị trí ở xã biên giới", [vn_number(p.border_sites) for p in plans]),
        ("Khái toán kinh phí (triệu đồng)", [vn_number(p.cost_mvnd, 1) for p in plans]),
        ("Trong đó riêng các vị trí (triệu đồng)", [vn_number(k.sites_mvnd, 1) for k in links]),
        ("Trong đó đường truyền dẫn (triệu đồng)", [vn_number(k.links_mvnd, 1) for k in links]),
        ("Trong đó đầu tư (triệu đồng)", [vn_number(p.capex_mvnd, 1) for p in plans]),
        ("Chi hằng năm (triệu đồng)", [vn_number(p.opex_mvnd_year, 1) for p in plans]),
        ("Tuyến cáp quang mới (km)", [vn_number(k.fibre_km, 1) for k in links]),
        ("Chặng vi ba", [vn_number(k.hops) for k in links]),
        ("Vị trí dùng vệ tinh", [vn_number(k.sites_satellite) for k in links]),
        ("Vị trí có truyền dẫn theo đường độc đạo", [vn_number(k.sites_on_single_road) for k in links]),
        ("Thôn hết trắng sóng", [vn_number(p.villages_gained) for p in plans]),
        ("Thôn trở thành đã phủ", [vn_number(p.villages_covered_gained) for p in plans]),
        ("Thôn trắng sóng còn lại (theo mô hình)", [vn_number(p.trang_left) for p in plans]),
        ("Thôn lõm sóng còn lại (theo mô hình)", [vn_number(p.lom_left) for p in plans]),
        ("Hộ dân được phủ thêm", [vn_number(p.households_gained) for p in plans]),
        ("Người thuộc đối tượng hỗ trợ được phủ thêm (mục tiêu)", [vn_number(p.people_gained) for p in plans]),
        ("Người khác được phủ thêm", [vn_number(p.other_people_gained) for p in plans]),
        ("Cận trên đã chứng minh của mục tiêu (người)", [vn_number(p.bound_people) for p in plans]),
        *([("Mục tiêu có trọng số ưu tiên thời gian đi lại (giả định): đạt / cận trên",
            [f"{vn_number(p.objective, 1)} / {vn_number(p.objective_bound, 1)}" for p in plans])]
          if any(p.weighted for p in plans) else []),
        ("Chênh lệch so với cận trên (%)", [vn_trimmed(p.gap_percent, 4) for p in plans]),
        ("Khái toán trên một người được phủ thêm (triệu đồng)", [vn_number(p.cost_per_person_mvnd, 2) for p in plans]),
        ("Đường độc đạo", [k.single_vi if vi else k.single_en for k in links]),
        ("Kết quả tối ưu", [p.status_vi if vi else p.status_en for p in plans]),
        ("Điều đã chứng minh", [p.proof_vi if vi else p.proof_en for p in plans]),
        ("Đất, rừng, biên giới", [(p.land_vi if vi else p.land_en) or checked for p in plans]),
    ]


def plan_headline(summary: PlanSummary, trang: tuple[int, int], lom: tuple[int, int],
                  links: LinkSummary) -> tuple[Line, ...]:
    """Return the figures beside the map of a plan; ``trang`` and ``lom`` are villages before and after."""
    kinds = [f"{vn_number(n)} {what}" for n, what in (
        (summary.new_macro_sites, "trạm macro"), (summary.shared_sites, "dùng chung cột"),
        (summary.small_cells, "trạm cỡ nhỏ")) if n]
    return (
        ("Số vị trí đề xuất", f"{vn_number(summary.sites)}" + (f" ({', '.join(kinds)})" if kinds else "")),
        ("Trong đó ở xã biên giới", vn_number(summary.border_sites)),
        ("Khái toán kinh phí", vn_money(summary.cost_mvnd)),
        ("Trong đó riêng các vị trí", vn_money(links.sites_mvnd)),
        ("Trong đó đường truyền dẫn", vn_money(links.links_mvnd)),
        ("Cáp quang mới; chặng vi ba", f"{vn_number(links.fibre_km, 1)} km; {vn_number(links.hops)}"),
        ("Vị trí có truyền dẫn theo đường độc đạo", vn_number(links.sites_on_single_road)),
        ("Thôn trắng sóng (theo mô hình)", change(*trang)),
        ("Thôn lõm sóng (theo mô hình)", change(*lom)),
        ("Hộ dân được phủ thêm", vn_number(summary.households_gained)),
        ("Người thuộc đối tượng được phủ thêm", vn_number(summary.people_gained)),
        ("Khái toán trên một người được phủ thêm", vn_money(summary.cost_per_person_mvnd)),
        ("Kết quả tối ưu", summary.status_vi),
    )


def money_note(scenario: Scenario) -> str:
    """Return what a rough cost holds."""
    years = vn_number(scenario.rate("horizon_years"))
    level = word("price_level", scenario.price_level).lower()
    return f"Khái toán kinh phí: vốn nhà nước gồm đầu tư và hỗ trợ {years} năm, đơn giá {level}, giả định."
