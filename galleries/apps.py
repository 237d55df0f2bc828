from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GalleriesConfig(AppConfig):
    name = "galleries"
    verbose_name = _("Galleries")

    def ready(self) -> None:
        from galleries import faults  # noqa: F401 - its words belong to what can go wrong
        from galleries.models import HygieneRun
        from galleries.services.review_queue import Queue
        from searches.services.review_queue import review_by
        from searches.services.sweeping import sweep_also

        review_by(Queue())
        sweep_also(
            "hygiene", HygieneRun, "galleries.tasks.run_hygiene", "galleries_overdue_hygiene"
        )
