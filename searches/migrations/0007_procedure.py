"""Grounds, authorization, examinations and conclusion of a search."""

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import portal.tenancy

# Searches from before have no basis and were examined on paper: they wait for an examination here.
STAGES_OF_OLD = """
ALTER TABLE searches_search NO FORCE ROW LEVEL SECURITY;
UPDATE searches_search SET stage = CASE state WHEN 'done' THEN 'examination' ELSE state END
    WHERE state IN ('done', 'failed');
ALTER TABLE searches_search FORCE ROW LEVEL SECURITY
"""


class Migration(migrations.Migration):
    dependencies = [
        ("searches", "0006_probe_edits"),
    ]

    operations = [
        migrations.CreateModel(
            name="Authorization",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "decision",
                    models.CharField(
                        choices=[("approved", "Approved"), ("refused", "Refused")],
                        max_length=10,
                        verbose_name="decision",
                    ),
                ),
                ("decided_by_id", models.BigIntegerField(editable=False)),
                ("decided_by_label", models.CharField(editable=False, max_length=254)),
                ("requested_by_id", models.BigIntegerField(editable=False, null=True)),
                ("reason_sealed", models.BinaryField(default=b"")),
                ("decided_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name": "authorization",
                "verbose_name_plural": "authorizations",
            },
        ),
        migrations.CreateModel(
            name="Conclusion",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("lead", "Lead"),
                            ("no_lead", "No lead"),
                            ("inconclusive", "Inconclusive"),
                        ],
                        max_length=12,
                        verbose_name="outcome",
                    ),
                ),
                ("statement_version", models.PositiveSmallIntegerField()),
                ("concluded_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name": "conclusion",
                "verbose_name_plural": "conclusions",
            },
        ),
        migrations.CreateModel(
            name="ErasureReceipt",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("document", models.JSONField()),
                ("key_id", models.CharField(max_length=16)),
                ("signature", models.CharField(max_length=100)),
                ("erased_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name": "erasure receipt",
                "verbose_name_plural": "erasure receipts",
            },
        ),
        migrations.CreateModel(
            name="Examination",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("round", models.PositiveSmallIntegerField()),
                ("examiner_id", models.BigIntegerField(editable=False)),
                ("examiner_label", models.CharField(editable=False, max_length=254)),
                ("requested_by_id", models.BigIntegerField(editable=False, null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("submitted", "Submitted"),
                            ("returned", "Returned"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("started_at", models.DateTimeField(auto_now_add=True)),
                ("submitted_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "verbose_name": "examination",
                "verbose_name_plural": "examinations",
                "ordering": ["round", "started_at"],
            },
        ),
        migrations.CreateModel(
            name="ExaminationItem",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("position", models.PositiveSmallIntegerField()),
                (
                    "disposition",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("retained", "May be the same person"),
                            ("excluded", "Different person"),
                            ("inconclusive", "Cannot be decided"),
                        ],
                        max_length=12,
                    ),
                ),
                ("features", models.JSONField(default=dict)),
                ("comment_sealed", models.BinaryField(default=b"")),
                ("decided_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "verbose_name": "face examined",
                "verbose_name_plural": "faces examined",
                "ordering": ["position"],
            },
        ),
        migrations.CreateModel(
            name="FollowUp",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("confirmed", "Confirmed by other evidence"),
                            ("refuted", "Refuted"),
                            ("unknown", "Unknown"),
                        ],
                        max_length=10,
                        verbose_name="outcome",
                    ),
                ),
                ("note_sealed", models.BinaryField(default=b"")),
                ("reported_by_id", models.BigIntegerField(editable=False, null=True)),
                ("reported_by_label", models.CharField(editable=False, max_length=254)),
                ("reported_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name": "follow-up",
                "verbose_name_plural": "follow-ups",
                "ordering": ["-reported_at"],
            },
        ),
        migrations.CreateModel(
            name="SearchToken",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("agency_id", models.BigIntegerField(editable=False)),
                ("document", models.TextField()),
                ("key_id", models.CharField(max_length=16)),
                ("signature", models.CharField(max_length=100)),
                ("expires_at", models.DateTimeField()),
                ("sealed_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name": "sealed token",
                "verbose_name_plural": "sealed tokens",
            },
        ),
        migrations.RemoveConstraint(
            model_name="enrolment",
            name="enrolment_state",
        ),
        migrations.RemoveConstraint(
            model_name="probe",
            name="probe_state",
        ),
        migrations.RemoveConstraint(
            model_name="search",
            name="search_state",
        ),
        migrations.AddField(
            model_name="search",
            name="authorization",
            field=models.CharField(
                choices=[
                    ("none", "Not needed"),
                    ("before", "Before the search"),
                    ("after", "Within 48 hours after the search"),
                ],
                default="none",
                max_length=6,
            ),
        ),
        migrations.AddField(
            model_name="search",
            name="authorize_by",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="search",
            name="lock_told_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="search",
            name="basis",
            field=models.CharField(
                choices=[
                    ("initial_identification", "Initial identification on stated facts"),
                    ("authorized", "Authorized, with reference and document"),
                    ("urgent", "Urgent, to be authorized within 48 hours"),
                ],
                default="",
                max_length=24,
                verbose_name="legal basis",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="search",
            name="document_key",
            field=models.CharField(blank=True, editable=False, max_length=80),
        ),
        migrations.AddField(
            model_name="search",
            name="document_sha256",
            field=models.CharField(blank=True, editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name="search",
            name="document_type",
            field=models.CharField(blank=True, editable=False, max_length=40),
        ),
        migrations.AddField(
            model_name="search",
            name="due_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="search",
            name="facts_sealed",
            field=models.BinaryField(default=b""),
        ),
        migrations.AddField(
            model_name="search",
            name="reason_sealed",
            field=models.BinaryField(default=b""),
        ),
        migrations.AddField(
            model_name="search",
            name="reference_sealed",
            field=models.BinaryField(default=b""),
        ),
        migrations.AddField(
            model_name="search",
            name="stage",
            field=models.CharField(
                choices=[
                    ("awaiting_authorization", "Waiting for authorization"),
                    ("queued", "Being searched"),
                    ("examination", "Waiting for the examination"),
                    ("second_examination", "Waiting for the second examination"),
                    ("adjudication", "Waiting for the adjudication"),
                    ("concluded", "Concluded"),
                    ("refused", "Refused"),
                    ("failed", "Failed"),
                    ("expired", "Expired"),
                    ("erased", "Erased"),
                ],
                default="queued",
                max_length=24,
            ),
        ),
        migrations.AddField(
            model_name="search",
            name="stage_since",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(), editable=False
            ),
        ),
        migrations.AlterField(
            model_name="enrolment",
            name="state",
            field=models.CharField(
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
        migrations.AlterField(
            model_name="probe",
            name="state",
            field=models.CharField(
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
        migrations.AlterField(
            model_name="search",
            name="state",
            field=models.CharField(
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
        migrations.AddIndex(
            model_name="search",
            index=models.Index(
                condition=models.Q(
                    ("stage__in", ["concluded", "failed", "expired", "erased"]), _negated=True
                ),
                fields=["agency_id", "stage", "due_at"],
                name="search_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="enrolment",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["held", "queued", "running", "done", "failed"])),
                name="enrolment_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="probe",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["held", "queued", "running", "done", "failed"])),
                name="probe_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="search",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["held", "queued", "running", "done", "failed"])),
                name="search_state",
            ),
        ),
        migrations.RunSQL(STAGES_OF_OLD, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="search",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "stage__in",
                        [
                            "awaiting_authorization",
                            "queued",
                            "examination",
                            "second_examination",
                            "adjudication",
                            "concluded",
                            "refused",
                            "failed",
                            "expired",
                            "erased",
                        ],
                    )
                ),
                name="search_stage",
            ),
        ),
        migrations.AddConstraint(
            model_name="search",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("stage", "awaiting_authorization"), ("state", "held")),
                    models.Q(("stage", "queued"), ("state__in", ["queued", "running"])),
                    models.Q(
                        (
                            "stage__in",
                            ["examination", "second_examination", "adjudication", "concluded"],
                        ),
                        ("state", "done"),
                    ),
                    models.Q(("stage", "failed"), ("state", "failed")),
                    models.Q(
                        ("stage__in", ["refused", "expired", "erased"]),
                        ("state__in", ["done", "failed"]),
                    ),
                    _connector="OR",
                ),
                name="search_stage_fits_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="search",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("basis__in", ["", "initial_identification", "authorized", "urgent"])
                ),
                name="search_basis",
            ),
        ),
        migrations.AddConstraint(
            model_name="search",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("authorization", "none"), ("basis", "")),
                    models.Q(
                        ("authorization__in", ["none", "before"]),
                        ("basis", "initial_identification"),
                    ),
                    models.Q(("authorization", "before"), ("basis", "authorized")),
                    models.Q(
                        ("authorization", "after"),
                        ("authorize_by__isnull", False),
                        ("basis", "urgent"),
                    ),
                    _connector="OR",
                ),
                name="search_authorization",
            ),
        ),
        migrations.AddField(
            model_name="authorization",
            name="search",
            field=portal.tenancy.TenantForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="authorizations",
                to="searches.search",
            ),
        ),
        migrations.AddField(
            model_name="conclusion",
            name="search",
            field=portal.tenancy.TenantForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="conclusions",
                to="searches.search",
            ),
        ),
        migrations.AddField(
            model_name="erasurereceipt",
            name="search",
            field=portal.tenancy.TenantForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="receipts",
                to="searches.search",
            ),
        ),
        migrations.AddField(
            model_name="examination",
            name="search",
            field=portal.tenancy.TenantForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="examinations",
                to="searches.search",
            ),
        ),
        migrations.AddField(
            model_name="examinationitem",
            name="candidate",
            field=portal.tenancy.TenantForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="searches.candidate",
            ),
        ),
        migrations.AddField(
            model_name="examinationitem",
            name="examination",
            field=portal.tenancy.TenantForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="items",
                to="searches.examination",
            ),
        ),
        migrations.AddField(
            model_name="examinationitem",
            name="gallery",
            field=portal.tenancy.TenantForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="searches.gallery"
            ),
        ),
        migrations.AddField(
            model_name="examinationitem",
            name="image",
            field=portal.tenancy.TenantForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="searches.faceimage",
            ),
        ),
        migrations.AddField(
            model_name="examinationitem",
            name="subject",
            field=portal.tenancy.TenantForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="searches.subject"
            ),
        ),
        migrations.AddField(
            model_name="followup",
            name="search",
            field=portal.tenancy.TenantForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="follow_ups",
                to="searches.search",
            ),
        ),
        migrations.AddField(
            model_name="searchtoken",
            name="search",
            field=portal.tenancy.TenantForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="tokens",
                to="searches.search",
            ),
        ),
        migrations.AddConstraint(
            model_name="authorization",
            constraint=models.UniqueConstraint(
                fields=("agency_id", "search"), name="authorization_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="authorization",
            constraint=models.CheckConstraint(
                condition=models.Q(("decision__in", ["approved", "refused"])),
                name="authorization_decision",
            ),
        ),
        migrations.AddConstraint(
            model_name="authorization",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("requested_by_id", None),
                    models.Q(("decided_by_id", models.F("requested_by_id")), _negated=True),
                    _connector="OR",
                ),
                name="nobody_authorizes_their_own",
            ),
        ),
        migrations.AddConstraint(
            model_name="conclusion",
            constraint=models.UniqueConstraint(
                fields=("agency_id", "search"), name="conclusion_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="conclusion",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", ["lead", "no_lead", "inconclusive"])),
                name="conclusion_outcome",
            ),
        ),
        migrations.AddConstraint(
            model_name="erasurereceipt",
            constraint=models.UniqueConstraint(
                fields=("agency_id", "search"), name="erasure_receipt_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="examination",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "returned"), _negated=True),
                fields=("agency_id", "search", "round"),
                name="examination_round_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="examination",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "returned"), _negated=True),
                fields=("agency_id", "search", "examiner_id"),
                name="examiner_once_per_search",
            ),
        ),
        migrations.AddConstraint(
            model_name="examination",
            constraint=models.CheckConstraint(
                condition=models.Q(("round__in", [1, 2, 3])), name="examination_round"
            ),
        ),
        migrations.AddConstraint(
            model_name="examination",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["open", "submitted", "returned"])),
                name="examination_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="examination",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "submitted"), ("submitted_at__isnull", False)),
                    models.Q(
                        models.Q(("state", "submitted"), _negated=True), ("submitted_at", None)
                    ),
                    _connector="OR",
                ),
                name="examination_submitted_at",
            ),
        ),
        migrations.AddConstraint(
            model_name="examination",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("round", 1),
                    ("requested_by_id", None),
                    models.Q(("examiner_id", models.F("requested_by_id")), _negated=True),
                    _connector="OR",
                ),
                name="nobody_reviews_their_own",
            ),
        ),
        migrations.AddConstraint(
            model_name="examinationitem",
            constraint=models.UniqueConstraint(
                fields=("agency_id", "examination", "position"), name="item_position_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="examinationitem",
            constraint=models.UniqueConstraint(
                fields=("agency_id", "examination", "subject"), name="item_subject_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="examinationitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at", None), ("disposition", "")),
                    models.Q(
                        ("decided_at__isnull", False),
                        ("disposition__in", ["retained", "excluded", "inconclusive"]),
                    ),
                    _connector="OR",
                ),
                name="item_disposition",
            ),
        ),
        migrations.AddConstraint(
            model_name="followup",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", ["confirmed", "refuted", "unknown"])),
                name="follow_up_outcome",
            ),
        ),
        migrations.AddConstraint(
            model_name="searchtoken",
            constraint=models.UniqueConstraint(
                fields=("agency_id", "search"), name="search_token_once"
            ),
        ),
    ]
