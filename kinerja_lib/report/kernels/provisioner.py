"""How jupyter_client gets its kernels: forked from the warm parent, or started in the plain way.

`WarmProvisioner` is registered under the name ``kinerja-warm`` (an entry point), so that
``JUPYTER_DEFAULT_PROVISIONER_NAME=kinerja-warm`` gives warm kernels to any program. The engine chooses it by
`prepare_kernels`, which needs no installed entry point.
"""

from __future__ import annotations

import os
import re
import sys
import time
from contextlib import suppress
from importlib import import_module
from importlib.metadata import EntryPoint
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.client import KernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Type

from kinerja_lib.errors import require_choice
from kinerja_lib.read.several import split_places
from kinerja_lib.report.kernels.client import NoKernelError, kernel_environment, use_parent
from kinerja_lib.report.kernels.parent import LAUNCHER, PUBLIC

NAME = "kinerja-warm"
SWITCH = "KINERJA_KERNELS"  # of the environment: "warm" or "plain"
KINDS = ("warm", "plain")
WORDS = re.compile(r"[A-Za-z]\w*")
SILENCE = 0.2  # seconds after which outputs are not yet heard and the kernel is asked again
ENDING = 5.0  # seconds that a killed kernel may take


def choose_kernels() -> str:
    """Return "warm" or "plain": what the environment variable ``KINERJA_KERNELS`` says, else warm kernels on Linux.

    Windows has no ``fork``; on macOS system libraries may not survive it, so there it is the user's choice.
    """
    asked = os.environ.get(SWITCH, "").strip()
    if asked:
        require_choice(SWITCH, asked, KINDS)
    if not hasattr(os, "fork"):
        return "plain"
    return asked or ("warm" if sys.platform == "linux" else "plain")


class WarmProvisioner(LocalProvisioner):
    """Asks the warm parent for a kernel; a plain one is started when the parent cannot give any."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Start the kernel of a command line."""
        try:
            if not hasattr(os, "fork") or LAUNCHER not in cmd:
                raise NoKernelError("no fork" if LAUNCHER in cmd else "not an ipykernel")
            arguments = cmd[cmd.index(LAUNCHER) + 1 :]
            cwd = str(Path(kwargs.get("cwd") or "").absolute())
            self.process: Any = use_parent().fork(arguments, kwargs.get("env", os.environ), cwd)
        except NoKernelError as error:
            self.log.warning("no warm kernel (%s); starting a plain one", error)
            return await super().launch_kernel(cmd, **kwargs)
        self.pid, self.pgid, self.cwd = self.process.pid, None, cwd  # signals go through the parent
        return self.connection_info

    async def kill(self, restart: bool = False) -> None:
        """End the kernel; it is gone on return, so that nobody has to look again a little later."""
        await super().kill(restart=restart)
        if self.process is not None:
            self.process.wait(ENDING)


class PromptClient(AsyncKernelClient):
    """A client that takes a kernel as ready when it says so, where jupyter_client's waits for 0.2 s of silence."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel has answered and its outputs are heard; `RuntimeError` when it does not."""
        deadline = time.monotonic() + (float("inf") if timeout is None else timeout)
        while True:
            asked = self.kernel_info()
            with suppress(Empty):
                reply = await self._answer(self.get_shell_msg, asked, "kernel_info_reply", seconds=1.0)
                await self._answer(self.get_iopub_msg, asked, "idle", seconds=SILENCE)
                self._handle_kernel_info_reply(reply)
                return
            if not await self.is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            if time.monotonic() > deadline:
                raise RuntimeError(f"Kernel didn't respond in {timeout} seconds")

    async def _answer(self, receive: Any, asked: str, what: str, *, seconds: float) -> dict[str, Any]:
        """Return the first message to a request that is of a kind, or a status of that kind; `Empty` after silence."""
        while True:
            message: dict[str, Any] = await receive(timeout=seconds)
            kinds = (message["msg_type"], message["content"].get("execution_state"))
            if message["parent_header"].get("msg_id") == asked and what in kinds:
                return message


class PlainManager(AsyncKernelManager):
    """A kernel manager whose kernels get what `kernel_environment` says."""

    client_factory = Type(klass=KernelClient, default_value=PromptClient)

    @property
    def kernel_spec(self) -> KernelSpec | None:
        """The specification of the kernel, with that environment."""
        spec = super().kernel_spec
        if spec is not None:
            spec.env = {**spec.env, **kernel_environment()}
        return spec


class WarmManager(PlainManager):
    """A kernel manager that uses `WarmProvisioner`, whatever the kernel's own specification says."""

    @property
    def kernel_spec(self) -> KernelSpec | None:
        """The specification of the kernel, with the provisioner in it."""
        spec = super().kernel_spec
        if spec is not None:
            spec.metadata = {**spec.metadata, "kernel_provisioner": {"provisioner_name": NAME}}
        return spec


def prepare_kernels(code: str, data: str) -> type[PlainManager]:
    """Return the class of kernel manager for a run, as `choose_kernels` says, and ready the parent for it.

    Parameters
    ----------
    code : str
        What the notebook's cells run: the parent loads the modules of the library's names in it.
    data : str
        The data that it reads, as the parameter of that name has them: the parent holds them.
    """
    if choose_kernels() == "plain":
        return PlainManager
    with suppress(NoKernelError):  # told when the kernel is asked for
        parent = use_parent()
        parent.load(set(WORDS.findall(code)) & set(import_module(PUBLIC).__all__))
        parent.hold(tuple(split_places(data)) if data else ())
    here = EntryPoint(NAME, f"{__name__}:{WarmProvisioner.__name__}", KernelProvisionerFactory.GROUP_NAME)
    KernelProvisionerFactory.provisioners.setdefault(NAME, here)  # also where the installed metadata are older
    return WarmManager
