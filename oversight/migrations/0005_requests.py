"""Public pages, and requests of data subjects with their rules: states only move along."""

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import portal.tenancy
from portal.rowsecurity import ProtectTenant, append_only_sql

PROTECTED = (
    "PublicPage",
    "SubjectRequest",
    "RequestLink",
    "RequestNote",
    "RequestSubject",
    "RequestLetter",
)
APPEND_ONLY = ("oversight_publicpage", "oversight_requestnote", "oversight_requestletter")

# What was asked for never changes, and neither does what was decided.
ASKED = (
    "id, agency_id, number, kind, channel, language, for_another, reach, received_at, name_sealed,"
    " other_names_sealed, born_sealed, address_sealed, occasion_sealed, about_sealed"
)
DECIDED = (
    "outcome, ground, withheld, withheld_ground, decided_at, decided_by_id, decided_by_label,"
    " erase_by, told_sealed, inside_sealed, identity_method, identity_at, identity_by_id,"
    " identity_by_label, due_on, extended_at"
)


def _of(row: str, columns: str) -> str:
    return ", ".join(f"{row}.{column.strip()}" for column in columns.split(","))


# Nothing else leads from one state to another.
WAYS = (
    ("received", "identity"),
    ("received", "in_work"),
    ("identity", "waiting"),
    ("identity", "in_work"),
    ("waiting", "identity"),
    ("waiting", "in_work"),
    ("in_work", "waiting"),
    ("in_work", "identity"),
    ("in_work", "decided"),
    ("waiting", "lapsed"),
    ("received", "withdrawn"),
    ("identity", "withdrawn"),
    ("waiting", "withdrawn"),
    ("in_work", "withdrawn"),
)
_WAYS = ", ".join(f"('{before}', '{after}')" for before, after in WAYS)

REQUEST = f"""
CREATE FUNCTION oversight_other_handler(p_agency bigint, p_user bigint)
RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM accounts_membership m JOIN accounts_user u ON u.id = m.user_id
        WHERE m.agency_id = p_agency AND m.user_id <> p_user AND m.deactivated_at IS NULL
        AND u.is_active AND 'supervisor' = ANY (m.roles))
$$;
CREATE FUNCTION oversight_guard_request() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF searches_destroying(OLD.agency_id) THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'a request is not deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'received' OR NEW.identity_method <> '' OR NEW.extended_at IS NOT NULL
            OR length(NEW.name_sealed) = 0 OR length(NEW.address_sealed) = 0
            OR NEW.received_at > now() + interval '1 minute'
            OR NEW.due_on > (NEW.received_at + interval '1 month 1 day')::date THEN
            RAISE EXCEPTION 'request_begins: as received, from somebody, for one month'
                USING ERRCODE = 'check_violation';
        END IF;
        NEW.state_since := now();
        RETURN NEW;
    END IF;
    IF ({_of("NEW", ASKED)}) IS DISTINCT FROM ({_of("OLD", ASKED)}) THEN
        RAISE EXCEPTION 'what was asked for does not change' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state IN ('decided', 'withdrawn', 'lapsed')
        AND ({_of("NEW", DECIDED)}) IS DISTINCT FROM ({_of("OLD", DECIDED)}) THEN
        RAISE EXCEPTION 'request_closed: what was decided does not change'
            USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.due_on <> OLD.due_on OR NEW.extended_at IS DISTINCT FROM OLD.extended_at) AND (
            OLD.extended_at IS NOT NULL OR NEW.extended_at IS NULL
            OR length(NEW.extension_sealed) = 0
            OR NEW.due_on > (OLD.received_at + interval '3 months 1 day')::date) THEN
        RAISE EXCEPTION 'request_extended: once, by two months at most, with a reason'
            USING ERRCODE = 'check_violation';
    END IF;
    IF (OLD.erased_at IS NOT NULL AND NEW.erased_at IS DISTINCT FROM OLD.erased_at)
        OR (NEW.erased_at IS NOT NULL AND OLD.state <> 'decided') THEN
        RAISE EXCEPTION 'request_erased: is told once, after the decision'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = OLD.state THEN
        NEW.state_since := OLD.state_since;
        RETURN NEW;
    END IF;
    IF NOT (OLD.state, NEW.state) IN ({_WAYS}) THEN
        RAISE EXCEPTION 'request_order: a request does not go from % to %', OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'lapsed' AND OLD.state_since > now() - interval '30 days' THEN
        RAISE EXCEPTION 'request_not_lapsed: the person has thirty days to answer'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'decided' AND NEW.outcome <> 'refused' AND NEW.kind IN ('access', 'erasure')
        AND NEW.decided_by_id = NEW.identity_by_id
        AND oversight_other_handler(NEW.agency_id, NEW.decided_by_id) THEN
        RAISE EXCEPTION 'request_second_person: who checked the identity does not decide'
            USING ERRCODE = 'check_violation';
    END IF;
    NEW.state_since := now();
    RETURN NEW;
END $$;
CREATE TRIGGER oversight_guard_request BEFORE INSERT OR UPDATE OR DELETE
    ON oversight_subjectrequest FOR EACH ROW EXECUTE FUNCTION oversight_guard_request()
"""

# Subjects are chosen while a request is open; a letter comes after its decision.
PARTS = """
CREATE FUNCTION oversight_guard_request_subject() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    chosen oversight_requestsubject;
BEGIN
    IF TG_OP = 'DELETE' THEN
        chosen := OLD;
        IF searches_destroying(OLD.agency_id) THEN
            RETURN OLD;
        END IF;
    ELSE
        chosen := NEW;
    END IF;
    IF TG_OP = 'UPDATE' OR NOT EXISTS (SELECT FROM oversight_subjectrequest r
            WHERE r.agency_id = chosen.agency_id AND r.id = chosen.request_id
            AND r.state IN ('received', 'identity', 'waiting', 'in_work')) THEN
        RAISE EXCEPTION 'request_closed: its subjects do not change'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN chosen;
END $$;
CREATE TRIGGER oversight_guard_request_subject BEFORE INSERT OR UPDATE OR DELETE
    ON oversight_requestsubject
    FOR EACH ROW EXECUTE FUNCTION oversight_guard_request_subject();
CREATE FUNCTION oversight_guard_request_letter() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM oversight_subjectrequest r WHERE r.agency_id = NEW.agency_id
            AND r.id = NEW.request_id AND r.state = 'decided'
            AND (NEW.about = 'decision' OR r.erased_at IS NOT NULL)) THEN
        RAISE EXCEPTION 'request_letter: comes after what it tells'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER oversight_guard_request_letter BEFORE INSERT ON oversight_requestletter
    FOR EACH ROW EXECUTE FUNCTION oversight_guard_request_letter()
"""

KEEP = [
    statement
    for table in APPEND_ONLY
    for statement in (
        f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION searches_keep()",
        append_only_sql(table).replace("UPDATE, DELETE, TRUNCATE", "UPDATE, TRUNCATE"),
    )
]


class Migration(migrations.Migration):
    dependencies = [
        ("oversight", "0004_transparency"),
        ("searches", "0010_work_indexes"),
        ("accounts", "0025_lend_examiners"),
    ]

    operations = [
        migrations.CreateModel(
            name="PublicPage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("agency_id", models.BigIntegerField(editable=False)),
                ("number", models.PositiveIntegerField(verbose_name="version")),
                ("is_open", models.BooleanField(default=False)),
                ("texts", models.JSONField(default=dict)),
                ("made_by_id", models.BigIntegerField(editable=False, null=True)),
                ("made_by_label", models.CharField(editable=False, max_length=254)),
                ("made_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name": "public page",
                "verbose_name_plural": "public pages",
                "ordering": ["-number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("agency_id", "number"), name="public_page_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("number__gte", 1)), name="public_page_versions_count_up"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SubjectRequest",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.CharField(editable=False, max_length=12)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("access", "Access: what is held about me"),
                            ("correction", "Correction: something is wrong"),
                            ("erasure", "Erasure: what is held is to be deleted"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("received", "Received"),
                            ("identity", "Identity check"),
                            ("waiting", "Waiting for the person"),
                            ("in_work", "In work"),
                            ("decided", "Decided"),
                            ("withdrawn", "Withdrawn"),
                            ("lapsed", "Lapsed"),
                        ],
                        default="received",
                        max_length=12,
                    ),
                ),
                (
                    "state_since",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("page", "The public page"),
                            ("post", "Post"),
                            ("email", "E-mail"),
                            ("in_person", "In person"),
                            ("other", "Another way"),
                        ],
                        max_length=12,
                    ),
                ),
                ("language", models.CharField(max_length=2)),
                ("for_another", models.BooleanField(default=False)),
                (
                    "reach",
                    models.CharField(
                        choices=[("email", "By e-mail"), ("post", "By post")], max_length=6
                    ),
                ),
                ("received_at", models.DateTimeField(editable=False)),
                ("due_on", models.DateField(editable=False)),
                ("extended_at", models.DateTimeField(editable=False, null=True)),
                ("owner_id", models.BigIntegerField(editable=False, null=True)),
                ("owner_label", models.CharField(blank=True, editable=False, max_length=254)),
                (
                    "identity_method",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("seen", "Seen in person, with a document"),
                            ("document", "Document shown, nothing kept of it"),
                            ("known", "Known to the agency already"),
                            ("facts", "Facts that only the person knows"),
                            ("authority", "Representative: authority and identity checked"),
                        ],
                        max_length=12,
                    ),
                ),
                ("identity_at", models.DateTimeField(editable=False, null=True)),
                ("identity_by_id", models.BigIntegerField(editable=False, null=True)),
                ("identity_by_label", models.CharField(blank=True, editable=False, max_length=254)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("granted", "Granted"),
                            ("partly", "Granted in part"),
                            ("refused", "Refused"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "ground",
                    models.CharField(
                        blank=True,
                        choices=[
                            (
                                "identity",
                                "It was not shown that the request comes from the person concerned.",
                            ),
                            ("unfounded", "The request is manifestly unfounded."),
                            (
                                "excessive",
                                "The request is excessive, because it repeats earlier ones.",
                            ),
                            ("law", "The law obliges or allows the agency to refuse the request."),
                            (
                                "not_ours",
                                "The agency does not answer for what the request is about.",
                            ),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "withheld",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Nothing"),
                            ("open_cases", "Searches in cases that are open"),
                            ("searches", "All searches, and who received something of them"),
                            ("everything", "Everything, also that there are pictures"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "withheld_ground",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("inquiries", "It would obstruct official or legal inquiries"),
                            (
                                "offences",
                                "It would prejudice the prevention or prosecution of offences",
                            ),
                            ("public_security", "It would endanger public security"),
                            ("national_security", "It would endanger national security"),
                            ("others", "It would harm the rights of others"),
                        ],
                        max_length=20,
                    ),
                ),
                ("decided_at", models.DateTimeField(editable=False, null=True)),
                ("decided_by_id", models.BigIntegerField(editable=False, null=True)),
                ("decided_by_label", models.CharField(blank=True, editable=False, max_length=254)),
                ("erase_by", models.DateField(null=True)),
                ("erased_at", models.DateTimeField(editable=False, null=True)),
                ("erased_by_label", models.CharField(blank=True, editable=False, max_length=254)),
                ("sent_at", models.DateTimeField(editable=False, null=True)),
                (
                    "sent_how",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("link", "By the link"),
                            ("post", "By post"),
                            ("handed", "Handed over"),
                        ],
                        max_length=10,
                    ),
                ),
                ("name_sealed", models.BinaryField(default=b"")),
                ("other_names_sealed", models.BinaryField(default=b"")),
                ("born_sealed", models.BinaryField(default=b"")),
                ("address_sealed", models.BinaryField(default=b"")),
                ("occasion_sealed", models.BinaryField(default=b"")),
                ("about_sealed", models.BinaryField(default=b"")),
                ("extension_sealed", models.BinaryField(default=b"")),
                ("told_sealed", models.BinaryField(default=b"")),
                ("inside_sealed", models.BinaryField(default=b"")),
                ("duplicate_of", models.UUIDField(editable=False, null=True)),
            ],
            options={
                "verbose_name": "request of a data subject",
                "verbose_name_plural": "requests of data subjects",
                "ordering": ["due_on", "received_at"],
            },
        ),
        migrations.CreateModel(
            name="RequestSubject",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("subject_id", models.UUIDField(editable=False)),
                ("gallery_id", models.UUIDField(editable=False)),
                ("reference_sealed", models.BinaryField(default=b"")),
                (
                    "request",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="subjects",
                        to="oversight.subjectrequest",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RequestNote",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("note", "Note of the agency"),
                            ("message", "Message of the person"),
                            ("reply", "Message to the person"),
                        ],
                        max_length=8,
                    ),
                ),
                ("text_sealed", models.BinaryField(default=b"")),
                ("author_id", models.BigIntegerField(editable=False, null=True)),
                ("author_label", models.CharField(blank=True, editable=False, max_length=254)),
                ("written_at", models.DateTimeField(auto_now_add=True)),
                (
                    "request",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notes",
                        to="oversight.subjectrequest",
                    ),
                ),
            ],
            options={
                "verbose_name": "note on a request",
                "verbose_name_plural": "notes on requests",
                "ordering": ["-written_at"],
            },
        ),
        migrations.CreateModel(
            name="RequestLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("agency_id", models.BigIntegerField(editable=False)),
                ("token_hash", models.CharField(editable=False, max_length=64)),
                ("mailed", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("opened_at", models.DateTimeField(editable=False, null=True)),
                (
                    "request",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="links",
                        to="oversight.subjectrequest",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RequestLetter",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "about",
                    models.CharField(
                        choices=[("decision", "Decision"), ("erased", "Erasure done")],
                        max_length=10,
                    ),
                ),
                ("language", models.CharField(max_length=2)),
                ("file_key", models.CharField(max_length=80)),
                ("sha256", models.CharField(max_length=64)),
                ("made_at", models.DateTimeField()),
                ("made_by_label", models.CharField(editable=False, max_length=254)),
                (
                    "request",
                    portal.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="letters",
                        to="oversight.subjectrequest",
                    ),
                ),
            ],
            options={
                "verbose_name": "letter",
                "verbose_name_plural": "letters",
                "ordering": ["-made_at"],
            },
        ),
        migrations.AddIndex(
            model_name="subjectrequest",
            index=models.Index(
                condition=models.Q(("state__in", ["received", "identity", "waiting", "in_work"])),
                fields=["agency_id", "due_on"],
                name="request_open",
            ),
        ),
        migrations.AddIndex(
            model_name="subjectrequest",
            index=models.Index(fields=["agency_id", "-received_at"], name="request_received"),
        ),
        migrations.AddConstraint(
            model_name="subjectrequest",
            constraint=models.UniqueConstraint(
                fields=("agency_id", "number"), name="request_number_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="subjectrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["access", "correction", "erasure"])),
                name="request_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="subjectrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "received",
                            "identity",
                            "waiting",
                            "in_work",
                            "decided",
                            "withdrawn",
                            "lapsed",
                        ],
                    )
                ),
                name="request_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="subjectrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("channel__in", ["page", "post", "email", "in_person", "other"])
                ),
                name="request_channel",
            ),
        ),
        migrations.AddConstraint(
            model_name="subjectrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(("reach__in", ["email", "post"])), name="request_reach"
            ),
        ),
        migrations.AddConstraint(
            model_name="subjectrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("identity_method__in", ["", "seen", "document", "known", "facts", "authority"])
                ),
                name="request_identity_method",
            ),
        ),
        migrations.AddConstraint(
            model_name="subjectrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", ["", "granted", "partly", "refused"])),
                name="request_outcome",
            ),
        ),
        migrations.AddConstraint(
            model_name="subjectrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ground__in", ["", "identity", "unfounded", "excessive", "law", "not_ours"])
                ),
                name="request_ground",
            ),
        ),
        migrations.AddConstraint(
            model_name="subjectrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(("withheld__in", ["", "open_cases", "searches", "everything"])),
                name="request_withheld",
            ),
        ),
        migrations.AddConstraint(
            model_name="subjectrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "withheld_ground__in",
                        [
                            "",
                            "inquiries",
                            "offences",
                            "public_security",
                            "national_security",
                            "others",
                        ],
                    )
                ),
                name="request_withheld_ground",
            ),
        ),
        migrations.AddConstraint(
            model_name="subjectrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("decided_at__isnull", False),
                        ("state", "decided"),
                        models.Q(("outcome", ""), _negated=True),
                    ),
                    models.Q(
                        models.Q(("state", "decided"), _negated=True),
                        ("decided_at", None),
                        ("outcome", ""),
                    ),
                    _connector="OR",
                ),
                name="request_decided_has_outcome",
            ),
        ),
        migrations.AddConstraint(
            model_name="subjectrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome", "refused"), models.Q(("ground", ""), _negated=True)),
                    models.Q(models.Q(("outcome", "refused"), _negated=True), ("ground", "")),
                    _connector="OR",
                ),
                name="request_refused_has_ground",
            ),
        ),
        migrations.AddConstraint(
            model_name="subjectrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("withheld", ""), ("withheld_ground", "")),
                    models.Q(
                        ("kind", "access"),
                        ("outcome__in", ["granted", "partly"]),
                        models.Q(("withheld", ""), _negated=True),
                        models.Q(("withheld_ground", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="request_withheld_has_ground",
            ),
        ),
        migrations.AddConstraint(
            model_name="subjectrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("identity_at", None), ("identity_method", "")),
                    models.Q(
                        models.Q(("identity_method", ""), _negated=True),
                        ("identity_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="request_identity_checked",
            ),
        ),
        migrations.AddConstraint(
            model_name="subjectrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("kind__in", ["access", "erasure"]),
                        ("outcome__in", ["granted", "partly"]),
                        _negated=True,
                    ),
                    models.Q(("identity_method", ""), _negated=True),
                    _connector="OR",
                ),
                name="request_granted_to_the_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="subjectrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("erase_by__isnull", False),
                        ("kind", "erasure"),
                        ("outcome__in", ["granted", "partly"]),
                    ),
                    models.Q(
                        models.Q(
                            ("kind", "erasure"),
                            ("outcome__in", ["granted", "partly"]),
                            _negated=True,
                        ),
                        ("erase_by", None),
                        ("erased_at", None),
                    ),
                    _connector="OR",
                ),
                name="request_erase_by",
            ),
        ),
        migrations.AddConstraint(
            model_name="subjectrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("sent_at", None), ("sent_how", "")),
                    models.Q(("sent_at__isnull", False), ("state", "decided")),
                    _connector="OR",
                ),
                name="request_sent_after_decision",
            ),
        ),
        migrations.AddConstraint(
            model_name="requestsubject",
            constraint=models.UniqueConstraint(
                fields=("agency_id", "request", "subject_id"), name="request_subject_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="requestnote",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["note", "message", "reply"])),
                name="request_note_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="requestlink",
            constraint=models.UniqueConstraint(
                fields=("agency_id", "token_hash"), name="request_link_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="requestletter",
            constraint=models.UniqueConstraint(
                fields=("agency_id", "request", "about"), name="request_letter_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="requestletter",
            constraint=models.CheckConstraint(
                condition=models.Q(("about__in", ["decision", "erased"])),
                name="request_letter_about",
            ),
        ),
        *(ProtectTenant(name) for name in PROTECTED),
        migrations.RunSQL(REQUEST, migrations.RunSQL.noop),
        migrations.RunSQL(PARTS, migrations.RunSQL.noop),
        *(migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in KEEP),
    ]
