"""Stages are file names in every layer; no module takes the name of a standard one."""

from pathlib import Path

from invoicing.domain.stages import STAGES
from tests.house import names
from tests.house.source import PACKAGE, ROOT, plant


def _whole_layers(root: Path) -> None:
    for layer, beside in names.BESIDE_THE_STAGES.items():
        for name in [*STAGES, *beside]:
            plant(root, f"{PACKAGE}/{layer}/{name}.py", "")


def test_the_stages_are_the_way_of_an_invoice() -> None:
    assert " ".join(STAGES) == (
        "report decide draft review issue render dispatch follow_up reconcile"
    )


def test_layers_hold_a_file_per_stage() -> None:
    assert names.stage_files(ROOT) == []


def test_modules_leave_the_standard_library_alone() -> None:
    assert names.names_of_the_standard_library(ROOT) == []


def test_missing_stage_and_a_name_of_its_own_are_caught(tmp_path: Path) -> None:
    _whole_layers(tmp_path)
    (tmp_path / PACKAGE / "operators" / "issue.py").rename(
        tmp_path / PACKAGE / "operators" / "finalise.py"
    )
    (tmp_path / PACKAGE / "services" / "ports.py").unlink()

    assert names.stage_files(tmp_path) == [
        "services/ports.py is on the list of its layer but does not exist",
        "operators/issue.py is missing",
        "operators/finalise.py is neither a stage nor on the list of its layer",
    ]


def test_module_and_package_named_like_standard_ones_are_caught(tmp_path: Path) -> None:
    plant(tmp_path, "plugins/invoicing/domain/calendar.py", "")
    plant(tmp_path, "plugins/invoicing/http/client_of_ours.py", "")

    assert names.names_of_the_standard_library(tmp_path) == [
        "plugins/invoicing/domain/calendar.py: `calendar` is a module of the standard library",
        "plugins/invoicing/http/client_of_ours.py: `http` is a module of the standard library",
    ]
