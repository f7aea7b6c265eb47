"""One shape of a fault: fields as the contract names them, sequences that never change."""

from __future__ import annotations

import dataclasses
import json

import pytest

from kinerja_lib.errors import CallError
from kinerja_lib.findings import COLUMNS, Finding, Findings


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
