"""The face of each search, sealed: it comes from a running search and goes with its content."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

import portal.tenancy
from portal.rowsecurity import ProtectTenant

GUARD = """
CREATE FUNCTION searches_guard_searched_face() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM searches_search s WHERE s.agency_id = NEW.agency_id
            AND s.id = NEW.search_id AND s.stage = 'queued' AND s.state = 'running') THEN
        RAISE EXCEPTION 'searched faces come from a running search'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER searches_guard_searched_face BEFORE INSERT ON searches_searchedface
    FOR EACH ROW EXECUTE FUNCTION searches_guard_searched_face();
CREATE TRIGGER searches_keep_searched_face BEFORE UPDATE OR DELETE ON searches_searchedface
    FOR EACH ROW EXECUTE FUNCTION searches_keep_until_erased();

-- As in 0008; and the searched face is gone, too.
CREATE OR REPLACE FUNCTION searches_guard_receipt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM searches_search s WHERE s.agency_id = NEW.agency_id AND s.id = NEW.search_id
        AND s.stage IN ('refused', 'expired', 'erased') AND s.document_key = ''
        AND length(s.reason_sealed) + length(s.facts_sealed) + length(s.reference_sealed) = 0
        AND NOT EXISTS (SELECT FROM searches_candidate c
            WHERE c.agency_id = s.agency_id AND c.search_id = s.id)
        AND NOT EXISTS (SELECT FROM searches_examination e
            WHERE e.agency_id = s.agency_id AND e.search_id = s.id)
        AND NOT EXISTS (SELECT FROM searches_conclusion c
            WHERE c.agency_id = s.agency_id AND c.search_id = s.id)
        AND NOT EXISTS (SELECT FROM searches_followup f
            WHERE f.agency_id = s.agency_id AND f.search_id = s.id)
        AND NOT EXISTS (SELECT FROM searches_searchedface f
            WHERE f.agency_id = s.agency_id AND f.search_id = s.id)
    ) THEN
        RAISE EXCEPTION 'not_erased: a receipt is for what is gone' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("searches", "0010_work_indexes")]

    operations = [
        migrations.CreateModel(
            name="SearchedFace",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("contract_id", models.CharField(max_length=100)),
                ("sealed", models.BinaryField(editable=False)),
                (
                    "search",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="searched_faces",
                        to="searches.search",
                    ),
                ),
            ],
            options={
                "verbose_name": "searched face",
                "verbose_name_plural": "searched faces",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("agency_id", "search"), name="searched_face_once"
                    ),
                    models.CheckConstraint(
                        condition=~models.Q(sealed=b"") & ~models.Q(contract_id=""),
                        name="searched_face_given",
                    ),
                ],
            },
        ),
        ProtectTenant("SearchedFace"),
        migrations.RunSQL(GUARD, migrations.RunSQL.noop),
    ]
