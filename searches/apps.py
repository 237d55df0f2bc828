from django.apps import AppConfig


class SearchesConfig(AppConfig):
    name = "searches"

    def ready(self) -> None:
        from searches import (  # noqa: F401 - they register themselves
            checks,
            home_parts,
            moving,
            notification_parts,
            offboarding,
            sealed_parts,
        )
        from searches.services import retrying  # noqa: F401
