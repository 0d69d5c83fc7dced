"""Examples of catalogues as test items: ``pytest --cxkpi metrics.yaml``, or ``cxkpi_catalogues`` in pytest's settings.

Imports nothing of the package before there is a catalogue to collect.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from cxkpi.kinds.definition import Example, Metric
    from cxkpi.measurement.checking.examples import Bench

_FILES = pytest.StashKey[frozenset[Path]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option and the setting that name catalogues."""
    group = parser.getgroup("cxkpi")
    group.addoption(
        "--cxkpi", metavar="FILE", action="append", default=[], help="run the examples of this cxkpi catalogue"
    )
    parser.addini("cxkpi_catalogues", "cxkpi catalogues whose examples are tests", type="paths", default=[])


def pytest_configure(config: pytest.Config) -> None:
    """Collect the catalogues that were asked for; those of the settings wherever everything is collected."""
    named = [config.invocation_params.dir / path for path in config.getoption("--cxkpi")]
    usual = [Path(path) for path in config.getini("cxkpi_catalogues")]
    everything = config.args_source is not pytest.Config.ArgsSource.ARGS
    for path in [*named, *(usual if everything else [])]:
        if str(path) not in config.args:
            config.args.append(str(path))
    config.stash[_FILES] = frozenset(path.resolve() for path in (*named, *usual))


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> CatalogueFile | None:
    """A catalogue that was asked for, and no other YAML file."""
    if file_path.resolve() not in parent.config.stash[_FILES]:
        return None
    found: CatalogueFile = CatalogueFile.from_parent(parent, path=file_path)
    return found


class CatalogueFile(pytest.File):
    """One catalogue; it collects an item for each of its examples."""

    def collect(self) -> Iterator[ExampleItem]:
        """The examples in the order written. CollectError with every problem where the catalogue is wrong."""
        from cxkpi.catalogue.load import load
        from cxkpi.engines.base import load as load_engine
        from cxkpi.errors import UserError
        from cxkpi.measurement.checking.examples import Bench

        try:
            defined = load(self.path)
        except UserError as error:
            raise self.CollectError("\n".join(str(problem) for problem in error.problems)) from None
        bench = Bench(defined, load_engine("polars"))
        for metric in defined.metrics.values():
            for example in metric.examples:
                name = f"{metric.title}: {example.name}"
                yield ExampleItem.from_parent(self, name=name, bench=bench, metric=metric, example=example)


class ExampleItem(pytest.Item):
    """One example of a metric."""

    def __init__(self, *, bench: Bench, metric: Metric, example: Example, **settings: Any) -> None:
        super().__init__(**settings)
        self._bench = bench
        self._metric = metric
        self._example = example

    def runtest(self) -> None:
        """Run it as ``cxkpi check`` does."""
        from cxkpi.measurement.checking.check import worked

        problem = worked(self._bench, self._metric, self._example).problem
        if problem is not None:
            raise ExampleFailure(str(problem))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What the example expected and got; a traceback only for a fault of ours."""
        if isinstance(excinfo.value, ExampleFailure):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the example stands."""
        place = self._example.place
        line = None if place is None or place.line is None else place.line - 1
        return self.path, line, self.name


class ExampleFailure(Exception):  # noqa: N818 - a failed test, no fault
    """An example does not hold."""
