# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A headless Chromium, driven by its own protocol over two pipes: nothing beside the browser is needed."""

from __future__ import annotations

import base64
import collections.abc
import contextlib
import json
import os
import select
import shutil
import subprocess
import time
import typing as t
from pathlib import Path

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
_SECONDS = 60

Json = dict[str, t.Any]


class Browser:
    """One page of a browser.

    :ivar requests: addresses that it asked for.
    :ivar errors: whatever the console, the page's policy or an exception had to complain of.
    """

    def __init__(self, into: int, out: int) -> None:
        self._into, self._out, self._rest, self._next, self._session = into, out, b"", 0, ""
        self.requests: list[str] = []
        self.errors: list[str] = []
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self._call(f"{domain}.enable")
        self.size(1400, 900)

    def size(self, width: int, height: int) -> None:
        """The window's, in pixels."""
        self._call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def look(self, scheme: str = "light", media: str = "screen") -> None:
        """How the person likes it: light or dark, on screen or on paper."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self._call("Emulation.setEmulatedMedia", media=media, features=features)

    def open(self, path: Path) -> float:
        """Load a file, and wait until it says that it is ready. Returns the seconds that took."""
        began = time.monotonic()
        self._call("Page.navigate", url=path.resolve().as_uri())
        while self.run("document.documentElement?.dataset.ready || ''") != "yes":
            assert time.monotonic() - began < _SECONDS, self.errors
            time.sleep(0.01)
        # Until it is painted, too.
        self.run("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return time.monotonic() - began

    def run(self, script: str) -> t.Any:
        """What an expression of JavaScript gives."""
        done = self._call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def press(self, key: str) -> None:
        """A key of the keyboard, by its name or character."""
        codes = {"Tab": 9, "Enter": 13, "Escape": 27, "ArrowUp": 38, "ArrowDown": 40, " ": 32}
        text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
        about = {"key": key, "windowsVirtualKeyCode": codes.get(key, ord(key[0].upper())), "code": key}
        self._call("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", text=text, **about)
        self._call("Input.dispatchKeyEvent", type="keyUp", **about)
        self.run("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def type(self, text: str) -> None:
        """Text into whatever has the focus."""
        self._call("Input.insertText", text=text)
        self.run("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def picture(self, path: Path, whole: bool = False) -> None:
        """A PNG of what is seen, or of the whole page."""
        made = self._call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(made["data"]))

    def paper(self) -> bytes:
        """The page as a PDF, as a printer would get it."""
        made = self._call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
        return base64.b64decode(made["data"])

    def _call(self, method: str, **params: t.Any) -> Json:
        self._next += 1
        message = {"id": self._next, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._into, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._next:
                assert "error" not in answer, (method, answer["error"])
                return t.cast("Json", answer["result"])
            self._note(answer)

    def _read(self) -> Json:
        while b"\0" not in self._rest:
            ready = select.select([self._out], [], [], _SECONDS)[0]
            assert ready, "the browser is silent"
            got = os.read(self._out, 1 << 20)
            assert got, "the browser has ended"
            self._rest += got
        line, self._rest = self._rest.split(b"\0", 1)
        return t.cast("Json", json.loads(line))

    def _note(self, event: Json) -> None:
        params = event.get("params", {})
        if event.get("method") == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif event.get("method") == "Runtime.exceptionThrown":
            self.errors.append(str(params["exceptionDetails"]))
        elif event.get("method") == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.errors.append(params["entry"]["text"])
        elif event.get("method") == "Runtime.consoleAPICalled":
            self.errors.append(str(params["args"]))


@contextlib.contextmanager
def browser(home: Path) -> collections.abc.Iterator[Browser]:
    """A browser with a profile of its own, ended afterwards."""
    assert CHROMIUM
    from_us, into = os.pipe()
    out, to_us = os.pipe()

    def place() -> None:
        # Away from 3 and 4 first, where one of them may be already.
        first, second = os.dup2(from_us, 50), os.dup2(to_us, 51)
        os.dup2(first, 3)
        os.dup2(second, 4)

    command = [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe"]
    command += [
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        f"--user-data-dir={home / 'profile'}",
    ]
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
        close_fds=False,
        preexec_fn=place,
    )
    os.close(from_us)
    os.close(to_us)
    try:
        yield Browser(into, out)
    finally:
        os.close(into)
        os.close(out)
        process.terminate()
        process.wait(30)
