"""Drafts of searches: one's own, sealed, of open cases and of pictures that are there."""

import uuid

import django.db.models.deletion
from django.db import migrations, models
from django.db.models.functions import Now

import portal.tenancy
from portal.rowsecurity import ProtectTenant

# Saving waits for whoever closes the case or removes the picture at this moment, and then fails.
GUARD = """
CREATE FUNCTION searches_guard_draft() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    status text;
    kept text;
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.id, NEW.agency_id, NEW.owner_id, NEW.case_id, NEW.begun_at)
            IS DISTINCT FROM (OLD.id, OLD.agency_id, OLD.owner_id, OLD.case_id, OLD.begun_at)
        OR TG_OP = 'UPDATE' AND NEW.probe_id IS DISTINCT FROM OLD.probe_id THEN
        RAISE EXCEPTION 'draft_fixed: a draft stays with its owner, its case and its picture'
            USING ERRCODE = 'check_violation';
    END IF;
    SELECT c.status INTO status FROM searches_case c
        WHERE c.agency_id = NEW.agency_id AND c.id = NEW.case_id FOR SHARE;
    IF status IS DISTINCT FROM 'open' THEN
        RAISE EXCEPTION 'draft_closed: a draft is of an open case' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.probe_id IS NOT NULL THEN
        SELECT p.file_key INTO kept FROM searches_probe p WHERE p.agency_id = NEW.agency_id
            AND p.id = NEW.probe_id AND p.case_id = NEW.case_id FOR KEY SHARE;
        IF coalesce(kept, '') = '' THEN
            RAISE EXCEPTION 'draft_erased: a draft is of a picture of its case that is there'
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER searches_guard_draft BEFORE INSERT OR UPDATE ON searches_searchdraft
    FOR EACH ROW EXECUTE FUNCTION searches_guard_draft()
"""


class Migration(migrations.Migration):
    dependencies = [
        ("searches", "0018_retention"),
    ]

    operations = [
        migrations.CreateModel(
            name="SearchDraft",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("owner_id", models.BigIntegerField(editable=False)),
                ("entered_sealed", models.BinaryField(default=b"", editable=False)),
                ("begun_at", models.DateTimeField(db_default=Now(), editable=False)),
                ("saved_at", models.DateTimeField(db_default=Now(), editable=False)),
                (
                    "case",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="drafts",
                        to="searches.case",
                    ),
                ),
                (
                    "probe",
                    portal.tenancy.TenantForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="drafts",
                        to="searches.probe",
                    ),
                ),
            ],
            options={
                "verbose_name": "draft of a search",
                "verbose_name_plural": "drafts of searches",
                "ordering": ["-saved_at"],
                "indexes": [
                    models.Index(
                        fields=["agency_id", "owner_id", "-saved_at"], name="draft_of_owner"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(probe__isnull=False),
                        fields=("agency_id", "owner_id", "probe"),
                        name="draft_of_probe_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(probe=None),
                        fields=("agency_id", "owner_id", "case"),
                        name="draft_of_case_once",
                    ),
                    models.CheckConstraint(
                        condition=~models.Q(entered_sealed=b""), name="draft_says_something"
                    ),
                ],
            },
        ),
        ProtectTenant("SearchDraft"),
        migrations.RunSQL(GUARD, migrations.RunSQL.noop),
    ]
