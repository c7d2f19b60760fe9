"""A real ComfyUI server with this pack in it, and a small client: what a browser sends and gets, without the browser.

    python tests/host/server.py [--port 8188] [--base FOLDER]

starts one by hand (COMFYUI_PATH, else ~/comfy/ComfyUI), prints its address and runs until Ctrl-C; the scripts that
check and picture the example workflows want such a server. Tests get it from the fixture `live`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FOLDER = "ComfyUI-Tora"
"""The pack's name in custom_nodes; ComfyUI uses it in every address below /extensions and in the template list."""

PREVIEW_IMAGE, PREVIEW_IMAGE_WITH_METADATA = 1, 4  # ComfyUI's protocol.py
ENDINGS = {"execution_success": "success", "execution_error": "error", "execution_interrupted": "interrupted"}


class PromptRefusedError(Exception):
    """ComfyUI didn't queue a prompt; `answer` is what it said."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__(json.dumps(answer, indent=1))
        self.answer = answer


@dataclass(frozen=True)
class Preview:
    """A picture sent while a node runs; node is None where the server named none."""

    node: str | None
    picture: bytes


@dataclass
class Run:
    """What one prompt came to: its end ("success", "error", "interrupted"), all messages, previews and outputs."""

    prompt_id: str
    end: str = ""
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    previews: list[Preview] = field(default_factory=list)
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The data of each message of this kind, in order."""
        return [data for name, data in self.events if name == kind]

    @property
    def executed(self) -> list[str]:
        """The nodes that were really run, not taken from the cache."""
        return [data["node"] for data in self.of("executing") if data["node"] is not None]

    @property
    def cached(self) -> set[str]:
        return {node for data in self.of("execution_cached") for node in data["nodes"]}


class Server:
    """`with Server(comfyui, base) as server:`; base is a folder of its own for models, inputs and outputs.

    The pack is linked into base/custom_nodes. Raises RuntimeError with the end of the log when ComfyUI doesn't start.
    """

    def __init__(
        self,
        comfyui: Path,
        base: Path,
        *,
        pack: Path = ROOT,
        port: int | None = None,
        options: tuple[str, ...] = (),
        wait_s: float = 180,
    ) -> None:
        self.base, self.wait_s = base, wait_s
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log_file = base / "server.log"
        custom_nodes = base / "custom_nodes"
        custom_nodes.mkdir(parents=True, exist_ok=True)
        (base / "input").mkdir(exist_ok=True)
        link = custom_nodes / FOLDER
        if not link.is_symlink():
            link.symlink_to(pack, target_is_directory=True)
        # Its own database: the default one is locked by whichever ComfyUI runs on this machine.
        self.command = [
            *(sys.executable, "main.py", "--cpu", "--port", str(self.port), "--disable-auto-launch"),
            *("--base-directory", str(base), "--database-url", "sqlite:///:memory:"),
            *("--preview-method", "latent2rgb", *options),
        ]
        self.comfyui = comfyui
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Server:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                raise RuntimeError(f"port {self.port} is in use; choose another.")
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(self.command, cwd=self.comfyui, stdout=log, stderr=subprocess.STDOUT)
        until = time.monotonic() + self.wait_s
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise RuntimeError(f"ComfyUI ended with {self.process.returncode} while starting:\n{self.log_tail()}")
            with contextlib.suppress(OSError):
                self.get("/system_stats")
                return self
            time.sleep(0.2)
        self.stop()
        raise RuntimeError(f"ComfyUI didn't answer within {self.wait_s:g} s:\n{self.log_tail()}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def log_tail(self, lines: int = 60) -> str:
        return "\n".join(self.log_file.read_text("utf-8", "replace").splitlines()[-lines:])

    def get(self, path: str) -> Any:
        """The JSON at a path such as /object_info."""
        return json.loads(self.fetch(path))

    def fetch(self, path: str) -> bytes:
        with urllib.request.urlopen(self.url + path, timeout=60) as answer:
            return answer.read()

    def post(self, path: str, body: Any = None) -> Any:
        data = b"" if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise PromptRefusedError(json.loads(error.read() or b"{}")) from None
        return json.loads(text) if text else None

    def interrupt(self) -> None:
        self.post("/interrupt")

    def history(self, prompt_id: str) -> dict[str, Any]:
        return self.get(f"/history/{prompt_id}")[prompt_id]

    def run(
        self,
        prompt: dict[str, Any],
        on_event: Callable[[str, dict[str, Any]], None] | None = None,
        timeout_s: float = 300,
    ) -> Run:
        """Queue a prompt (API form), follow it over the websocket to its end.

        on_event is called for each message as it comes. Raises PromptRefusedError, and TimeoutError with the log's end.
        """
        try:
            return asyncio.run(asyncio.wait_for(self._run(prompt, on_event), timeout_s))
        except (asyncio.TimeoutError, TimeoutError):
            raise TimeoutError(f"the prompt didn't end within {timeout_s:g} s:\n{self.log_tail()}") from None

    async def _run(self, prompt: dict[str, Any], on_event: Callable[[str, dict[str, Any]], None] | None) -> Run:
        import aiohttp

        client = uuid.uuid4().hex
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{self.url}/ws?clientId={client}", max_msg_size=0) as messages,
        ):
            # Without this first message previews come in the old form, which doesn't say whose they are.
            await messages.send_json({"type": "feature_flags", "data": {"supports_preview_metadata": True}})
            run = Run(self.post("/prompt", {"prompt": prompt, "client_id": client})["prompt_id"])
            async for message in messages:
                if message.type == aiohttp.WSMsgType.BINARY:
                    run.previews.extend(_preview(message.data))
                    continue
                if message.type != aiohttp.WSMsgType.TEXT:
                    break
                kind, data = (lambda m: (m["type"], m.get("data") or {}))(json.loads(message.data))
                if data.get("prompt_id") != run.prompt_id:
                    continue
                run.events.append((kind, data))
                run.end = ENDINGS.get(kind, run.end)
                if on_event is not None:
                    on_event(kind, data)
                if kind == "executing" and data["node"] is None:
                    run.outputs = self.history(run.prompt_id)["outputs"]
                    return run
        raise RuntimeError(f"the connection broke off:\n{self.log_tail()}")

    def output_files(self, run: Run, node: str) -> list[Path]:
        """The files a node saved, in the order in which it names them."""
        folder = self.base / "output"
        return [
            folder / item["subfolder"] / item["filename"]
            for items in run.outputs.get(node, {}).values()
            if isinstance(items, list)
            for item in items
            if isinstance(item, dict) and "filename" in item
        ]


def _preview(message: bytes) -> Iterator[Preview]:
    (kind,) = struct.unpack(">I", message[:4])
    if kind == PREVIEW_IMAGE:
        yield Preview(None, message[8:])
    elif kind == PREVIEW_IMAGE_WITH_METADATA:
        (length,) = struct.unpack(">I", message[4:8])
        about = json.loads(message[8 : 8 + length])
        yield Preview(about.get("node_id"), message[8 + length :])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    parser = argparse.ArgumentParser(description="Start ComfyUI with this pack, in a folder of its own.")
    parser.add_argument("--port", type=int, default=8188)
    parser.add_argument("--base", type=Path, help="folder for models, inputs and outputs; default: a temporary one")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # Else ComfyUI would outlive this process.
    comfyui = Path(os.environ.get("COMFYUI_PATH") or "~/comfy/ComfyUI").expanduser().resolve()
    with tempfile.TemporaryDirectory() as scratch:
        base = (arguments.base or Path(scratch)).resolve()
        base.mkdir(parents=True, exist_ok=True)
        with Server(comfyui, base, port=arguments.port) as server:
            print(f"{server.url}   log: {server.log_file}", flush=True)
            with contextlib.suppress(KeyboardInterrupt):
                assert server.process is not None
                server.process.wait()


if __name__ == "__main__":
    main()
