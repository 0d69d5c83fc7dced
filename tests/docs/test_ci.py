"""docs/ci.md: what people are told to copy is run, as far as a shell can, in a repository with a changed catalogue."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
CATALOGUE = """\
cxkpi: 1
calendar: {timezone: UTC}
metrics:
  aht:
    kind: mean
    from: contacts
    value: talk_s + wrap_s
    unit: seconds
    better: lower
    target: 6m
"""


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)


def block(language: str, key: str) -> Any:
    [found] = [parsed for text in blocks(language) if key in (parsed := yaml.safe_load(text))]
    return found


@dataclass(frozen=True)
class Repository:
    """A clone on a branch, with a remote whose main has the catalogue; what is not cxkpi or git is a stand-in."""

    folder: Path
    environment: dict[str, str]

    def shell(self, script: str, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", script, "bash", *arguments],
            cwd=self.folder,
            env={**self.environment, **settings},
            capture_output=True,
            text=True,
            check=False,
        )

    def change(self, *replacements: tuple[str, str]) -> None:
        text = CATALOGUE
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new)
        (self.folder / "metrics.yaml").write_text(text)

    def called(self, name: str) -> list[str]:
        log = self.folder.parent / f"{name}.log"
        return log.read_text().splitlines() if log.exists() else []


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    programs = tmp_path / "bin"
    programs.mkdir()
    stand_ins = {name: f'#!/bin/sh\necho "$@" >> {tmp_path}/{name}.log\n' for name in ("pip", "gh")}
    stand_ins["cxkpi"] = f'#!/bin/sh\nexec {sys.executable} -m cxkpi "$@"\n'
    for name, text in stand_ins.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "GITHUB_", "CI_"))}
    environment |= {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{who}_{what}": "a@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }
    made = Repository(tmp_path / "clone", environment)
    seed = Repository(tmp_path, environment)
    script = """
    git init --quiet --bare --initial-branch=main remote.git
    git clone --quiet remote.git clone 2> /dev/null
    cd clone
    git checkout --quiet -b main
    """
    assert seed.shell(script).returncode == 0
    made.change()
    ran = made.shell(
        "git add . && git commit --quiet -m first && git push --quiet origin main && git checkout --quiet -b feature"
    )
    assert ran.returncode == 0, ran.stderr
    return made


MEANING = ("talk_s + wrap_s", "talk_s")
TARGET = ("target: 6m", "target: 5m")
WRONG = ("kind: mean", "kind: meen")


def github(repository: Repository, labels: tuple[str, ...] = ()) -> list[tuple[str, int, str]]:
    """The steps in order, each with its exit code and output, until one fails."""
    workflow = block("yaml", "jobs")
    summary = repository.folder.parent / "summary.md"
    done = []
    for step in workflow["jobs"]["metrics"]["steps"]:
        if "run" not in step or ("if" in step and any(f"'{label}'" in step["if"] for label in labels)):
            continue
        extra = {key: re.sub(r"\$\{\{.*?\}\}", "7", value) for key, value in step.get("env", {}).items()}
        ran = repository.shell(step["run"], GITHUB_BASE_REF="main", GITHUB_STEP_SUMMARY=str(summary), **extra)
        done.append((step["name"], ran.returncode, ran.stdout + ran.stderr))
        if ran.returncode and not step.get("continue-on-error"):
            break
    return done


def test_the_action_says_what_a_change_means_and_stops_a_change_of_meaning(repository: Repository) -> None:
    repository.change(MEANING)
    steps = github(repository)
    assert [code for _, code, _ in steps] == [0, 0, 0, 0, 1]
    assert "--fail-on meaning: 1 change of metrics.yaml: aht" in steps[-1][2]
    comment = (repository.folder / "diff.md").read_text()
    assert comment.startswith("### Metrics: `origin/main:metrics.yaml` → `metrics.yaml`")
    assert "| `aht` | `value` | `talk_s + wrap_s` | `talk_s` |" in comment
    assert (repository.folder.parent / "summary.md").read_text() == comment
    assert repository.called("gh") == ["pr comment 7 --body-file diff.md --edit-last --create-if-none"]


@pytest.mark.slow
def test_the_action_lets_a_change_of_meaning_in_once_it_was_looked_at(repository: Repository) -> None:
    repository.change(MEANING)
    assert [code for _, code, _ in github(repository, ("meaning reviewed",))] == [0, 0, 0, 0]


@pytest.mark.slow
def test_the_action_lets_a_new_target_in(repository: Repository) -> None:
    repository.change(TARGET)
    assert [code for _, code, _ in github(repository)] == [0, 0, 0, 0, 0]


def test_the_action_stops_at_a_wrong_catalogue_and_marks_the_line(repository: Repository) -> None:
    repository.change(WRONG)
    steps = github(repository)
    assert [code for _, code, _ in steps] == [0, 5]
    assert "::error file=metrics.yaml,line=5," in steps[-1][2]


def test_the_action_runs_on_what_it_installs() -> None:
    workflow = block("yaml", "jobs")
    # YAML 1.1 takes the key for a truth value; a forge does not.
    trigger = workflow.get("on", workflow.get(True))["pull_request"]
    assert trigger["paths"] == ["metrics.yaml"]
    assert {"labeled", "unlabeled", "synchronize"} <= set(trigger["types"])
    assert workflow["jobs"]["metrics"]["steps"][0]["with"]["fetch-depth"] == 0
    assert workflow["permissions"] == {"contents": "read", "pull-requests": "write"}


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        (MEANING, 1, "meaning"),
        *(pytest.param(*case, marks=pytest.mark.slow) for case in [(TARGET, 0, "target"), (WRONG, 5, "C105")]),
    ],
)
def test_the_gitlab_job(repository: Repository, change: tuple[str, str], code: int, says: str) -> None:
    repository.change(change)
    job = block("yaml", "metrics")["metrics"]
    ran = repository.shell("\n".join(job["script"]), CI_MERGE_REQUEST_TARGET_BRANCH_NAME="main")
    assert (ran.returncode, says in ran.stdout + ran.stderr) == (code, True)
    assert (repository.folder / job["artifacts"]["reports"]["junit"]).read_text().startswith("<?xml")
    assert all((repository.folder / path).exists() == (code != 5) for path in job["artifacts"]["paths"])


def hooks() -> list[Any]:
    offered = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    return [*offered, *block("yaml", "repos")["repos"][0]["hooks"]]


@pytest.mark.slow
@pytest.mark.parametrize("hook", hooks(), ids=lambda hook: hook["id"])
def test_hooks_run_on_the_files_they_are_for(repository: Repository, hook: Any) -> None:
    assert re.search(hook["files"], "metrics.yaml")
    assert not re.search(hook["files"], "metrics.yaml.orig")
    given = ["metrics.yaml"] if hook.get("pass_filenames", True) else []
    repository.change(MEANING)
    repository.shell("git add metrics.yaml")
    right = repository.shell(f'{hook["entry"]} "$@"', *given)
    assert (right.returncode, right.stderr) == (0, "")
    if "diff" in hook["entry"]:
        assert "talk_s + wrap_s → talk_s" in right.stdout
    repository.change(WRONG)
    repository.shell("git add metrics.yaml")
    assert repository.shell(f'{hook["entry"]} "$@"', *given).returncode == 5


def test_the_hooks_of_the_example_are_those_the_repository_offers() -> None:
    four = [{key: hook[key] for key in ("id", "entry", "files", "language")} for hook in hooks()]
    assert four[:2] == four[2:]


@pytest.mark.slow
def test_the_hook_without_pre_commit(repository: Repository) -> None:
    [script] = [text for text in blocks("sh") if text.startswith("#!")]
    hook = repository.folder / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(script)
    hook.chmod(0o755)
    (repository.folder / "other.txt").write_text("x")
    assert repository.shell("git add other.txt && git commit --quiet -m other").returncode == 0
    repository.change(MEANING)
    ran = repository.shell("git add metrics.yaml && git commit --quiet -m meaning")
    assert (ran.returncode, "talk_s + wrap_s → talk_s" in ran.stdout + ran.stderr) == (0, True)
    repository.change(WRONG)
    ran = repository.shell("git add metrics.yaml && git commit --quiet -m wrong")
    assert (ran.returncode != 0, "C105" in ran.stdout + ran.stderr) == (True, True)


def test_the_comment_with_numbers(repository: Repository) -> None:
    repository.change(MEANING)
    (repository.folder / "exports").mkdir()
    (repository.folder / "exports" / "contacts.csv").write_text(
        "contact_id,started_at,ended_at,talk_s,wrap_s\n"
        "c1,2026-01-01T09:00:00Z,2026-01-01T09:05:00Z,200,100\n"
        "c2,2026-02-01T09:00:00Z,2026-02-01T09:05:00Z,200,100\n"
    )
    [script] = [text for text in blocks("sh") if "exports/" in text]
    ran = repository.shell(script)
    assert (ran.returncode, "| 5:00 | 3:20 | −1:40 |" in (repository.folder / "diff.md").read_text()) == (0, True)


@pytest.mark.slow
def test_the_schema_of_an_older_cxkpi_is_noticed(repository: Repository) -> None:
    [script] = [text for text in blocks("sh") if "cxkpi schema" in text]
    repository.shell("cxkpi schema -o metrics.schema.json")
    assert repository.shell(script).returncode == 0
    schema = repository.folder / "metrics.schema.json"
    schema.write_text(schema.read_text().replace("timezone", "time_zone"))
    assert repository.shell(script).returncode == 1


def test_every_command_it_names_is_one() -> None:
    from cxkpi.cli.commands import app

    known = {command.callback.__name__ for command in app.registered_commands if command.callback is not None}
    assert set(re.findall(r"\bcxkpi (check|diff|schema|metrics|report)\b", TEXT)) <= known
