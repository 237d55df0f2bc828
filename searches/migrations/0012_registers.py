"""Source registers; rows that are emptied, and not removed, when their content is erased."""

import uuid

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

import portal.tenancy
from portal.rowsecurity import ProtectTenant

# Whatever was enrolled before belongs to the register that it named, under the kind of its gallery.
# Two kinds under one name become two registers.
FILL = """
DO $$ DECLARE agency bigint; BEGIN
    PERFORM set_config('candor.platform', 'on', true);
    FOR agency IN SELECT id FROM accounts_agency LOOP
        PERFORM set_config('candor.agency_id', agency::text, true);
        CREATE TEMP TABLE named ON COMMIT DROP AS
        SELECT g.id AS gallery_id, i.source, g.source_kind, g.legal_basis, g.retention_days,
            NULL::uuid AS register_id
        FROM (
            SELECT id AS gallery_id, source FROM searches_gallery WHERE agency_id = agency
            UNION SELECT gallery_id, source FROM searches_faceimage WHERE agency_id = agency
            UNION SELECT gallery_id, source FROM searches_enrolment WHERE agency_id = agency
        ) AS i JOIN searches_gallery g ON g.agency_id = agency AND g.id = i.gallery_id;
        INSERT INTO searches_sourceregister (id, agency_id, name, kind, legal_basis, agreement,
            retention_days, purposes, created_by_label, created_at)
        SELECT gen_random_uuid(), agency,
            CASE WHEN row_number() OVER (PARTITION BY left(source, 170) ORDER BY source_kind) = 1
                THEN left(source, 170) ELSE left(source, 170) || ' / ' || source_kind END,
            source_kind, min(legal_basis), '', max(retention_days),
            ARRAY['missing_person', 'unidentified_person', 'victim_identification',
                'serious_violent_offence', 'identity_fraud'], 'migration 0012', now()
        FROM named GROUP BY left(source, 170), source_kind, source;
        UPDATE named n SET register_id = r.id FROM searches_sourceregister r
        WHERE r.agency_id = agency AND r.kind = n.source_kind
            AND r.name IN (left(n.source, 170), left(n.source, 170) || ' / ' || n.source_kind);
        INSERT INTO searches_gallerysource
            (id, agency_id, gallery_id, register_id, added_by_label, added_at)
        SELECT DISTINCT ON (gallery_id, register_id)
            gen_random_uuid(), agency, gallery_id, register_id, 'migration 0012', now() FROM named;
        UPDATE searches_faceimage i SET register_id = n.register_id FROM named n
        WHERE i.agency_id = agency AND n.gallery_id = i.gallery_id AND n.source = i.source;
        UPDATE searches_enrolment e SET register_id = n.register_id FROM named n
        WHERE e.agency_id = agency AND n.gallery_id = e.gallery_id AND n.source = e.source;
        UPDATE searches_gallery g SET contract_id = (
            SELECT t.contract_id FROM searches_template t WHERE t.agency_id = agency
            AND t.gallery_id = g.id GROUP BY t.contract_id ORDER BY count(*) DESC LIMIT 1
        ) WHERE g.agency_id = agency;
        DROP TABLE named;
    END LOOP;
    PERFORM set_config('candor.platform', '', true);
    PERFORM set_config('candor.agency_id', '', true);
END $$
"""

# What a picture is and where it comes from does not change (0008). It may be emptied, belong to
# another subject of its gallery when a review found out, and expire at another time.
KEEP_IMAGE = """
CREATE OR REPLACE FUNCTION searches_keep_image() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.agency_id, NEW.gallery_id, NEW.media_type, NEW.quarter_turns, NEW.source,
            NEW.legal_basis, NEW.collected_on, NEW.enrolled_by_id, NEW.enrolled_by_label,
            NEW.enrolled_at)
        IS NOT DISTINCT FROM (OLD.id, OLD.agency_id, OLD.gallery_id, OLD.media_type,
            OLD.quarter_turns, OLD.source, OLD.legal_basis, OLD.collected_on, OLD.enrolled_by_id,
            OLD.enrolled_by_label, OLD.enrolled_at)
        AND NEW.register_id IS NOT DISTINCT FROM coalesce(OLD.register_id, NEW.register_id)
        AND (NEW.erased_at IS NOT NULL OR (NEW.sha256, NEW.file_key, NEW.portrait_key, NEW.face)
            IS NOT DISTINCT FROM (OLD.sha256, OLD.file_key, OLD.portrait_key, OLD.face)) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'an enrolled picture does not change' USING ERRCODE = 'check_violation';
END $$
"""

# What was enrolled under a register rests on its kind and basis.
REGISTER = """
CREATE FUNCTION searches_guard_register() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.kind, NEW.legal_basis) IS DISTINCT FROM (OLD.id, OLD.kind, OLD.legal_basis) THEN
        RAISE EXCEPTION 'kind and basis of a register do not change'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER searches_guard_register BEFORE UPDATE ON searches_sourceregister
    FOR EACH ROW EXECUTE FUNCTION searches_guard_register();

CREATE FUNCTION searches_guard_gallery_source() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM searches_gallery g JOIN searches_sourceregister r ON r.agency_id = g.agency_id
        WHERE g.agency_id = NEW.agency_id AND g.id = NEW.gallery_id AND r.id = NEW.register_id
        AND r.kind = g.source_kind
    ) THEN
        RAISE EXCEPTION 'register_other_kind: a gallery holds pictures of one kind of register'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER searches_guard_gallery_source BEFORE INSERT OR UPDATE ON searches_gallerysource
    FOR EACH ROW EXECUTE FUNCTION searches_guard_gallery_source();

CREATE FUNCTION searches_guard_purpose_of_sources() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM searches_gallerysource s
        JOIN searches_sourceregister r ON r.agency_id = s.agency_id AND r.id = s.register_id
        JOIN searches_search q ON q.agency_id = s.agency_id AND q.id = NEW.search_id
        WHERE s.agency_id = NEW.agency_id AND s.gallery_id = NEW.gallery_id
        AND q.purpose <> ALL (r.purposes)
    ) THEN
        RAISE EXCEPTION 'source_purpose_not_permitted: a register does not permit this purpose'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER searches_guard_purpose_of_sources BEFORE INSERT OR UPDATE ON searches_searchedgallery
    FOR EACH ROW EXECUTE FUNCTION searches_guard_purpose_of_sources()
"""

# A picture belongs to one of the registers of its gallery.
OF_GALLERY = [
    f"ALTER TABLE {table} ADD CONSTRAINT {table}_source_of_gallery"
    " FOREIGN KEY (agency_id, gallery_id, register_id)"
    " REFERENCES searches_gallerysource (agency_id, gallery_id, register_id)"
    " DEFERRABLE INITIALLY DEFERRED"
    for table in ("searches_faceimage", "searches_enrolment")
]

# What is empty stays empty.
ERASED = """
CREATE FUNCTION searches_guard_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.erased_at IS NOT NULL THEN
        RAISE EXCEPTION 'what was erased does not change' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""
ERASABLE = ("searches_gallery", "searches_subject", "searches_faceimage")


class Migration(migrations.Migration):
    dependencies = [
        ("searches", "0011_searched_faces"),
    ]

    operations = [
        migrations.CreateModel(
            name="GallerySource",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("added_by_label", models.CharField(editable=False, max_length=254)),
                ("added_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name": "source of a gallery",
                "verbose_name_plural": "sources of galleries",
                "ordering": ["added_at"],
            },
        ),
        migrations.CreateModel(
            name="SourceRegister",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("arrest_photographs", "Arrest photographs"),
                            ("missing_person_reports", "Missing-person reports"),
                            ("identity_documents", "Identity documents"),
                            ("unidentified_deceased", "Unidentified deceased"),
                            ("other_lawful_register", "Another lawful register"),
                        ],
                        max_length=30,
                        verbose_name="kind of source",
                    ),
                ),
                ("legal_basis", models.CharField(max_length=300, verbose_name="legal basis")),
                (
                    "agreement",
                    models.CharField(
                        blank=True,
                        help_text="Reference of the agreement with whoever keeps the register, if there is one.",
                        max_length=300,
                        verbose_name="agreement",
                    ),
                ),
                (
                    "agreement_ends",
                    models.DateField(
                        blank=True,
                        help_text="The last day on which pictures may be enrolled under it.",
                        null=True,
                        verbose_name="agreement ends on",
                    ),
                ),
                (
                    "retention_days",
                    models.PositiveIntegerField(
                        default=1095,
                        help_text="A picture of this register expires at the latest this many days after it.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(36500),
                        ],
                        verbose_name="retention in days",
                    ),
                ),
                (
                    "purposes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("missing_person", "Missing person"),
                                (
                                    "unidentified_person",
                                    "Unidentified deceased or incapacitated person",
                                ),
                                (
                                    "victim_identification",
                                    "Victim identification (child exploitation, trafficking)",
                                ),
                                ("serious_violent_offence", "Suspect of a serious violent offence"),
                                ("identity_fraud", "Identity fraud"),
                            ],
                            max_length=40,
                        ),
                        size=None,
                        verbose_name="permitted purposes",
                    ),
                ),
                ("created_by_label", models.CharField(editable=False, max_length=254)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("retired_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "verbose_name": "source register",
                "verbose_name_plural": "source registers",
                "ordering": ["name"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="faceimage",
            name="image_once_per_gallery",
        ),
        migrations.RemoveConstraint(
            model_name="faceimage",
            name="image_provenance",
        ),
        migrations.RemoveConstraint(
            model_name="gallery",
            name="gallery_name_once",
        ),
        migrations.RemoveConstraint(
            model_name="gallery",
            name="gallery_provenance",
        ),
        migrations.RemoveConstraint(
            model_name="subject",
            name="subject_reference_once",
        ),
        migrations.RemoveConstraint(
            model_name="subject",
            name="subject_reference_given",
        ),
        migrations.AddField(
            model_name="faceimage",
            name="erased_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="gallery",
            name="contract",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="searches.contract",
            ),
        ),
        migrations.AddField(
            model_name="gallery",
            name="erased_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="subject",
            name="erased_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddConstraint(
            model_name="gallery",
            constraint=models.UniqueConstraint(
                condition=models.Q(("erased_at", None)),
                fields=("agency_id", "name"),
                name="gallery_name_once",
                violation_error_message="There is a gallery of this name already. Choose another name.",
            ),
        ),
        migrations.AddConstraint(
            model_name="gallery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("erased_at__isnull", False),
                    models.Q(
                        ("source__regex", "\\S"),
                        ("legal_basis__regex", "\\S"),
                        ("name__regex", "\\S"),
                    ),
                    _connector="OR",
                ),
                name="gallery_provenance",
            ),
        ),
        migrations.AddConstraint(
            model_name="subject",
            constraint=models.UniqueConstraint(
                condition=models.Q(("erased_at", None)),
                fields=("agency_id", "gallery", "reference"),
                name="subject_reference_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="subject",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("reference__regex", "\\S"),
                    models.Q(("erased_at__isnull", False), ("reference", "")),
                    _connector="OR",
                ),
                name="subject_reference_given",
            ),
        ),
        migrations.AddField(
            model_name="gallerysource",
            name="gallery",
            field=portal.tenancy.TenantForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="sources",
                to="searches.gallery",
            ),
        ),
        migrations.AddConstraint(
            model_name="sourceregister",
            constraint=models.UniqueConstraint(
                fields=("agency_id", "name"), name="register_name_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="sourceregister",
            constraint=models.CheckConstraint(
                condition=models.Q(("name__regex", "\\S"), ("legal_basis__regex", "\\S")),
                name="register_given",
            ),
        ),
        migrations.AddConstraint(
            model_name="sourceregister",
            constraint=models.CheckConstraint(
                condition=models.Q(("retention_days__gte", 1)), name="register_retention"
            ),
        ),
        migrations.AddConstraint(
            model_name="sourceregister",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "arrest_photographs",
                            "missing_person_reports",
                            "identity_documents",
                            "unidentified_deceased",
                            "other_lawful_register",
                        ],
                    )
                ),
                name="register_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="sourceregister",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "purposes__contained_by",
                        [
                            "missing_person",
                            "unidentified_person",
                            "victim_identification",
                            "serious_violent_offence",
                            "identity_fraud",
                        ],
                    ),
                    ("purposes__len__gt", 0),
                ),
                name="register_purposes",
            ),
        ),
        migrations.AddField(
            model_name="gallerysource",
            name="register",
            field=portal.tenancy.TenantForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="galleries",
                to="searches.sourceregister",
            ),
        ),
        migrations.AddField(
            model_name="enrolment",
            name="register",
            field=portal.tenancy.TenantForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="searches.sourceregister",
            ),
        ),
        migrations.AddField(
            model_name="faceimage",
            name="register",
            field=portal.tenancy.TenantForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="searches.sourceregister",
            ),
        ),
        migrations.AddIndex(
            model_name="faceimage",
            index=models.Index(
                condition=models.Q(("erased_at", None)),
                fields=["agency_id", "expires_on"],
                name="image_expiry",
            ),
        ),
        migrations.AddConstraint(
            model_name="faceimage",
            constraint=models.UniqueConstraint(
                condition=models.Q(("erased_at", None)),
                fields=("agency_id", "gallery", "sha256"),
                name="image_once_per_gallery",
            ),
        ),
        migrations.AddConstraint(
            model_name="faceimage",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("enrolled_by_label__regex", "\\S"),
                        ("erased_at", None),
                        ("legal_basis__regex", "\\S"),
                        ("sha256__regex", "^[0-9a-f]{64}$"),
                        ("source__regex", "\\S"),
                    ),
                    models.Q(
                        ("erased_at__isnull", False),
                        ("file_key", ""),
                        ("portrait_key", ""),
                        ("sha256", ""),
                    ),
                    _connector="OR",
                ),
                name="image_provenance",
            ),
        ),
        migrations.AddConstraint(
            model_name="gallerysource",
            constraint=models.UniqueConstraint(
                fields=("agency_id", "gallery", "register"), name="gallery_source_once"
            ),
        ),
        migrations.RunSQL(KEEP_IMAGE, migrations.RunSQL.noop),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RemoveField(
            model_name="enrolment",
            name="legal_basis",
        ),
        migrations.RemoveField(
            model_name="enrolment",
            name="source",
        ),
        migrations.AlterField(
            model_name="enrolment",
            name="register",
            field=portal.tenancy.TenantForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="searches.sourceregister",
            ),
        ),
        migrations.AlterField(
            model_name="faceimage",
            name="register",
            field=portal.tenancy.TenantForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="searches.sourceregister",
            ),
        ),
        ProtectTenant("SourceRegister"),
        ProtectTenant("GallerySource"),
        *(
            migrations.RunSQL(sql, migrations.RunSQL.noop)
            for sql in (REGISTER, *OF_GALLERY, ERASED)
        ),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER {table}_erased BEFORE UPDATE ON {table}"
                " FOR EACH ROW EXECUTE FUNCTION searches_guard_erased()",
                migrations.RunSQL.noop,
            )
            for table in ERASABLE
        ),
    ]
