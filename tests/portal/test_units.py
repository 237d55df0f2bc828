"""The units for systemd name commands and settings that there are."""

import configparser
from pathlib import Path

from django.core.management import get_commands

from portal import env

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "systemd"


def test_units_run_commands_of_ours_without_privileges() -> None:
    for name in ("candor-web", "candor-worker"):
        unit = configparser.ConfigParser(interpolation=None, strict=False)
        unit.optionxform = str  # type: ignore[assignment, method-assign]
        unit.read(FOLDER / f"{name}.service")
        service = unit["Service"]
        _python, manage, command = service["ExecStart"].split()[:3]
        assert (manage, command in get_commands()) == ("manage.py", True)
        assert (service["User"], service["NoNewPrivileges"]) == ("candor", "yes")
        assert service["ReadWritePaths"] == "/var/lib/candor"


def test_the_example_of_an_environment_has_settings_that_there_are() -> None:
    lines = (FOLDER / "candor.env.example").read_text().splitlines()
    names = {line.partition("=")[0] for line in lines if line and not line.startswith("#")}
    assert names <= set(env.KNOWN)
