"""The closed set of kinds. A further kind is one more module, named here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from cxkpi.kinds import formula, mean, net, quantile, ratio, repeat, share, stock, time_to_event, total
from cxkpi.kinds.base import Kind

KINDS: Mapping[str, Kind] = {
    name: cast(Kind, module)
    for name, module in {
        "total": total,
        "mean": mean,
        "quantile": quantile,
        "share": share,
        "net": net,
        "ratio": ratio,
        "stock": stock,
        "repeat": repeat,
        "time_to_event": time_to_event,
        "formula": formula,
    }.items()
}
