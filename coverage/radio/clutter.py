"""What stands on the ground: clutter heights along profiles, never twice; woods around a terminal.

P.1812 adds a representative height to the inner points of a profile. A surface model (DSM, Copernicus GLO-30) holds
canopy and roofs already: adding clutter to it would count them twice, and is refused.
"""

from collections.abc import Mapping
from typing import Literal

import numpy as np

from coverage.errors import RadioError
from geodata.grid import Raster

ElevationKind = Literal["dtm", "dsm"]
# representative clutter height R by class, m (P.1812-8 table 2)
P1812_HEIGHTS_M: Mapping[int, float] = {1: 0.0, 2: 0.0, 3: 10.0, 4: 15.0, 5: 20.0}


def clutter_heights(classes: Raster, heights_m: Mapping[int, float], elevation_kind: ElevationKind) -> Raster:
    """Return the clutter height of every cell, metres, from land-cover classes on the elevation's grid.

    Parameters
    ----------
    classes : whole numbers; NaN (unknown cover) stays NaN, and paths across it have no loss.
    heights_m : class -> height. elevation_kind : "dtm" bare ground, "dsm" with canopy and roofs.

    Raises
    ------
    RadioError
        For a surface model, and for a class without height.
    """
    if elevation_kind != "dtm":
        raise RadioError("radio_clutter_twice", kind=elevation_kind)
    known = np.isfinite(classes.values)
    present = np.unique(classes.values[known]).astype(int)
    missing = [int(c) for c in present if int(c) not in heights_m]
    if missing:
        raise RadioError("radio_clutter_class", classes=", ".join(map(str, missing)))
    out = np.full(classes.values.shape, np.nan, np.float32)
    for value in present:
        out[classes.values == value] = heights_m[int(value)]
    return Raster(out, classes.grid, "m", "clutter")


def woodland_loss_db(depth_m: float, freq_mhz: float, specific_db_per_m: float) -> float:
    """Return the excess loss of a terminal ``depth_m`` inside woodland, dB (P.833 section 2.1).

    A = Am (1 - exp(-gamma d / Am)) with Am = 1.15 f^0.43; never added where the clutter is in the profile already.
    """
    most = 1.15 * freq_mhz**0.43
    return float(most * (1.0 - np.exp(-specific_db_per_m * depth_m / most)))
