"""The child process of the renderer: takes pages on stdin, answers with PDFs, knows nothing else.

It has no connection, no secret, no ledger and no Airflow, and it may die at any page.
"""

import base64
import os
import select
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from invoicing.documents.frames import pack, read_message
from invoicing.documents.limits import RenderLimits, bind_page, bind_process, leave_network
from invoicing.documents.values import unpack_job
from invoicing.domain.canonical import Plain

HOMES = "invoicing-render-"
"""What the names of the folders begin with that children live in."""
Make = Callable[[dict[str, Plain]], dict[str, Plain]]


def main() -> None:
    """Serve pages until the parent closes the pipe or has had none for long."""
    try:
        _serve(*_take_pipes())
    finally:  # a parent that was ended at once could not do it
        home = Path(os.environ["HOME"])
        if home.name.startswith(HOMES):
            shutil.rmtree(home, ignore_errors=True)


def _serve(pages: BinaryIO, answers: BinaryIO) -> None:
    job = read_message(pages)
    if job is None:
        return
    limits = RenderLimits(**job["limits"])  # type: ignore[arg-type] # written by our own parent
    leave_network()
    bind_process(limits)
    bind_page(limits)
    try:
        make = _open_press([Path(str(folder)) for folder in _texts(job["folders"])])
    except BaseException as error:  # noqa: BLE001 # whatever it is, the parent must hear of it
        _send(answers, {"error": _reason(error)})
        return
    _send(answers, {"error": ""})
    while (page := _next_page(pages, limits.idle_seconds)) is not None:
        bind_page(limits)
        answer = make(page)
        _send(answers, answer)
        if answer.get("broken"):
            return


def _next_page(pages: BinaryIO, idle_seconds: int) -> dict[str, Plain] | None:
    """Wait for a page, but not for ever: a forked process may hold the other end open."""
    ready, _, _ = select.select([pages], [], [], idle_seconds)
    return read_message(pages) if ready else None


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Move the pipes away from stdin and stdout, where a stray print would garble them."""
    pages, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    return pages, answers


def _open_press(folders: list[Path]) -> Make:
    from invoicing.documents.press import Press

    press = Press(folders)

    def make(message: dict[str, Plain]) -> dict[str, Plain]:
        try:
            content, renderer = press.make(unpack_job(message))
        except MemoryError:
            return {"error": "the page needs more memory than a page may", "broken": True}
        except BaseException as error:  # noqa: BLE001 # a page fails alone, whatever it is
            return {"error": _page_reason(error, press.denied())}
        return {"error": "", "content": base64.b64encode(content).decode(), "renderer": renderer}

    return make


def _page_reason(error: BaseException, denied: list[str]) -> str:
    from invoicing.documents.fetcher import denial

    return denial(denied) if denied else _reason(error)


def _reason(error: BaseException) -> str:
    from invoicing.documents.templates import explain

    return explain(error)


def _send(answers: BinaryIO, message: dict[str, Plain]) -> None:
    answers.write(pack(message))
    answers.flush()


def _texts(value: Plain) -> list[Plain]:
    return value if isinstance(value, list) else []
