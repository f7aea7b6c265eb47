"""Which courses the Indeks Profesionalitas ASN counts, and how far back it looks (Peraturan BKN 8/2019)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from kinerja_lib.rules.tables import read_rules


@dataclass(frozen=True, slots=True)
class Window:
    """What makes one flag of `score_ip_asn` true.

    Attributes
    ----------
    flag : str
        diklat, teknis_20jp or seminar.
    jabatan : str
        "struktural" or "fungsional": for whom; empty for everybody.
    jenis : tuple of str
        Forms of development that count.
    months : int or None
        How far back from the end of the period; None where no source sets it.
    jp : float or None
        How many JP in all; None where one event is enough.
    keyakinan : str
        How sure the row is.
    """

    flag: str
    jabatan: str
    jenis: tuple[str, ...]
    months: int | None
    jp: float | None
    keyakinan: str


@cache
def ip_asn_windows() -> tuple[Window, ...]:
    """Return what counts as course, technical training and seminar, in the order of the table.

    Examples
    --------
    >>> [(window.flag, window.months) for window in ip_asn_windows()]
    [('diklat', None), ('diklat', None), ('teknis_20jp', 12), ('seminar', None)]
    """
    tags = [(row["jenis"], row["tag"]) for row in read_rules("jenis_kegiatan")]
    return tuple(
        Window(
            row["unsur"],
            row["jabatan"],
            tuple(filter(None, row["jenis"].split(";"))) or tuple(jenis for jenis, tag in tags if tag == row["tag"]),
            int(row["bulan"]) if row["bulan"] else None,
            float(row["jp"]) if row["jp"] else None,
            row["keyakinan"],
        )
        for row in read_rules("jendela_ip_asn")
    )
