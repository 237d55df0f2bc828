"""By which engine the faces of a probe were found."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("searches", "0015_versions"),
    ]

    operations = [
        migrations.AddField(
            model_name="probe",
            name="found_by",
            field=models.CharField(
                blank=True,
                default="",
                editable=False,
                help_text="contract of the engine that found the faces",
                max_length=100,
            ),
            preserve_default=False,
        ),
    ]
