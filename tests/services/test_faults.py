"""Fault points: dead unless asked for, exact in what they do, and each known by its name."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from invoicing.adapters.mail import Phase
from invoicing.domain.errors import SettingsError
from invoicing.services.faults import POINTS, STEPS, FaultError, fault_point, fault_points

PACKAGE = Path("plugins/invoicing")


def test_a_fault_point_does_what_was_asked_and_only_there() -> None:
    code = (
        "from invoicing.services.faults import fault_point\n"
        "fault = fault_point('issue.number_taken=kill@2')\n"
        "fault('issue.begin'); fault('issue.number_taken'); print('alive', flush=True)\n"
        "fault('issue.number_taken'); print('never')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": "plugins"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == -signal.SIGKILL
    assert done.stdout == "alive\n"


def test_a_fault_may_be_an_error_that_nothing_of_ours_catches() -> None:
    with pytest.raises(FaultError, match=r"claim\.committed"):
        fault_point("claim.committed=raise")("claim.committed")


@pytest.mark.parametrize(
    "faults",
    ["claim.committed=explode", "claim.committed", "nowhere=kill", "claim.committed=kill@x"],
)
def test_an_unknown_fault_is_refused(faults: str) -> None:
    with pytest.raises(SettingsError, match="INVOICING_FAULTS"):
        fault_point(faults)


def test_every_point_is_passed_somewhere_and_every_passed_one_is_known() -> None:
    text = "\n".join(path.read_text() for path in sorted(PACKAGE.rglob("*.py")))
    passed = set(re.findall(r"""\bfault\("([a-z_.]+)"\)""", text))
    written = re.findall(r"""\bs\.write\("([a-z_]+)"\)""", text)
    by_phase = {f"smtp.{phase}" for phase in Phase} - {"smtp.compose"}

    assert passed | by_phase == set(POINTS)
    assert sorted(written) == sorted(STEPS)
    assert len(set(fault_points())) == len(fault_points())
