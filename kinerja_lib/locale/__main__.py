"""Renew the catalogue and say what is not translated yet."""

from __future__ import annotations

from kinerja_lib.locale import PO, renew_catalogue

missing = renew_catalogue()
print(f"{PO.name}: {len(missing)} belum diterjemahkan")
for message in missing:
    print("-", message.splitlines()[0][:100])
