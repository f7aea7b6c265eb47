"""What a study says: its verdict in words, why, by which plan, and what its data could have seen at all.

The verb comes from one table, keyed by design: only a comparison may be called an effect. Every number is bound to a
field of the study and stands with its interval and n.
"""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

import pandas as pd

from kinerja_lib.language import _, mark
from kinerja_lib.privacy import is_small
from kinerja_lib.show.blocks import LeftOut, Note, Paragraph, Runs, compose, each_row, lower_first, plain
from kinerja_lib.show.numbers import SMALL, Bound, count, day, interval, number, rupiah
from kinerja_lib.studies.plan import StudyPlan
from kinerja_lib.studies.pooled import Pooled
from kinerja_lib.studies.reasons import say_reason
from kinerja_lib.studies.result import CANNOT_SAY, CONTRADICTED, NOT_SUPPORTED, SUPPORTED, Study, name_programme
from kinerja_lib.vocabulary import label


class Verb(NamedTuple):
    """The verb of a design: what a programme does to an outcome, and the same as not seen."""

    does: str
    denied: str


_EFFECT = Verb(mark("berdampak pada"), mark("tidak terlihat berdampak pada"))
VERBS = {
    "random": _EFFECT,
    "comparative": _EFFECT,
    "pre_post": Verb(mark("diikuti perubahan pada"), mark("tidak terlihat diikuti perubahan pada")),
    "correlational": Verb(mark("berkaitan dengan"), mark("tidak terlihat berkaitan dengan")),
}
DESIGNS = {
    "random": mark("acak (random): undian menentukan siapa mendapat program"),
    "comparative": mark("dengan kelompok pembanding, tanpa undian"),
    "pre_post": mark("sebelum dan sesudah, tanpa pembanding"),
    "correlational": mark("kaitan antarpeubah, tanpa pembanding"),
    "": mark("tidak memungkinkan simpulan"),
}
SHORT_DESIGNS = {  # in a cell
    "random": mark("diundi"),
    "comparative": mark("dengan pembanding"),
    "pre_post": mark("sebelum dan sesudah"),
    "correlational": mark("kaitan saja"),
}
OUTCOMES = {
    "value": mark("kinerja"),
    "cost": mark("pengeluaran"),
    "retention": mark("bertahannya pegawai"),
    "climate": mark("iklim kerja"),
}
VERDICTS = {
    SUPPORTED: mark("didukung data"),
    NOT_SUPPORTED: mark("tidak didukung data"),
    CONTRADICTED: mark("berlawanan dengan harapan"),
    CANNOT_SAY: mark("belum dapat dikatakan"),
}
LEADS = {
    SUPPORTED: mark("**Didukung data.** {programme} {does} {outcome}: "),
    NOT_SUPPORTED: mark("**Tidak didukung data.** {programme} {denied} {outcome}: "),
    CONTRADICTED: mark("**Berlawanan dengan harapan.** {programme} {does} {outcome}, ke arah yang tidak diharapkan: "),
    CANNOT_SAY: mark("**Belum dapat dikatakan** apakah {theme} {does} {outcome}. "),
}
COMPARED = ("random", "comparative")
ALONE = mark(
    "Tanpa pengacakan, selisih ini menunjukkan kaitan, bukan dampak."
)  # what a regression alone says of itself
RUPIAH = ("Rp", "rupiah")  # units of money, alone or as the first word
NEAR = 0.25  # an interval that comes so near to zero, as a share of the estimate, leaves the size open
RATIO = "retention"  # the study whose headline is the logarithm of a ratio of rates
HUNDRED = 100
BARE_P = re.compile(r"\bp [<=>]")  # what a check of the study tells with its question instead


def find_verb(design: str) -> Verb:
    """Return the verb of a design; the weakest where the design is not known.

    Examples
    --------
    >>> find_verb("correlational").does
    'berkaitan dengan'
    """
    verb = VERBS.get(design, VERBS["correlational"])
    return Verb(_(verb.does), _(verb.denied))


def name_outcome(study: Study) -> str:
    """Return what was measured, inside a sentence."""
    return lower_first(study.outcome) if study.outcome else _(OUTCOMES[study.name])


def name_theme(study: Study) -> str:
    """Return the programme inside a sentence; "program" where none is known."""
    return name_programme(study.programme) if study.programme else _("program")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def is_ratio(study: Study, row: Any) -> bool:
    """Tell whether a row holds the logarithm of a ratio of rates: read as "so many times"."""
    return study.name == RATIO and row.unit == study.unit and row.role in ("main", "naive", "event")


def decimals_of(values: pd.DataFrame) -> int:
    """Return decimals enough for the size of the effects: none from 100 on, one from 10 on, else two."""
    ends = values[["estimate", "conf_low", "conf_high"]].astype("float64").abs().to_numpy()
    largest = float(ends[~pd.isna(ends)].max()) if (~pd.isna(ends)).any() else 100.0
    return 0 if largest >= 100 else 1 if largest >= 10 else 2


def decimals_in(row: Any) -> int:
    """Return decimals enough for one row."""
    return decimals_of(pd.DataFrame([row._asdict()]))


def find_money(unit: str) -> str | None:
    """Return what follows the money in a unit of money ("per pegawai"); None for any other unit."""
    head, _space, rest = unit.partition(" ")
    return rest if head in RUPIAH else None


def amount(value: float, unit: str, decimals: int, *, signed: bool = False) -> Bound:
    """Return a value with its unit: "0,41 poin", "Rp1.200 per pegawai".

    Examples
    --------
    >>> amount(-1200.0, "Rp per pegawai", 0).text
    '−Rp1.200 per pegawai'
    """
    rest = find_money(unit)
    bound = number(value, decimals, signed=signed) if rest is None else rupiah(value)
    if signed and rest is not None and value > 0:
        bound = Bound("+" + bound.text, bound.value)
    after = unit if rest is None else rest
    return Bound(f"{bound.text} {after}".rstrip(), bound.value)


def ends_of(row: Any, *, ratio: bool = False) -> Bound:
    """Return the interval of a row as a reader sees it: of a ratio in times, of money in rupiah.

    An end that only rounding makes zero gets one more decimal.
    """
    low, high = (float(row.conf_low), float(row.conf_high))
    if ratio:
        return interval(math.exp(low), math.exp(high), 2)
    if pd.isna(low) or pd.isna(high):
        return interval(None, None)
    if find_money(row.unit) is not None:
        text = _("{low} sampai {high}").format(low=rupiah(low), high=rupiah(high))
        return Bound(text, f"{low} {high}")
    return interval(low, high, _decimals_of_ends(row))


def _decimals_of_ends(row: Any) -> int:
    decimals = decimals_in(row)
    zero = number(0.0, decimals).text
    gone = any(end != 0 and number(abs(end), decimals).text == zero for end in (row.conf_low, row.conf_high))
    return decimals + gone


def size_of(study: Study, row: Any, *, signed: bool = True) -> Bound:
    """Return the estimate of a row with its unit: "0,72 kali", "+0,41 poin", "+Rp1.200"."""
    if is_ratio(study, row):
        times = number(math.exp(row.estimate), 2)
        return Bound(_("{n} kali").format(n=times.text), times.value)
    return amount(row.estimate, row.unit, decimals_in(row), signed=signed)


def find_headline(study: Study) -> Any | None:
    """Return the row that the verdict is about: of a trial of several arms, that of its programme."""
    return next(iter(each_row(study.own)), None)


def number_of(study: Study, row: Any) -> str:
    """Return the estimate of a row without its unit: a ratio in times, money as money."""
    if is_ratio(study, row):
        return number(math.exp(row.estimate), 2).text
    if find_money(row.unit) is None:
        return number(row.estimate, decimals_in(row), signed=True).text
    return amount(row.estimate, RUPIAH[0], decimals_in(row), signed=True).text


def is_clear(row: Any) -> bool:
    """Tell whether the interval of a row leaves zero out."""
    return bool(row.conf_low > 0 or row.conf_high < 0)


def say_size(study: Study, row: Any) -> Runs:
    """Return a row as a clause: its size in the reader's words, its interval, its n."""
    ratio = is_ratio(study, row)
    clear = is_clear(row)
    text = (
        _("laju keluar {size} laju pembanding (selang 95 %: {interval}; n = {n})")
        if ratio
        else _("{size} {direction} (selang 95 %: {interval}; n = {n})")
        if clear
        else _("selisihnya {size}, dan selangnya memuat nol ({interval}; n = {n})")
    )
    shown = row._replace(estimate=abs(row.estimate)) if clear and not ratio else row
    return compose(
        text,
        size=size_of(study, shown, signed=not clear),
        direction=_("lebih tinggi daripada pembanding") if row.estimate > 0 else _("lebih rendah daripada pembanding"),
        interval=ends_of(row, ratio=ratio),
        n=count(row.n),
    )


def say_verdict(study: Study) -> Paragraph:
    """Return the sentence that opens a study: the verdict in words, the effect, the same in people, and a hedge.

    Parameters
    ----------
    study : Study
        From any `study_` call.

    Returns
    -------
    Paragraph
        Of a study that cannot say: what cannot be said, the estimate where there is one, and all reasons with what
        data would be needed.
    """
    row = find_headline(study)
    verb, theme = find_verb(study.design), name_theme(study)
    words = {"theme": theme, "programme": _capital(theme), "does": verb.does, "denied": verb.denied}
    lead = compose(_(LEADS[study.verdict]), **words, outcome=name_outcome(study))
    if study.verdict == CANNOT_SAY or row is None:
        estimate = () if row is None else (*compose(_("Taksiran yang ada: ")), *say_size(study, row), {"text": ". "})
        return Paragraph((*lead, *estimate, {"text": " ".join(study.reasons)}), role="lead")
    said = [(*lead, *say_size(study, row), {"text": "."}), *_say_in_people(study), *_say_hedge(study, row)]
    return Paragraph(tuple(run for runs in said for run in (*runs, {"text": " "}))[:-1], role="lead")


def _say_in_people(study: Study) -> list[Runs]:
    """Return the effect in people: of ratings as a change among a hundred, of leaving from the second estimator.

    Of a survey: in points of the scale of its answers.
    """
    if study.name == RATIO:
        return _say_leavers(study)
    if study.name == "climate":
        return _say_points(study)
    changes = study.detail.get("probability_change")
    if not isinstance(changes, pd.DataFrame):
        return []
    shown = changes[changes["estimate"].notna() & ~changes["n"].map(is_small)]
    if shown.empty:
        return []
    row = each_row(shown.loc[[shown["estimate"].abs().idxmax()]])[0]
    text = (
        _(
            "Dari {hundred} peserta, {k} {more} yang bernilai {level} daripada yang diperkirakan tanpa program (selang "
            "95 %: {interval}; n = {n})."
        )
        if is_clear(row)
        else _(
            "Dari {hundred} peserta, taksirannya {k} {more} yang bernilai {level}, tetapi selangnya memuat nol "
            "({interval}; n = {n})."
        )
    )
    values = {"hundred": count(HUNDRED), "k": number(HUNDRED * abs(row.estimate), 0), "n": count(row.n)}
    ends = interval(HUNDRED * row.conf_low, HUNDRED * row.conf_high, 0)
    return [compose(text, **values, more=_more(row.estimate), level=label(str(row.group)), interval=ends)]


def _more(value: float) -> str:
    return _("lebih banyak") if value > 0 else _("lebih sedikit")


def _say_leavers(study: Study) -> list[Runs]:
    rows = each_row(study.table[study.table["role"] == "second"])
    if not rows or rows[0].unit == study.unit:
        return []
    row = rows[0]
    clear = is_clear(row)
    text = (
        _("Itu berarti {size} {more} yang keluar (selang 95 %: {interval}; n = {n}).")
        if clear
        else _("Dihitung dalam orang, selisihnya {size}, dan selangnya memuat nol ({interval}; n = {n}).")
    )
    shown = row._replace(estimate=abs(row.estimate)) if clear else row
    ends = ends_of(row)
    size = size_of(study, shown, signed=not clear)
    return [compose(text, size=size, more=_more(row.estimate), interval=ends, n=count(row.n))]


def _say_points(study: Study) -> list[Runs]:
    scale, row = study.detail.get("sd"), find_headline(study)
    if scale is None or row is None:
        return []
    text = _("Pada skala jawaban, itu {points} poin (selang 95 %: {interval}; n = {n}).")
    ends = interval(scale * row.conf_low, scale * row.conf_high, 2)
    return [compose(text, points=number(scale * row.estimate, 2, signed=True), interval=ends, n=count(row.n))]


def _say_hedge(study: Study, row: Any) -> list[Runs]:
    """Return what makes the verdict less firm: an interval that comes near to zero, a sensitivity that fails."""
    said = []
    if is_clear(row) and min(abs(row.conf_low), abs(row.conf_high)) < NEAR * abs(row.estimate):
        said.append(compose(_("Arahnya jelas, besarnya belum: selang itu masih memuat selisih yang kecil sekali.")))
    said += [
        compose("{reason}", reason=say_reason(check.name))
        for check in study.checks
        if check.passed is False and not check.blocking
    ]
    return said


def note_verdict(study: Study) -> Note:
    """Return the verdict, its reasons, and the rules by which it was reached.

    Parameters
    ----------
    study : Study
        From any `study_` call.
    """
    rules = _(
        "**Aturan putusan, ditetapkan sebelum data dilihat.** Didukung: seluruh selang berada di sisi yang diharapkan "
        "dan tidak ada pemeriksaan yang menggugurkan. Berlawanan: seluruhnya di sisi lain. Tidak didukung: memuat nol "
        "dan menyingkirkan selisih terkecil yang layak. Selain itu: belum dapat dikatakan."
    )
    head = compose(_("**Putusan: {verdict}.** "), verdict=_(VERDICTS[study.verdict]))
    return Note(((*head, {"text": " ".join(study.reasons)}), compose(rules)))


def say_study_reach(study: Study) -> Paragraph | LeftOut:
    """Return what effect these data could have seen at all, before the outcome is looked at.

    Parameters
    ----------
    study : Study
        With `reach`: n_treated, n_control, and effect, power, smallest where they could be computed.
    """
    reach = study.reach
    if not {"n_treated", "n_control"} <= set(reach):
        return LeftOut(_("peserta dan pembandingnya tidak diketahui"), _("Daya kajian"))
    sides = [int(reach[name]) for name in ("n_treated", "n_control")]
    shown = {
        name: Bound(SMALL, None) if is_small(n) else count(n) for name, n in zip(("own", "other"), sides, strict=True)
    }
    people = (
        _("Ada {own} unit-periode dengan program dan {other} tanpa program. ")
        if study.name == "cost"
        else _("Ada {own} peserta dan {other} pembanding. ")
    )
    parts = [compose(people, **shown)]
    if "n_units" in reach:
        parts.append(compose(_("Keduanya tersebar di {units} unit. "), units=count(reach["n_units"])))
    effect, power, smallest = (reach.get(name, math.nan) for name in ("effect", "power", "smallest"))
    if pd.notna(effect) and min(sides) > 0:
        text = (
            _(
                "Laju keluar {effect} kali laju pembanding, atau yang lebih rendah lagi, akan terlihat pada delapan "
                "dari sepuluh kajian seperti ini; yang lebih dekat ke satu sering luput. "
            )
            if study.name == RATIO
            else _(
                "Selisih sebesar {effect} atau lebih akan terlihat pada delapan dari sepuluh kajian seperti ini; yang "
                "lebih kecil sering luput. "
            )
        )
        parts.append(compose(text, effect=_reach_size(effect, study)))
    if pd.notna(power) and pd.notna(smallest):
        text = (
            _("Laju keluar {smallest} kali laju pembanding akan terlihat pada {k} dari {hundred} kajian.")
            if study.name == RATIO
            else _("Selisih terkecil yang dianggap berarti, {smallest}, akan terlihat pada {k} dari {hundred} kajian.")
        )
        values = {"k": number(HUNDRED * power, 0), "hundred": count(HUNDRED)}
        parts.append(compose(text, smallest=_reach_size(smallest, study), **values))
    return Paragraph(tuple(run for part in parts for run in part))


def _reach_size(value: float, study: Study) -> Bound:
    """Return the size of an effect of `reach`: of retention a ratio below one, of cost money, else in SD."""
    if study.name == RATIO:
        return number(math.exp(-abs(value)), 2)
    if study.name == "cost" and value > HUNDRED:
        return rupiah(value)
    shown = number(value, 2)
    return Bound(_("{n} simpangan baku").format(n=shown.text), shown.value)


def say_study_plan(study: Study | Pooled, plan: StudyPlan) -> Paragraph:
    """Return whether the study follows a frozen plan; else that it is exploratory, and what was not planned.

    Parameters
    ----------
    study : Study or Pooled
        Its `exploratory` counts too.
    plan : StudyPlan
        What it was run with, from `choose_plan`.
    """
    outside = tuple(dict.fromkeys((*plan.outside, *study.exploratory)))
    if not outside and plan.frozen_on:
        text = _("Kajian ini menjalankan rencana yang dibekukan pada {day}, sebelum data dilihat.")
        return Paragraph(compose(text, day=day(plan.frozen_on)))
    if not outside:
        outside = (_("Tidak ada rencana yang dibekukan sebelum data dilihat."),)
    head = compose(_("**Bersifat penjajakan (eksploratif).** "))
    return Paragraph((*head, {"text": " ".join(outside)}))


def note_design(study: Study) -> Note | None:
    """Return the design in words, the error rule and what has to hold; nothing where the design gives no answer."""
    from kinerja_lib.show.result_parts import say_errors, say_warnings

    if not study.design:
        return None
    pooled = study.pooled
    first = compose(_("**Rancangan:** {design}."), design=_(DESIGNS.get(study.design, study.design)))
    if pooled is None:
        return Note((first,))
    assumptions = " ".join(text for text in pooled.assumptions if text != _(ALONE) or study.design not in COMPARED)
    errors = (
        compose(_("**Galat baku:** dikelompokkan menurut orang ({rule})."), rule=pooled.rule)
        if study.design == "random"
        else compose(_("**Galat baku:** {errors}."), errors=lower_first(say_errors(pooled)))
    )
    held = compose(_("**Yang harus berlaku:** {assumptions}"), assumptions=assumptions)
    warned = [runs for runs in say_warnings(pooled) if not BARE_P.search(plain(runs))]
    return Note((first, errors, *([held] if assumptions else []), *warned))
