"""Plan coverage where networks forget: signal, gaps, sites, papers.

numba asks ``import coverage`` for coverage.py and would get this package, then fail on it. The stub below
stands where numba keeps that hook, before anything here can import numba (docs/decisions/0001).
"""

import sys
import types

_stub = types.ModuleType("numba.misc.coverage_support")
_stub.get_registered_loc_notify = list  # type: ignore[attr-defined]
sys.modules.setdefault(_stub.__name__, _stub)
