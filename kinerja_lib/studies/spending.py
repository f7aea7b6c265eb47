"""What units spent on each employee, and how many events of a programme they had: the rows of the study of cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinerja_lib.errors import DataError
from kinerja_lib.estimate import Estimate, estimate_regression
from kinerja_lib.language import _
from kinerja_lib.outcomes import pick_costs
from kinerja_lib.privacy import MIN_GROUP
from kinerja_lib.schema import Dataset
from kinerja_lib.studies.plan import COURSES
from kinerja_lib.studies.programme import Exposed, kinds_of
from kinerja_lib.vocabulary import KELUAR_SUKARELA, PEMBINAAN, PREDIKAT, Period

CELL = ["unit_id", "periode"]
FEW_UNITS = 4  # units whose sessions per employee changed
STILL, SWEEPS = 1e-9, 1000  # where taking out means of units and periods stops


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Units by period, each with at least five employees and a cost.

    Attributes
    ----------
    rows : DataFrame
        `unit_id`, `periode`, `waktu` (place of the period), `pegawai` (employees appraised), `jumlah` (rupiah of all
        components); per employee: `biaya` (rupiah), `kegiatan` (events of the programme), `lain_pelatihan`,
        `lain_dialog` (other courses, other dialogues), `keluar` (voluntary exits); `keluaran` (per cent achieved, else
        of employees with the highest predikat).
    components : DataFrame
        Rupiah per employee: a row per row of `rows`, a column per component, the dearest first.
    events : float
        Events of the programme in these cells.
    people : int
        Employees with at least one, anywhere.
    dropped : mapping of str to int
        What was left out.
    """

    rows: pd.DataFrame
    components: pd.DataFrame
    events: float
    people: int
    dropped: dict[str, int]

    @property
    def covariates(self) -> list[str]:
        """What else is held equal: other courses and dialogues, where there were any."""
        return [name for name in ("lain_pelatihan", "lain_dialog") if self.rows[name].nunique() > 1]


def build_cells(data: Dataset, exposed: Exposed) -> Cells:
    """Return cost, events and output of each unit and period; cells that are too small or without cost are counted."""
    rows, totals = _sum_staff(exposed), _sum_costs(data, exposed)
    whole = rows.merge(totals, on=CELL, how="left", validate="1:1")
    small = whole["pegawai"] < MIN_GROUP
    bare = ~small & whole["jumlah"].isna()
    reasons = {
        _("unit dan periode dengan kurang dari lima pegawai"): small,
        _("unit dan periode tanpa biaya"): bare,
    }
    dropped = exposed.dropped | {reason: int(rows.sum()) for reason, rows in reasons.items() if rows.any()}
    whole = whole[~small & ~bare].sort_values(["unit_id", "waktu"], ignore_index=True)
    names = [str(name) for name in totals.columns.drop([*CELL, "jumlah"])]
    parts = whole[names].fillna(0.0).div(whole["pegawai"], axis=0)
    per_head = {
        name: whole[name] / whole["pegawai"] for name in ("kegiatan", "lain_pelatihan", "lain_dialog", "keluar")
    }
    kept = whole[[*CELL, "waktu", "pegawai", "jumlah"]].assign(biaya=whole["jumlah"] / whole["pegawai"], **per_head)
    kept["keluaran"] = _find_output(data, whole)
    order = parts.sum().sort_values(ascending=False, kind="stable").index
    people = int((exposed.people["mulai_ikut"] >= 0).sum())
    return Cells(kept, parts[order], float(whole["kegiatan"].sum()), people, dropped)


def _sum_staff(exposed: Exposed) -> pd.DataFrame:
    """Return per unit and period: employees appraised, events of each kind, voluntary exits, share of the best."""
    rows = exposed.rows
    own = kinds_of(exposed.programme, rows)
    courses, dialogues = kinds_of(COURSES, rows), [kind for name in PEMBINAAN for kind in kinds_of(name, rows)]
    sets = {"kegiatan": own, "lain_pelatihan": courses, "lain_dialog": dialogues}
    counted = {
        name: rows[[f"n_{kind}" for kind in kinds if name == "kegiatan" or kind not in own]].fillna(0).sum(axis=1)
        for name, kinds in sets.items()
    }
    seen = rows["ordinal"].notna() | rows["nilai"].notna()
    marks = {"pegawai": seen.astype("float64"), "keluar": rows["keluar"].isin(KELUAR_SUKARELA).astype("float64")}
    best = (rows["ordinal"] == len(PREDIKAT)).where(rows["ordinal"].notna()).astype("float64")
    frame = rows[[*CELL, "waktu"]].assign(**counted, **marks, terbaik=best)
    cells = frame.groupby([*CELL, "waktu"], observed=True)
    return cells[[*counted, *marks]].sum().join(cells["terbaik"].mean()).reset_index()


def _sum_costs(data: Dataset, exposed: Exposed) -> pd.DataFrame:
    """Return rupiah per unit and period: a column per component, and `jumlah` of all; missing where none is booked."""
    costs = data["biaya"].dropna(subset=["jumlah"])
    parts = [pick_costs(costs, Period.parse(text)).assign(periode=text) for text in exposed.periods]
    whole = pd.concat(parts, ignore_index=True).astype(dict.fromkeys([*CELL, "komponen"], "str"))
    table = whole.pivot_table(index=CELL, columns="komponen", values="jumlah", aggfunc="sum", observed=True)
    table.columns.name = None
    return table.assign(jumlah=table.sum(axis=1, min_count=1)).reset_index()


def _find_output(data: Dataset, cells: pd.DataFrame) -> np.ndarray:
    """Return per cent achieved by the unit, else of its employees with the highest predikat."""
    if data.has("kinerja_unit", "capaian"):
        found = cells[CELL].merge(data["kinerja_unit"][[*CELL, "capaian"]], on=CELL, how="left")["capaian"]
        if found.notna().any():
            return found.to_numpy(dtype="float64")
    return 100 * cells["terbaik"].to_numpy(dtype="float64")


def find_faults(cells: Cells) -> tuple[str, ...]:
    """Return the codes of why these cells cannot answer."""
    rows = cells.rows
    if rows.empty:
        return ("no_costs",)
    if cells.people == 0 or not (rows["kegiatan"] > 0).any():
        return ("no_treated",)
    if cells.people < MIN_GROUP:
        return ("few_people",)
    if rows["waktu"].nunique() < 2:
        return ("one_period",)
    moved = rows.groupby("unit_id")["kegiatan"].nunique() > 1
    if moved.sum() < FEW_UNITS:
        return ("few_units",)
    left, _free = leftover(rows, "kegiatan", [])
    return ("all_at_once",) if np.abs(left).max() < STILL * rows["kegiatan"].max() else ()


def leftover(rows: pd.DataFrame, name: str, held: list[str]) -> tuple[np.ndarray, int]:
    """Return what unit, period and the columns held equal leave of a column, and its degrees of freedom."""
    values = rows[[name, *held]].to_numpy(dtype="float64", copy=True)
    codes = [pd.factorize(rows[key])[0] for key in CELL]
    for _sweep in range(SWEEPS):
        before = values.copy()
        for code in codes:
            size = np.bincount(code)
            means = [np.bincount(code, weights=column) / size for column in values.T]
            values -= np.column_stack(means)[code]
        if np.allclose(before, values, rtol=0, atol=STILL * np.abs(values).max(initial=1.0)):
            break
    own, others = values[:, 0], values[:, 1:]
    left = own - others @ np.linalg.lstsq(others, own, rcond=None)[0] if held else own
    levels = sum(int(code.max()) + 1 for code in codes) - 1 if len(rows) else 0
    return np.asarray(left), len(rows) - levels - len(held)


def fit_cells(rows: pd.DataFrame, outcome: str, *terms: str, absorb: list[str] | None = None) -> Estimate:
    """Return the regression with unit and period effects; errors by unit (CR2 with fewer than 40 units)."""
    whole = rows.dropna(subset=[outcome, *terms])
    left, _free = leftover(whole, outcome, list(terms))
    if np.abs(left).max(initial=0.0) <= STILL * whole[outcome].abs().max():
        raise DataError(_("{name}: setelah unit dan periode disamakan, tidak ada yang berubah.").format(name=outcome))
    formula = f"{outcome} ~ " + " + ".join(terms)
    found = estimate_regression(rows, formula, absorb=CELL if absorb is None else absorb, cluster="unit_id")
    if terms[0] not in set(found.table["term"]):
        raise DataError(_("biaya: kegiatan tidak dapat dipisahkan dari hal lain yang disamakan."))
    return found


def difference(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the changes of each unit from one period to the next; a gap gives no change."""
    rows = rows.sort_values(["unit_id", "waktu"], kind="stable")
    numbers = rows.drop(columns=[*CELL, "waktu"]).columns
    changed = rows.assign(**rows.groupby("unit_id")[list(numbers)].diff())
    return changed[rows.groupby("unit_id")["waktu"].diff() == 1].reset_index(drop=True)
