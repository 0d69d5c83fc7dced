"""Runs that are killed, or run at once: every output is whole or as it was, and a manifest never speaks of others."""

from __future__ import annotations

import hashlib
import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .small_centre import contacts, environment, make, start

NAMES = ("a.json", "a.csv", "a.md", "a.parquet", "a.xlsx")
OUTPUTS = [part for name in NAMES for part in ("-o", f"out/{name}")]
RUN = ["report", "exports", "-c", "metrics.yaml", "-q", *OUTPUTS, "--manifest", "out/run.json"]


def finished(folder, cache, *arguments):
    process = start(folder, cache, *arguments)
    out, err = process.communicate(timeout=120)
    return process.returncode, out + err


def state(folder):
    return {name: (folder / "out" / name).read_bytes() for name in NAMES if (folder / "out" / name).exists()}


@pytest.fixture
def versions(tmp_path):
    """A folder in which the input was just changed, its outputs before, and what they are going to be."""
    folder, cache = make(tmp_path / "centre"), tmp_path / "cache"
    (folder / "out").mkdir()
    (folder / "exports" / "acd_05.csv").write_text(contacts(5, talk=200))
    assert finished(folder, cache, *RUN) == (0, "")
    after = state(folder)
    (folder / "exports" / "acd_05.csv").write_text(contacts(5))
    assert finished(folder, cache, *RUN) == (0, "")
    before = state(folder)
    assert set(before) == set(after) == set(NAMES)
    assert all(before[name] != after[name] for name in NAMES)
    (folder / "exports" / "acd_05.csv").write_text(contacts(5, talk=200))
    return folder, cache, before, after


def check(folder, before, after):
    """Nothing half, and no manifest of files that are not there; whether each file is the new one."""
    found = state(folder)
    assert set(found) == set(NAMES)
    for name, content in found.items():
        assert content in (before[name], after[name]), f"{name} is neither what it was nor what it is to be"
    manifest = folder / "out" / "run.json"
    if manifest.exists():
        for one in json.loads(manifest.read_text())["outputs"]:
            assert hashlib.sha256((folder / one["path"]).read_bytes()).hexdigest() == one["sha256"], one["path"]
    shown = {path.name for path in (folder / "out").iterdir() if not path.name.startswith(".")}
    assert shown <= {*NAMES, "run.json"}
    return [found[name] == after[name] for name in NAMES], manifest.exists()


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=lambda one: one.name)
def test_killed_at_any_moment(versions, how):
    folder, cache, before, after = versions
    chance = random.Random(20260630)
    begun = time.monotonic()
    assert finished(folder, cache, *RUN)[0] == 0
    whole = time.monotonic() - begun
    manifest = (folder / "out" / "run.json").read_bytes()
    ended = []
    # As many in the last tenth as before: there files are written.
    for number in range(20):
        for name, content in before.items():
            (folder / "out" / name).write_bytes(content)
        (folder / "out" / "run.json").unlink(missing_ok=True)
        process = start(folder, cache, *RUN)
        time.sleep(whole * (chance.random() if number % 2 else 0.8 + 0.25 * chance.random()))
        process.send_signal(how)
        process.communicate(timeout=60)
        ended.append(process.returncode)
        check(folder, before, after)
        if how == signal.SIGTERM and process.returncode in (0, 143):
            assert not [path for path in (folder / "out").iterdir() if path.name.startswith(".")]
    assert any(code not in (0,) for code in ended)
    assert finished(folder, cache, *RUN)[0] == 0
    assert (folder / "out" / "run.json").read_bytes() == manifest
    assert check(folder, before, after) == ([True] * len(NAMES), True)


STEP = """
import os, pathlib, signal
from cxkpi.cli import output
left = int(os.environ["LEFT"])
def counted(name, real):
    def call(*args, **options):
        global left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
        return real(*args, **options)
    return call
os.fsync = counted("fsync", os.fsync)
os.fchmod = counted("fchmod", os.fchmod)
for name in ("replace", "unlink", "write_bytes", "chmod"):
    setattr(pathlib.Path, name, counted(name, getattr(pathlib.Path, name)))
with output.together() as files:
    for name in ("a", "b", "c"):
        files.add(pathlib.Path(f"out/{name}"), "new" * 1000)
    files.add(pathlib.Path("out/run.json"), " ".join(f.sha256 for f in files.written))
    files.appear(last=pathlib.Path("out/run.json"))
"""


def test_killed_before_every_step_of_writing(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    hashes = {text: hashlib.sha256((text * 1000).encode()).hexdigest() for text in ("old", "new")}
    seen = set()
    for left in range(60):
        for name in ("a", "b", "c"):
            (out / name).write_text("old" * 1000)
        (out / "run.json").write_text(" ".join([hashes["old"]] * 3))
        done = subprocess.run(
            [sys.executable, "-c", STEP], cwd=tmp_path, env={**environment(tmp_path), "LEFT": str(left)}, check=False
        )
        now = [(out / name).read_text() for name in ("a", "b", "c")]
        assert all(text in ("old" * 1000, "new" * 1000) for text in now)
        manifest = (out / "run.json").read_text() if (out / "run.json").exists() else None
        assert manifest in (None, " ".join(hashes[text[:3]] for text in now))
        seen.add((*(text[:3] for text in now), manifest is not None))
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL
    assert done.returncode == 0
    # Every state on the way was met, and the last one is whole.
    new, old = "new", "old"
    assert seen == {
        (old, old, old, True), (old, old, old, False), (new, old, old, False), (new, new, old, False),
        (new, new, new, False), (new, new, new, True),
    }  # fmt: skip


def test_two_runs_at_once_do_no_harm(versions):
    folder, cache, before, after = versions
    processes = [start(folder, cache, *RUN) for _ in range(3)]
    for process in processes:
        assert (*process.communicate(timeout=120), process.returncode) == ("", "", 0)
    assert check(folder, before, after) == ([True] * len(NAMES), True)
    assert [path for path in (folder / "out").iterdir() if path.name.startswith(".")] == []
    code, said = finished(folder, cache, "verify", "out/run.json")
    assert code == 0, said


def test_a_signal_waits_until_all_files_are_in_their_places(tmp_path, monkeypatch):
    from cxkpi.cli import output

    replaced = []
    real = Path.replace

    def replace(self, target):
        if not replaced:
            signal.raise_signal(signal.SIGTERM)
        replaced.append(target)
        return real(self, target)

    def stop(number, frame):
        raise SystemExit(143)

    monkeypatch.setattr(Path, "replace", replace)
    before = signal.signal(signal.SIGTERM, stop)
    try:
        with pytest.raises(SystemExit), output.together() as files:  # noqa: PT012
            files.add(tmp_path / "a", "1")
            files.add(tmp_path / "b", "2")
            files.appear()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert [(tmp_path / name).read_text() for name in ("a", "b")] == ["1", "2"]
