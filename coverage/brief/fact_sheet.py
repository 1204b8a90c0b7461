"""What the office answers about one village: status, two nearest stations, power, road, fibre, what is proposed.

One paragraph in the wording of the offices' replies to voters, and an A4 sheet of it with the figures beside.
"""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from coverage.brief.figures import money_note
from coverage.brief.map_sheet import compile_typst
from coverage.brief.office import Office
from coverage.brief.village_profile import village_profile
from coverage.brief.words import (
    is_missing,
    sentence,
    vn_date,
    vn_money,
    vn_number,
    vn_percent,
    with_unit,
    word,
    yes_no,
)
from coverage.errors import HandInError
from coverage.gap.assessment import Assessment
from coverage.plan import BudgetPlan, Plan
from geodata.layers import Layers

_STATUS_SENTENCE: Mapping[str, str] = {
    "trang": "là thôn trắng sóng: trung tâm thôn chưa có sóng {technology} của doanh nghiệp nào",
    "lom": "là thôn lõm sóng: trung tâm thôn có sóng {technology} nhưng còn cụm dân cư chưa có sóng",
    "phu": "đã có sóng {technology} tại trung tâm thôn và các cụm dân cư được xét",
    "chua_du_dl": "chưa đủ dữ liệu để kết luận về sóng {technology}",
}
_HEADLINE = "4G trở lên"


@dataclass(frozen=True)
class Proposal:
    """What one budget proposes for a village: its sites, and the status after them."""

    budget_mvnd: float
    sites: pd.DataFrame
    status_after: str
    people: float


def proposals_of(plan: Plan | None, code: str) -> tuple[Proposal, ...]:
    """Return, per budget that helps the village, the sites that serve it newly; () without any."""
    if plan is None:
        return ()
    return tuple(p for p in (_proposal(b, code) for b in plan.budgets) if p is not None)


def _proposal(budget: BudgetPlan, code: str) -> Proposal | None:
    rows = budget.villages[budget.villages["village_code"] == code]
    if rows.empty or is_missing(rows["served_by"].iloc[0]) or not rows["served_by"].iloc[0]:
        return None
    options = [o.strip() for o in str(rows["served_by"].iloc[0]).split(",")]
    sites = pd.DataFrame(budget.sites[budget.sites["option_id"].isin(options)])
    return Proposal(budget.budget_mvnd, sites, str(rows["status_after"].iloc[0]),
                    float(rows["newly_served_people"].iloc[0]))


def commune_words(assessment: Assessment) -> dict[str, str]:
    """Return 'xã Ch'Lăng', 'phường Lũng Thạnh' ... by commune code, as they stand inside a sentence."""
    units = assessment.communes
    return {str(u.commune_code): f"{str(u.kind).lower()} {u.name}" for u in units.itertuples()}


def statement(village: Any, commune: str, proposals: tuple[Proposal, ...] = ()) -> str:
    """Return the paragraph about one village.

    Parameters
    ----------
    village : a row of ``Assessment.villages`` as a named tuple. commune : as ``commune_words`` writes it.
    """
    parts = [_opening(village, commune), _stations(village), _conditions(village), _basis(village)]
    parts.append(_proposed(village, proposals))
    return " ".join(p for p in parts if p)


def statements(assessment: Assessment, plan: Plan | None) -> dict[str, str]:
    """Return the paragraph of every trang or lom village, or one that lacks data, by village code."""
    helped, communes = _proposals_by_village(plan), commune_words(assessment)
    codes = assessment.villages["village_code"].astype(str)
    return {
        code: statement(v, communes.get(str(v.commune_code), ""), helped.get(code, ()))
        for code, v in zip(codes, assessment.villages.itertuples(), strict=True)
        if v.status_printed != "phu"
    }


def _proposals_by_village(plan: Plan | None) -> dict[str, tuple[Proposal, ...]]:
    if plan is None:
        return {}
    rows = pd.concat([b.villages for b in plan.budgets])
    codes = set(rows.loc[rows["served_by"] != "", "village_code"].astype(str))
    return {code: proposals_of(plan, code) for code in sorted(codes)}


def _opening(village: Any, commune: str) -> str:
    where = ", ".join(x for x in (sentence(with_unit(str(village.name))), commune) if x)
    size = f"{vn_number(village.households)} hộ, {vn_number(village.people)} nhân khẩu"
    marks = [m for m, on in (("xã biên giới", village.is_border), ("thôn đặc biệt khó khăn", village.difficult)) if on]
    inside = "; ".join([size, *marks])
    status = _STATUS_SENTENCE[str(village.status_printed)].format(technology=_HEADLINE)
    text = f"{where} ({inside}) {status}."
    if str(village.status_printed) in ("trang", "lom") and village.unserved_households:
        households, people = vn_number(village.unserved_households), vn_number(village.unserved_people)
        text += f" Số hộ chưa có sóng: {households} hộ, {people} nhân khẩu."
    return text


def _stations(village: Any) -> str:
    said = []
    for n in (1, 2):
        code = getattr(village, f"nearest_{n}")
        if is_missing(code) or code == "":
            continue
        operator, km = getattr(village, f"nearest_{n}_operator"), vn_number(getattr(village, f"nearest_{n}_km"), 1)
        said.append(f"cách trạm {code} ({operator}) {km} km{_blocked(getattr(village, f'nearest_{n}_blocked'))}")
    if not said:
        return "Chưa có trạm nào trong danh sách các doanh nghiệp cung cấp."
    return f"Trung tâm thôn {'; '.join(said)}."


def _blocked(flag: Any) -> str:
    if is_missing(flag):
        return ", chưa rõ có bị địa hình che khuất không"
    return ", bị địa hình che khuất" if flag else ", không bị địa hình che khuất"


def _conditions(village: Any) -> str:
    power = {"yes": "có điện lưới", "no": "chưa có điện lưới", "unknown": "chưa rõ về điện lưới"}
    road = {"yes": "có đường ô tô đến thôn", "no": "chưa có đường ô tô đến thôn", "unknown": "chưa rõ về đường ô tô"}
    fibre = {"co": "đã có cáp quang", "gan_tuyen": "gần tuyến cáp quang nhưng chưa được xác nhận",
             "chua": "chưa có cáp quang"}
    parts = [power[_flag(village.grid_power)], road[_flag(village.motor_road)]]
    if not is_missing(village.fibre_status):
        parts.append(fibre[str(village.fibre_status)])
    return f"Thôn {', '.join(parts)}."


def _flag(value: Any) -> str:
    return "unknown" if is_missing(value) else "yes" if value else "no"


def _basis(village: Any) -> str:
    if not is_missing(village.status_official):
        text = "Tình trạng theo danh sách hoặc quyết định của cơ quan"
        if village.status_official != village.status_model:
            text += f"; kết quả mô hình khác: {word('status', village.status_model).lower()}"
        return f"{text}."
    level = "" if is_missing(village.rsrp_dbm) else f", mức thu dự báo {vn_number(village.rsrp_dbm)} dBm"
    chance = "" if is_missing(village.p_served) else f", xác suất có sóng {vn_percent(village.p_served, 0)}"
    low = "; độ tin cậy thấp, cần khảo sát thực địa" if village.needs_survey else ""
    return f"Căn cứ: {word('evidence', village.evidence).lower()}{level}{chance}{low}."


def _proposed(village: Any, proposals: tuple[Proposal, ...]) -> str:
    if not proposals:
        if str(village.status_printed) in ("trang", "lom"):
            if village.status_model == "phu":
                return "Mô hình cho kết quả đã phủ nên phương án chưa đề xuất vị trí; cần đo kiểm để thống nhất."
            return "Chưa có vị trí đề xuất phủ sóng cho thôn trong các mức kinh phí đang xét."
        return ""
    best = proposals[0]
    sites = [
        f"vị trí số {s.order} ({s.name}, {s.commune_name}; {word('site_kind', s.kind).lower()}; "
        f"{_money_of(s)})" for s in best.sites.itertuples()
    ]
    after = word("status", best.status_after).lower()
    return (f"Đề xuất: {'; '.join(sites)} trong phương án kinh phí {vn_money(best.budget_mvnd)}; phủ thêm "
            f"{vn_number(best.people)} người của thôn, sau đó thôn ở tình trạng {after}.")


def _money_of(site: Any) -> str:
    said = f"khái toán {vn_money(site.cost_mvnd)}"
    return f"{said}, chưa kể đường truyền dẫn" if len(site.links) else said


def write_fact_sheet(
    layers: Layers, assessment: Assessment, plan: Plan | None, village_code: str, path: Path, *,
    office: Office | None = None,
) -> Path:
    """Write the A4 sheet of one village as PDF, the terrain profile on its back.

    Raises HandInError for a village that is not in the list.
    """
    rows = assessment.villages[assessment.villages["village_code"].astype(str) == village_code]
    if rows.empty:
        raise HandInError("village_unknown", village=village_code)
    village = next(rows.itertuples())
    info, office = layers.info, office or Office()
    proposals = proposals_of(plan, village_code)
    profile = village_profile(layers, assessment.scenario, village)
    commune = commune_words(assessment).get(str(village.commune_code), str(village.commune_name))
    values = {
        "title": f"Phiếu thông tin phủ sóng {with_unit(str(village.name))}",
        "subtitle": f"{sentence(commune)}, {info.province}. Số liệu đến {vn_date(info.reference_date)}.",
        "parent_body": office.parent_body, "body": office.body,
        "stamp": word("paper", "illustrative") if info.illustrative else "",
        "text": statement(village, commune, proposals), "sites": _site_rows(proposals),
        "rows": _figures(village), "profile": [f"{profile.text()}.", "profile.svg"] if profile else [],
        "notes": _notes(plan),
        "sign": [{"role": word("paper", role), "name": name} for role, name in office.signers()],
        "signature": word("paper", "signature"),
        "foot": f"Kịch bản {assessment.scenario.name} ({assessment.scenario.digest}) · Gói dữ liệu {info.pack_id}",
    }
    with tempfile.TemporaryDirectory(prefix="phusong_") as name:
        folder = Path(name)
        if profile:
            (folder / "profile.svg").write_bytes(profile.picture("vi", "svg"))
        (folder / "fact_sheet.json").write_text(json.dumps(values, ensure_ascii=False), encoding="utf-8")
        compile_typst("fact_sheet.typ", folder, path)
    return path


def _figures(village: Any) -> list[tuple[str, str]]:
    near = [_station_cell(village, n) for n in (1, 2)]
    return [
        ("Tình trạng (4G trở lên)", word("status", village.status_printed)),
        ("Tình trạng theo mô hình", word("status", village.status_model)),
        ("Số hộ, nhân khẩu", f"{vn_number(village.households)} hộ, {vn_number(village.people)} người"),
        ("Số hộ, nhân khẩu chưa có sóng",
         f"{vn_number(village.unserved_households)} hộ, {vn_number(village.unserved_people)} người"),
        ("Số doanh nghiệp có sóng tại trung tâm thôn",
         f"{'' if village.n_operators_known else 'ít nhất '}{vn_number(village.n_operators)}"),
        ("Mức thu dự báo, xác suất có sóng",
         f"{vn_number(village.rsrp_dbm)} dBm, {vn_percent(village.p_served, 0)}"),
        ("Độ tin cậy", word("confidence", village.confidence)),
        ("Cần khảo sát thực địa", yes_no(village.needs_survey)),
        ("Trạm gần nhất", near[0]), ("Trạm gần thứ hai", near[1]),
        ("Điện lưới", yes_no(village.grid_power)), ("Đường ô tô", yes_no(village.motor_road)),
        ("Cáp quang", word("fibre", village.fibre_status)),
        ("Thuộc đối tượng hỗ trợ viễn thông công ích", yes_no(village.eligible)),
    ]


def _station_cell(village: Any, n: int) -> str:
    code = getattr(village, f"nearest_{n}")
    if is_missing(code) or code == "":
        return "–"
    operator, km = getattr(village, f"nearest_{n}_operator"), vn_number(getattr(village, f"nearest_{n}_km"), 1)
    return f"{code} ({operator}), {km} km{_blocked(getattr(village, f'nearest_{n}_blocked'))}"


def _site_rows(proposals: tuple[Proposal, ...]) -> list[tuple[str, ...]]:
    return [
        (vn_money(p.budget_mvnd), str(s.order), f"{s.name}, {s.commune_name}", word("site_kind", s.kind),
         vn_number(s.cost_mvnd, 1), vn_number(p.people), word("status", p.status_after))
        for p in proposals for s in p.sites.itertuples()
    ]


def _notes(plan: Plan | None) -> list[str]:
    notes = ["Kết quả dự báo bằng mô hình truyền sóng ITU-R P.1812."]
    if plan is not None:
        notes.append(money_note(plan.scenario))
        if not plan.land_checked:
            notes.append(word("paper", "no_restricted"))
    return notes
