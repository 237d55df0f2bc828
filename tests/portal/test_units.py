"""What lies in deploy/ names commands and settings that there are, and asks for no privileges."""

import configparser
import re
from pathlib import Path
from typing import Any

import yaml
from django.core.management import get_commands

from portal import env

FOLDER = Path(__file__).resolve().parents[2] / "deploy"


def manifests() -> dict[str, Any]:
    """Kind and name -> manifest."""
    found = {}
    for path in sorted((FOLDER / "kubernetes").glob("*.yaml")):
        for part in yaml.safe_load_all(path.read_text()):
            if "metadata" in part:
                found[f"{part['kind']} {part['metadata']['name']}"] = part
    return found


def test_units_run_commands_of_ours_without_privileges() -> None:
    for name in ("candor-web", "candor-worker", "candor-scans"):
        unit = configparser.ConfigParser(interpolation=None, strict=False)
        unit.read(FOLDER / "systemd" / f"{name}.service")
        service = unit["Service"]
        _python, manage, command = service["execstart"].split()[:3]
        assert (manage, command in get_commands()) == ("manage.py", True)
        assert (service["user"], service["nonewprivileges"]) == ("candor", "yes")
        assert service["readwritepaths"] == "/var/lib/candor"
        # Nothing else can be written, and neither gunicorn nor Celery starts without a /tmp.
        assert service["privatetmp"] == "yes"


def test_containers_run_commands_of_ours_without_privileges() -> None:
    services = yaml.safe_load((FOLDER / "container" / "compose.yaml").read_text())["services"]
    ours = [service for service in services.values() if service["image"] == "candor"]
    assert len(ours) == 4
    for service in ours:
        assert service["command"][0] in get_commands()
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    found = manifests()
    for kind in ("Deployment candor-web", "Deployment candor-worker", "Job candor-migrate"):
        spec = found[kind]["spec"]["template"]["spec"]
        (container,) = spec["containers"]
        assert container["args"][0] in get_commands()
        limits = container["securityContext"]
        assert limits["readOnlyRootFilesystem"]
        assert not limits["allowPrivilegeEscalation"]


def test_every_setting_that_is_named_is_one() -> None:
    for path in FOLDER.rglob("*"):
        if path.is_file():
            names = set(re.findall(r"\bCANDOR_[A-Z_]+\b", path.read_text()))
            assert names <= set(env.KNOWN), path
