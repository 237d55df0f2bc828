from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OversightConfig(AppConfig):
    name = "oversight"
    verbose_name = _("Oversight")

    def ready(self) -> None:
        from oversight import (  # noqa: F401 - what the end of an agency must know; cards
            offboarding,
            request_cards,
        )
