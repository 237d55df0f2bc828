"""What the end of an agency must know of searches: how rows are exported, and open work."""

from functools import partial

from django.apps import apps

from accounts.offboarding.registry import (
    export_as,
    hold_while,
    mark_text,
    unseal_bytes,
    unseal_text,
)
from portal.tenancy import TenantModel
from searches.marked import MarkedText
from searches.models import (
    Enrolment,
    Job,
    JobState,
    Probe,
    ScoreMeasurement,
    Search,
    SearchedFace,
)
from searches.sealed import identity_of, sealed_texts_of
from searches.vectors import EXPORTED, TABLE

JOBS: tuple[type[Job], ...] = (Enrolment, Probe, ScoreMeasurement, Search)


def has_open_work(agency_id: int) -> bool:
    """Whether a job could still change rows or files; a closed agency's end by themselves."""
    open_states = [JobState.QUEUED, JobState.RUNNING]
    return any(
        job.objects.filter(agency_id=agency_id, state__in=open_states).exists() for job in JOBS
    )


def export_texts_of(app: str) -> None:
    """Write the sealed texts of all models of an app in clear, also of those added later."""
    for model in apps.get_app_config(app).get_models():
        if issubclass(model, TenantModel):
            for name, column in sealed_texts_of(model).items():
                bound = partial(identity_of, model, column=column)
                unseal_text(model._meta.db_table, column, name, bound)
            for field in model._meta.fields:
                if isinstance(field, MarkedText):
                    mark_text(model._meta.db_table, field.sealed, str(field.column), field.kind)


export_texts_of("searches")
export_as(TABLE, EXPORTED)
# Whose address a loan names is told by the person who opens it, and not by an export.
export_as(
    "searches_examinerloan",
    "CASE WHEN t.opened_at IS NULL AND t.declined_at IS NULL THEN"
    " to_jsonb(t) - 'borrowed_id' - 'lending_agency_id' ELSE to_jsonb(t) END",
)
# So is which agency a grant names, by that agency's answer.
export_as(
    "searches_gallerygrant",
    "CASE WHEN t.accepted_at IS NULL AND t.declined_at IS NULL THEN"
    " to_jsonb(t) - 'borrower_id' - 'looked_up_at' ELSE to_jsonb(t) END",
)
# What hosts are asked is of no use to anybody once the search is done.
export_as("searches_scanquestion", "to_jsonb(t) - 'sealed'")
# The template of a searched face: another installation looks for misuse with it.
unseal_bytes(
    "searches_searchedface", "sealed", "face", partial(identity_of, SearchedFace, column="sealed")
)
# What somebody entered and did not submit is nobody's to read but theirs.
export_as("searches_searchdraft", "to_jsonb(t) - 'entered_sealed'")
hold_while("work_open", has_open_work)
