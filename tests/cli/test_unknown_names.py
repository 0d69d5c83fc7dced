"""A name nobody knows is answered with the nearest ones, and not with a list of a hundred."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxkpi.cli.app import main

from .small_centre import make


@pytest.fixture
def centre(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = make(tmp_path / "centre", months=(4,))
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["-m", "fcrr"], "Did you mean 'fcr'? 'cxkpi metrics' lists all of them."),
        (["-m", "AHT"], "Did you mean 'aht'?"),
        (["-m", "qzxv"], "there is no metric 'qzxv' in cxkpi:metrics.yaml. 'cxkpi metrics' lists all of them."),
        (
            ["-m", "fcrr", "-c", "metrics.yaml"],
            "Did you mean 'fcr'? 'cxkpi metrics -c metrics.yaml' lists all of them.",
        ),
        (["-m", "zzz", "--dialect", "cisco"], "'cxkpi metrics --dialect cisco' lists all of them."),
        (["-m", "aht", "--by", "queu"], "Did you mean 'queue'? Dimensions in these data:"),
    ],
)
def test_the_nearest_are_named(centre: Path, capfd: pytest.CaptureFixture[str], options: list[str], said: str) -> None:
    assert main(["report", "exports", *options]) == 2
    err = capfd.readouterr().err
    assert said in err
    assert len(err) < 400


def test_what_is_private_is_not_offered(centre: Path, capfd: pytest.CaptureFixture[str]) -> None:
    # 'evaluations' is a part of other metrics and nothing to report.
    assert main(["report", "exports", "-m", "evaluation"]) == 2
    assert "'evaluations'" not in capfd.readouterr().err
