"""Forms of development: the 25 of the BKN code list (Peraturan LAN 10/2018), and konseling, which has no code."""

from __future__ import annotations

from functools import cache
from typing import Any

from kinerja_lib.rules.tables import clean_label, look_up, read_rules
from kinerja_lib.vocabulary import JENIS_KEGIATAN


@cache
def _labels() -> dict[str, str]:
    """Return every accepted label, cleaned: codes, names and synonyms, with a hyphen, a space or nothing between."""
    labels = {}
    for row in read_rules("jenis_kegiatan"):
        labels.update(dict.fromkeys((row["kode"], row["bentuk"], row["jenis"].replace("_", " ")), row["jenis"]))
    labels.update({row["label"]: row["jenis"] for row in read_rules("label_kegiatan")})
    spelt = {text.replace("-", sign): jenis for text, jenis in labels.items() for sign in ("-", " ", "", "–")}
    return {key: jenis for text, jenis in spelt.items() if (key := clean_label(text))}


def read_jenis_kegiatan(text: Any) -> Any:
    """Return the form of development that a label of an export names; exact match after cleaning, never a part.

    Parameters
    ----------
    text : str, int or Series
        SIASN code (`jenisDiklatId`, 1-25), name or known synonym, such as 14, "Coaching", "detail sharing", "PJJ".

    Returns
    -------
    str, None or Series
        One of the vocabulary's `JENIS_KEGIATAN`, "konseling" among them; missing stays missing. A Series is a category.

    Raises
    ------
    CallError
        The label is unknown. In a Series an unknown label gives missing.

    Examples
    --------
    >>> read_jenis_kegiatan(14), read_jenis_kegiatan("Detail Sharing"), read_jenis_kegiatan("e-learning")
    ('coaching', 'detasering', 'e_learning')
    """
    return look_up("jenis", text, _labels(), JENIS_KEGIATAN)
