"""The parent's side of the renderer's child process: start it bare, watch its clock, end it."""

import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType

from invoicing.documents.child import HOMES
from invoicing.documents.fonts import write_fontconfig
from invoicing.documents.frames import LENGTH, pack, unpack
from invoicing.documents.limits import MIB, RenderLimits
from invoicing.domain.canonical import Plain
from invoicing.domain.errors import SettingsError, TransientError

# The child imports from where this process does, in the same order. PYTHONPATH could not say that:
# it puts the plugins folder, where a file may be called like anything, before the standard library.
_BOOT = "import sys; sys.path[:] = sys.argv[1:]; from invoicing.documents.child import main; main()"
# Where the dynamic linker looks on systems that are laid out unusually.
_KEPT = ("PATH", "LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH", "FONTCONFIG_PATH")


class PageError(Exception):
    """The child did not survive a page; its text says what happened."""


class Worker:
    """One child process, ready for pages once it is entered."""

    def __init__(self, folders: Sequence[Path], limits: RenderLimits) -> None:
        self._folders = folders
        self._limits = limits
        self._is_spent = False

    def __enter__(self) -> "Worker":
        self._home = Path(tempfile.mkdtemp(prefix=HOMES))
        self._stderr = tempfile.TemporaryFile()
        self._process = subprocess.Popen(  # noqa: S603 # our own interpreter and our own module
            [sys.executable, "-P", "-c", _BOOT, *_import_path()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            env=_environment(self._home, self._folders),
            cwd=self._home,
            bufsize=0,
            start_new_session=True,  # Ctrl-C is the parent's business
        )
        try:
            self._greet()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the child and remove what it left."""
        self._process.kill()
        self._process.wait()
        self.let_go()
        shutil.rmtree(self._home, ignore_errors=True)

    def let_go(self) -> None:
        """Close our ends of the pipes only: what a forked process does with a child not its own."""
        for stream in (self._process.stdin, self._process.stdout, self._stderr):
            if stream is not None:
                stream.close()

    @property
    def lives(self) -> bool:
        """Tell whether the child was still there a moment ago, and fit for further pages."""
        return not self._is_spent and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The id of the child process."""
        return self._process.pid

    def ask(self, page: dict[str, Plain]) -> dict[str, Plain]:
        """Have a page printed; PageError when the child hangs or dies over it."""
        self._is_spent = True  # until it answers
        try:
            answer = self._exchange(page, self._limits.wall_seconds)
        except TimeoutError as error:
            seconds = self._limits.wall_seconds
            raise PageError(f"the page was not ready after {seconds} seconds") from error
        except EOFError as error:
            raise PageError(self._cause_of_death()) from error
        self._is_spent = bool(answer.get("broken"))
        return answer

    def _greet(self) -> None:
        folders: list[Plain] = [os.fspath(folder) for folder in self._folders]
        job: dict[str, Plain] = {"folders": folders, "limits": asdict(self._limits)}
        try:
            reason = self._exchange(job, self._limits.start_seconds)["error"]
        except TimeoutError as error:
            raise TransientError("the renderer's process did not start in time") from error
        except EOFError as error:
            reason = f"{self._cause_of_death()}: {self._last_words()}"
            raise SettingsError(f"the renderer cannot start: {reason}") from error
        if reason:
            raise SettingsError(f"the renderer cannot start: {reason}")

    def _exchange(self, message: dict[str, Plain], seconds: int) -> dict[str, Plain]:
        assert self._process.stdin is not None  # noqa: S101 # opened above
        deadline = time.monotonic() + seconds
        data = memoryview(pack(message))
        try:
            while data:
                data = data[self._process.stdin.write(data) :]
        except BrokenPipeError as error:
            raise EOFError from error
        (length,) = LENGTH.unpack(self._read(LENGTH.size, deadline))
        if length > self._limits.file_mib * 2 * MIB:
            raise EOFError
        return unpack(self._read(length, deadline))

    def _read(self, size: int, deadline: float) -> bytes:
        assert self._process.stdout is not None  # noqa: S101 # opened above
        parts = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while len(parts) < size:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise TimeoutError
                part = self._process.stdout.read(min(size - len(parts), MIB))
                if not part:
                    raise EOFError
                parts += part
        return bytes(parts)

    def _cause_of_death(self) -> str:
        self._process.kill()  # it closed its pipe: whatever it still does, nobody will see it
        code = self._process.wait()
        if -code == signal.SIGXCPU:
            return f"the page needed more than {self._limits.cpu_seconds} seconds of processor time"
        if code < 0:
            return f"the renderer's process was ended by {signal.Signals(-code).name}"
        return f"the renderer's process ended with code {code}"

    def _last_words(self) -> str:
        self._stderr.seek(0)
        lines = self._stderr.read().decode(errors="replace").strip().splitlines()
        return lines[-1][:400] if lines else "it said nothing"


def _import_path() -> list[str]:
    """Return where this process imports from: the package's own folder may be a plain folder."""
    own = str(Path(__file__).resolve().parents[2])
    return list(dict.fromkeys([*(path for path in sys.path if Path(path).is_absolute()), own]))


def _environment(home: Path, folders: Sequence[Path]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    kept.setdefault("PATH", os.defpath)
    return kept | {
        "HOME": os.fspath(home),
        "TMPDIR": os.fspath(home),
        "FONTCONFIG_FILE": os.fspath(write_fontconfig(home, folders)),
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",  # one order of every set, so that equal pages make equal bytes
    }
