from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OversightConfig(AppConfig):
    name = "oversight"
    verbose_name = _("Oversight")

    def ready(self) -> None:
        from oversight import alert_card, offboarding  # noqa: F401 - they register themselves
        from oversight.services.watching import ring_after
        from searches.services.finished import on_finished

        on_finished(ring_after)
