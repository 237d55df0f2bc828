"""What galleries do for the apps below, and what erasures have to do with their other tables."""

from galleries.erasing.listeners import on_emptied, on_gallery_gone
from galleries.erasing.rewriting import also_rewrite
from galleries.models import (
    EngineChange,
    EngineChangeRejection,
    Erasure,
    HygieneRun,
    ImportFile,
    ImportLane,
    ReviewItem,
    ShadowSearch,
)
from galleries.services import (
    engine_changes,
    engine_clearing,
    erasing,
    score_measuring,
    shadow_searching,
)
from galleries.services.forgetting_held import forget_held, forget_held_of
from galleries.services.imports.bells import LANE_TASK
from galleries.services.imports.clearing import clear_imports_of
from galleries.services.imports.forgetting import forget_erased
from galleries.services.review_queue import Queue
from searches.models import ScoreMeasurement
from searches.services.review_queue import review_by
from searches.services.sweeping import sweep_also

ENGINES = "galleries_overdue_engine_changes"

sweep_also("erasure", Erasure, erasing.TASK, "galleries_overdue_erasures")
sweep_also("import lane", ImportLane, LANE_TASK, "galleries_overdue_imports")
sweep_also("engine_change", EngineChange, engine_changes.TASK, ENGINES)
sweep_also("shadow_search", ShadowSearch, shadow_searching.TASK, ENGINES)
sweep_also("hygiene", HygieneRun, "galleries.tasks.run_hygiene", "galleries_overdue_hygiene")
sweep_also("scores", ScoreMeasurement, score_measuring.TASK, "searches_overdue_scores")
on_emptied(forget_erased)
on_emptied(engine_clearing.forget_emptied)
on_emptied(forget_held)
on_gallery_gone(clear_imports_of)
on_gallery_gone(forget_held_of)
for model in (ImportFile, ReviewItem, EngineChangeRejection):
    also_rewrite(model._meta.db_table)
review_by(Queue())
