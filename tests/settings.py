"""The portal's settings with a database, files and keys of the tests' own."""

import os
from pathlib import Path

ROOT = Path(os.environ.get("TEST_CANDOR_VAR", "") or Path(__file__).parents[1] / "var" / "test")
# Each lane of `make test` has a database server, files and keys of its own.
TEST_VAR = ROOT / os.environ.get("PYTEST_XDIST_WORKER", "")
os.environ["CANDOR_VAR"] = str(TEST_VAR)
# Whatever the developer's shell has set must not reach the tests.
for name in (
    *("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_ADMIN_URL", "BROKER_URL"),
    *("CANDOR_MODELS", "CANDOR_FILES", "CANDOR_ERASURE_JOURNAL"),
):
    os.environ.pop(name, None)

from portal.settings import *  # noqa: E402, F403
from portal.settings import DATABASES  # noqa: E402

DATABASES["default"]["NAME"] = DATABASES["owner"]["NAME"] = "test_candor"
DATABASES["default"]["CONN_MAX_AGE"] = 0
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
# Built once, by whichever lane comes first.
MODELS_DIR = ROOT / "models"
# A cheap hasher: log-ins of tests need no protection, and Argon2 costs most of a quick test.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# WhiteNoise warns of a missing folder, and warnings are errors here.
(TEST_VAR / "static").mkdir(parents=True, exist_ok=True)
# What is cached belongs to one process here; tests/conftest.py empties it between tests.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
# Drawn people resemble each other more than the published threshold; tests of the check choose one.
DUPLICATE_CHECK = "off"

# Tests that ask for everything ask often; the limits have tests of their own.
API_PER_MINUTE = PAGES_PER_MINUTE = 1_000_000
