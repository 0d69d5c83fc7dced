"""Contact-centre KPIs from the exports a centre already has: one catalogue, one command, one call.

``cxkpi.measure`` is the documented Python call; the command line is ``cxkpi report``. Importing the package imports
none of its libraries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxkpi._version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date
    from pathlib import Path
    from typing import Literal

    from cxkpi.result import Every, Result

__all__ = ["__version__", "measure"]


def measure(
    paths: Sequence[str | Path],
    *,
    catalogue: str | Path | None = None,
    dialect: str | None = None,
    metrics: Sequence[str] = (),
    all_metrics: bool = False,
    every: Every = "month",
    by: Sequence[str] = (),
    since: date | str | None = None,
    until: date | str | None = None,
    last: int | None = None,
    only: Mapping[str, Sequence[str]] | None = None,
    compare: Literal["previous", "year", "none"] = "previous",
    as_of: str | date | None = None,
    profiles: Sequence[str | Path] = (),
    engine: Literal["polars", "duckdb"] = "polars",
    cache: bool = True,
    leave_out: Sequence[str | Path] = (),
    further: bool = False,
    progress: Callable[[str, int, int], None] | None = None,
) -> Result:
    """Measure metrics over export files and return every number with its interval, verdict and provenance.

    >>> import cxkpi
    >>> result = cxkpi.measure(["sample_data"], metrics=["fcr", "aht"], by=["queue"])  # doctest: +SKIP
    >>> [(row.metric, row.period.start, row.by, row.value, row.status) for row in result.rows]  # doctest: +SKIP

    Args:
        paths: Export files, or folders of them. Each file is recognised by its content. A ``cxkpi.yaml`` in the folder
            says more about them; with no path at all the one in the current folder does.
        catalogue: The ``metrics.yaml`` that defines the metrics; the one shipped with the package by default.
        dialect: Instead of a catalogue, the name of a vendor whose definitions are meant: ``"genesys_cloud"``,
            ``"amazon_connect"``, ``"nice_cxone"``, ``"talkdesk"``, ``"zendesk"`` or ``"cisco"``.
        metrics: Names, ``"aht"`` or ``"fcr.within_30d"``, in the order wanted; the catalogue's headline by default.
        all_metrics: Measure every metric of the catalogue instead of the headline.
        every: Length of a period: ``"day"``, ``"week"``, ``"month"``, ``"quarter"``, ``"year"``, or ``"all"`` for one
            period over everything. Periods are cut in the catalogue's time zone.
        by: Dimensions, ``"queue"``, ``"agent.site"``; several give their cross product. The whole is always there too.
        since: First local day in view.
        until: First local day out of view.
        last: Keep the newest so many complete periods, and the running one.
        only: Dimension to the values wanted; several values of one dimension mean "or".
        compare: What ``change`` is against: the period before, the same one a year before, or nothing.
        as_of: Local date (its end) or timestamp beyond which nothing is looked at; by default the newest event in the
            data.
        profiles: Further files, or folders, of vendor profiles.
        engine: What runs the plans; ``"duckdb"`` needs the extra of that name. The numbers are the same.
        cache: Whether files read before are taken from the cache, and files read now are kept there.
        leave_out: Files that are not read although a folder holds them.
        further: Compute the other metrics that have a target, too, as a whole and in the same passes; they are in
            ``Result.further`` and nowhere else. Not where metrics are named, or rows cut or selected.
        progress: Called while files are read, with a file's name, the bytes done and all there are.

    Returns:
        A frozen :class:`cxkpi.result.Result`. In ``rows`` shares are fractions, durations seconds, ``period.end`` is
        exclusive, and ``by`` is empty for the whole. Rows are ordered by metric as asked, variant, dimension values
        with the whole first, and start. Metrics that were named but lack their table are in ``absent``.

    Raises:
        cxkpi.errors.UsageError: A path that is not there, an unknown metric or dimension.
        cxkpi.errors.CatalogueError: The catalogue or a profile is wrong.
        cxkpi.errors.InputError: Nothing usable in the files, or no table for any metric that was named.
    """
    from cxkpi.measurement.run import measure as run

    return run(
        paths,
        catalogue=catalogue,
        dialect=dialect,
        metrics=metrics,
        all_metrics=all_metrics,
        every=every,
        by=by,
        since=since,
        until=until,
        last=last,
        only=only,
        compare=compare,
        as_of=as_of,
        profiles=profiles,
        engine=engine,
        cache=cache,
        leave_out=leave_out,
        further=further,
        progress=progress,
    )
