"""Pseudonyms: a dataset without names, numbers and notes of people, in which the same person stays the same person.

A pseudonym is a keyed hash (HMAC-SHA-256): a NIP can be guessed digit by digit, so a hash without a key hides nothing.
Whoever has the key can find everybody again: it never lies beside the data. What is left (unit, grade, period, events)
can still tell insiders who somebody is: the result is for analysis, not for publication.
"""

from __future__ import annotations

import hmac
import os
import re
import stat
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from kinerja_lib.errors import CallError, DataError, list_values, nearest
from kinerja_lib.language import _
from kinerja_lib.read import read_dataset, write_dataset
from kinerja_lib.schema import COVARIATE, TABLES, Dataset
from kinerja_lib.typed import IDENTIFYING

KEY_BYTES = 32
HASH_BYTES = 10  # 80 bits, 16 signs of base32; a chance of 1e-10 that two of ten million people share one
BAND = 5  # years of birth that become one
CHUNK = 200_000  # values hashed at a time
BASE32 = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", dtype=np.uint8)
SHORT_CODE = re.compile(r"[A-Za-z]{2,12}:[0-9]{1,2}|RHK|rhk")

# Which ids are whose: a purpose has a key and a first letter of its own, so that one cannot be laid beside another.
PURPOSES = {"pegawai": "P", "responden": "R", "kegiatan": "K"}
IDS = {
    "pegawai_id": "pegawai",
    "penilai_id": "pegawai",
    "pembimbing_id": "pegawai",
    "responden_id": "responden",
    "kegiatan_id": "kegiatan",
}
NAMES = {"pegawai": ("nama",)}  # never kept
FREE = {"kegiatan": ("topik",)}  # kept when asked for
# All that a counselling keeps.
COUNSELLING = ("kegiatan_id", "pegawai_id", "pembimbing_id", "jenis", "mulai", "selesai")


def pseudonymise(data: Dataset, *, key: Path, keep_text: Iterable[str] = ()) -> Dataset:
    """Return the tables with pseudonyms in place of people, and without names, free text and exact dates of birth.

    The same key gives the same person the same pseudonym in every table and period. Rows about people are sorted by
    pseudonym, so that their order gives nobody away; counts and all other values stay.

    - `tanggal_lahir` becomes 1 January of the first year of its band of five years of birth (1979 -> 1975-01-01),
      `tmt_cpns` 1 January of its year; `nama` is dropped.
    - `topik` stays only where it is a short code such as ``kompetensi:3``; a covariate that is no number is dropped.
    - Counselling keeps its date, kind and ids, and nothing else, whatever is asked for.
    - `kegiatan_id` is replaced as well: it may hold a NIP or be computed from one. `responden_id` is hashed with a key
      of its own and cannot be laid beside `pegawai_id`.

    Parameters
    ----------
    data : Dataset
        Not changed.
    key : Path
        The key file; made on first use, see `read_key`.
    keep_text : iterable of str
        Free text to keep all the same, as ``kegiatan.topik``.

    Returns
    -------
    Dataset
        As `read_dataset` would give it; its `source` is empty.

    Raises
    ------
    CallError
        The key lies where it must not, is none, or can be read by others; a column asked for is no free text.
    DataError
        A text that stays holds a number that may be a person's.
    """
    kept = _require_free_text(data, keep_text)
    require_apart(Path(key), data=data.source)
    tables = {name: _drop_text(name, frame, kept) for name, frame in data.tables.items()}
    _refuse_numbers(tables, data.keterangan)
    secret = read_key(Path(key))
    codes = {purpose: _pseudonyms(tables, purpose, secret) for purpose in PURPOSES}
    hidden = {name: _hide(name, frame, codes) for name, frame in tables.items()}
    return Dataset(hidden, keterangan=dict(data.keterangan))


def write_pseudonyms(
    source: str | Path, *, key: str | Path, out: str | Path, keep_text: Iterable[str] = ()
) -> list[Path]:
    """Read a folder or workbook of tables and write it under pseudonyms; all tables are written, or none.

    Parameters
    ----------
    source : str or Path
        Folder or workbook of canonical tables.
    key : str or Path
        The key file; made on first use.
    out : str or Path
        A new or empty folder, or one that holds canonical tables, which are replaced; not DATA or a part of it.
    keep_text : iterable of str
        As in `pseudonymise`.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    KinerjaError
        As `pseudonymise`, `read_dataset` and `write_dataset`.
    """
    target = Path(out)
    if _lies_in(target, Path(source)):
        message = _("--out: {out} ada di dalam data aslinya ({data}); yang diizinkan: folder lain.")
        raise CallError(message.format(out=out, data=source))
    require_apart(Path(key), data=source, out=target)
    _require_free(target)
    data = read_dataset(source)
    hidden = pseudonymise(data, key=Path(key), keep_text=keep_text)
    return _write_whole(hidden, target)


def _require_free(target: Path) -> None:
    """Refuse a folder that holds anything but tables."""
    own = {f"{name}{suffix}" for name in TABLES for suffix in (".csv", ".parquet")}
    strange = sorted(p.name for p in target.iterdir() if p.name not in own) if target.is_dir() else []
    if strange or target.is_file():
        message = _("{out}: folder berisi berkas lain ({found}). Pilih folder baru atau kosong.")
        raise CallError(message.format(out=target, found=list_values(strange or [target.name], shown=3)))


def _write_whole(data: Dataset, target: Path) -> list[Path]:
    """Write beside the target, then put all in its place at once: a full disk leaves what was there before."""
    target = target.resolve()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as part:
            fresh, before = Path(part) / "baru", Path(part) / "lama"
            names = [file.name for file in write_dataset(data, fresh)]
            if target.exists():
                target.rename(before)
            try:
                fresh.rename(target)
            except OSError:
                if before.exists():
                    before.rename(target)
                raise
    except OSError as error:
        raise CallError(_("{out}: tidak dapat ditulis ({why}).").format(out=target, why=error.strerror)) from None
    return [target / name for name in names]


# -- the key -----------------------------------------------------------------------------------------------------------


def read_key(path: Path) -> bytes:
    """Return the key of a file of 32 bytes; make it, readable by its owner alone, where there is none yet.

    Keep the file apart from the data and keep a copy: without it nobody gets the same pseudonyms again.

    Parameters
    ----------
    path : Path
        The key file; its folder must exist.

    Returns
    -------
    bytes
        32 random bytes.

    Raises
    ------
    CallError
        Another size than 32 bytes, not a file, readable by others, or not to be read or made.
    """
    try:
        if not path.exists() and not path.is_symlink():
            _make_key(path)
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            key = file.read(KEY_BYTES + 1)
    except OSError as error:
        message = _("--key: {path} tidak dapat dibaca atau dibuat ({why}); pilih berkas pada folder yang ada.")
        raise CallError(message.format(path=path, why=error.strerror)) from None
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        message = _("--key: {path} dapat dibuka orang lain; batasi dahulu: chmod 600 {path}")
        raise CallError(message.format(path=path))
    if len(key) != KEY_BYTES:
        message = _(
            "--key: {path} bukan berkas kunci ({n} byte; yang diizinkan: {size}). "
            "Pakai kunci yang dahulu, atau nama yang belum ada agar kunci baru dibuat."
        )
        n = f"> {KEY_BYTES}" if len(key) > KEY_BYTES else len(key)
        raise CallError(message.format(path=path, n=n, size=KEY_BYTES))
    return key


def _make_key(path: Path) -> None:
    """Write a new key; never over a file that is there."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(os.urandom(KEY_BYTES))


def require_apart(key: Path, *, data: str | Path = "", out: str | Path = "") -> None:
    """Refuse a key inside the data, inside the result, or inside a project's folder, from where it would be passed on.

    Raises
    ------
    CallError
        The message names the folder and what to choose instead.
    """
    places = [(Path(place), name) for place, name in ((data, "DATA"), (out, "--out")) if str(place)]
    for folder, name in [*places, *((folder, _("folder proyek")) for folder in _projects(key))]:
        if _lies_in(key, folder):
            message = _(
                "--key: {path} ada di dalam {name} ({folder}); simpan kunci di folder lain yang tidak dibagikan."
            )
            raise CallError(message.format(path=key, name=name, folder=folder))


def _projects(key: Path) -> list[Path]:
    """Return the folders of this project and of any repository that a key may lie in."""
    own = Path(__file__).resolve().parents[1]
    repositories = [folder for folder in key.resolve().parents if (folder / ".git").exists()]
    return [*([own] if (own / "pyproject.toml").is_file() else []), *repositories]


def _lies_in(path: Path, folder: Path) -> bool:
    """Tell whether `path` is the folder or lies in it, through links and whatever the case of the letters."""
    inner, outer = path.resolve(), folder.resolve()
    if inner.is_relative_to(outer):
        return True
    return outer.exists() and any(place.exists() and place.samefile(outer) for place in (inner, *inner.parents))


# -- what is dropped ---------------------------------------------------------------------------------------------------


def _require_free_text(data: Dataset, keep_text: Iterable[str]) -> frozenset[str]:
    """Return the columns of free text to keep, as "table.column"; refuse what is none."""
    wanted = frozenset(keep_text)
    allowed = sorted(f"{name}.{column}" for name, frame in data.tables.items() for column in _free_columns(name, frame))
    for name in sorted(wanted):
        if name not in allowed:
            message = _("--keep: ditemukan {found}; yang diizinkan: {allowed}.")
            text = message.format(found=repr(name), allowed=list_values(allowed) or _("tidak ada"))
            raise CallError(text + nearest(name, allowed))
    return wanted


def _free_columns(table: str, frame: pd.DataFrame) -> list[str]:
    """Return the columns whose text anybody may have written: topics, and covariates that are no numbers."""
    own = [column for column in FREE.get(table, ()) if column in frame]
    return own + [
        str(column)
        for column in frame
        if str(column).startswith(COVARIATE) and not pd.api.types.is_numeric_dtype(frame[column])
    ]


def _drop_text(table: str, frame: pd.DataFrame, kept: frozenset[str]) -> pd.DataFrame:
    """Return the frame without names and free text, and with nothing of counselling but its date, kind and ids."""
    result = frame.drop(columns=[name for name in NAMES.get(table, ()) if name in frame])
    for column in _free_columns(table, frame):
        if f"{table}.{column}" in kept:
            continue
        if column.startswith(COVARIATE):
            result = result.drop(columns=column)
        else:
            code = frame[column].str.fullmatch(SHORT_CODE.pattern).fillna(value=False).astype(bool)
            result[column] = frame[column].where(code)
    if table == "kegiatan":
        counselling = (frame["jenis"].astype("str") == "konseling").to_numpy()
        for name in result.columns:
            if name not in COUNSELLING:
                result[name] = result[name].mask(counselling)
    return result


def _refuse_numbers(tables: Mapping[str, pd.DataFrame], notes: Mapping[str, str]) -> None:
    """Refuse texts that stay and hold a number as long as a NIP or NIK."""
    pattern = rf"(?:[0-9][\s.-]?){{{IDENTIFYING},}}"
    texts = {f"keterangan.{name}": pd.Series([text], dtype="str") for name, text in notes.items()}
    for name, frame in tables.items():
        texts |= {f"{name}.{c}": frame[c] for c in map(str, frame) if frame[c].dtype == "str" and c not in IDS}
    for column, values in texts.items():
        distinct = pd.Series(values.unique(), dtype="str")
        found = int(values.isin(distinct[distinct.str.contains(pattern, na=False)]).sum())
        if found:
            message = _(
                "{column}: {n} isian memuat nomor sepanjang NIP atau NIK; hapus nomor itu dari datanya, lalu ulangi."
            )
            raise DataError(message.format(column=column, n=found))


# -- what is put in their place ----------------------------------------------------------------------------------------


def hash_ids(values: Sequence[str], key: bytes, letter: str = PURPOSES["pegawai"]) -> pd.Series:
    """Return the pseudonym of each value: a letter and 16 signs of base32, the first 80 bits of HMAC-SHA-256.

    Examples
    --------
    >>> hash_ids(["197902182012012001"], bytes(32)).tolist()
    ['PZR2GBKXYZQ45J6TF']
    """
    parts = [_hash_chunk(values[first : first + CHUNK], key, letter) for first in range(0, len(values), CHUNK)]
    return pd.concat(parts, ignore_index=True) if parts else pd.Series([], dtype="str")


def _hash_chunk(values: Sequence[str], key: bytes, letter: str) -> pd.Series:
    """Return pseudonyms of some values; base32 for all of them at once, five bits a sign."""
    digest = hmac.digest
    joined = b"".join([digest(key, value.encode(), "sha256")[:HASH_BYTES] for value in values])
    bits = np.unpackbits(np.frombuffer(joined, dtype=np.uint8)).reshape(-1, 5)
    signs = BASE32[bits @ np.array([16, 8, 4, 2, 1], dtype=np.uint8)].reshape(len(values), -1)
    first = np.full((len(values), 1), ord(letter), dtype=np.uint8)
    whole = np.ascontiguousarray(np.hstack([first, signs]))
    return pd.Series(whole.view(f"S{whole.shape[1]}").ravel().astype("U"), dtype="str")


def _pseudonyms(tables: Mapping[str, pd.DataFrame], purpose: str, secret: bytes) -> pd.Series:
    """Return id -> pseudonym of everybody who appears in any table for one purpose; each id is hashed once."""
    columns = [frame[c] for frame in tables.values() for c in frame if IDS.get(str(c)) == purpose]
    distinct = pd.concat(columns).dropna().unique() if columns else []
    key = hmac.digest(secret, f"kinerja_lib {purpose} 1".encode(), "sha256")
    codes = hash_ids(list(distinct), key, PURPOSES[purpose])
    if not codes.is_unique:
        message = _("{n} pasang {purpose} mendapat nama samaran yang sama; pakai kunci lain.")
        raise DataError(message.format(n=len(codes) - codes.nunique(), purpose=purpose))
    return codes.set_axis(pd.Index(distinct, dtype="str"))


def _hide(table: str, frame: pd.DataFrame, codes: Mapping[str, pd.Series]) -> pd.DataFrame:
    """Return the frame with pseudonyms, coarser dates, and rows about people sorted by pseudonym."""
    result = frame.copy()
    for column in frame.columns.intersection(list(IDS)):
        own = codes[IDS[column]]
        places = own.index.get_indexer(pd.Index(frame[column]))
        result[column] = pd.Series(own.array.take(places, allow_fill=True), index=frame.index, dtype="str")
    if table == "pegawai":
        for column, band in (("tanggal_lahir", BAND), ("tmt_cpns", 1)):
            if column in frame:
                result[column] = _coarse(frame[column], band)
    order = [c for c in ("pegawai_id", "responden_id", "mulai", "kegiatan_id") if c in result]
    if order and order != ["mulai"]:
        result = result.sort_values(order, kind="stable", ignore_index=True)
    return result


def _coarse(dates: pd.Series, years: int) -> pd.Series:
    """Return 1 January of the first year of the band of `years` in which each date lies."""
    first = dates.dt.year // years * years
    return pd.to_datetime({"year": first, "month": 1, "day": 1}).astype(dates.dtype)
