"""Search in a gallery of another agency: grants, their uses, and candidates as copies.

The owner's rows say what was granted and what was done by it; the agency that searches reads its
own grants and nothing else of the owner. docs/adr/0014 says why.
"""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import portal.tenancy
from portal.rowsecurity import CURRENT_AGENCY, ProtectTenant, policy_sql

# Asked in the owner's scope: whether a search may be done under this grant at this moment.
HOLDS = """
CREATE FUNCTION searches_grant_holds(g searches_gallerygrant)
RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT g.accepted_at IS NOT NULL AND g.revoked_at IS NULL AND g.declined_at IS NULL
    AND EXISTS (SELECT FROM accounts_agency a
        WHERE a.id = g.agency_id AND a.state IN ('trial', 'active')
        AND (clock_timestamp() AT TIME ZONE a.time_zone)::date BETWEEN g.starts_on AND g.ends_on)
    AND EXISTS (SELECT FROM searches_gallery y WHERE y.agency_id = g.agency_id
        AND y.id = g.gallery_id AND y.erased_at IS NULL)
$$;
-- Looks into the borrowing agency by its own scope, and comes back before it answers.
CREATE FUNCTION searches_answers_for(p_agency bigint, p_user bigint)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    before text := coalesce(current_setting('candor.agency_id', true), '');
    does boolean;
BEGIN
    PERFORM set_config('candor.agency_id', p_agency::text, true);
    does := EXISTS (SELECT FROM accounts_agency a
            WHERE a.id = p_agency AND a.state IN ('trial', 'active'))
        AND searches_has_role(p_agency, p_user, 'admin');
    PERFORM set_config('candor.agency_id', before, true);
    RETURN does;
END $$
"""

GRANT = """
CREATE FUNCTION searches_guard_grant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF searches_destroying(OLD.agency_id) THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'a grant is not deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        NEW.granted_at := now();
        IF NEW.looked_up_at IS NOT NULL OR NEW.borrower_id IS NOT NULL OR NEW.accepted_at IS NOT NULL
            OR NEW.declined_at IS NOT NULL OR NEW.revoked_at IS NOT NULL OR NEW.searches_used <> 0
            OR length(NEW.reason_sealed) = 0 OR NEW.ends_on > NEW.starts_on + 731 THEN
            RAISE EXCEPTION 'grant_begins: with a reason, for two years at most, known to nobody'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.agency_id, NEW.gallery_id, NEW.named, NEW.purposes, NEW.starts_on, NEW.ends_on,
            NEW.searches_allowed, NEW.agreement, NEW.reason_sealed, NEW.granted_by_id,
            NEW.granted_by_label, NEW.granted_at)
        IS DISTINCT FROM (OLD.id, OLD.agency_id, OLD.gallery_id, OLD.named, OLD.purposes,
            OLD.starts_on, OLD.ends_on, OLD.searches_allowed, OLD.agreement, OLD.reason_sealed,
            OLD.granted_by_id, OLD.granted_by_label, OLD.granted_at)
        OR (OLD.looked_up_at IS NOT NULL
            AND (NEW.looked_up_at, NEW.borrower_id) IS DISTINCT FROM (OLD.looked_up_at, OLD.borrower_id))
        OR (OLD.accepted_at IS NOT NULL AND NEW.accepted_at IS DISTINCT FROM OLD.accepted_at)
        OR (OLD.declined_at IS NOT NULL AND (NEW.declined_at, NEW.answered_by_id)
            IS DISTINCT FROM (OLD.declined_at, OLD.answered_by_id))
        OR (OLD.revoked_at IS NOT NULL AND (NEW.revoked_at, NEW.revoked_by_label)
            IS DISTINCT FROM (OLD.revoked_at, OLD.revoked_by_label)) THEN
        RAISE EXCEPTION 'grant_fixed: a grant does not change, it ends' USING ERRCODE = 'check_violation';
    END IF;
    -- The borrowing agency's consent, asked of itself.
    IF (OLD.accepted_at IS NULL AND NEW.accepted_at IS NOT NULL
            OR OLD.declined_at IS NULL AND NEW.declined_at IS NOT NULL)
        AND (OLD.revoked_at IS NOT NULL OR OLD.declined_at IS NOT NULL OR NEW.borrower_id IS NULL
            OR NOT searches_answers_for(NEW.borrower_id, NEW.answered_by_id)) THEN
        RAISE EXCEPTION 'grant_answer: an administrator of the agency that is named answers, once'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.searches_used > OLD.searches_used AND NOT searches_grant_holds(NEW) THEN
        RAISE EXCEPTION 'grant_over: nothing is searched by this grant' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER searches_guard_grant BEFORE INSERT OR UPDATE OR DELETE ON searches_gallerygrant
    FOR EACH ROW EXECUTE FUNCTION searches_guard_grant()
"""

USE = """
-- The grant's row is held, so that revoking it waits for a result that is being written, or comes
-- before it and there is none.
CREATE FUNCTION searches_guard_grant_use() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    g searches_gallerygrant;
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF searches_destroying(OLD.agency_id) THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'the use of a grant is not deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND (OLD.state <> 'taken' OR NEW.state = 'taken'
        OR (NEW.id, NEW.agency_id, NEW.grant_id, NEW.search_id, NEW.purpose, NEW.basis,
            NEW.searched_by_label, NEW.taken_at)
        IS DISTINCT FROM (OLD.id, OLD.agency_id, OLD.grant_id, OLD.search_id, OLD.purpose, OLD.basis,
            OLD.searched_by_label, OLD.taken_at)) THEN
        RAISE EXCEPTION 'grant_use_fixed: a use ends once' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.state = 'given_back' THEN
        RETURN NEW;
    END IF;
    SELECT * INTO g FROM searches_gallerygrant
        WHERE agency_id = NEW.agency_id AND id = NEW.grant_id FOR SHARE;
    IF g.id IS NULL OR NOT searches_grant_holds(g) THEN
        RAISE EXCEPTION 'grant_over: nothing is searched by this grant' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.purpose <> ALL (g.purposes) OR EXISTS (
        SELECT FROM searches_gallerysource s
        JOIN searches_sourceregister r ON r.agency_id = s.agency_id AND r.id = s.register_id
        WHERE s.agency_id = g.agency_id AND s.gallery_id = g.gallery_id
        AND NEW.purpose <> ALL (r.purposes)
    ) THEN
        RAISE EXCEPTION 'grant_purpose: not granted for this purpose' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        NEW.taken_at := now();
        IF NEW.state <> 'taken' THEN
            RAISE EXCEPTION 'grant_use_fixed: a use begins before its search'
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER searches_guard_grant_use BEFORE INSERT OR UPDATE OR DELETE ON searches_grantuse
    FOR EACH ROW EXECUTE FUNCTION searches_guard_grant_use();

-- At the end of the transaction: the number is that of the rows.
CREATE FUNCTION searches_count_uses() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before text := coalesce(current_setting('candor.agency_id', true), '');
    p_grant uuid := (CASE TG_TABLE_NAME WHEN 'searches_grantuse' THEN to_jsonb(NEW) ->> 'grant_id'
        ELSE to_jsonb(NEW) ->> 'id' END)::uuid;
    agrees boolean;
BEGIN
    PERFORM set_config('candor.agency_id', NEW.agency_id::text, true);
    agrees := NOT EXISTS (SELECT FROM searches_gallerygrant g
        WHERE g.agency_id = NEW.agency_id AND g.id = p_grant AND g.searches_used <> (
            SELECT count(*) FROM searches_grantuse u WHERE u.agency_id = g.agency_id
            AND u.grant_id = g.id AND u.state <> 'given_back'));
    PERFORM set_config('candor.agency_id', before, true);
    IF NOT agrees THEN
        RAISE EXCEPTION 'grant_uses: the number of searches is not that of the uses'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER searches_count_uses AFTER INSERT OR UPDATE OF state ON searches_grantuse
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION searches_count_uses();
CREATE CONSTRAINT TRIGGER searches_count_uses AFTER UPDATE OF searches_used ON searches_gallerygrant
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION searches_count_uses()
"""

# Nobody writes themselves a grant: what a search has of one, the owner's rows must say.
SEARCHED = """
CREATE FUNCTION searches_kind_licensed(p_agency bigint, p_kind text)
RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM (
            SELECT DISTINCT ON (v.license_id) v.source_kinds, v.ends_on + v.grace_days AS last_day,
                (now() AT TIME ZONE a.time_zone)::date AS today
            FROM accounts_licenseversion v JOIN accounts_agency a ON a.id = v.agency_id
            WHERE v.agency_id = p_agency AND v.signature <> ''
                AND v.effective_on <= (now() AT TIME ZONE a.time_zone)::date
            ORDER BY v.license_id, v.effective_on DESC
        ) AS held WHERE held.today <= held.last_day AND p_kind = ANY (held.source_kinds)
    )
$$;
CREATE FUNCTION searches_guard_searched_grant() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before text := coalesce(current_setting('candor.agency_id', true), '');
    s searches_search;
    is_granted boolean;
BEGIN
    SELECT * INTO s FROM searches_search WHERE agency_id = NEW.agency_id AND id = NEW.search_id;
    IF s.id IS NULL OR s.state NOT IN ('held', 'queued') OR s.stage_since <> now()
        OR EXISTS (SELECT FROM searches_searchtoken t WHERE t.agency_id = NEW.agency_id
            AND t.search_id = NEW.search_id) THEN
        RAISE EXCEPTION 'the galleries of a search do not change' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT searches_kind_licensed(NEW.agency_id, NEW.source_kind) THEN
        RAISE EXCEPTION 'source_kind_not_licensed: no license grants the source kind of the gallery'
            USING ERRCODE = 'check_violation';
    END IF;
    PERFORM set_config('candor.agency_id', NEW.owner_id::text, true);
    is_granted := EXISTS (SELECT FROM searches_grantuse u
        JOIN searches_gallerygrant g ON g.agency_id = u.agency_id AND g.id = u.grant_id
        JOIN searches_gallery y ON y.agency_id = g.agency_id AND y.id = g.gallery_id
        WHERE u.agency_id = NEW.owner_id AND u.id = NEW.use_id AND u.grant_id = NEW.grant_id
        AND u.search_id = NEW.search_id AND u.state = 'taken' AND u.purpose = s.purpose
        AND g.borrower_id = NEW.agency_id AND g.gallery_id = NEW.gallery_id
        AND y.source_kind = NEW.source_kind);
    PERFORM set_config('candor.agency_id', before, true);
    IF NOT is_granted THEN
        RAISE EXCEPTION 'not_granted: the owner of the gallery knows of no such search'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER searches_guard_searched_grant BEFORE INSERT ON searches_searchedgrant
    FOR EACH ROW EXECUTE FUNCTION searches_guard_searched_grant();
CREATE TRIGGER searches_keep_searched_grant BEFORE UPDATE OR DELETE ON searches_searchedgrant
    FOR EACH ROW EXECUTE FUNCTION searches_keep_until_erased();

CREATE FUNCTION searches_guard_shared_face() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM searches_search s
        JOIN searches_searchedgrant g ON g.agency_id = s.agency_id AND g.search_id = s.id
        WHERE s.agency_id = NEW.agency_id AND s.id = NEW.search_id
        AND g.id = NEW.searched_grant_id AND s.stage = 'queued' AND s.state = 'running') THEN
        RAISE EXCEPTION 'shared faces come from a running search of their gallery'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER searches_guard_shared_face BEFORE INSERT ON searches_sharedface
    FOR EACH ROW EXECUTE FUNCTION searches_guard_shared_face();
CREATE TRIGGER searches_keep_shared_face BEFORE UPDATE OR DELETE ON searches_sharedface
    FOR EACH ROW EXECUTE FUNCTION searches_keep_until_erased();

-- At the end of the transaction: what was found in another agency's gallery, that agency sees.
CREATE FUNCTION searches_complete_grants() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before text := coalesce(current_setting('candor.agency_id', true), '');
    one record;
    is_complete boolean := true;
BEGIN
    PERFORM set_config('candor.agency_id', NEW.agency_id::text, true);
    FOR one IN SELECT owner_id, use_id FROM searches_searchedgrant
        WHERE agency_id = NEW.agency_id AND search_id = NEW.id
    LOOP
        PERFORM set_config('candor.agency_id', one.owner_id::text, true);
        is_complete := is_complete AND EXISTS (SELECT FROM searches_grantuse u
            WHERE u.agency_id = one.owner_id AND u.id = one.use_id AND u.state = 'done');
        PERFORM set_config('candor.agency_id', NEW.agency_id::text, true);
    END LOOP;
    PERFORM set_config('candor.agency_id', before, true);
    IF NOT is_complete THEN
        RAISE EXCEPTION 'not_granted: search % has a result that the owner does not see', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER searches_complete_grants AFTER UPDATE OF stage ON searches_search
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.stage = 'examination')
    EXECUTE FUNCTION searches_complete_grants()
"""

# As in 0008 and 0011, and with copies of faces from other agencies' galleries.
FACES = """
CREATE OR REPLACE FUNCTION searches_guard_candidate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM searches_search s
        WHERE s.agency_id = NEW.agency_id AND s.id = NEW.search_id
        AND s.stage = 'queued' AND s.state = 'running' AND NEW.rank BETWEEN 1 AND s."limit"
        AND (EXISTS (SELECT FROM searches_searchedgallery g WHERE g.agency_id = s.agency_id
                AND g.search_id = s.id AND g.gallery_id = NEW.gallery_id)
            OR EXISTS (SELECT FROM searches_sharedface f WHERE f.agency_id = s.agency_id
                AND f.search_id = s.id AND f.id = NEW.shared_id))) THEN
        RAISE EXCEPTION 'candidates come from a running search of their gallery'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION searches_guard_item() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    e searches_examination;
BEGIN
    SELECT * INTO e FROM searches_examination
        WHERE agency_id = coalesce(NEW.agency_id, OLD.agency_id)
        AND id = coalesce(NEW.examination_id, OLD.examination_id) FOR SHARE;
    IF TG_OP = 'DELETE' THEN
        IF searches_content_gone(OLD.agency_id, e.search_id) THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'a face examined is not deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF e.state IS DISTINCT FROM 'open' THEN
        RAISE EXCEPTION 'examination_closed: the examination is over' USING ERRCODE = 'check_violation';
    END IF;
    PERFORM searches_require_round(e.agency_id, e.search_id, e.round);
    IF TG_OP = 'INSERT' THEN
        IF NEW.disposition <> '' OR NOT (
            NEW.candidate_id IS NULL AND e.round = 2
            AND NOT EXISTS (SELECT FROM searches_candidate c WHERE c.agency_id = e.agency_id
                AND c.search_id = e.search_id AND c.subject_id = NEW.subject_id)
            AND EXISTS (SELECT FROM searches_searchedgallery g WHERE g.agency_id = e.agency_id
                AND g.search_id = e.search_id AND g.gallery_id = NEW.gallery_id)
            OR EXISTS (SELECT FROM searches_candidate c WHERE c.agency_id = e.agency_id
                AND c.search_id = e.search_id AND c.id = NEW.candidate_id
                AND (c.subject_id, c.image_id, c.gallery_id, c.shared_id) IS NOT DISTINCT FROM
                    (NEW.subject_id, NEW.image_id, NEW.gallery_id, NEW.shared_id)
                AND c.id IN (SELECT searches_round_faces(e.agency_id, e.search_id, e.round)))
        ) THEN
            RAISE EXCEPTION 'the face does not belong into this examination' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.agency_id, NEW.examination_id, NEW.position, NEW.candidate_id, NEW.gallery_id,
            NEW.subject_id, NEW.image_id, NEW.shared_id)
        IS DISTINCT FROM (OLD.id, OLD.agency_id, OLD.examination_id, OLD.position, OLD.candidate_id,
            OLD.gallery_id, OLD.subject_id, OLD.image_id, OLD.shared_id) THEN
        RAISE EXCEPTION 'the face of an examination does not change' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT searches_supports(NEW.disposition, NEW.features, NEW.comment_sealed) THEN
        RAISE EXCEPTION 'checklist_incomplete: the checklist does not bear the decision out'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
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
        AND NOT EXISTS (SELECT FROM searches_sharedface f
            WHERE f.agency_id = s.agency_id AND f.search_id = s.id)
    ) THEN
        RAISE EXCEPTION 'not_erased: a receipt is for what is gone' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""

SHARED_KEYS = [
    f"ALTER TABLE {table} ADD CONSTRAINT {table}_shared_id_tenant_fk"
    " FOREIGN KEY (agency_id, shared_id) REFERENCES searches_sharedface (agency_id, id)"
    " DEFERRABLE INITIALLY DEFERRED"
    for table in ("searches_candidate", "searches_examinationitem")
]


class ProtectGrants(ProtectTenant):
    """The agency to which a gallery is granted reads the grants that name it."""

    def policies(self, table: str) -> list[str]:
        return policy_sql(table, also_read=f"borrower_id = {CURRENT_AGENCY}")


class Migration(migrations.Migration):
    dependencies = [
        ("searches", "0016_contracts"),
    ]

    operations = [
        migrations.AlterField(
            model_name="candidate",
            name="gallery",
            field=portal.tenancy.TenantForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="searches.gallery",
            ),
        ),
        migrations.AlterField(
            model_name="candidate",
            name="image",
            field=portal.tenancy.TenantForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="searches.faceimage",
            ),
        ),
        migrations.AlterField(
            model_name="candidate",
            name="subject",
            field=portal.tenancy.TenantForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="searches.subject",
            ),
        ),
        migrations.AlterField(
            model_name="examinationitem",
            name="gallery",
            field=portal.tenancy.TenantForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="searches.gallery",
            ),
        ),
        migrations.AlterField(
            model_name="examinationitem",
            name="image",
            field=portal.tenancy.TenantForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="searches.faceimage",
            ),
        ),
        migrations.AlterField(
            model_name="examinationitem",
            name="subject",
            field=portal.tenancy.TenantForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="searches.subject",
            ),
        ),
        migrations.CreateModel(
            name="GalleryGrant",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("named", models.CharField(max_length=200, verbose_name="agency")),
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
                        verbose_name="purposes",
                    ),
                ),
                ("starts_on", models.DateField(verbose_name="first day")),
                ("ends_on", models.DateField(verbose_name="last day")),
                (
                    "searches_allowed",
                    models.PositiveIntegerField(verbose_name="number of searches"),
                ),
                ("searches_used", models.PositiveIntegerField(default=0, editable=False)),
                ("agreement", models.CharField(max_length=300, verbose_name="agreement")),
                ("reason_sealed", models.BinaryField(default=b"")),
                ("granted_by_id", models.BigIntegerField(editable=False, null=True)),
                ("granted_by_label", models.CharField(editable=False, max_length=254)),
                ("granted_at", models.DateTimeField(auto_now_add=True)),
                ("looked_up_at", models.DateTimeField(editable=False, null=True)),
                ("borrower_id", models.BigIntegerField(editable=False, null=True)),
                ("accepted_at", models.DateTimeField(editable=False, null=True)),
                ("declined_at", models.DateTimeField(editable=False, null=True)),
                ("answered_by_id", models.BigIntegerField(editable=False, null=True)),
                ("revoked_at", models.DateTimeField(editable=False, null=True)),
                ("revoked_by_label", models.CharField(blank=True, editable=False, max_length=254)),
                (
                    "gallery",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="grants",
                        to="searches.gallery",
                    ),
                ),
            ],
            options={
                "verbose_name": "grant of a gallery",
                "verbose_name_plural": "grants of galleries",
                "ordering": ["-granted_at"],
            },
        ),
        migrations.CreateModel(
            name="GrantUse",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("search_id", models.UUIDField(editable=False)),
                (
                    "purpose",
                    models.CharField(
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
                        max_length=30,
                        verbose_name="purpose",
                    ),
                ),
                (
                    "basis",
                    models.CharField(
                        choices=[
                            ("initial_identification", "Initial identification on stated facts"),
                            ("authorized", "Authorized, with reference and document"),
                            ("urgent", "Urgent, to be authorized within 48 hours"),
                        ],
                        max_length=24,
                        verbose_name="legal basis",
                    ),
                ),
                ("searched_by_label", models.CharField(editable=False, max_length=254)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("taken", "Waiting or running"),
                            ("done", "Done"),
                            ("given_back", "Failed, given back"),
                        ],
                        default="taken",
                        max_length=10,
                    ),
                ),
                ("taken_at", models.DateTimeField(auto_now_add=True)),
                ("ended_at", models.DateTimeField(editable=False, null=True)),
                ("candidates", models.PositiveSmallIntegerField(editable=False, null=True)),
                (
                    "grant",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="uses",
                        to="searches.gallerygrant",
                    ),
                ),
            ],
            options={
                "verbose_name": "use of a grant",
                "verbose_name_plural": "uses of grants",
                "ordering": ["-taken_at"],
            },
        ),
        migrations.CreateModel(
            name="SearchedGrant",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("owner_id", models.BigIntegerField(editable=False)),
                ("owner_name", models.CharField(editable=False, max_length=200)),
                ("grant_id", models.UUIDField(editable=False)),
                ("use_id", models.UUIDField(editable=False)),
                ("gallery_id", models.UUIDField(editable=False)),
                ("gallery_name", models.CharField(editable=False, max_length=120)),
                (
                    "source_kind",
                    models.CharField(
                        choices=[
                            ("arrest_photographs", "Arrest photographs"),
                            ("missing_person_reports", "Missing-person reports"),
                            ("identity_documents", "Identity documents"),
                            ("unidentified_deceased", "Unidentified deceased"),
                            ("other_lawful_register", "Another lawful register"),
                        ],
                        editable=False,
                        max_length=30,
                    ),
                ),
                ("legal_basis", models.CharField(editable=False, max_length=300)),
                (
                    "search",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="searched_grants",
                        to="searches.search",
                    ),
                ),
            ],
            options={
                "ordering": ["owner_name", "gallery_name", "id"],
            },
        ),
        migrations.CreateModel(
            name="SharedFace",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("reference", models.CharField(editable=False, max_length=80)),
                ("origin", models.BinaryField()),
                ("collected_on", models.DateField(editable=False)),
                ("portrait_key", models.CharField(editable=False, max_length=80)),
                ("close_up_key", models.CharField(editable=False, max_length=80)),
                ("picture_key", models.CharField(editable=False, max_length=80)),
                ("picture_sha256", models.CharField(editable=False, max_length=64)),
                (
                    "search",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="shared_faces",
                        to="searches.search",
                    ),
                ),
                (
                    "searched_grant",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="faces",
                        to="searches.searchedgrant",
                    ),
                ),
            ],
            options={
                "ordering": ["reference"],
            },
        ),
        migrations.AddField(
            model_name="candidate",
            name="shared",
            field=portal.tenancy.TenantForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="searches.sharedface",
            ),
        ),
        migrations.AddField(
            model_name="examinationitem",
            name="shared",
            field=portal.tenancy.TenantForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="searches.sharedface",
            ),
        ),
        migrations.AddConstraint(
            model_name="candidate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("gallery__isnull", False),
                        ("image__isnull", False),
                        ("shared", None),
                        ("subject__isnull", False),
                    ),
                    models.Q(
                        ("gallery", None),
                        ("image", None),
                        ("shared__isnull", False),
                        ("subject", None),
                    ),
                    _connector="OR",
                ),
                name="candidate_one_face",
            ),
        ),
        migrations.AddConstraint(
            model_name="candidate",
            constraint=models.UniqueConstraint(
                fields=("agency_id", "shared"), name="candidate_shared_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="examinationitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("gallery__isnull", False),
                        ("image__isnull", False),
                        ("shared", None),
                        ("subject__isnull", False),
                    ),
                    models.Q(
                        ("gallery", None),
                        ("image", None),
                        ("shared__isnull", False),
                        ("subject", None),
                    ),
                    _connector="OR",
                ),
                name="item_one_face",
            ),
        ),
        migrations.AddConstraint(
            model_name="examinationitem",
            constraint=models.CheckConstraint(
                condition=models.Q(("shared", None), ("candidate__isnull", False), _connector="OR"),
                name="item_shared_is_candidate",
            ),
        ),
        migrations.AddConstraint(
            model_name="examinationitem",
            constraint=models.UniqueConstraint(
                fields=("agency_id", "examination", "shared"), name="item_shared_once"
            ),
        ),
        migrations.AddIndex(
            model_name="gallerygrant",
            index=models.Index(
                condition=models.Q(("borrower_id__isnull", False)),
                fields=["borrower_id"],
                name="grant_borrowed",
            ),
        ),
        migrations.AddIndex(
            model_name="gallerygrant",
            index=models.Index(fields=["agency_id", "gallery"], name="grant_of_gallery"),
        ),
        migrations.AddConstraint(
            model_name="gallerygrant",
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
                name="grant_purposes",
            ),
        ),
        migrations.AddConstraint(
            model_name="gallerygrant",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_on__gte", models.F("starts_on"))), name="grant_period"
            ),
        ),
        migrations.AddConstraint(
            model_name="gallerygrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("searches_allowed__gte", 1),
                    ("searches_allowed__lte", 10000),
                    ("searches_used__lte", models.F("searches_allowed")),
                ),
                name="grant_searches",
            ),
        ),
        migrations.AddConstraint(
            model_name="gallerygrant",
            constraint=models.CheckConstraint(
                condition=models.Q(("named__regex", "\\S"), ("agreement__regex", "\\S")),
                name="grant_given",
            ),
        ),
        migrations.AddConstraint(
            model_name="gallerygrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("borrower_id", None),
                    models.Q(
                        ("looked_up_at__isnull", False),
                        models.Q(("borrower_id", models.F("agency_id")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="grant_to_another_agency",
            ),
        ),
        migrations.AddConstraint(
            model_name="gallerygrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("accepted_at", None), ("declined_at", None)),
                    ("borrower_id__isnull", False),
                    _connector="OR",
                ),
                name="grant_answered_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="grantuse",
            constraint=models.UniqueConstraint(
                fields=("agency_id", "grant", "search_id"), name="grant_use_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="grantuse",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("candidates", None), ("ended_at", None), ("state", "taken")),
                    models.Q(
                        ("candidates__isnull", False),
                        ("ended_at__isnull", False),
                        ("state", "done"),
                    ),
                    models.Q(
                        ("candidates", None), ("ended_at__isnull", False), ("state", "given_back")
                    ),
                    _connector="OR",
                ),
                name="grant_use_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="searchedgrant",
            constraint=models.UniqueConstraint(
                fields=("agency_id", "search", "gallery_id"), name="searched_grant_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="searchedgrant",
            constraint=models.CheckConstraint(
                condition=models.Q(("owner_id", models.F("agency_id")), _negated=True),
                name="searched_grant_of_another_agency",
            ),
        ),
        migrations.AddConstraint(
            model_name="sharedface",
            constraint=models.UniqueConstraint(
                fields=("agency_id", "search", "reference"), name="shared_face_reference_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="sharedface",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("origin", b""), _negated=True),
                    models.Q(("reference", ""), _negated=True),
                ),
                name="shared_face_given",
            ),
        ),
        ProtectGrants("GalleryGrant"),
        *(ProtectTenant(name) for name in ("GrantUse", "SearchedGrant", "SharedFace")),
        migrations.RunSQL(SHARED_KEYS, migrations.RunSQL.noop),
        *(
            migrations.RunSQL(sql, migrations.RunSQL.noop)
            for sql in (HOLDS, GRANT, USE, SEARCHED, FACES)
        ),
    ]
