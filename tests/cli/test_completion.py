"""What shells are told may stand at the cursor, asked as they ask, and by a real bash."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cxkpi.catalogue import names
from cxkpi.catalogue.load import load
from cxkpi.cli.app import main
from cxkpi.cli.completion import shells, typed, values
from cxkpi.tables import TABLES

from .small_centre import ROOT, environment, make

Ask = Callable[..., list[str]]
OWN = """\
cxkpi: 1
extends: cxkpi
tables:
  contacts: {columns: {tier: text, nickname: {type: text, role: identifier}}}
metrics:
  aht_own: {kind: mean, label: Ours, from: contacts, value: talk_s, unit: seconds, better: lower}
  tenure: null
  fcr: {variants: {ours: {within: 3d, label: "FCR, three days"}}}
"""


@pytest.fixture
def centre(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = make(tmp_path / "centre", months=(4,))
    monkeypatch.chdir(folder)
    monkeypatch.setenv("CXKPI_CACHE", str(tmp_path / "cache"))
    return folder


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Ask:
    """The lines of the answer; nothing is said besides, whatever is asked."""

    def call(line: str, shell: str = "bash", code: int = 0, **further: str) -> list[str]:
        for name, value in {"_CXKPI_COMPLETE": f"complete_{shell}", "_CXKPI_LINE": line, **further}.items():
            monkeypatch.setenv(name, value)
        assert main([]) == code
        out, err = capfd.readouterr()
        assert err == ""
        return out.splitlines()

    return call


def words(answer: list[str]) -> list[str]:
    return [line.partition("  (")[0].rstrip() for line in answer]


# -- what is known -----------------------------------------------------------------------------------------------------


def test_commands_and_options(ask: Ask) -> None:
    assert {"report", "doctor", "verify"} <= set(words(ask("cxkpi ")))
    assert words(ask("cxkpi re")) == ["report"]
    assert words(ask("cxkpi report --by queue --comp")) == ["--compare"]
    assert "--metric" in words(ask("cxkpi report -m aht --"))
    assert "--every" not in words(ask("cxkpi report --every day --"))
    assert words(ask("cxkpi report --every w")) == ["week"]
    assert words(ask("cxkpi report --every=w")) == ["week"]
    assert words(ask("cxkpi schema r")) == ["result"]


def test_metrics_of_the_catalogue_that_ships(ask: Ask) -> None:
    found = ask("cxkpi report exports -m ")
    assert "fcr" in words(found)
    assert any(line.startswith("fcr ") and line.endswith("(First contact resolution)") for line in found)
    # Variants come once a name is begun; what is private does not come at all.
    assert not [word for word in words(found) if "." in word]
    assert "fcr.any_reason" in words(ask("cxkpi metrics -m fcr."))
    public = {one.title for one in load(None).metrics.values() if not one.private}
    assert set(names.metrics(None)) == public


def test_one_of_a_list(ask: Ask) -> None:
    assert "aht,fcr" in words(ask("cxkpi report -m aht,fc"))
    assert "aht,aht" not in words(ask("cxkpi report -m aht,ah"))
    assert "queue,team" in words(ask("cxkpi report --by queue,t"))


def test_metrics_of_the_catalogue_that_is_meant(centre: Path, ask: Ask) -> None:
    assert words(ask("cxkpi report exports -c metrics.yaml -m a")) == ["aht", "abandoned"]
    (centre / "own.yaml").write_text(OWN, encoding="utf-8")
    found = words(ask("cxkpi report exports -c own.yaml -m aht,"))
    assert "aht,aht_own" in found
    assert "aht,tenure" not in found
    assert "fcr.ours" in words(ask("cxkpi report exports -c own.yaml -m fcr.o"))
    assert "aht_own" in words(ask("cxkpi diff cxkpi own.yaml -m aht_"))
    (centre / "cxkpi.yaml").write_text("cxkpi: 1\npaths: [exports]\ncatalogue: metrics.yaml\n", encoding="utf-8")
    assert set(words(ask("cxkpi report -m "))) == {"aht", "abandoned", "fcr"}


def test_names_are_those_of_the_checked_catalogue(centre: Path) -> None:
    (centre / "own.yaml").write_text(OWN, encoding="utf-8")
    own = centre / "own.yaml"
    checked = load(own)
    assert set(names.metrics(own)) == {one.title for one in checked.metrics.values() if not one.private}
    columns = {
        name: {column: (kind.type, kind.role) for column, kind in table.columns.items()}
        for name, table in checked.tables.items()
    }
    assert names.tables(own) == columns


def test_dimensions_name_nobody(ask: Ask, centre: Path) -> None:
    (centre / "own.yaml").write_text(OWN, encoding="utf-8")
    found = words(ask("cxkpi report -c own.yaml --by "))
    assert {"queue", "team", "tier", "weekday", "agent_id"} <= set(found)
    assert not {"customer_id", "name", "nickname", "supervisor"} & set(found)


# -- values ------------------------------------------------------------------------------------------------------------


def test_values_found_in_the_data(centre: Path, ask: Ask) -> None:
    assert words(ask("cxkpi report exports --only queu")) == ["queue="]
    assert ask("cxkpi report exports --only queue=") == ["Billing", "Sales"]
    assert ask("cxkpi report exports --only=queue=S") == ["Sales"]
    (centre / "cxkpi.yaml").write_text("cxkpi: 1\npaths: [exports]\n", encoding="utf-8")
    assert ask("cxkpi report --only queue=B") == ["Billing"]
    assert ask("cxkpi report --only weekday=M") == ["Mon"]


@pytest.mark.parametrize(
    "dimension",
    [*sorted({name for one in TABLES.values() for name, column in one.columns.items() if column.role != "plain"})],
)
def test_nobody_is_named(centre: Path, ask: Ask, dimension: str) -> None:
    assert ask(f"cxkpi report exports --only {dimension}=") == []


def test_values_are_read_once_and_again_when_files_change(
    centre: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask("cxkpi report exports --only queue=S") == ["Sales"]

    def never(*_: object) -> None:
        raise AssertionError

    with monkeypatch.context() as patch:
        patch.setattr(values, "_read", never)
        assert ask("cxkpi report exports --only queue=S") == ["Sales"]
    file = centre / "exports" / "acd_04.csv"
    file.write_text(file.read_text().replace("Sales", "Second line"), encoding="utf-8")
    assert ask("cxkpi report exports --only queue=S") == ["Second\\ line"]


def test_no_more_is_read_than_a_person_waits_for(centre: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    newer = centre / "exports" / "acd_05.csv"
    newer.write_text((centre / "exports" / "acd_04.csv").read_text().replace("Sales", "Shops"), encoding="utf-8")
    os.utime(centre / "exports" / "acd_04.csv", (1, 1))
    monkeypatch.setattr(values, "MOST_BYTES", newer.stat().st_size + 10)
    assert ask("cxkpi report exports --only queue=S") == ["Shops"]
    monkeypatch.setattr(values, "MOST_BYTES", 10)
    assert ask("cxkpi report exports --only queue=S") == []


# -- files and names ---------------------------------------------------------------------------------------------------


def test_files_that_fit(centre: Path, ask: Ask) -> None:
    assert words(ask("cxkpi report -c ")) == ["exports/", "metrics.yaml"]
    assert words(ask("cxkpi check m")) == ["metrics.yaml"]
    assert "kpis.html" in words(ask("cxkpi report exports -o kpis"))
    # Exports are files of any kind, which the shell knows.
    assert ask("cxkpi report ex", code=1) == []
    assert ask("cxkpi report -c ~/m", code=1) == []


def test_dialects_codes_and_gates(ask: Ask) -> None:
    assert words(ask("cxkpi report --dialect gen")) == ["genesys_cloud"]
    assert "c104" in words(ask("cxkpi check --explain c10"))
    assert "missed,alarm" in words(ask("cxkpi report --fail-on missed,"))
    assert "contacts" in words(ask("cxkpi adopt --table c"))
    assert words(ask("cxkpi --show-completion z")) == ["zsh"]


# -- never a word too many ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "cxkpi nothing such -m ",
        "cxkpi report nowhere --only queue=",
        "cxkpi report -c nowhere.yaml -m ",
        "cxkpi report -c broken.yaml -m ",
        "cxkpi report -c broken.yaml --only queue=",
        "cxkpi report --every nonsense -m zzz",
        "cxkpi report --last x --only queue=",
        "cxkpi report --dialect nobody -m zzz",
        "cxkpi report 'unfinished --only queue=",
        "cxkpi report --since ",
        "cxkpi demo --contacts ",
        "",
    ],
)
def test_what_cannot_be_completed_is_silence(centre: Path, ask: Ask, line: str) -> None:
    (centre / "broken.yaml").write_text("metrics: [\n", encoding="utf-8")
    for shell in ("bash", "zsh", "fish"):
        assert ask(line, shell, code=1 if line == "cxkpi report 'unfinished --only queue=" else 0) is not None


def test_another_shell_gets_nothing(ask: Ask) -> None:
    assert ask("cxkpi ", "tcsh") == []


def test_scripts_that_typer_wrote_still_work(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_CXKPI_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "cxkpi\nreport\n--every\nw")
    monkeypatch.setenv("COMP_CWORD", "3")
    assert main([]) == 0
    assert capfd.readouterr().out == "week\n"


@pytest.mark.slow
def test_metrics_are_there_before_anybody_notices(tmp_path: Path) -> None:
    asked = {"_CXKPI_COMPLETE": "complete_bash", "_CXKPI_LINE": "cxkpi report -m fc"}
    took = []
    for _ in range(3):
        begun = time.monotonic()
        ran = subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "cxkpi"],
            env={**environment(tmp_path), **asked}, capture_output=True, text=True, check=True, cwd=ROOT,
        )  # fmt: skip
        took.append(time.monotonic() - begun)
        assert ran.stdout.startswith("fcr")
        # These take longer to load than all the rest.
        assert not {"polars", "narwhals"} & {line.rpartition("|")[2].strip() for line in ran.stderr.splitlines()}
    assert min(took) < 1.5


# -- quoting -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "begun", "quote", "kept"),
    [
        ("cxkpi report ", "", "", 0),
        ("cxkpi --only queue=Bil", "queue=Bil", "", 6),
        (r"cxkpi --only queue=A\ b", "queue=A b", "", 6),
        ("cxkpi --only 'queue=A b", "queue=A b", "'", 0),
        ('cxkpi --only queue="A b', "queue=A b", '"', 6),
        ("cxkpi --only queue='it'\\''s", "queue=it's", "'", 9),
        ("cxkpi --only queue=a:b", "queue=a:b", "", 8),
        ("cxkpi --only queue=a\\:b", "queue=a:b", "", 6),
    ],
)
def test_a_line_is_read_as_bash_reads_it(line: str, begun: str, quote: str, kept: int) -> None:
    found = typed.read(line)
    assert (found.begun, found.quote, found.kept) == (begun, quote, kept)


AWKWARD = ["Sales & more", "it's", 'say "hi"', "a:b=c", "$HOME", "`id`", "back\\slash", "Zürich*", "[x]", "-dash"]


@pytest.fixture
def awkward(centre: Path) -> Path:
    lines = (centre / "exports" / "acd_04.csv").read_text(encoding="utf-8").splitlines()
    for number, value in enumerate(AWKWARD, start=1):
        quoted = '"' + value.replace('"', '""') + '"'
        lines[number] = lines[number].replace(",Sales,", f",{quoted},").replace(",Billing,", f",{quoted},")
    (centre / "exports" / "acd_04.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return centre


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_a_real_bash_puts_in_what_the_shell_reads_back(awkward: Path, tmp_path: Path) -> None:
    """The script is sourced and its function called as bash calls it; what it gives is read by bash again."""
    program = tmp_path / "bin" / "cxkpi"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m cxkpi "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    (tmp_path / "cxkpi.bash").write_text(shells.SCRIPTS["bash"], encoding="utf-8")
    script = f"""
    source {tmp_path}/cxkpi.bash
    ask() {{
        COMP_LINE=$1 COMP_POINT=${{#1}} COMP_TYPE=$2
        COMP_WORDBREAKS=$' \\t\\n"\\'><=;|&(:'
        _cxkpi_completion cxkpi
    }}
    ask "cxkpi report exports --only queue=" 9
    for one in "${{COMPREPLY[@]}}"; do eval "printf '%s\\n' $one"; done
    echo ==
    ask "cxkpi report exports --only 'queue=" 9
    for one in "${{COMPREPLY[@]}}"; do eval "printf '%s\\n' '$one'"; done
    echo ==
    ask 'cxkpi report exports --only queue="' 9
    for one in "${{COMPREPLY[@]}}"; do eval "printf '%s\\n' \\"$one\\""; done
    echo ==
    ask "cxkpi report -m fcr.any" 9; printf '<%s>\\n' "${{COMPREPLY[@]}}"
    ask "cxkpi report -m fcr.w" 37; printf '<%s>\\n' "${{COMPREPLY[@]}}"
    complete -p cxkpi
    """
    ran = subprocess.run(
        ["bash", "--norc", "-c", script],
        env={**environment(tmp_path / "cache"), "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"},
        cwd=awkward, capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    bare, single, double, rest = ran.stdout.split("==\n")
    everything = sorted([*AWKWARD, "Billing", "Sales"])
    assert bare.splitlines() == everything
    assert single.splitlines() == [f"queue={value}" for value in everything]
    assert double.splitlines() == everything
    assert rest.splitlines()[0] == "<fcr.any_reason>"
    assert "(" not in "".join(rest.splitlines()[1:-1])
    assert "_cxkpi_completion" in rest
    assert ran.stderr == ""


# -- putting it there --------------------------------------------------------------------------------------------------


def test_scripts_are_put_where_shells_look(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path)}
    (tmp_path / ".bashrc").write_text("alias ll='ls -l'", encoding="utf-8")
    for _ in range(2):
        shells.install("bash", home)
        shells.install("zsh", home)
        shells.install("fish", home)
    started = (tmp_path / ".bashrc").read_text(encoding="utf-8")
    assert started == f"alias ll='ls -l'\nsource '{tmp_path}/.bash_completions/cxkpi.sh'\n"
    assert (tmp_path / ".zshrc").read_text(encoding="utf-8").count("compinit") == 2
    assert (tmp_path / ".zfunc" / "_cxkpi").read_text(encoding="utf-8").startswith("#compdef cxkpi\n")
    assert (tmp_path / ".config" / "fish" / "completions" / "cxkpi.fish").exists()


def test_the_script_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    for shell, script in shells.SCRIPTS.items():
        assert main(["--show-completion", shell]) == 0
        assert capfd.readouterr().out == script


def test_it_is_installed_for_the_shell_one_is_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("ZDOTDIR", raising=False)
    monkeypatch.setattr(shells, "_above", lambda: ["make", "zsh", "bash"])
    assert main(["--install-completion"]) == 0
    assert f"Completion for zsh is in {tmp_path}/.zfunc/_cxkpi and {tmp_path}/.zshrc" in capfd.readouterr().out


def test_a_shell_nobody_knows_is_said(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(shells, "_above", lambda: ["sh", "sshd"])
    monkeypatch.setenv("SHELL", "/bin/tcsh")
    assert main(["--install-completion"]) == 2
    assert "U129" in capfd.readouterr().err
