"""A database and broker given by address, as in production: nothing embedded is started."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from portal import embedded
from tests.portal.embedded_clients import ROOT
from tests.searches.processes import Redis

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    server = Redis(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def environment(
    tmp_path_factory: pytest.TempPathFactory, models: Path, redis: Redis
) -> dict[str, str]:
    """A prepared, empty database of the tests' server, addressed like any other PostgreSQL."""
    from django.conf import settings

    urls = embedded.ensure_running(Path(settings.VAR_DIR), database="test_external")
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.environ["HOME"],
        "CANDOR_VAR": str(tmp_path_factory.mktemp("var")),
        "CANDOR_MODELS": str(models),
        "DATABASE_URL": urls.app_url,
        "DATABASE_OWNER_URL": urls.owner_url,
        "BROKER_URL": redis.url,
    }


def manage(environment: dict[str, str], *command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def findings(done: "subprocess.CompletedProcess[str]") -> dict[str, dict[str, str]]:
    return {row["part"]: row for row in json.loads(done.stdout)}


def test_the_owner_migrates_and_doctor_is_content(environment: dict[str, str]) -> None:
    done = manage(environment, "migrate", "--verbosity", "0")
    assert done.returncode == 0, done.stderr
    report = findings(manage(environment, "doctor", "--json"))
    for part in ("database", "pgvector", "migrations", "app role", "row-level security", "broker"):
        assert report[part]["level"] == "ok", report[part]
    assert "(external)" in report["database"]["detail"]
    assert report["worker"]["level"] == "warning"
    assert not (Path(environment["CANDOR_VAR"]) / "postgres").exists()


def test_a_server_that_logs_statements_is_told_of(environment: dict[str, str]) -> None:
    from django.conf import settings

    urls = embedded.ensure_running(Path(settings.VAR_DIR), database="test_external")
    of_app = "ALTER ROLE candor_app IN DATABASE test_external"
    assert findings(manage(environment, "doctor", "--json"))["server log"]["level"] == "ok"
    with psycopg.connect(urls.superuser_url, autocommit=True) as superuser:
        superuser.execute(f"{of_app} SET log_min_error_statement = error")
        try:
            found = findings(manage(environment, "doctor", "--json"))["server log"]
        finally:
            superuser.execute(f"{of_app} RESET ALL")
    assert found["level"] == "failed"
    assert "log_min_error_statement = error" in found["detail"]
    assert "roles.sql" in found["remedy"]


def test_without_the_owner_nobody_migrates(environment: dict[str, str]) -> None:
    without = {k: v for k, v in environment.items() if k != "DATABASE_OWNER_URL"}
    done = manage(without, "migrate")
    assert done.returncode != 0
    assert "DATABASE_OWNER_URL" in done.stderr


@pytest.mark.parametrize(
    ("change", "part", "words"),
    [
        ({"DATABASE_URL": "owner"}, "app role", "owns"),
        ({"DATABASE_URL": "postgresql://nobody@127.0.0.1:9/x"}, "database", "cannot connect"),
        ({"BROKER_URL": "redis://127.0.0.1:9/0"}, "broker", "cannot connect"),
        ({"CANDOR_MODELS": "/nonexistent/models"}, "engine", "models build"),
        ({"CANDOR_FILES": "/proc/files"}, "file store", "writable"),
    ],
)
def test_doctor_says_what_to_do_about_each_failure(
    environment: dict[str, str], change: dict[str, str], part: str, words: str
) -> None:
    if change.get("DATABASE_URL") == "owner":
        change = {"DATABASE_URL": environment["DATABASE_OWNER_URL"]}
    done = manage({**environment, **change}, "doctor", "--json")
    assert done.returncode != 0
    report = findings(done)
    assert report[part]["level"] == "failed"
    assert words in report[part]["detail"] + report[part]["remedy"]
    assert report[part]["remedy"]
