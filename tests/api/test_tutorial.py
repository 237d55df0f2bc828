"""The tutorial of docs/api.md does what it says, against a real portal."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import Site

pytestmark = pytest.mark.processes
TEXT = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text()
TUTORIAL = TEXT[TEXT.index("## Tutorial") :]
STEPS = 6


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", TUTORIAL, re.MULTILINE | re.DOTALL)


@pytest.fixture
def desk(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the picture, and the environment that the tutorial begins with."""
    shutil.copy(site.picture, tmp_path / "still.jpg")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CANDOR", site.url)
    for name in ("ana", "eli", "eve"):
        monkeypatch.setenv(name.upper(), site.tokens[name])
    return tmp_path


def test_every_step_is_there_in_both_languages() -> None:
    assert len(blocks("sh")) == len(blocks("python")) == STEPS


def test_in_python(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known: dict[str, Any] = {}
    for number, block in enumerate(blocks("python"), 1):
        exec(compile(block, f"docs/api.md, step {number}", "exec"), known)
    known["ana"].close()
    assert known["conclusion"].outcome == "no_lead"
    assert known["conclusion"].candidates == 4
    assert (desk / "report.pdf").read_bytes().startswith(b"%PDF-")
    printed = capsys.readouterr().out
    assert printed.startswith("ana@alder.example\n")
    assert known["conclusion"].statement in printed


def needs_curl() -> None:
    """Its absence is a failure in CI, which installs it."""
    if not (shutil.which("curl") and shutil.which("jq")):
        (pytest.fail if os.environ.get("CI") else pytest.skip)("curl or jq is not installed")


def test_in_curl(desk: Path) -> None:
    needs_curl()
    script = "set -euo pipefail\n" + "\n".join(blocks("sh"))
    done = subprocess.run(
        ["bash", "-c", script],
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("ana@alder.example\n")
    assert "no_lead" in done.stdout
    assert (desk / "report.pdf").read_bytes().startswith(b"%PDF-")
    for name in ("ANA", "ELI", "EVE"):
        assert os.environ[name] not in done.stdout + done.stderr
