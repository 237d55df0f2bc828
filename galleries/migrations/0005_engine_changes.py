"""Changes of engine, what an engine rejects, and shadow searches."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

import portal.tenancy
from portal.rowsecurity import ProtectTenant

# A change is of one gallery and between two contracts, and goes along its ways only. The gallery's
# contract moves with it, in one transaction, and never while a picture would be lost unseen.
GUARDS = """
CREATE FUNCTION galleries_guard_engine_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    searched bigint;
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF searches_destroying(OLD.agency_id) THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'a change of engine does not change its past'
            USING ERRCODE = 'check_violation';
    END IF;
    SELECT g.contract_id INTO searched FROM searches_gallery g
        WHERE g.agency_id = NEW.agency_id AND g.id = NEW.gallery_id;
    IF TG_OP = 'INSERT' THEN
        IF NEW.stage <> 'embedding' OR searched IS DISTINCT FROM NEW.from_contract_id THEN
            RAISE EXCEPTION 'a change of engine begins with the contract of its gallery and does not change it'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.agency_id, NEW.gallery_id, NEW.from_contract_id, NEW.to_contract_id,
            NEW.started_by_label, NEW.started_at)
        IS DISTINCT FROM (OLD.id, OLD.agency_id, OLD.gallery_id, OLD.from_contract_id,
            OLD.to_contract_id, OLD.started_by_label, OLD.started_at)
        OR OLD.stage IN ('cancelled', 'removed')
        OR NEW.stage <> OLD.stage AND (OLD.stage, NEW.stage) NOT IN (
            ('embedding', 'ready'), ('embedding', 'cancelling'), ('ready', 'cancelling'),
            ('ready', 'embedding'), ('ready', 'cut_over'), ('cut_over', 'ready'), ('cut_over', 'removing'),
            ('cancelling', 'cancelled'), ('removing', 'removed'))
        OR NEW.stage = 'cut_over' AND searched IS DISTINCT FROM NEW.to_contract_id
        OR NEW.stage IN ('embedding', 'ready') AND searched IS DISTINCT FROM NEW.from_contract_id THEN
        RAISE EXCEPTION 'a change of engine does not change like this'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER galleries_guard_engine_change
    BEFORE INSERT OR UPDATE OR DELETE ON galleries_enginechange
    FOR EACH ROW EXECUTE FUNCTION galleries_guard_engine_change();

CREATE FUNCTION galleries_guard_contract() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    change uuid;
BEGIN
    IF NEW.contract_id IS NOT DISTINCT FROM OLD.contract_id OR OLD.contract_id IS NULL
        OR NEW.erased_at IS NOT NULL THEN
        RETURN NEW;
    END IF;
    SELECT c.id INTO change FROM galleries_enginechange c
        WHERE c.agency_id = NEW.agency_id AND c.gallery_id = NEW.id AND (
            (c.stage, c.asked, c.from_contract_id, c.to_contract_id)
                = ('ready', 'cut_over', OLD.contract_id, NEW.contract_id)
            OR (c.stage, c.asked, c.to_contract_id, c.from_contract_id)
                = ('cut_over', 'roll_back', OLD.contract_id, NEW.contract_id));
    IF change IS NULL THEN
        RAISE EXCEPTION 'the contract of a gallery does not change without a change of engine'
            USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        SELECT FROM searches_faceimage i
        WHERE i.agency_id = NEW.agency_id AND i.gallery_id = NEW.id AND i.erased_at IS NULL
        AND NOT EXISTS (SELECT FROM searches_template t WHERE t.agency_id = i.agency_id
            AND t.image_id = i.id AND t.contract_id = NEW.contract_id)
        AND NOT EXISTS (SELECT FROM galleries_enginechangerejection r
            WHERE r.agency_id = i.agency_id AND r.change_id = change AND r.image_id = i.id
            AND r.contract_id = NEW.contract_id)
    ) THEN
        RAISE EXCEPTION 'the contract of a gallery does not change while pictures are missing'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER galleries_guard_contract BEFORE UPDATE OF contract_id ON searches_gallery
    FOR EACH ROW EXECUTE FUNCTION galleries_guard_contract();

CREATE FUNCTION galleries_guard_shadow_search() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'done' THEN
        RAISE EXCEPTION 'a shadow search that is done does not change'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER galleries_guard_shadow_search BEFORE UPDATE ON galleries_shadowsearch
    FOR EACH ROW EXECUTE FUNCTION galleries_guard_shadow_search()
"""

# The sweeper's question, as searches_overdue_jobs.
OVERDUE = """
CREATE FUNCTION galleries_overdue_engine_changes(age interval)
RETURNS TABLE (kind text, job_agency bigint, job uuid) LANGUAGE plpgsql AS $$
DECLARE
    before text := coalesce(current_setting('candor.agency_id', true), '');
    agency bigint;
BEGIN
    FOR agency IN SELECT a.id FROM accounts_agency a ORDER BY a.id LOOP
        PERFORM set_config('candor.agency_id', agency::text, true);
        RETURN QUERY
            SELECT 'engine_change', c.agency_id, c.id FROM galleries_enginechange c
                WHERE c.agency_id = agency AND c.rung_at < now() - age
                AND (c.stage IN ('cancelling', 'removing')
                    OR NOT c.paused AND (c.stage = 'embedding' OR c.asked <> ''))
            UNION ALL
            SELECT 'shadow_search', s.agency_id, s.id FROM galleries_shadowsearch s
                WHERE s.agency_id = agency AND s.state IN ('queued', 'running')
                AND s.rung_at < now() - age;
    END LOOP;
    PERFORM set_config('candor.agency_id', before, true);
END $$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("galleries", "0004_retention"),
        ("searches", "0016_contracts"),
    ]

    operations = [
        migrations.CreateModel(
            name="EngineChange",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("embedding", "Embedding the pictures"),
                            ("ready", "Ready to cut over"),
                            ("cut_over", "Cut over"),
                            ("cancelling", "Removing the new templates"),
                            ("cancelled", "Cancelled"),
                            ("removing", "Removing the old templates"),
                            ("removed", "Finished"),
                        ],
                        default="embedding",
                        max_length=10,
                    ),
                ),
                (
                    "asked",
                    models.CharField(
                        blank=True,
                        choices=[("cut_over", "Cut over"), ("roll_back", "Roll back")],
                        editable=False,
                        max_length=10,
                    ),
                ),
                ("accepted_losses", models.PositiveIntegerField(editable=False, null=True)),
                (
                    "throttle",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="pictures per minute"
                    ),
                ),
                ("paused", models.BooleanField(default=False)),
                ("failure_code", models.CharField(blank=True, editable=False, max_length=60)),
                ("cursor", models.UUIDField(editable=False, null=True)),
                ("window_at", models.DateTimeField(auto_now_add=True)),
                ("window_done", models.PositiveIntegerField(default=0, editable=False)),
                ("rate", models.FloatField(default=0.0, editable=False)),
                ("rung_at", models.DateTimeField(auto_now_add=True)),
                ("removed_templates", models.BigIntegerField(default=0, editable=False)),
                (
                    "started_by_label",
                    models.CharField(editable=False, max_length=254, verbose_name="started by"),
                ),
                ("started_at", models.DateTimeField(auto_now_add=True)),
                ("ready_at", models.DateTimeField(editable=False, null=True)),
                ("asked_by_label", models.CharField(blank=True, editable=False, max_length=254)),
                ("switched_at", models.DateTimeField(editable=False, null=True)),
                ("ended_at", models.DateTimeField(editable=False, null=True)),
                (
                    "from_contract",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="searches.contract",
                    ),
                ),
                (
                    "gallery",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="engine_changes",
                        to="searches.gallery",
                    ),
                ),
                (
                    "to_contract",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="searches.contract",
                    ),
                ),
            ],
            options={
                "verbose_name": "change of engine",
                "verbose_name_plural": "changes of engine",
                "ordering": ["-started_at"],
            },
        ),
        migrations.CreateModel(
            name="EngineChangeRejection",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("code", models.CharField(max_length=60)),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "change",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rejections",
                        to="galleries.enginechange",
                    ),
                ),
                (
                    "contract",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="searches.contract",
                    ),
                ),
                (
                    "image",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="searches.faceimage",
                    ),
                ),
            ],
            options={
                "verbose_name": "picture rejected by an engine",
                "verbose_name_plural": "pictures rejected by an engine",
                "ordering": ["at", "id"],
            },
        ),
        migrations.CreateModel(
            name="ShadowSearch",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("held", "Held"),
                            ("queued", "Waiting"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("claim", models.UUIDField(editable=False, null=True)),
                ("claimed_at", models.DateTimeField(editable=False, null=True)),
                ("rung_at", models.DateTimeField(auto_now_add=True)),
                ("failure_code", models.CharField(blank=True, max_length=60)),
                ("submission_key", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("requested_by_id", models.BigIntegerField(editable=False, null=True)),
                (
                    "requested_by_label",
                    models.CharField(max_length=254, verbose_name="requested by"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(editable=False, null=True)),
                ("wanted", models.PositiveIntegerField(verbose_name="pictures to search for")),
                ("sample", models.JSONField(editable=False, null=True)),
                ("eligible", models.PositiveIntegerField(default=0, editable=False)),
                ("results", models.JSONField(default=list, editable=False)),
                ("position", models.PositiveIntegerField(default=0, editable=False)),
                ("report", models.JSONField(editable=False, null=True)),
                (
                    "change",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shadow_searches",
                        to="galleries.enginechange",
                    ),
                ),
            ],
            options={
                "verbose_name": "shadow search",
                "verbose_name_plural": "shadow searches",
                "ordering": ["-created_at"],
                "abstract": False,
            },
        ),
        migrations.AddConstraint(
            model_name="enginechange",
            constraint=models.UniqueConstraint(
                condition=models.Q(("stage__in", ("cancelled", "removed")), _negated=True),
                fields=("agency_id", "gallery"),
                name="engine_change_one_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="enginechange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "stage__in",
                        [
                            "embedding",
                            "ready",
                            "cut_over",
                            "cancelling",
                            "cancelled",
                            "removing",
                            "removed",
                        ],
                    ),
                    models.Q(("from_contract", models.F("to_contract")), _negated=True),
                ),
                name="engine_change_given",
            ),
        ),
        migrations.AddConstraint(
            model_name="enginechange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("asked", ""),
                    models.Q(
                        ("accepted_losses__isnull", False),
                        ("asked", "cut_over"),
                        ("stage", "ready"),
                    ),
                    models.Q(
                        ("accepted_losses__isnull", False),
                        ("asked", "roll_back"),
                        ("stage", "cut_over"),
                    ),
                    _connector="OR",
                ),
                name="engine_change_asked_fits",
            ),
        ),
        migrations.AddConstraint(
            model_name="enginechange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("throttle", None),
                    models.Q(("throttle__gte", 1), ("throttle__lte", 100000)),
                    _connector="OR",
                ),
                name="engine_change_throttle",
            ),
        ),
        migrations.AddConstraint(
            model_name="enginechangerejection",
            constraint=models.UniqueConstraint(
                fields=("agency_id", "change", "contract", "image"), name="engine_rejection_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="enginechangerejection",
            constraint=models.CheckConstraint(
                condition=models.Q(("code", ""), _negated=True), name="engine_rejection_code"
            ),
        ),
        migrations.AddIndex(
            model_name="shadowsearch",
            index=models.Index(
                condition=models.Q(("state__in", ["queued", "running"])),
                fields=["agency_id", "rung_at"],
                name="shadowsearch_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="shadowsearch",
            constraint=models.UniqueConstraint(
                fields=("agency_id", "submission_key"), name="shadowsearch_submitted_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="shadowsearch",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["held", "queued", "running", "done", "failed"])),
                name="shadowsearch_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="shadowsearch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "running"), _negated=True),
                    ("claim__isnull", False),
                    _connector="OR",
                ),
                name="shadowsearch_running_is_claimed",
            ),
        ),
        migrations.AddConstraint(
            model_name="shadowsearch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "failed"), _negated=True),
                    models.Q(("failure_code", ""), _negated=True),
                    _connector="OR",
                ),
                name="shadowsearch_failure_has_code",
            ),
        ),
        migrations.AddConstraint(
            model_name="shadowsearch",
            constraint=models.CheckConstraint(
                condition=models.Q(("wanted__gte", 1), ("wanted__lte", 1000)),
                name="shadow_search_wanted",
            ),
        ),
        migrations.AddConstraint(
            model_name="shadowsearch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "done"), _negated=True),
                    ("report__isnull", False),
                    _connector="OR",
                ),
                name="shadow_search_done_has_report",
            ),
        ),
        ProtectTenant("EngineChange"),
        ProtectTenant("EngineChangeRejection"),
        ProtectTenant("ShadowSearch"),
        migrations.RunSQL(GUARDS, migrations.RunSQL.noop),
        migrations.RunSQL(OVERDUE, migrations.RunSQL.noop),
    ]
