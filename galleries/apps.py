from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GalleriesConfig(AppConfig):
    name = "galleries"
    verbose_name = _("Galleries")

    def ready(self) -> None:
        from galleries import faults  # noqa: F401 - its words belong to what can go wrong
        from galleries.models import EngineChange, ShadowSearch
        from searches.services.sweeping import sweep_also

        question = "galleries_overdue_engine_changes"
        change, shadow = "galleries.tasks.run_engine_change", "galleries.tasks.run_shadow_search"
        sweep_also("engine_change", EngineChange, change, question)
        sweep_also("shadow_search", ShadowSearch, shadow, question)
