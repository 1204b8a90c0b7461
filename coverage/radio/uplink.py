"""Uplink beside downlink: which of the two ends a cell."""

import math
from dataclasses import dataclass

from coverage.radio.link_budget import LinkBudget, Presets

THERMAL_NOISE_DBM_HZ = -174.0
BLOCK_HZ = 180_000.0        # one LTE resource block; 15 kHz subcarriers


@dataclass(frozen=True)
class LinkBalance:
    """Largest path loss of both directions, dB, and the one that ends the cell ("downlink" or "uplink")."""

    downlink_max_loss_db: float
    uplink_max_loss_db: float
    limiting: str


def uplink_sensitivity_dbm(presets: Presets) -> float:
    """Return the least power the mast's receiver needs, dBm: noise of the blocks used, noise figure, SNR."""
    base = presets.base_receiver
    noise = THERMAL_NOISE_DBM_HZ + 10.0 * math.log10(BLOCK_HZ * base.uplink_blocks)
    return noise + base.noise_figure_db + base.required_snr_db


def link_balance(budget: LinkBudget, presets: Presets, *, threshold_dbm: float, margin_db: float = 0.0) -> LinkBalance:
    """Return the largest path loss downlink (RSRP at ``threshold_dbm``) and uplink, with the same margin."""
    down = budget.max_loss_db(threshold_dbm, margin_db)
    sent = presets.handset.power_dbm + budget.receiver_gain_dbi - budget.body_loss_db - budget.entry_loss_db
    gained = budget.antenna_gain_dbi - budget.cable_loss_db + presets.base_receiver.uplink_diversity_db
    up = sent + gained - uplink_sensitivity_dbm(presets) - margin_db
    return LinkBalance(down, up, "uplink" if up < down else "downlink")
