"""Which database connection does what."""

from typing import Any


class OwnerMigrates:
    """Migrations run as the owner role; everything else as the app role, which owns nothing."""

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "owner"
