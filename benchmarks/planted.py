"""The four studies on agencies whose effects are known: ``python benchmarks/planted.py [SEEDS] [FILE]``.

Every seed is an invented agency of the sample agency's shape, once without any effect of coaching and counselling, once
with the sample agency's effects, once with ratings shared out inside units. Each line prints, with its simulation
error, bias in standard errors, coverage of the 95 % interval, how often the interval leaves zero out, how often the
naive answer does, how often the verdict is `supported`, and the power that the plan promised. FILE (planted.jsonl in
the system's temporary folder without it) keeps what is done: a stopped run goes on where it was. Returns 1 where a line
misses its bar by more than the simulation error allows.
"""

from __future__ import annotations

import json
import math
import os
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

SEEDS = 400
NONE = {"coaching": 0.0, "coaching_growth": 0.0, "konseling": 0.0, "coaching_exit": 0.0, "coaching_climate": 0.0}
WORLDS: dict[str, dict[str, float]] = {
    "none": NONE | {"coaching_cost": 0.0},
    "planted": {},
    "quota": {"quota": 1.0},
}
# line -> world, study, programme
LINES = {
    "value, no effect": ("none", "value", "coaching"),
    "value, the weakest are sent": ("none", "value", "konseling"),
    "cost, no effect": ("none", "cost", "coaching"),
    "retention, no effect": ("none", "retention", "coaching"),
    "climate, no effect": ("none", "climate", "coaching"),
    "value, growing effect": ("planted", "value", "coaching"),
    "cost, planted": ("planted", "cost", "coaching"),
    "retention, planted": ("planted", "retention", "coaching"),
    "climate, planted": ("planted", "climate", "coaching"),
    "value, quota in units": ("quota", "value", "coaching"),
}
ALARMS, SUPPORTED, COVERED, BIAS = 0.06, 0.03, (0.93, 0.97), 0.1  # the bars
REACH = 1.959963984540054
POWERED = REACH + 0.8416212335729143  # effect over its error that is seen in four of five runs


def run(world: str, seed: int, lines: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return what the studies of these lines found on the agency of one seed."""
    from kinerja_lib import studies
    from kinerja_lib.studies.plan import StudyPlan
    from kinerja_lib.synth import Effects, build_agency

    agency = build_agency(seed=seed, effects=Effects(**WORLDS[world]))
    found = []
    for line in lines:
        _world, name, programme = LINES[line]
        with _promised_at(Effects(**WORLDS[world]).coaching_exit):
            study = getattr(studies, f"study_{name}")(agency, StudyPlan(programme=programme))
        found.append({"line": line, "seed": seed} | _read(study))
    return found


@contextmanager
def _promised_at(fall: float) -> Iterator[None]:
    """Let the plan of exits tell the power of the planted fall instead of that of the smallest effect worth having."""
    from kinerja_lib.studies import retention

    usual = retention.plan_exits
    retention.plan_exits = partial(usual, smallest=abs(fall)) if fall else usual
    try:
        yield
    finally:
        retention.plan_exits = usual


def _read(study: Any) -> dict[str, Any]:
    """Return the numbers of one study that the table needs."""
    said = {"verdict": study.verdict, "why": list(study.why)}
    if study.headline.empty:
        return said
    row, naive = study.headline.iloc[0], study.table[study.table["naive"].astype(bool)]
    truth = study.truth.get("headline", 0.0 if study.programme == "konseling" else math.nan)
    said |= {name: float(row[name]) for name in ("estimate", "std_error", "conf_low", "conf_high")}
    said |= {"truth": truth, "mde": float(study.reach.get("effect", math.nan))}
    if study.name == "retention":
        said["power"] = float(study.reach.get("power", math.nan))
    said["naive"] = bool((naive["conf_low"].iloc[0] > 0) or (naive["conf_high"].iloc[0] < 0)) if len(naive) else None
    twfe = None if study.second is None else study.second.diagnostics.get("twfe")
    if study.name == "value" and twfe is not None:
        from kinerja_lib.synth.tables import CAPAIAN_PER_SD

        second = study.second.table.iloc[0]
        aim = CAPAIAN_PER_SD * truth
        said["second"] = bool(second["conf_low"] <= aim <= second["conf_high"])
        said["twfe"] = bool(twfe["conf_low"] <= aim <= twfe["conf_high"])
    return said


def rows_of(file: Path) -> list[dict[str, Any]]:
    """Return what the file holds; a line cut off by a kill is left out."""
    rows = []
    for text in file.read_text(encoding="utf-8").splitlines() if file.exists() else []:
        try:
            rows.append(json.loads(text))
        except json.JSONDecodeError:
            continue
    return rows


def fill(file: Path, seeds: int) -> None:
    """Run what the file does not hold yet, a line a result, on all cores."""
    done = {(row["line"], row["seed"]) for row in rows_of(file)}
    jobs = []
    for seed in range(1, seeds + 1):
        for world in WORLDS:
            left = [line for line, (own, *_rest) in LINES.items() if own == world and (line, seed) not in done]
            if left:
                jobs.append((world, seed, tuple(left)))
    with ProcessPoolExecutor(os.cpu_count()) as pool, file.open("a", encoding="utf-8") as handle:
        for count, rows in enumerate(pool.map(run, *zip(*jobs, strict=True), chunksize=2) if jobs else [], 1):
            handle.writelines(json.dumps(row) + "\n" for row in rows)
            handle.flush()
            if count % 50 == 0:
                print(f"{count} of {len(jobs)} agencies", file=sys.stderr)


def judge(line: str, rows: list[dict[str, Any]]) -> Iterator[tuple[str, bool]]:
    """Return the cells of a line, each with whether it keeps its bar within two simulation errors."""
    world = LINES[line][0]
    seen = [row for row in rows if "estimate" in row and not math.isnan(row["truth"])]
    n, every = len(seen), len(rows)
    gaps = [row["estimate"] - row["truth"] for row in seen]
    mean = sum(gaps) / max(n, 1)
    spread = math.sqrt(sum((gap - mean) ** 2 for gap in gaps) / max(n - 1, 1))
    bias = mean / spread if spread else math.nan
    yield f"{bias:+.2f} ± {1 / math.sqrt(max(n, 1)):.2f}", world == "quota" or abs(bias) <= BIAS + 2 / math.sqrt(n)
    covered = _share(row["conf_low"] <= row["truth"] <= row["conf_high"] for row in seen)
    yield _say(covered, n), world == "quota" or COVERED[0] - 2 * _error(0.95, n) <= covered
    alarms = _share(row["conf_low"] > 0 or row["conf_high"] < 0 for row in seen)
    yield _say(alarms, n), world != "none" or alarms <= ALARMS + 2 * _error(0.05, n)
    yield _say(_share(bool(row["naive"]) for row in seen), n), True
    supported = _share(row["verdict"] == "supported" for row in rows)
    yield _say(supported, every), world != "none" or supported <= SUPPORTED + 2 * _error(SUPPORTED, every)
    promised = [row.get("power") or _promise(row) for row in seen if row["truth"]]
    promised = [power for power in promised if not math.isnan(power)]
    yield (f"{100 * sum(promised) / len(promised):.0f} %" if promised else "-"), True
    flagged = _share("quota" in row["why"] for row in rows)
    yield (_say(flagged, every) if line.startswith("value") else "-"), world != "quota" or flagged > 0.9


def _promise(row: dict[str, Any]) -> float:
    return 0.5 * math.erfc((REACH - POWERED * abs(row["truth"]) / row["mde"]) / math.sqrt(2))


def _share(values: Iterator[bool]) -> float:
    kept = list(values)
    return sum(kept) / len(kept) if kept else math.nan


def _error(share: float, n: int) -> float:
    return math.sqrt(share * (1 - share) / max(n, 1))


def _say(share: float, n: int) -> str:
    return f"{100 * share:.1f} ± {100 * _error(share, n):.1f} %"


def main(arguments: list[str]) -> int:
    """Fill the file, print the table; 1 where a line misses."""
    seeds = int(arguments[0]) if arguments else SEEDS
    file = Path(arguments[1]) if len(arguments) > 1 else Path(tempfile.gettempdir()) / "planted.jsonl"
    fill(file, seeds)
    rows = [row for row in rows_of(file) if row["seed"] <= seeds]
    heads = ["line", "n", "bias/SE", "covers", "leaves 0 out", "naive alarms", "supported", "promised", "quota flag"]
    print("| " + " | ".join(heads) + " |\n" + "|---" * len(heads) + "|")
    missed = 0
    for line in LINES:
        own = [row for row in rows if row["line"] == line]
        cells = list(judge(line, own)) if own else []
        missed += sum(not kept for _text, kept in cells)
        print(
            "| " + " | ".join([line, str(len(own)), *(text + ("" if kept else " (!)") for text, kept in cells)]) + " |"
        )
    beside = [row for row in rows if row["line"] == "value, growing effect" and "twfe" in row]
    for name, key in (
        ("achievement of the plan (Callaway-Sant'Anna)", "second"),
        ("plain two-way fixed effects", "twfe"),
    ):
        print(
            f"\nvalue, growing effect, {name}: covers {_say(_share(row[key] for row in beside), len(beside))}", end=""
        )
    print()
    return int(missed > 0)


if __name__ == "__main__":
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    sys.exit(main(sys.argv[1:]))
