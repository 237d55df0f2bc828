"""An installation of the benchmarks' own: everything it keeps lies in a temporary folder."""

import fcntl
import io
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal.embedded.paths import Paths

STOP_SECONDS = 90.0
_FOREIGN = ("DATABASE_URL", "DATABASE_OWNER_URL", "BROKER_URL")


@contextmanager
def temporary_installation() -> Iterator[dict[str, str]]:
    """The environment for processes that are to work in a fresh installation.

    Of the caller's own settings only CANDOR_MODELS counts, so that a built package may be shared.
    Waits for the embedded server to stop before its folder goes.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("CANDOR_") and name not in _FOREIGN
    }
    with tempfile.TemporaryDirectory(prefix="candor-bench-") as folder:
        models = os.environ.get("CANDOR_MODELS", str(Path(folder) / "models"))
        own = {"CANDOR_VAR": folder, "CANDOR_MODELS": models, "CANDOR_LOG_LEVEL": "WARNING"}
        own["CANDOR_DUPLICATE_CHECK"] = "off"  # drawn people are too much alike
        # numpy on one thread, as one process of PostgreSQL and one engine have it.
        fixed = {"DJANGO_SETTINGS_MODULE": "portal.settings", "OPENBLAS_NUM_THREADS": "1"}
        try:
            yield kept | own | fixed
        finally:
            _wait_for_server(Paths.below(Path(folder)).keeper)


def _wait_for_server(keeper: Path) -> None:
    """The server's keeper stops it and lets its lock go once nobody uses the database."""
    if not keeper.exists():
        return
    deadline = time.monotonic() + STOP_SECONDS
    with keeper.open("rb") as lock:
        while time.monotonic() < deadline:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.1)
            else:
                return
    raise TimeoutError(f"The embedded database still runs; see {keeper.parent}")


def prepare() -> None:
    """Migrate the database and build the models, inside a process of the installation."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("models", "build", stdout=io.StringIO())
