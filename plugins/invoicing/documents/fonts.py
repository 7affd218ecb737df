"""Tell fontconfig where fonts are: those of the templates first, the machine's for the rest.

The machine's own rules are left out: they differ from one machine to the next, and would choose
other fonts for equal pages.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

FOLDER = "fonts"
FILE = "fonts.conf"
_MACHINES = (
    "/usr/share/fonts", "/usr/local/share/fonts", "/run/current-system/sw/share/X11/fonts",
    "/System/Library/Fonts", "/Library/Fonts", "/opt/homebrew/share/fonts",
)  # fmt: skip


def write_fontconfig(home: Path, folders: Sequence[Path]) -> Path:
    """Write the settings for a process whose home is ``home``; returns their file."""
    own = [folder / FOLDER for folder in folders if (folder / FOLDER).is_dir()]
    machine = [Path(place) for place in _MACHINES if Path(place).is_dir()]
    file = home / FILE
    file.write_text(
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">\n'
        f"<fontconfig>\n{''.join(_lines(home, [*own, *machine]))}</fontconfig>\n",
        "utf-8",
    )
    return file


def _lines(home: Path, folders: Iterable[Path]) -> Iterable[str]:
    for folder in folders:
        yield f"<dir>{escape(os.fspath(folder))}</dir>\n"
    if set_up := os.environ.get("FONTCONFIG_FILE"):  # a machine that is laid out unusually says so
        yield f'<include ignore_missing="yes">{escape(set_up)}</include>\n'
    # What the machine found out about its own fonts is only read; what is new stays in our home.
    yield f"<cachedir>{escape(os.fspath(home / 'cache'))}</cachedir>\n"
    yield "<cachedir>/var/cache/fontconfig</cachedir>\n"
