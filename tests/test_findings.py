"""One shape of a fault: fields as the contract names them, sequences that never change."""

from __future__ import annotations

import csv
import dataclasses
import io
import json

import pytest

from kinerja_lib.errors import CallError
from kinerja_lib.findings import COLUMNS, Finding, Findings, write_csv


def finding(rule: str = "nip_length", severity: str = "error", **others: object) -> Finding:
    return Finding(rule=rule, severity=severity, message="m", remedy="r", **others)  # type: ignore[arg-type]


def test_fields_are_those_of_the_contract() -> None:
    contract = "rule severity file sheet cell line table column count message remedy"
    assert " ".join(COLUMNS) == f"{contract} cells"


def test_an_unknown_severity_is_refused() -> None:
    with pytest.raises(CallError, match=r"severity: ditemukan 'fatal'; yang diizinkan: error, warning, note\."):
        finding(severity="fatal")


def test_a_finding_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError, match="count"):
        finding().count = 3  # type: ignore[misc]


def test_concatenation_leaves_both_as_they_were() -> None:
    first, second = Findings((finding(),)), Findings((finding(severity="note"),))
    both = first + second
    assert (len(first), len(second), len(both)) == (1, 1, 2)
    assert both[0] == first[0]
    assert both[1:] == second
    assert both.errors == first
    assert Findings.collect([first, second]) == both


def test_json_is_the_contract_and_plain() -> None:
    found = Findings((finding(sheet="Sekretariat", cell="B17", file="Rekap.xlsx", table="penilaian"),))
    text = json.loads(json.dumps(found.to_json()))
    assert text["version"] == 1
    assert text["findings"] == [
        {
            "rule": "nip_length",
            "severity": "error",
            "file": "Rekap.xlsx",
            "sheet": "Sekretariat",
            "cell": "B17",
            "line": None,
            "table": "penilaian",
            "column": None,
            "count": 1,
            "message": "m",
            "remedy": "r",
        }
    ]
    assert Findings((finding(cells=("B1", "B2")),)).to_json()["findings"][0]["cells"] == ["B1", "B2"]


def test_frame_has_a_row_a_finding_and_all_columns_when_empty() -> None:
    frame = Findings((finding(line=7), finding(cells=("B1", "B2")))).to_frame()
    assert list(frame.columns) == COLUMNS
    assert frame["line"].tolist()[0] == 7
    assert frame["cells"].tolist() == ["", "B1 B2"]
    assert list(Findings().to_frame().columns) == COLUMNS


def test_json_and_back_is_the_same() -> None:
    found = Findings((finding(cells=("B1", "B2"), cell="B1", line=None), finding("unit_unknown", "note", line=3)))
    assert Findings.from_json(json.loads(found.json_bytes())) == found
    assert Findings.from_json({"findings": []}) == Findings()


def test_the_gravest_come_first_in_the_order_of_finding() -> None:
    rows = [finding("a", "note"), finding("b", "error"), finding("c", "warning"), finding("d", "error")]
    assert [one.rule for one in Findings(tuple(rows)).ranked()] == ["b", "d", "c", "a"]


def test_a_spreadsheet_runs_nothing_of_a_csv() -> None:
    found = Findings((finding("a", "note"), finding(file="=cmd()", sheet="@x", cells=("B1", "B2"), line=7)))
    content = found.csv_bytes()
    assert content.startswith(b"\xef\xbb\xbfrule,severity,file")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert list(rows[0]) == COLUMNS
    assert [row["severity"] for row in rows] == ["error", "note"]
    assert (rows[0]["file"], rows[0]["sheet"], rows[0]["cells"], rows[0]["line"]) == ("'=cmd()", "'@x", "B1 B2", "7")
    assert rows[1]["file"] == ""
    assert write_csv(["a"], [[None], [-1], ["x\ny"]]) == b'\xef\xbb\xbfa\n""\n\'-1\n"x\ny"\n'
