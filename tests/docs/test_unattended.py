"""docs/running.md: what people are told to copy for runs nobody watches is run, as far as a shell can."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from cli.small_centre import CATALOGUE, contacts, make

from cxkpi.catalogue import load as catalogues
from cxkpi.cli.gates import GATES
from cxkpi.result import Cause

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
CODES = {"0", "1", "2", "3", "4", "5", "70", "74"}
RUN_FILE = """\
cxkpi: 1
paths: [exports]
catalogue: metrics.yaml
outputs: [out/kpis.json, out/kpis.csv]
manifest: out/run.json
files:
  - {match: "acd_*.csv", max_age: 5000wk}
"""


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)


def block(language: str, beginning: str) -> str:
    [found] = [text for text in blocks(language) if text.startswith(beginning)]
    return found


@dataclass(frozen=True)
class Machine:
    """A folder with exports, and a shell that finds cxkpi there; pip is a stand-in."""

    folder: Path
    environment: dict[str, str]

    def shell(self, script: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", script],
            cwd=self.folder,
            env={**self.environment, **settings},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    folder = make(tmp_path / "centre")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, text in {"pip": "exit 0", "cxkpi": f'exec {sys.executable} -m cxkpi "$@"'}.items():
        (programs / name).write_text(f"#!/bin/sh\n{text}\n")
        (programs / name).chmod(0o755)
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith(("GITHUB_", "CI_"))},
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "CXKPI_CACHE": str(tmp_path / "cache"),
    }
    return Machine(folder, environment)


def alarming(machine: Machine) -> None:
    text = CATALOGUE.replace("target: 6m", "target: 1m\n    alarm: 2m")
    (machine.folder / "metrics.yaml").write_text(text)


def test_cron_is_silent_until_something_is_wrong(machine: Machine) -> None:
    (machine.folder / "cxkpi.yaml").write_text(RUN_FILE)
    [line] = [line for line in block("cron", "MAILTO").splitlines() if "cxkpi" in line]
    *schedule, command = line.split(maxsplit=5)
    assert all(re.fullmatch(r"[\d*,/-]+", field) for field in schedule)
    # cron takes a per cent sign for the end of the line.
    assert "%" not in command
    command = command.replace("/srv/centre", str(machine.folder))
    ran = machine.shell(command)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert (machine.folder / "out" / "kpis.json").is_file()
    alarming(machine)
    ran = machine.shell(command)
    assert ran.returncode == 1
    assert ran.stderr.splitlines()[0] == "--fail-on alarm: aht reached the alarm in May 2026"
    assert ran.stderr.splitlines()[1].startswith("2 metrics, 1 missed, 1 alarm; May 2026; 252 records; written: ")


@pytest.mark.slow
def test_the_nightly_script_tells_of_restated_figures(machine: Machine) -> None:
    (machine.folder / "cxkpi.yaml").write_text(RUN_FILE)
    script = machine.folder.parent / "nightly"
    script.write_text(block("sh", "#!/bin/sh"))
    script.chmod(0o755)
    call = {"CENTRE": str(machine.folder)}
    for _ in range(2):
        ran = machine.shell(str(script), **call)
        assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    (machine.folder / "exports" / "acd_04.csv").write_text(contacts(4, talk=310))
    ran = machine.shell(str(script), **call)
    assert ran.returncode == 1
    assert "--fail-on restated: 1 past figure is not what the run of out/last.json had" in ran.stderr
    assert machine.shell(str(script), **call).returncode == 0


def test_the_key_is_one_and_its_owners_alone(machine: Machine) -> None:
    assert machine.shell(block("sh", "(umask")).returncode == 0
    ran = machine.shell("cxkpi report exports -c metrics.yaml -f csv -q --by agent_id --pseudonyms names.key")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "agent-" in ran.stdout


def units() -> dict[str, configparser.RawConfigParser]:
    found = {}
    for text in blocks("ini"):
        parser = configparser.RawConfigParser(strict=True)
        parser.optionxform = str  # type: ignore[assignment,method-assign]
        parser.read_string(text)
        found["timer" if parser.has_section("Timer") else "service"] = parser
    return found


def test_the_service_does_what_it_says(machine: Machine) -> None:
    service = units()["service"]["Service"]
    assert service["WorkingDirectory"] == "/srv/centre"
    (machine.folder / "cxkpi.yaml").write_text(RUN_FILE)
    alarming(machine)
    ran = machine.shell(service["ExecStart"].replace("/usr/local/bin/", ""))
    assert str(ran.returncode) == service["SuccessExitStatus"] == "1"
    assert all(line.startswith('{"level": ') for line in ran.stderr.splitlines())


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not on this machine")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    assert set(units()) == {"service", "timer"}
    for text in blocks("ini"):
        name = "cxkpi.timer" if "[Timer]" in text else "cxkpi.service"
        own = text.replace("/usr/local/bin/cxkpi", sys.executable).replace("/srv/centre", str(tmp_path))
        own = own.replace("User=cxkpi\n", "").replace("Documentation=man:cxkpi(1)\n", "")
        (tmp_path / name).write_text(own)
    calendar = units()["timer"]["Timer"]["OnCalendar"]
    checks = [["verify", "--man=no", str(tmp_path / "cxkpi.timer")], ["calendar", calendar]]
    for check in checks:
        done = subprocess.run(["systemd-analyze", *check], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "cxkpi" not in done.stderr, done.stderr


def workflow(key: str) -> Any:
    [found] = [parsed for text in blocks("yaml") if key in (parsed := yaml.safe_load(text))]
    return found


@pytest.mark.parametrize("bad", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_the_action_reports_proves_and_fails_on_an_alarm(machine: Machine, bad: bool) -> None:
    steps = [step for step in workflow("jobs")["jobs"]["kpis"]["steps"] if "run" in step]
    if bad:
        alarming(machine)
    summary = machine.folder.parent / "summary.md"
    codes = {step["name"]: machine.shell(step["run"], GITHUB_STEP_SUMMARY=str(summary)) for step in steps}
    assert {name: ran.returncode for name, ran in codes.items()} == {
        "Install cxkpi": 0, "Report": int(bad), "Show it": 0, "Prove it": 0,
    }  # fmt: skip
    # What comes after a failed gate is what shows why.
    assert all("!cancelled()" in step["if"] for step in steps if step["name"] in ("Show it", "Prove it"))
    assert "Average handle time" in summary.read_text()
    assert sorted(path.name for path in (machine.folder / "out").iterdir()) == [
        "kpis.html", "kpis.json", "kpis.md", "run.json",
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("bad", [False, True])
def test_gitlab_lets_a_missed_target_pass_and_nothing_else(machine: Machine, bad: bool) -> None:
    job = workflow("kpis")["kpis"]
    if bad:
        shutil.rmtree(machine.folder / "exports")
    # A runner ends at the first line that fails, with its code.
    ran = machine.shell("\n".join(job["script"]))
    allowed = job["allow_failure"]["exit_codes"]
    assert allowed == [1]
    assert (ran.returncode in allowed) is not bad
    assert ran.returncode == (2 if bad else 1), ran.stderr


def first_cells(heading: str) -> set[str]:
    section = TEXT.split(f"\n{heading}\n", 1)[1].split("\n#", 1)[0]
    cells = (line.split("|")[1] for line in section.splitlines() if line.startswith("| "))
    return {part.strip(" `") for cell in cells for part in cell.split(",")}


def test_every_exit_code_gate_and_cause_is_told() -> None:
    assert first_cells("## Unattended") >= CODES
    assert all(f"`{gate}`" in TEXT or f"--fail-on {gate}" in TEXT for gate in GATES)
    told = first_cells("### What became of last month's figures")
    assert told - {"cause", "---"} == set(get_args(Cause)) - {"unknown"}


def test_the_example_catalogue_of_these_tests_is_right() -> None:
    assert catalogues.parse(CATALOGUE, "metrics.yaml").metrics
