"""The door to a Dask cluster: a client for an address, or one line that says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kinerja_lib.errors import CallError
from kinerja_lib.language import _

CONNECT = "20s"  # how long a cluster may take to answer


@contextmanager
def connect_cluster(scheduler: str) -> Iterator[Any]:
    """Give a client of the cluster whose scheduler has this address, such as ``tcp://10.0.0.1:8786``.

    Raises
    ------
    CallError
        dask.distributed is not installed, or nobody answers at the address.
    """
    try:
        from distributed import Client
    except ImportError:
        message = _("--scheduler: dask.distributed belum terpasang; pasang tambahan cluster.")
        raise CallError(message) from None
    try:
        client: Any = Client(scheduler, timeout=CONNECT)  # type: ignore[no-untyped-call]  # it has no types
    except (OSError, ValueError) as error:
        message = _("--scheduler: {address} tidak dapat dihubungi ({why}).")
        raise CallError(message.format(address=scheduler, why=str(error).splitlines()[0][:80])) from None
    with client:
        yield client
