"""How tests make exports of the record and let candor_verify look at them."""

import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

from portal.audit import candor_verify
from portal.audit.exporting import export_stream

SCRIPT = Path(candor_verify.__file__)


class Files:
    """An export in memory: names and bytes, and what candor_verify asks of a source."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files

    def names(self) -> list[str]:
        return list(self.files)

    def open(self, name: str) -> Any:
        return BytesIO(self.files[name])


def exported(agency_id: int | None, **options: Any) -> Files:
    """The files of an export, and that the ZIP is whole."""
    data = b"".join(export_stream(agency_id, made_by="auditor@alder.example", **options))
    with zipfile.ZipFile(BytesIO(data)) as archive:
        assert archive.testzip() is None
        return Files({name: archive.read(name) for name in archive.namelist()})


def examined(*sources: Any, **options: Any) -> list[candor_verify.Report]:
    return candor_verify.verify([(f"export {n}", one) for n, one in enumerate(sources)], **options)


def kinds(*sources: Any, **options: Any) -> set[str]:
    """What kinds of findings there are over all exports."""
    return {kind for report in examined(*sources, **options) for kind in report.kinds()}


def run(*arguments: Any) -> tuple[int, str]:
    """The script on its own: from elsewhere, without Django and its settings."""
    done = subprocess.run(
        [sys.executable, "-I", str(SCRIPT), *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd="/",
        env={"PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout
