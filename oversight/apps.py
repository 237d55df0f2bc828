from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OversightConfig(AppConfig):
    name = "oversight"
    verbose_name = _("Oversight")

    def ready(self) -> None:
        from galleries.erasing.listeners import on_proved
        from oversight import (  # noqa: F401 - they register themselves
            alert_card,
            home_parts,
            moving,
            notification_parts,
            offboarding,
            publishing_card,
            record_cards,
            request_cards,
            transparency_card,
        )
        from oversight.services.destinations import announce
        from oversight.services.requests.erasing import note_proved
        from oversight.services.watching import ring_after
        from portal.audit.checkpoints import on_checkpoint
        from searches.services.finished import on_finished

        on_checkpoint(announce)
        on_finished(ring_after)
        on_proved(note_proved)
