"""Ten thousand spoilt files a run, the same each time; only a sentence may come of one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.util import find_spec
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.readers import READERS, outcome
from tests.fuzz.running import ROOT, Drawn, Run, run_in_child

CASES = {
    "view": 3_000,
    "settings": 1_200,
    "roster-csv": 1_200,
    "isochrones": 1_200,
    "roster-xlsx": 700,
    "store": 700,
    "units-text": 700,
    "options": 600,
    "units-parquet": 300,
    "register-text": 250,
    "register-parquet": 150,
}
# Of the cases at least so many, in a hundred, must get as far as being read: else nothing deep is tried.
LEAST_READ = {"view": 0.5, "settings": 1, "options": 2}


def test_there_are_ten_thousand_cases() -> None:
    assert CASES.keys() == READERS.keys()
    assert sum(CASES.values()) == 10_000


@pytest.fixture(scope="module")
def reports() -> Iterator[dict[str, Future[dict[str, Any]]]]:
    """Run each reader's cases in a process of its own, two at a time."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        yield {name: pool.submit(run_in_child, Run(name, 1, 0, cases)) for name, cases in CASES.items()}


@pytest.mark.parametrize("reader", CASES)
def test_only_sentences_come_of_spoilt_files(reports: dict[str, Future[dict[str, Any]]], reader: str) -> None:
    report = reports[reader].result()
    assert report["findings"] == []
    assert report["cases"] == CASES[reader]
    assert 100 * report["outcomes"]["read"] / CASES[reader] >= LEAST_READ.get(reader, 10)
    assert len(report["outcomes"]) >= 3


@pytest.mark.parametrize("name", ["roster-csv", "view", "settings", "isochrones"])
def test_the_same_with_cases_that_shrink(name: str) -> None:
    """As above, chosen by hypothesis: what fails is reduced to the least that fails."""

    @settings(max_examples=40, deadline=None, derandomize=True, database=None)
    @given(st.randoms(use_true_random=False))
    def only_sentences(choices: Random) -> None:
        outcome(READERS[name], READERS[name].make(choices))

    only_sentences()


def test_a_crash_of_the_process_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUZZ_CRASH_AT", "5")
    report = run_in_child(Run("view", 1, 0, 10))
    assert [finding["case"] for finding in report["findings"]] == [5]
    assert "-11" in report["findings"][0]["error"]


def test_what_coverage_chooses_is_a_case_like_any_other() -> None:
    drawn = READERS["view"].make(Drawn(b"\x01\x02\x03" * 40))
    assert drawn == READERS["view"].make(Drawn(b"\x01\x02\x03" * 40))
    assert outcome(READERS["view"], READERS["view"].make(Drawn(b"")))


@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is for Linux on x86-64")
def test_coverage_guides_a_run() -> None:
    command = [sys.executable, "-m", "tests.fuzz", "--reader", "view", "--guided", "1"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    assert "cov:" in run.stderr
