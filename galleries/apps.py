from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GalleriesConfig(AppConfig):
    name = "galleries"
    verbose_name = _("Galleries")

    def ready(self) -> None:
        from galleries import faults  # noqa: F401 - its words belong to what can go wrong
        from galleries.erasing.listeners import on_emptied
        from galleries.models import EngineChange, Erasure, ShadowSearch
        from galleries.services import engine_changes, engine_clearing, erasing, shadow_searching
        from searches.services.sweeping import sweep_also

        sweep_also("erasure", Erasure, erasing.TASK, "galleries_overdue_erasures")
        on_emptied(engine_clearing.forget_emptied)
        question = "galleries_overdue_engine_changes"
        sweep_also("engine_change", EngineChange, engine_changes.TASK, question)
        sweep_also("shadow_search", ShadowSearch, shadow_searching.TASK, question)
