"""Who entered an application before the one who does so now: none of them checks it (CPS 4.3.1)."""

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ra", "0006_seal_answers_to_revocation_requests")]

    operations = [
        migrations.AddField(
            "application",
            "former_makers",
            ArrayField(models.BigIntegerField(), default=list, db_default=[]),
        ),
        migrations.RemoveIndex("application", "application_queue"),
        migrations.AddIndex(
            "application",
            models.Index(
                fields=["deadline_at", "id"],
                condition=models.Q(("state", "submitted")),
                include=(
                    "office",
                    "maker_id",
                    "former_makers",
                    "claimed_until",
                    "round",
                    "reviews_done",
                ),
                name="application_queue",
            ),
        ),
        migrations.AddConstraint(
            "application",
            models.CheckConstraint(
                condition=models.Q(
                    models.Q(("former_makers__contains", [models.F("decided_by")]), _negated=True),
                    models.Q(("former_makers__contains", [models.F("claimed_by")]), _negated=True),
                ),
                name="nobody_checks_what_they_handed_on",
            ),
        ),
    ]
