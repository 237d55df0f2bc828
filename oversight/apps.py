from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OversightConfig(AppConfig):
    name = "oversight"
    verbose_name = _("Oversight")

    def ready(self) -> None:
        from oversight import (  # noqa: F401 - what the first page leads to; exports
            cards,
            offboarding,
            request_cards,
        )
        from oversight.services.destinations import announce
        from portal.audit.checkpoints import on_checkpoint

        on_checkpoint(announce)
