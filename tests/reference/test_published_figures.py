"""Figures that others published about data sets of theirs, through the command a user would type.

The data are in the folder named by ``CXKPI_REFERENCE_DATA``; without it these tests skip.
"""

from __future__ import annotations

import csv
import json
import os
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from cxkpi.cli.app import main

HERE = Path(__file__).parent
FOLDER = os.environ.get("CXKPI_REFERENCE_DATA")
pytestmark = pytest.mark.skipif(FOLDER is None, reason="CXKPI_REFERENCE_DATA is not set")
DATA = Path(FOLDER or ".")


def report(capsys, profile, catalogue, path, *options):
    """The rows of `cxkpi report -f json`, by metric."""
    code = main(
        [
            "report",
            str(path),
            "--profile",
            str(HERE / "profiles" / f"{profile}.yaml"),
            "--catalogue",
            str(HERE / "catalogues" / f"{catalogue}.yaml"),
            "--format",
            "json",
            *options,
        ]
    )
    out, err = capsys.readouterr()
    assert code == 0, err
    return json.loads(out)


def rounded(value, digits):
    """Half up, as those who published rounded."""
    return float(Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP))


def values(found, **by):
    return {row["metric"]: row["value"] for row in found["results"] if row["by"] == by}


# ---------------------------------------------------------------- 5,000 calls

CALLS = DATA / "pwc_call_center" / "Call-Center-Dataset.csv"


@pytest.fixture
def calls(capsys):
    def ask(*options):
        which = () if "-m" in options else ("--all",)
        return report(capsys, "pwc_call_center", "pwc_call_center", CALLS, "--every", "all", *which, *options)

    return ask


def test_calls_published_totals(calls):
    found = values(calls())
    assert found["calls"] == 5000
    assert found["answered"] == 4054
    assert rounded(found["asa"], 2) == 67.52
    assert rounded(found["rating"], 2) == 3.40
    assert rounded(100 * found["resolved"], 2) == 72.92
    assert rounded(100 * found["abandoned"], 2) == 18.92
    assert rounded(found["talk"], 2) == 224.92
    assert rounded(100 * found["top_two"], 2) == 49.90
    assert (found["within_20s"], found["within_30s"], found["within_60s"]) == (374, 751, 1796)


def test_calls_published_per_agent(calls):
    found = calls("--by", "agent_id")
    asa = {
        "Becky": 65.33,
        "Dan": 67.28,
        "Diane": 66.27,
        "Greg": 68.44,
        "Joe": 70.99,
        "Martha": 69.49,
        "Stewart": 66.18,
        "Jim": 66.34,
    }
    for agent, seconds in asa.items():
        assert rounded(values(found, agent_id=agent)["asa"], 2) == seconds, agent
    ratings = {"Becky": 3.37, "Dan": 3.45, "Diane": 3.41}
    for agent, rating in ratings.items():
        assert rounded(values(found, agent_id=agent)["rating"], 2) == rating, agent
    talk = {"Becky": 220.01, "Dan": 231.19, "Diane": 218.95}
    for agent, seconds in talk.items():
        assert rounded(values(found, agent_id=agent)["talk"], 2) == seconds, agent
    assert values(found, agent_id="Jim")["calls"] == 666
    assert values(found, agent_id="Jim")["answered"] == 536
    assert values(found, agent_id="Stewart")["calls"] == 582


def test_calls_published_per_hour(calls):
    found = calls("--by", "hour", "-m", "calls,answered,asa,talk")
    assert rounded(values(found, hour="09")["asa"], 2) == 64.84
    assert rounded(values(found, hour="18")["asa"], 2) == 59.17
    assert rounded(values(found, hour="09")["talk"], 2) == 221.26
    assert rounded(values(found, hour="18")["talk"], 2) == 290.17


def test_calls_published_peak_days(capsys):
    found = report(capsys, "pwc_call_center", "pwc_call_center", CALLS, "-m", "calls", "--every", "day")
    days = {row["period"]["start"]: row["value"] for row in found["results"]}
    assert max(days, key=days.get) == "2021-01-11"
    assert days["2021-01-11"] == 84
    assert min(days, key=days.get) == "2021-03-30"
    assert days["2021-03-30"] == 25


def test_calls_ledger_accounts_for_every_record(calls):
    (entry,) = calls()["ledger"]["files"]
    assert entry["records"] == 5000
    assert entry["accepted"] + entry["superseded"] + entry["rejected"] + entry["skipped"] == 5000
    assert entry["accepted"] == 5000


# ---------------------------------------------------------------- turnover of six sites

SITES = DATA / "preppin_prepbench" / "case_237"


def published_turnover():
    with (SITES / "expected" / "output_01.csv").open(encoding="utf-8-sig") as file:
        for line in csv.DictReader(file):
            _, month, year = line["month_end_date"].split("/")
            yield (line["dc_nbr"], f"{year}-{month}-01"), line


def test_turnover_published_for_315_site_months(capsys):
    found = report(
        capsys,
        "dc_headcount",
        "people",
        SITES / "inputs" / "input_01.csv",
        "--as-of",
        "2023-06-30",
        "--since",
        "2017-01-01",
        "--by",
        "site",
        "-m",
        "leavers,leavers_year,closing,turnover_month,turnover_year",
    )
    cells = {}
    for row in found["results"]:
        if row["by"]:
            cells[(row["metric"], row["by"]["site"], row["period"]["start"])] = row["value"]
    compared = dict.fromkeys(("ee_count", "ee_leaving", "ee_leaving_p12", "turnover_month", "turnover_p12"), 0)
    for (site, month), line in published_turnover():
        for name, metric, digits, scale in (
            ("ee_count", "closing", 0, 1),
            ("ee_leaving", "leavers", 0, 1),
            ("ee_leaving_p12", "leavers_year", 0, 1),
            ("turnover_month", "turnover_month", 2, 100),
            ("turnover_p12", "turnover_year", 2, 100),
        ):
            if line[name] == "":
                continue
            got = cells[(metric, site, month)]
            # A scale of 100 can leave the last bit of a double beside the tie that was published.
            assert rounded(round(got * scale, 9), digits) == float(line[name]), (name, site, month)
            compared[name] += 1
    assert compared == {
        "ee_count": 315,
        "ee_leaving": 315,
        "ee_leaving_p12": 249,
        "turnover_month": 309,
        "turnover_p12": 243,
    }


def test_turnover_published_for_june_2023(capsys):
    found = report(
        capsys,
        "dc_headcount",
        "people",
        SITES / "inputs" / "input_01.csv",
        "--as-of",
        "2023-06-30",
        "--last",
        "1",
        "--by",
        "site",
        "-m",
        "turnover_year",
    )
    got = {row["by"]["site"]: rounded(100 * row["value"], 2) for row in found["results"] if row["by"]}
    assert got == {"1": 49.46, "2": 58.62, "3": 88.89, "4": 36.07, "5": 49.06, "6": 55.21}


# ---------------------------------------------------------------- an HR data set

PEOPLE = DATA / "hr_huebner_v14" / "HRDataset_v14.csv"


def yearly(capsys, *metrics):
    found = report(
        capsys,
        "hr_huebner",
        "people",
        PEOPLE,
        "--every",
        "year",
        "--since",
        "2010-01-01",
        "--as-of",
        "2018-12-31",
        "-m",
        ",".join(metrics),
    )
    return {metric: [row["value"] for row in found["results"] if row["metric"] == metric] for metric in metrics}


def test_leavers_published_per_year(capsys):
    assert yearly(capsys, "leavers")["leavers"] == [1, 3, 8, 13, 13, 23, 22, 8, 13]


def test_turnover_by_the_published_rule(capsys):
    found = yearly(capsys, "opening_out", "closing_out", "rate")
    assert found["opening_out"] == [13, 21, 101, 138, 169, 216, 229, 221, 219]
    assert found["closing_out"] == [21, 101, 138, 169, 216, 229, 221, 219, 207]
    rates = [rounded(100 * rate, 2) for rate in found["rate"]]
    assert rates == [5.88, 4.92, 6.69, 8.47, 6.75, 10.34, 9.78, 3.64, 6.10]


# ---------------------------------------------------------------- NPS of a conference

SUDZILLA = DATA / "preppin_prepbench" / "case_040" / "inputs" / "input_02.csv"


def test_nps_published(capsys):
    found = report(capsys, "sudzilla_nps", "nps", SUDZILLA, "--all", "--every", "all")
    by_metric = {row["metric"]: row for row in found["results"]}
    assert rounded(by_metric["nps"]["value"], 1) == -35.9
    assert by_metric["nps"]["n"] == 39
    assert by_metric["promoters"]["numerator"] == 8
    assert by_metric["detractors"]["numerator"] == 22
