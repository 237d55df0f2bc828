from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GalleriesConfig(AppConfig):
    name = "galleries"
    verbose_name = _("Galleries")

    def ready(self) -> None:
        from galleries import (  # noqa: F401 - they register themselves
            faults,
            offboarding,
            retention_cards,
        )
        from galleries.models import Erasure, ImportLane
        from galleries.services.erasing import TASK
        from galleries.services.imports.bells import LANE_TASK
        from searches.services.sweeping import sweep_also

        sweep_also("erasure", Erasure, TASK, "galleries_overdue_erasures")
        sweep_also("import lane", ImportLane, LANE_TASK, "galleries_overdue_imports")
