"""Typed reading of environment variables: a wrong value stops the start, never guesses.

Every variable is remembered in `KNOWN`, so that a test can hold docs/settings.md to it and a
mistyped CANDOR_* name is refused by `refuse_unknown`.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

KNOWN: dict[str, str] = {}


def _read(name: str, default: str) -> str:
    KNOWN[name] = default
    return os.environ.get(name, "").strip() or default


def env_str(name: str, default: str = "") -> str:
    return _read(name, default)


def env_bool(name: str, default: bool) -> bool:
    value = _read(name, str(default))
    if value not in ("True", "False"):
        raise ImproperlyConfigured(f"{name}={value!r}: use True or False")
    return value == "True"


def env_int(name: str, default: int, *, low: int, high: int) -> int:
    value = _read(name, str(default))
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name}={value!r}: use a whole number") from None
    if not low <= number <= high:
        raise ImproperlyConfigured(f"{name}={number}: must lie between {low} and {high}")
    return number


def env_choice(name: str, default: str, choices: Mapping[str, object] | tuple[str, ...]) -> str:
    value = _read(name, default)
    if value not in choices:
        raise ImproperlyConfigured(f"{name}={value!r}: use one of {', '.join(sorted(choices))}")
    return value


def env_list(name: str, default: str = "") -> list[str]:
    """Comma-separated values; empty ones are dropped."""
    return [part.strip() for part in _read(name, default).split(",") if part.strip()]


def env_lines(name: str) -> str:
    """Several lines of text, which ";" divides in the variable."""
    return "\n".join(part.strip() for part in _read(name, "").split(";") if part.strip())


def env_path(name: str, default: Path) -> Path:
    path = Path(_read(name, str(default))).expanduser()
    if not path.is_absolute():
        raise ImproperlyConfigured(f"{name}={path}: must be an absolute path")
    return path


def env_url(name: str, schemes: tuple[str, ...]) -> str:
    """A URL with one of `schemes`, or "" when not set."""
    value = _read(name, "")
    if value and urlsplit(value).scheme not in schemes:
        # The value may hold a password: only its scheme is repeated.
        scheme = urlsplit(value).scheme
        raise ImproperlyConfigured(f"{name} has scheme {scheme!r}: use one of {', '.join(schemes)}")
    return value


def env_secret(name: str) -> str:
    """A secret from NAME, or from the file that NAME_FILE names (for mounted secrets)."""
    value, file = _read(name, ""), _read(f"{name}_FILE", "")
    if value and file:
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set: keep one")
    if not file:
        return value
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        reason = error.strerror
        raise ImproperlyConfigured(f"{name}_FILE={file} cannot be read: {reason}") from error


def refuse_unknown() -> None:
    """Stop on CANDOR_* variables that nothing reads: they are typing errors."""
    unknown = sorted(n for n in os.environ if n.startswith("CANDOR_") and n not in KNOWN)
    if unknown:
        raise ImproperlyConfigured(f"Unknown setting(s) {', '.join(unknown)}: see docs/settings.md")
