from django.db import migrations, models
from django.db.models import F

EVERY = ("planned", "active", "retired")


def begin_lineages(apps, _editor):
    """What is there is the first generation of its name; its key was made when it was planned."""
    rows = apps.get_model("ca", "CertificateAuthority").objects.all()
    rows.update(lineage=F("code"), key_since=F("planned_at"))


class Migration(migrations.Migration):

    dependencies = [("ca", "0009_custody")]

    operations = [
        migrations.AddField(
            "certificateauthority", "lineage", models.SlugField(max_length=40, default="", db_index=False), preserve_default=False
        ),
        migrations.AddField(
            "certificateauthority", "generation", models.PositiveSmallIntegerField(default=1)
        ),
        migrations.AddField("certificateauthority", "key_since", models.DateTimeField(null=True)),
        migrations.AddField("certificateauthority", "retired_at", models.DateTimeField(null=True)),
        migrations.RunPython(begin_lineages, migrations.RunPython.noop),
        migrations.AlterField("certificateauthority", "key_since", models.DateTimeField()),
        migrations.RemoveConstraint("certificateauthority", "an_authority_has_a_state"),
        migrations.AddConstraint(
            "certificateauthority",
            models.CheckConstraint(condition=models.Q(state__in=EVERY), name="an_authority_has_a_state"),
        ),
        migrations.AddConstraint(
            "certificateauthority",
            models.UniqueConstraint(
                fields=["lineage", "generation"], name="one_authority_of_each_generation"
            ),
        ),
    ]
