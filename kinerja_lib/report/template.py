"""The letterhead and the base document of an office."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Template:
    """Letterhead and base document of an office (`--template FOLDER`)."""

    lines: tuple[str, ...] = ()  # kop.txt, UTF-8: a line each; the first is the largest
    logo: bytes = b""  # kop.png, kop.jpg or kop.svg
    logo_kind: str = ""  # "png", "jpg", "svg"
    base: bytes = b""  # dasar.docx
