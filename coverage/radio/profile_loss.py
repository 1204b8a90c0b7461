"""One path: every intermediate of ITU-R P.1812-8 at 50 % of time, and what stands in the way.

Basic transmission loss = free space + delta-Bullington diffraction; valid for inland paths up to 30 km, 30 MHz to
6 GHz. Diffraction alone (``diffraction``) has no range limit.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coverage.errors import RadioError
from coverage.radio.path_kernel import diffraction_loss, free_space, smooth_sums, spacing

FloatArray = npt.NDArray[np.float64]
NEAR_KM = 0.25      # P.1812 section 1: shorter paths are free space here
FAR_KM = 30.0       # beyond it ducting and troposcatter count also at 50 % (docs/methods/radio.md)
LOW_MHZ, HIGH_MHZ = 30.0, 6000.0
RADIUS_KM = 6371.0


@dataclass(frozen=True)
class Atmosphere:
    """Refractivity of the lowest kilometre: ``dn`` N-units/km (lapse, P.1812 Annex), ``n0`` N-units at sea level.

    At 50 % of time only ``dn`` acts; ``n0`` is kept because outputs state it.
    """

    dn: float = 45.0
    n0: float = 370.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.dn < 157.0:
            raise RadioError("radio_dn", value=self.dn)

    @property
    def k50(self) -> float:
        """Median effective Earth radius factor (P.1812 eq 6)."""
        return 157.0 / (157.0 - self.dn)

    @property
    def earth_radius_km(self) -> float:
        """Median effective Earth radius (P.1812 eq 7a), km."""
        return RADIUS_KM * self.k50


@dataclass(frozen=True)
class Diffraction:
    """Delta-Bullington diffraction and its parts, dB and m a.m.s.l.; names follow P.1812 section 4.3.

    ``loss_db`` = lbulla + max(ldsph - lbulls, 0). ``v`` is the parameter of the equivalent knife edge.
    """

    loss_db: float
    lbulla_db: float
    lbulls_db: float
    ldsph_db: float
    line_of_sight: bool
    v: float
    hst_m: float
    hsr_m: float
    hstd_m: float
    hsrd_m: float
    sea_fraction: float


@dataclass(frozen=True)
class Horizon:
    """The point of the profile that bounds the view from one end: place, height with clutter, elevation angle."""

    index: int
    distance_km: float
    height_m: float
    angle_mrad: float


@dataclass(frozen=True)
class ProfileLoss:
    """A path with everything a plot or a fact sheet needs.

    Attributes
    ----------
    distance_km, ground_m, clutter_m : (n,) the profile as given; clutter does not act at the two ends.
    bulge_m : (n,) rise of the effective Earth over the chord.
    tx_amsl_m, rx_amsl_m : antenna heights above sea level.
    lbfs_db, diffraction, loss_db : free space, diffraction and their sum.
    free_space_only : the path is shorter than 0.25 km; diffraction is then None.
    line_of_sight : the straight ray over the effective Earth meets nothing.
    fresnel_clearance, fresnel_index : least clearance over the radius of the first Fresnel zone (0.6 is clear;
        below 0 the ray is cut), and at which point of the profile.
    tx_horizon, rx_horizon : the horizons; on a clear path the points with the least clearance in angle.
    """

    distance_km: FloatArray
    ground_m: FloatArray
    clutter_m: FloatArray
    bulge_m: FloatArray
    tx_amsl_m: float
    rx_amsl_m: float
    freq_mhz: float
    earth_radius_km: float
    lbfs_db: float
    diffraction: Diffraction | None
    loss_db: float
    line_of_sight: bool
    fresnel_clearance: float
    fresnel_index: int
    tx_horizon: Horizon
    rx_horizon: Horizon

    @property
    def free_space_only(self) -> bool:
        """Tell whether the path is too short for the Recommendation."""
        return self.diffraction is None


def check_frequency(freq_mhz: float) -> None:
    """Raise RadioError outside 30 MHz to 6 GHz (P.1812 section 1)."""
    if not LOW_MHZ <= freq_mhz <= HIGH_MHZ:
        raise RadioError("radio_frequency", value=freq_mhz, low=LOW_MHZ, high=HIGH_MHZ)


def check_heights(tx_agl_m: float, rx_agl_m: float) -> None:
    """Raise RadioError where an antenna does not stand above its ground."""
    for end, value in (("tx", tx_agl_m), ("rx", rx_agl_m)):
        if not value > 0.0:
            raise RadioError("radio_antenna_height", end=end, value=value)


def sea_fraction(distance_km: FloatArray, sea: npt.NDArray[np.bool_]) -> float:
    """Return the share of the path nearest to points over sea; edges at midpoints (P.1812 table 2, w)."""
    middle = (distance_km[1:] + distance_km[:-1]) / 2.0
    edges = np.concatenate(([distance_km[0]], middle, [distance_km[-1]]))
    return float(np.diff(edges)[sea].sum() / distance_km[-1])


def _checked(distance_km: npt.ArrayLike, ground_m: npt.ArrayLike, clutter_m: npt.ArrayLike | None,
             ) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the three arrays of a profile (n,), or raise RadioError for one that is no profile."""
    d = np.asarray(distance_km, dtype=np.float64)
    g = np.asarray(ground_m, dtype=np.float64)
    c = np.zeros_like(d) if clutter_m is None else np.asarray(clutter_m, dtype=np.float64)
    if d.ndim != 1 or g.shape != d.shape or c.shape != d.shape:
        raise RadioError("radio_profile_shape", distance=d.shape, ground=g.shape, clutter=c.shape)
    if d.size < 3:
        raise RadioError("radio_profile_short", points=d.size)
    if d[0] != 0.0 or not (np.diff(d) > 0.0).all():
        raise RadioError("radio_profile_order", first=d[0])
    for name, values in (("ground", g), ("clutter", c)):
        bad = np.flatnonzero(~np.isfinite(values))
        if bad.size:
            raise RadioError("radio_profile_gap", column=name, index=int(bad[0]), distance_km=float(d[bad[0]]))
    if (c < 0.0).any():
        raise RadioError("radio_clutter_negative", value=float(c.min()))
    return d, g, c


def diffraction(
    distance_km: npt.ArrayLike,
    ground_m: npt.ArrayLike,
    clutter_m: npt.ArrayLike | None = None,
    *,
    freq_mhz: float,
    tx_agl_m: float,
    rx_agl_m: float,
    earth_radius_km: float,
    sea: npt.ArrayLike | None = None,
    polarisation: str = "vertical",
) -> Diffraction:
    """Return the diffraction loss of a profile (P.1812 section 4.3), any distance.

    Parameters
    ----------
    distance_km : (n,) from 0, rising, n >= 3. ground_m, clutter_m : (n,) bare ground a.m.s.l. and representative
        clutter height; without clutter 0. sea : (n,) True where the point lies over sea.
    earth_radius_km : effective Earth radius (``Atmosphere.earth_radius_km``).

    Raises
    ------
    RadioError
        For a profile with gaps, wrong order or fewer than three points, antennas below ground, frequency.
    """
    d, g, c = _checked(distance_km, ground_m, clutter_m)
    check_frequency(freq_mhz)
    check_heights(tx_agl_m, rx_agl_m)
    if polarisation not in {"vertical", "horizontal"}:
        raise RadioError("radio_polarisation", value=polarisation)
    w = 0.0 if sea is None else sea_fraction(d, np.asarray(sea, dtype=bool))
    hts, hrs = float(g[0]) + tx_agl_m, float(g[-1]) + rx_agl_m
    t, s = spacing(d)
    v1, v2 = smooth_sums(t, g)
    ld, lbulla, lbulls, ldsph, los, v, hst, hsr, hstd, hsrd, _ = diffraction_loss(
        t, s, g + c, g, d.size - 1, v1, v2, hts, hrs, float(d[-1]), freq_mhz / 1000.0, earth_radius_km, w,
        polarisation == "vertical", True,
    )
    return Diffraction(ld, lbulla, lbulls, ldsph, bool(los), v, hst, hsr, hstd, hsrd, w)


def _horizons(d: FloatArray, top: FloatArray, bulge: FloatArray, hts: float, hrs: float, earth_radius_km: float,
              ) -> tuple[Horizon, Horizon]:
    """Return the horizons from both ends: the inner points with the steepest slope over the effective Earth."""
    inner = slice(1, -1)
    q = top[inner] + bulge[inner]
    total = d[-1]
    from_tx = (q - hts) / d[inner]                    # m/km = mrad over the chord
    from_rx = (q - hrs) / (total - d[inner])
    sag = 500.0 * total / earth_radius_km             # the chord lies that much above the local horizontal
    i, j = int(np.argmax(from_tx)), int(np.argmax(from_rx))
    return (
        Horizon(i + 1, float(d[i + 1]), float(top[i + 1]), float(from_tx[i] - sag)),
        Horizon(j + 1, float(d[j + 1]), float(top[j + 1]), float(from_rx[j] - sag)),
    )


def profile_loss(
    distance_km: npt.ArrayLike,
    ground_m: npt.ArrayLike,
    clutter_m: npt.ArrayLike | None = None,
    *,
    freq_mhz: float,
    tx_agl_m: float,
    rx_agl_m: float,
    earth_radius_km: float,
    sea: npt.ArrayLike | None = None,
    polarisation: str = "vertical",
) -> ProfileLoss:
    """Return the basic transmission loss of a path at 50 % of time with every intermediate.

    Parameters as in ``diffraction``. Below 0.25 km: free space over the slant distance, at least 1 m.

    Raises
    ------
    RadioError
        Longer than 30 km, over sea, outside 30 MHz to 6 GHz, or as ``diffraction``.
    """
    d, g, c = _checked(distance_km, ground_m, clutter_m)
    check_frequency(freq_mhz)
    check_heights(tx_agl_m, rx_agl_m)
    total = float(d[-1])
    if total > FAR_KM:
        raise RadioError("radio_range", value=total, high=FAR_KM)
    if sea is not None and np.asarray(sea, dtype=bool).any():
        raise RadioError("radio_over_sea", share=sea_fraction(d, np.asarray(sea, dtype=bool)))
    hts, hrs = float(g[0]) + tx_agl_m, float(g[-1]) + rx_agl_m
    lbfs = float(free_space(total, hts - hrs, freq_mhz / 1000.0))
    part = None
    if total >= NEAR_KM:
        part = diffraction(d, g, c, freq_mhz=freq_mhz, tx_agl_m=tx_agl_m, rx_agl_m=rx_agl_m,
                           earth_radius_km=earth_radius_km, polarisation=polarisation)
    bulge = 500.0 * d * (total - d) / earth_radius_km
    top = g + c
    clearance = hts + (hrs - hts) * d / total - top - bulge
    fresnel = 1000.0 * np.sqrt(0.2998 / freq_mhz * d[1:-1] * (total - d[1:-1]) / total)
    ratio = clearance[1:-1] / fresnel
    worst = int(np.argmin(ratio))
    ends = _horizons(d, top, bulge, hts, hrs, earth_radius_km)
    return ProfileLoss(
        d, g, c, bulge, hts, hrs, freq_mhz, earth_radius_km, lbfs, part, lbfs + (part.loss_db if part else 0.0),
        bool(clearance[1:-1].min() > 0.0), float(ratio[worst]), worst + 1, *ends,
    )
