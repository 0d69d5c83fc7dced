"""The files as systems write them, small runs, other arguments, refusals."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from cxkpi.demo.write import MARKER, write
from cxkpi.errors import OutputError, UsageError

ROOT = Path(__file__).parents[2]
HEADINGS = {
    "acd_2026-01.csv": (
        "Full Export Completed,Partial Result Timestamp,Filters,Media Type,Users,Remote,Date,End Date,Duration,"
        "Direction,ANI,DNIS,Queue,Wrap-up,Flow,Conversation ID,Total Queue,Total Talk,Total Hold,Total ACW,"
        "Total IVR,Abandoned,Abandoned in Queue,Transfers\n"
    ),
    "salesforce_cases.csv": (
        "Case Number,Subject,Status,Priority,Date/Time Opened,Date/Time Closed,Case Owner,Account Name,Case Origin,"
        "Case Reason,Type,Escalated,Contact ID,Interaction ID\n"
    ),
    "survey_responses.csv": (
        "StartDate,EndDate,Status,IPAddress,Progress,Duration (in seconds),Finished,RecordedDate,ResponseId,"
        "RecipientLastName,RecipientFirstName,RecipientEmail,ExternalReference,LocationLatitude,LocationLongitude,"
        "DistributionChannel,UserLanguage,Q_CSAT,Q_CES,Q_NPS,Q_RESOLVED,Q_COMMENT,ContactId\n"
    ),
    "moves.csv": "agent_id,moved_on,from_team,to_team,from_site,to_site\n",
    "agent_status.csv": (
        "Interval Start,Interval End,Interval Complete,Filters,Agent Id,Agent Name,Logged In,On Queue,Idle,Off Queue,"
        "Interacting\n"
    ),
    "evaluations.csv": (
        "evaluation_id,agent_id,conversation_external_id,section,score,max_score,critical_fail,error_class,reviewer,"
        "scored_at\n"
    ),
    "people.csv": "agent_id,system,login,from,to\n",
}
ROSTER_HEADING = (
    "Employee ID,Worker,Hire Date,Termination Date,Primary Termination Reason,Supervisory Organization,Location,"
    "Manager,Time Type\r\n"
)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small") / "exports"
    write(folder, contacts=1500, months=2, seed=7, truth=folder.with_name("truth.json"))
    return folder


@pytest.mark.parametrize("name", sorted(HEADINGS))
def test_headings(small: Path, name: str) -> None:
    text = (small / name).read_bytes().decode("cp1252" if name.startswith("sales") else "utf-8-sig")
    assert text.startswith(HEADINGS[name])
    assert "\r" not in text


def test_the_acd_file_has_a_byte_order_mark_and_the_others_have_none(small: Path) -> None:
    marked = {path.name for path in small.iterdir() if path.read_bytes().startswith(b"\xef\xbb\xbf")}
    assert marked == {"acd_2026-01.csv", "acd_2026-02.csv"}


def test_the_roster_has_five_title_rows_and_crlf(small: Path) -> None:
    lines = (small / "roster.csv").read_bytes().decode().splitlines(keepends=True)
    assert lines[5] == ROSTER_HEADING
    assert all(line.endswith("\r\n") for line in lines)
    assert all(line.count(",") == 8 for line in lines)


def test_the_survey_has_three_heading_rows_and_a_quoted_line_break(small: Path) -> None:
    text = (small / "survey_responses.csv").read_text(encoding="utf-8")
    assert '"The company made it easy for me to handle my issue.\n1 = strongly' in text
    assert text.splitlines()[3].startswith('"{""ImportId"":""startDate""}",')


def test_the_number_of_contacts_is_the_one_asked_for(small: Path) -> None:
    truth = json.loads(small.with_name("truth.json").read_text(encoding="utf-8"))
    assert sum(count["accepted"] for name, count in truth["files"].items() if name.startswith("acd_")) == 1500
    for count in truth["files"].values():
        parts = (count["accepted"], count["superseded"], count["rejected"], count["skipped"])
        assert count["records"] == sum(parts)
    assert list(truth["kpis"]["aht"]) == ["2026-01", "2026-02", "total"]


def test_another_process_with_another_hash_seed_writes_the_same_bytes(small: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from cxkpi.demo.write import write; "
        "write(Path(sys.argv[1]), contacts=1500, months=2, seed=7)"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "4242", "PYTHONPATH": str(ROOT), "TZ": "Asia/Tokyo"}
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "x")], check=True, env=environment)
    for path in small.iterdir():
        assert (tmp_path / "x" / path.name).read_bytes() == path.read_bytes(), path.name


def test_only_the_standard_library_is_imported() -> None:
    code = (
        "import sys; import cxkpi.demo.write; "
        "print([m for m in sys.modules if m.partition('.')[0] in {'polars', 'narwhals', 'pydantic', 'numpy', 'rich'}])"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run([sys.executable, "-c", code], check=True, env=environment, capture_output=True, text=True)
    assert ran.stdout.strip() == "[]"


def test_another_seed_writes_other_bytes(small: Path, tmp_path: Path) -> None:
    write(tmp_path / "x", contacts=1500, months=2, seed=8)
    assert (tmp_path / "x" / "acd_2026-01.csv").read_bytes() != (small / "acd_2026-01.csv").read_bytes()


@pytest.mark.parametrize(
    ("contacts", "months", "start"),
    [(100, 1, date(2026, 2, 1)), (300, 1, date(2027, 10, 1)), (900, 14, date(2024, 11, 1))],
)
def test_other_sizes_and_times(tmp_path: Path, contacts: int, months: int, start: date) -> None:
    summary = write(
        tmp_path / "x", contacts=contacts, months=months, seed=1, start=start, truth=tmp_path / "truth.json"
    )
    assert sum(name.startswith("acd_") for name in summary.files) == months
    truth = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))
    assert len(truth["kpis"]["turnover"]) == months + 1
    assert truth["as_of"] == summary.as_of
    assert all(cell["value"] > 0 for cell in truth["kpis"]["turnover"].values())


def test_an_earlier_demo_is_replaced_and_its_further_months_removed(tmp_path: Path) -> None:
    folder = tmp_path / "x"
    write(folder, contacts=300, months=3)
    write(folder, contacts=300, months=1)
    assert sorted(path.name for path in folder.glob("acd_*")) == ["acd_2026-01.csv"]
    assert not list(folder.glob("*.part"))


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match=r"holds other files, such as notes\.txt"):
        write(tmp_path, contacts=300, months=1)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("name", ["acd_2025-12.csv", "roster.csv", "people.csv", "roster.csv.part"])
def test_exports_that_no_demo_wrote_are_left_alone_whatever_their_names(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match=f"holds other files, such as {re.escape(name)}"):
        write(tmp_path, contacts=300, months=1)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text(encoding="utf-8") == "mine"


def test_an_export_added_to_a_demo_is_left_alone(tmp_path: Path) -> None:
    write(tmp_path / "x", contacts=300, months=1)
    (tmp_path / "x" / "acd_2025-12.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match=r"acd_2025-12\.csv"):
        write(tmp_path / "x", contacts=300, months=1)
    assert (tmp_path / "x" / "acd_2025-12.csv").read_text(encoding="utf-8") == "mine"


def test_a_marker_speaks_of_its_own_folder_only(tmp_path: Path) -> None:
    folder = tmp_path / "x"
    write(folder, contacts=300, months=1)
    (tmp_path / "mine.csv").write_text("mine", encoding="utf-8")
    with (folder / MARKER).open("a", encoding="utf-8") as marker:
        marker.write("../mine.csv\n")
    write(folder, contacts=300, months=1)
    assert (tmp_path / "mine.csv").read_text(encoding="utf-8") == "mine"


def test_the_marker_lists_what_was_written_and_hidden_files_do_not_count(tmp_path: Path) -> None:
    (tmp_path / ".DS_Store").write_text("", encoding="utf-8")
    summary = write(tmp_path, contacts=300, months=2)
    marked = (tmp_path / MARKER).read_text(encoding="utf-8").splitlines()
    assert marked[1:] == sorted(summary.files)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([".DS_Store", MARKER, *summary.files])


def test_a_demo_that_fails_leaves_a_new_folder_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        assert (tmp_path / "x" / MARKER).is_file()
        raise KeyboardInterrupt

    monkeypatch.setattr("cxkpi.demo.write._people_files", fail)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "x", contacts=300, months=1)
    assert list((tmp_path / "x").iterdir()) == []


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="is a file"):
        write(tmp_path / "x")


@pytest.mark.parametrize(
    "arguments",
    [
        {"contacts": 99},
        {"months": 0},
        {"months": 61},
        {"seed": -1},
        {"start": date(2026, 1, 2)},
        {"start": date(1999, 1, 1)},
    ],
)
def test_arguments_that_make_no_sense(tmp_path: Path, arguments: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        write(tmp_path / "x", **arguments)  # type: ignore[arg-type]
    assert not (tmp_path / "x").exists()


def test_a_truth_file_that_cannot_be_written_is_named_as_typed_before_anything_is_made(tmp_path: Path) -> None:
    place = tmp_path / "missing" / "truth.json"
    with pytest.raises(OutputError, match=f"cannot write {re.escape(str(place))}: No such file or directory"):
        write(tmp_path / "x", contacts=100, months=1, truth=place)
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("name", ["acd_2026-01.csv", "roster.csv", "../x/people.csv", MARKER])
def test_the_truth_is_none_of_the_exports(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="one of the files the demo writes"):
        write(tmp_path / "x", contacts=100, months=1, truth=tmp_path / "x" / name)
    assert not (tmp_path / "x").exists()


def test_the_truth_may_lie_beside_the_exports_and_be_written_again(tmp_path: Path) -> None:
    for seed in (1, 2):
        write(tmp_path, contacts=100, months=1, seed=seed, truth=tmp_path / "truth.json")
    assert json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))["files"]


_MEASURE = """
import sys
from pathlib import Path
from cxkpi.demo.write import MARKER, write
write(Path(sys.argv[1]), contacts=int(sys.argv[2]))
print(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the peak of a process from Linux")
def test_memory_stays_flat(tmp_path: Path) -> None:
    """Peak memory grows with the contacts of a week, not with all: 16 times the contacts, under twice the memory."""
    peaks = []
    for contacts in (20_000, 320_000):
        ran = subprocess.run(
            [sys.executable, "-c", _MEASURE, str(tmp_path / str(contacts)), str(contacts)],
            check=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
        )
        peaks.append(int(ran.stdout) / 1024)
    assert peaks[1] < 2 * peaks[0]
    assert peaks[1] < 100
