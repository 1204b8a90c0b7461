"""What the map says when the pointer rests on a place: one function per layer, HTML already escaped."""

from collections.abc import Mapping
from typing import Any, Protocol

from coverage.brief.web_text import escaped, tooltip
from coverage.brief.words import is_missing, operator_word, sentence, vn_date, with_unit, word, yes_no

Row = Mapping[str, Any]


class Speaker(Protocol):
    """Knows the language of the map."""

    @property
    def language(self) -> str:
        """'vi' or 'en'."""

    def word(self, key: str, **values: object) -> str:
        """Return a text of the map."""

    def number(self, value: Any, decimals: int = 0) -> str:
        """Return a number as the language writes it."""


def _homes(speaker: Speaker, row: Row) -> str:
    return speaker.word("tip_homes", households=speaker.number(row["households"]), people=speaker.number(row["people"]))


def village_title(speaker: Speaker, row: Row) -> str:
    """Return 'Thôn A Rớt' in Vietnamese, the bare name in English."""
    name = str(row["name"])
    return sentence(with_unit(name)) if speaker.language == "vi" else name


def village_tip(speaker: Speaker, row: Row) -> str:
    """Return a village's printed status (the model's beside it where it differs), homes, nearest mast, power, fibre."""
    where = escaped(row["commune_name"]) + (f" ({speaker.word('tip_border')})" if row["is_border"] else "")
    printed, model = row["status_printed"], row["status_model"]
    extra = f" · {speaker.word('tip_one_operator')}" if row["n_operators"] == 1 else ""
    lines = [where, f"<b>{word('status', printed, speaker.language)}</b> · {_homes(speaker, row)}{extra}"]
    if printed != model:
        lines.append(speaker.word("tip_model_says", status=word("status", model, speaker.language).lower()))
    if printed in ("trang", "lom") and not is_missing(row["unserved_households"]):
        lines.append(speaker.word("tip_not_served_yet", households=speaker.number(row["unserved_households"])))
    lines.append(_nearest(speaker, row))
    fibre = word("fibre", row["fibre_status"], speaker.language)
    lines.append(speaker.word("tip_power_fibre", power=yes_no(row["grid_power"], speaker.language), fibre=fibre))
    survey = f" – {speaker.word('tip_survey')}" if row["needs_survey"] else ""
    confidence = word("confidence", row["confidence"], speaker.language)
    lines.append(f"<small>{speaker.word('tip_confidence', confidence=confidence)}{survey}</small>")
    return tooltip(f"village|{row['village_code']}", escaped(village_title(speaker, row)), lines)


def _nearest(speaker: Speaker, row: Row) -> str:
    if is_missing(row["nearest_1"]) or not row["nearest_1"]:
        return ""
    blocked = row["nearest_1_blocked"]
    text = speaker.word(
        "tip_nearest",
        site=escaped(row["nearest_1"]),
        operator=escaped(row["nearest_1_operator"]),
        km=speaker.number(row["nearest_1_km"], 1),
    )
    return text if is_missing(blocked) or not blocked else f"{text}, {speaker.word('tip_blocked')}"


def commune_tip(speaker: Speaker, row: Row) -> str:
    """Return a commune's count of villages by status and its homes without 4G."""
    title = speaker.word("tip_in_commune", kind=escaped(row["kind"]), commune=escaped(row["name"]))
    title += f" ({speaker.word('tip_border')})" if row["is_border"] else ""
    counts = speaker.word(
        "tip_commune_counts",
        villages=speaker.number(row["villages"]),
        trang=speaker.number(row["trang_printed"]),
        lom=speaker.number(row["lom_printed"]),
        phu=speaker.number(row["phu_printed"]),
        unknown=speaker.number(row["chua_du_dl_printed"]),
    )
    homes = speaker.word("tip_commune_homes", households=speaker.number(row["unserved_households"]))
    return tooltip(f"commune|{row['commune_code']}", title, [counts, homes])


def mast_tip(speaker: Speaker, row: Row) -> str:
    """Return a mast's operator, technologies, height and state."""
    title = f"{escaped(operator_word(row['operator'], speaker.language))} · {escaped(row['site_code'])}"
    state = word("mast_state", row["state"], speaker.language).lower()
    lines = [
        speaker.word(
            "tip_mast", technologies=escaped(row["technologies"]), state=state, height=speaker.number(row["height_m"])
        )
    ]
    if row["state"] != "on_air" and not is_missing(row["due_date"]):
        lines.append(speaker.word("tip_mast_due", date=vn_date(row["due_date"])))
    if row["height_assumed"]:
        lines.append(f"<small>{speaker.word('tip_assumed')}</small>")
    return tooltip(f"mast|{row['site_code']}", title, lines)


def claim_tip(speaker: Speaker, row: Row) -> str:
    """Return what an operator says of an area."""
    text = speaker.word(
        "tip_claim",
        operator=escaped(row["operator"]),
        technology=escaped(row["technology"]),
        zone=speaker.word(f"zone_{row['zone']}"),
    )
    speed = row["min_mbps"]
    lines = [] if is_missing(speed) else [speaker.word("tip_speed", mbps=speaker.number(speed))]
    return tooltip("claim|", text, lines)


def gap_tip(speaker: Speaker, row: Row) -> str:
    """Return a settlement without signal."""
    homes = speaker.word("tip_gap", households=speaker.number(row["households"]))
    return tooltip(
        f"village|{row['village_code']}", escaped(village_title(speaker, row)), [escaped(row["commune_name"]), homes]
    )


def anchor_tip(speaker: Speaker, row: Row) -> str:
    """Return an institution's required and leased speed."""
    line = speaker.word(
        "tip_anchor", required=speaker.number(row["required_mbps"]), leased=speaker.number(row["leased_mbps"])
    )
    return tooltip(f"anchor|{row['anchor_code']}", escaped(row["name"]), [escaped(row["kind"]), line])


def measurement_tip(speaker: Speaker, row: Row) -> str:
    """Return one measured level."""
    text = speaker.word(
        "tip_measurement",
        operator=escaped(row["operator"]),
        technology=escaped(row["technology"]),
        rsrp=speaker.number(row["rsrp_dbm"]),
    )
    return tooltip("measurement|", text, [vn_date(row["date"])])


def site_tip(speaker: Speaker, row: Row, carried: str) -> str:
    """Return a proposed site's order, what it adds, its own cost and, in words, what carries it."""
    lines = [
        escaped(row["commune_name"]) + (f" ({speaker.word('tip_border')})" if row["is_border"] else ""),
        speaker.word(
            "tip_site_kind",
            kind=word("site_kind", row["kind"], speaker.language),
            height=speaker.number(row["height_m"]),
            backhaul=word("backhaul", row["backhaul"], speaker.language).lower(),
            power=word("power", row["power"], speaker.language).lower(),
        ),
        speaker.word(
            "tip_site_gain",
            villages=speaker.number(row["new_villages"]),
            people=speaker.number(row["new_people"]),
            households=speaker.number(row["new_households"]),
        ),
        speaker.word("tip_site_own" if row["links"] else "tip_site_cost", cost=speaker.number(row["cost_mvnd"])),
        escaped(carried),
        f"<small>{speaker.word('tip_permit')}</small>" if row["restriction"] == "xin_phep" else "",
    ]
    return tooltip(f"site|{row['option_id']}", f"{row['order']}. {escaped(row['name'])}", lines)


def gained_tip(speaker: Speaker, row: Row) -> str:
    """Return what a plan changes for a village."""
    line = speaker.word(
        "tip_was_now",
        before=word("status", row["status_before"], speaker.language),
        after=word("status", row["status_after"], speaker.language),
        people=speaker.number(row["newly_served_people"]),
    )
    title = escaped(village_title(speaker, row))
    return tooltip(f"village|{row['village_code']}", title, [escaped(row["commune_name"]), line])
