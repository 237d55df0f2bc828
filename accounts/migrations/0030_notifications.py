"""Notifications: what people were told of, each seen by its person alone."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from portal.rowsecurity import CURRENT_AGENCY, CURRENT_USER, ProtectTenant, policy_sql

TABLE = "accounts_notification"
IN_AGENCY = f"agency_id = {CURRENT_AGENCY}"
# The clock and the end of an agency act for no person.
OWN = f"{IN_AGENCY} AND ({CURRENT_USER} IS NULL OR user_id = {CURRENT_USER})"
# At the beginning of a request, before an agency is chosen: how many are unread in each.
EVERYWHERE = f"{CURRENT_AGENCY} IS NULL AND user_id = {CURRENT_USER}"
# What somebody was told is not told otherwise later.
KEEP = """
CREATE FUNCTION accounts_keep_notifications() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.read_at IS NOT NULL OR to_jsonb(NEW) - 'read_at' <> to_jsonb(OLD) - 'read_at' THEN
        RAISE EXCEPTION 'notifications do not change' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""


class ProtectNotifications(ProtectTenant):
    """A person's own rows; whoever acts in the agency may tell anybody of it."""

    def policies(self, table: str) -> list[str]:
        return [
            *policy_sql(table, own=OWN, also_read=EVERYWHERE),
            f'CREATE POLICY told ON "{table}" FOR INSERT WITH CHECK ({IN_AGENCY})',
        ]


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0029_digests"),
    ]

    operations = [
        migrations.CreateModel(
            name="Notification",
            fields=[
                ("agency_id", models.BigIntegerField(editable=False)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.CharField(max_length=30)),
                ("subject_type", models.CharField(max_length=40)),
                ("subject_id", models.CharField(max_length=40)),
                ("made_at", models.DateTimeField(auto_now_add=True)),
                ("read_at", models.DateTimeField(editable=False, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-made_at", "kind", "-id"],
                "indexes": [
                    models.Index(
                        fields=["agency_id", "user", "-made_at"], name="notification_of_person"
                    ),
                    models.Index(
                        condition=models.Q(("read_at", None)),
                        fields=["user", "agency_id"],
                        name="notification_unread",
                    ),
                    models.Index(fields=["agency_id", "made_at"], name="notification_age"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "search.waits",
                                    "search.due",
                                    "search.news",
                                    "grant.offered",
                                    "grant.answered",
                                    "grant.revoked",
                                    "loan.asked",
                                    "loan.lent",
                                    "loan.declined",
                                    "alert.waits",
                                    "alert.nobody",
                                    "request.received",
                                    "request.message",
                                    "request.soon",
                                    "request.overdue",
                                    "request.erasure",
                                    "review.due",
                                    "review.overdue",
                                    "certificate.ends",
                                    "access.given",
                                    "access.ended",
                                    "access.returned",
                                    "access.roles",
                                    "access.token",
                                    "people.admin_added",
                                    "people.admin_removed",
                                    "people.locked",
                                    "license.ends",
                                    "license.limit",
                                ],
                            )
                        ),
                        name="notification_known_kind",
                    )
                ],
            },
        ),
        ProtectNotifications("Notification"),
        migrations.RunSQL(
            [
                KEEP,
                f"CREATE TRIGGER accounts_keep_notifications BEFORE UPDATE ON {TABLE}"
                " FOR EACH ROW EXECUTE FUNCTION accounts_keep_notifications()",
            ],
            migrations.RunSQL.noop,
        ),
    ]
