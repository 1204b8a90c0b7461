"""One instruction numba cannot say: a maximum that LLVM may take over several lanes at once.

``max(a, b)`` in a loop stays scalar, for numba puts no flags on the selection. ``larger`` carries ``nnan nsz``: the
result is the same for numbers, and callers make sure that no NaN reaches it.
"""

from collections.abc import Callable
from typing import Any, cast

from numba import types
from numba.extending import intrinsic


def _larger(_typing: Any, a: Any, b: Any) -> Any:
    """Type and build ``larger(a, b)`` for two float64."""
    if a != types.float64 or b != types.float64:
        return None

    def code(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        flags = ("nnan", "nsz")
        return builder.select(builder.fcmp_ordered(">", args[0], args[1], flags=flags), args[0], args[1], flags=flags)

    return types.float64(types.float64, types.float64), code


# the larger of two float64, neither of them NaN; only inside compiled code
larger = cast("Callable[[float, float], float]", intrinsic(_larger))
