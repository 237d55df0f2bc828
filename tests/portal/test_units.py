"""What lies in deploy/ names commands and settings that there are, and asks for no privileges."""

import configparser
import re
from pathlib import Path
from typing import Any

import yaml
from django.core.management import get_commands

from portal import env
from portal.observing.rows import KINDS

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


def test_the_autoscaler_asks_for_what_the_adapter_makes_of_a_metric_that_there_is() -> None:
    [metric] = manifests()["HorizontalPodAutoscaler candor-worker"]["spec"]["metrics"]
    adapter = yaml.safe_load((FOLDER / "kubernetes" / "adapter.yaml").read_text())
    [rule] = adapter["rules"]["external"]
    assert rule["name"]["as"] == metric["external"]["metric"]["name"]
    [kinds] = re.findall(
        r'candor_queue_jobs\{kind=~"([a-z|]+)",state="queued"\}', rule["metricsQuery"]
    )
    assert set(kinds.split("|")) < set(KINDS)


def test_the_image_has_every_folder_of_code() -> None:
    lines = (FOLDER / "container" / "Containerfile").read_text().splitlines()
    copied = {line.split()[1] for line in lines if line.startswith("COPY ")}
    apps = {path.parent.name for path in FOLDER.parent.glob("*/__init__.py")} - {"tests"}
    assert apps | {"locale", "manage.py"} <= copied


def test_no_proxy_logs_addresses_of_requests() -> None:
    """They hold what people look for, and tokens of links."""
    nginx = (FOLDER / "nginx" / "candor.conf").read_text()
    for server in nginx.split("\nserver {")[1:]:
        assert "    access_log off;\n" in server
        assert re.search(r"^    error_log \S+ crit;$", server, re.MULTILINE)
    caddy = (FOLDER / "container" / "Caddyfile").read_text()
    for part in ("uri", "headers"):
        assert re.search(rf"^\s+request>{part} delete$", caddy, re.MULTILINE)
