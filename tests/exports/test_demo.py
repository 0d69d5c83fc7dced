"""The demo centre's files, whose truth was counted while they were written."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from cxkpi.catalogue.load import load as catalogue
from cxkpi.demo.write import write
from cxkpi.exports.load import load


def test_the_ledger_agrees_with_the_writer(tmp_path: Path) -> None:
    write(tmp_path / "demo", contacts=3000, months=3, seed=7, truth=tmp_path / "truth.json")
    truth = json.loads((tmp_path / "truth.json").read_text())
    found = load([tmp_path / "demo"], tables=catalogue(None).tables, timezone="Europe/London", into=tmp_path / "tables")
    counted = {entry.path: {name: getattr(entry, name) for name in truth["files"][entry.path]} for entry in found.files}
    assert counted == truth["files"]
    contacts = pl.concat([pl.read_parquet(file) for file in found.stored["contacts"].files])
    assert contacts["contact_id"].n_unique() == contacts.height == 3000
    assert f"{found.stored['contacts'].through}Z".replace(" ", "T") == truth["through"]["contacts"]
    assert len([note for note in found.notes if "by name" in note]) == 1
    assert len([note for note in found.notes if "neither" in note]) == 1


def test_loading_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    write(tmp_path / "demo", contacts=500, months=2, seed=3)
    runs = []
    for name in ("one", "two"):
        found = load([tmp_path / "demo"], tables=catalogue(None).tables, timezone="Europe/London", into=tmp_path / name)
        parts = {file.relative_to(tmp_path / name): file for stored in found.stored.values() for file in stored.files}
        runs.append(
            (found.files, found.rejects, found.notes, {path: file.read_bytes() for path, file in parts.items()})
        )
    assert runs[0] == runs[1]
