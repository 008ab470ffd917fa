# Copyright (c) mssp.defender contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This plugin_utils file is PRIVATE to the collection: no stability is promised to other collections.
"""Lines at the foot of a terminal that stay there while others are printed above them.

The cursor always rests at the beginning of the first of these lines. So they are wiped by one sequence wherever a resize has
moved them to, and a run that is killed leaves nothing to repair: no hidden cursor, no region, no mode.

Whatever Ansible prints goes by its one Display; in between, the lines are wiped and drawn again. Locks: Ansible forks its workers
while it holds the display's lock, and nothing is drawn without that lock, so that no worker inherits half a line.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
import typing as t

from ansible.utils import color as ansible_color

from ansible_collections.mssp.defender.plugins.plugin_utils.terminal_text import tame

# Time goes on while no customer says anything.
_TICK_SECONDS = 0.25
# Nobody reads faster.
_DRAW_SECONDS = 0.05
_WIPE = "\r\x1b[J"
# Without wrapping, a line whose width the terminal sees differently stays one line.
_NO_WRAP, _WRAP = "\x1b[?7l", "\x1b[?7h"
_END_OF_LINE = "\x1b[K"

# Columns and rows -> lines.
Foot = t.Callable[[int, int], list[str]]


def is_terminal() -> bool:
    """Whether somebody looks: neither a pipe nor a CI's or AWX's terminal, which keeps every line for ever."""
    if os.environ.get("TERM", "dumb") == "dumb" or os.environ.get("CI") or os.environ.get("AWX_ISOLATED_DATA_DIR"):
        return False
    try:
        return sys.stdout.isatty()
    except (AttributeError, ValueError):
        return False


class Screen:
    """The foot, and everything that is printed above it.

    :param display: Ansible's own.
    :param foot: makes the lines at the foot.
    :param tick: called a few times a second, with the lock.
    """

    def __init__(self, display: t.Any, foot: Foot, tick: t.Callable[[], None], *, live: bool) -> None:
        self.live = live
        self.lock = getattr(display, "_lock", None) or threading.RLock()
        self._display, self._foot, self._tick = display, foot, tick
        self._process = os.getpid()
        self._shown: tuple[int, int, list[str]] | None = None
        self._drawn = 0.0
        self._open = False
        self._held = 0
        self._ticker: threading.Thread | None = None
        self._stop = threading.Event()
        self._broken = False

    @property
    def here(self) -> bool:
        """Whether this is Ansible's main process, and no worker."""
        return os.getpid() == self._process

    def install(self) -> None:
        """Stand between Ansible and its display, once."""
        printing = self._display.display

        def display(msg: str, *args: t.Any, **kwargs: t.Any) -> None:
            if not self.here:
                # Sent to the main process, which comes by here again.
                return printing(msg, *args, **kwargs)
            with self.lock:
                self._wipe()
                # Core's own words quote what tenants say.
                printing(tame(msg, colours=ansible_color.ANSIBLE_COLOR) if isinstance(msg, str) else msg, *args, **kwargs)
                self._flush()
                if kwargs.get("newline", True):
                    self.draw()
            return None

        self._display.display = display
        for name in ("prompt", "prompt_until"):
            asking = getattr(self._display, name, None)
            if asking is not None:
                setattr(self._display, name, self._quietly(asking))

    def _quietly(self, asking: t.Callable[..., t.Any]) -> t.Callable[..., t.Any]:
        def ask(*args: t.Any, **kwargs: t.Any) -> t.Any:
            if not self.here:
                return asking(*args, **kwargs)
            with self.holding():
                return asking(*args, **kwargs)

        return ask

    @contextlib.contextmanager
    def holding(self) -> t.Iterator[None]:
        """Nothing at the foot for the time of the block."""
        with self.lock:
            self._wipe()
            self._held += 1
        try:
            yield
        finally:
            with self.lock:
                self._held -= 1
                self.draw()

    def open(self) -> None:
        """From now on there is a foot."""
        with self.lock:
            self._open = self.live
            self.draw()

    def close(self) -> None:
        """From now on there is none."""
        with self.lock:
            self._wipe()
            self._open = False

    def begin(self) -> None:
        """Time goes on."""
        if self.live and self._ticker is None:
            self._stop.clear()
            self._ticker = threading.Thread(target=self._run, name="mssp.defender.fleet", daemon=True)
            self._ticker.start()

    def end(self) -> None:
        """No foot, and no time that goes on. Not to be called with the lock."""
        self.close()
        self._stop.set()
        if self._ticker is not None:
            self._ticker.join(2 * _TICK_SECONDS)
            self._ticker = None

    def draw(self) -> None:
        """Show the lines as they are now, if they are others than those that are there; what comes too fast, at the next tick."""
        if not self._open or self._held or self._broken:
            return
        now = time.monotonic()
        if self._shown is not None and now - self._drawn < _DRAW_SECONDS:
            return
        self._drawn = now
        columns, rows = self._size()
        lines = self._foot(columns, rows)
        # After a resize the terminal has moved them, even if they are the same.
        if (columns, rows, lines) == self._shown or not lines:
            return
        up = f"\x1b[{len(lines) - 1}A" if len(lines) > 1 else ""
        body = "\n".join(f"{line}{_END_OF_LINE}" for line in lines)
        resized = self._shown is not None and self._shown[:2] != (columns, rows)
        self._write(f"{_WIPE if resized else ''}{_NO_WRAP}\r{body}\x1b[J\r{up}{_WRAP}")
        self._shown = (columns, rows, lines)

    def _wipe(self) -> None:
        if self._shown is not None:
            self._write(_WIPE)
            self._shown = None

    def _size(self) -> tuple[int, int]:
        try:
            size = os.get_terminal_size(sys.stdout.fileno())
        except (OSError, ValueError):
            return 80, 24
        # A terminal that does not know says zero.
        return size.columns or 80, size.lines or 24

    def _write(self, text: str) -> None:
        try:
            sys.stdout.write(text)
        except (OSError, ValueError):
            self._broken = True
        self._flush()

    def _flush(self) -> None:
        # Whoever read this has gone, such as `head`. That ends no run.
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()

    def _run(self) -> None:
        while not self._stop.wait(_TICK_SECONDS):
            with self.lock:
                self._tick()
                self.draw()
