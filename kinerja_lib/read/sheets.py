"""Sheets of cells from the files of an office: what was in which cell, nothing guessed and nothing repaired."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """One sheet of a workbook, one CSV file, or the table of an HTML page.

    Attributes
    ----------
    file : str
        Name as given, relative to the imported folder, with "/".
    name : str or None
        Name of the sheet; None for CSV and HTML.
    rows : list of list
        Values as the file holds them: text, float, int, bool, date, datetime, time, timedelta; "" where empty.
    first_row, first_column : int
        Where `rows[0][0]` stands, from 1.
    lines : list of int or None
        CSV: physical line on which each row starts.
    hidden : bool
        Whether the sheet is hidden.
    errors, unstored : frozenset of str
        Addresses of error cells (#N/A), and of formulas without a stored value; both are "" in `rows`.
    formulas : int
        Formulas whose stored value is in `rows`.
    hash : str
        SHA-256 of the file.
    """

    file: str
    name: str | None
    rows: list[list[object]]
    first_row: int = 1
    first_column: int = 1
    lines: list[int] | None = None
    hidden: bool = False
    errors: frozenset[str] = frozenset()
    unstored: frozenset[str] = frozenset()
    formulas: int = 0
    hash: str = ""

    def address(self, row: int, column: int) -> str:
        """Return where a value of `rows` stands, such as "B17".

        Examples
        --------
        >>> Sheet("a.xlsx", "Satu", [["x"]], first_row=5).address(0, 27)
        'AB5'
        """
        letters, number = "", self.first_column + column
        while number:
            number, rest = divmod(number - 1, 26)
            letters = chr(ord("A") + rest) + letters
        return f"{letters}{self.first_row + row}"

    def line(self, row: int) -> int | None:
        """Return the physical line of a CSV on which a row starts."""
        return None if self.lines is None else self.lines[row]
