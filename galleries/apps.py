from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GalleriesConfig(AppConfig):
    name = "galleries"
    verbose_name = _("Galleries")

    def ready(self) -> None:
        from galleries import (  # noqa: F401 - they register themselves
            cards,
            faults,
            home_parts,
            moving,
            notification_parts,
            offboarding,
            retention_cards,
            sealed_parts,
            wiring,
        )
        from galleries.services import retrying  # noqa: F401
