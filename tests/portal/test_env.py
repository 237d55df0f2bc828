"""Settings: typed, loud, and documented."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal import env

ROOT = Path(__file__).resolve().parents[2]


def start(tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Load the settings in a process of its own with these variables."""
    keep = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME")}
    return subprocess.run(
        [sys.executable, "-c", "from portal import settings; print(settings.ENGINE)"],
        env={**keep, "CANDOR_VAR": str(tmp_path / "var"), **variables},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_runs_with_nothing_set(tmp_path: Path) -> None:
    done = start(tmp_path)
    assert (done.returncode, done.stdout.strip()) == (0, "open")
    assert (tmp_path / "var/keys/master.key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "var/keys/secret.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("CANDOR_DEBUG", "yes", "use True or False"),
        ("CANDOR_WORKERS", "many", "use a whole number"),
        ("CANDOR_WORKERS", "0", "must lie between 1 and 128"),
        ("CANDOR_ENGINE", "magic", "use one of insightface, open"),
        ("CANDOR_ENGINE", "insightface", "needs CANDOR_ENGINE_PACKAGE"),
        ("CANDOR_ENGINE_NEXT", "insightface", "needs CANDOR_ENGINE_NEXT_PACKAGE"),
        ("CANDOR_ENGINE_NEXT", "open", "is the same as CANDOR_ENGINE"),
        ("CANDOR_VAR", "var", "must be an absolute path"),
        ("CANDOR_WORKER", "2", "Unknown setting(s) CANDOR_WORKER"),
        ("DATABASE_URL", "mysql://u:hunter2@h/d", "use one of postgres, postgresql"),
        ("BROKER_URL", "http://u:hunter2@h", "use one of amqp, amqps, redis, rediss"),
        ("DATABASE_OWNER_URL", "postgresql://h/d", "set without DATABASE_URL"),
        ("DATABASE_URL", "postgresql://h/d", "set without BROKER_URL"),
        ("CANDOR_MASTER_KEY", "c2hvcnQ=", "32 bytes in base64"),
        ("CANDOR_MASTER_KEY_FILE", "/nowhere/key", "cannot be read"),
        ("CANDOR_RETIRED_MASTER_KEYS", "c2hvcnQ=", "32 bytes in base64"),
        ("CANDOR_KEY_PROVIDER", "aws-kms:alias/candor", "the ARN of a key"),
        ("CANDOR_RETIRED_KEY_PROVIDERS", "vault", "use local, aws-kms:ARN"),
        ("CANDOR_STORAGE_URL", "https://u:hunter2@h/b", "use one of s3"),
        ("CANDOR_SIGNING_KEY", "c2hvcnQ=", "32 bytes in base64"),
        ("CANDOR_RETIRED_SIGNING_KEYS", "c2hvcnQ=", "32 bytes in base64"),
    ],
)
def test_a_wrong_value_stops_the_start(tmp_path: Path, name: str, value: str, words: str) -> None:
    done = start(tmp_path, **{name: value})
    assert done.returncode != 0
    assert words in done.stderr
    assert "hunter2" not in done.stderr


def test_a_secret_comes_from_a_file_or_the_environment_but_not_both(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(env, "KNOWN", {})
    file = tmp_path / "secret"
    file.write_text("from the file\n")
    monkeypatch.setenv("X_FILE", str(file))
    assert env.env_secret("X") == "from the file"
    monkeypatch.setenv("X", "from the environment")
    with pytest.raises(ImproperlyConfigured, match="keep one"):
        env.env_secret("X")


def test_external_database_has_no_owner_unless_given(tmp_path: Path) -> None:
    code = "from portal import settings as s; print(sorted(s.DATABASES), s.DATABASES['default'])"
    keep = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME")}
    url = "postgresql://app:pw@db.example:5433/candor?sslmode=require"
    out = subprocess.run(
        [sys.executable, "-c", code],
        env={**keep, "CANDOR_VAR": str(tmp_path), "DATABASE_URL": url, "BROKER_URL": "redis://r"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert out.startswith("['default']")
    for part in ("'HOST': 'db.example'", "'PORT': '5433'", "'sslmode': 'require'"):
        assert part in out
