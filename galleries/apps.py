from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GalleriesConfig(AppConfig):
    name = "galleries"
    verbose_name = _("Galleries")

    def ready(self) -> None:
        from galleries import faults, offboarding  # noqa: F401 - they register themselves
        from galleries.erasing import elsewhere  # noqa: F401
        from galleries.erasing.listeners import on_emptied
        from galleries.models import EngineChange, Erasure, ImportLane, ShadowSearch
        from galleries.services import engine_changes, engine_clearing, erasing, shadow_searching
        from galleries.services.imports.bells import LANE_TASK
        from galleries.services.imports.forgetting import forget_erased
        from searches.services.sweeping import sweep_also

        sweep_also("erasure", Erasure, erasing.TASK, "galleries_overdue_erasures")
        sweep_also("import lane", ImportLane, LANE_TASK, "galleries_overdue_imports")
        on_emptied(forget_erased)
        on_emptied(engine_clearing.forget_emptied)
        question = "galleries_overdue_engine_changes"
        sweep_also("engine_change", EngineChange, engine_changes.TASK, question)
        sweep_also("shadow_search", ShadowSearch, shadow_searching.TASK, question)
