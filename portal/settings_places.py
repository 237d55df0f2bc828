"""Where things lie; part of portal.settings."""

import tomllib
from pathlib import Path

from portal import env

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION: str = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["version"]
VAR_DIR = env.env_path("CANDOR_VAR", BASE_DIR / "var")
FILES_DIR = env.env_path("CANDOR_FILES", VAR_DIR / "files")
# s3://BUCKET/PREFIX?endpoint=https://...&region=...: then no file lies in FILES_DIR.
STORAGE_URL = env.env_url("CANDOR_STORAGE_URL", ("s3",))
MODELS_DIR = env.env_path("CANDOR_MODELS", VAR_DIR / "models")
