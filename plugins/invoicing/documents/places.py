"""Where templates and what belongs to them lie: the user's before the shipped, a brand's first.

Nothing heavy is imported here: checking the configuration looks for logos, and answers at once.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from invoicing.domain.errors import SettingsError

BRANDS = "brands"
"""The folder with a folder per brand, whose files win over those of the same name elsewhere."""
_NAME = re.compile(r"\w[\w-]{0,63}", re.ASCII)


def template_folders(home: Path) -> list[Path]:
    """Return where templates are looked up: the user's folder, then the shipped one."""
    package = Path(__file__).resolve().parents[1]
    beside = package.parents[1] / "include" / "templates"
    shipped = package / "templates" if (package / "templates").is_dir() else beside
    if not shipped.is_dir():
        raise SettingsError(
            f"the shipped templates are missing: neither {package / 'templates'} nor {beside}"
            " exists; copy include/ next to plugins/, or install the wheel"
        )
    return list(dict.fromkeys([home.resolve() / "include" / "templates", shipped]))


def folders_of_brand(folders: Sequence[Path], brand: str) -> list[Path]:
    """Return where a brand's files are looked up: its own folders, then the common ones."""
    own = [folder / BRANDS / brand for folder in folders] if _NAME.fullmatch(brand) else []
    return [*(folder for folder in own if folder.is_dir()), *folders]


def find_asset(folders: Sequence[Path], name: str, suffixes: Sequence[str]) -> bytes | None:
    """Return a file by its name, or nothing: no way leads outside."""
    for folder in folders:
        path = (folder / name).resolve()
        inside = path.is_relative_to(folder.resolve())
        if inside and path.suffix in suffixes and path.is_file():
            return path.read_bytes()
    return None
