"""A state for applications whose orders the CA has refused for good (CPS 4.3.1)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ra", "0003_public_entries")]

    operations = [
        migrations.RemoveConstraint("application", "an_application_has_a_state"),
        migrations.AddConstraint(
            "application",
            models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "draft",
                            "submitted",
                            "returned",
                            "approved",
                            "failed",
                            "issued",
                            "accepted",
                            "rejected",
                            "cancelled",
                        ],
                    )
                ),
                name="an_application_has_a_state",
            ),
        ),
        migrations.RemoveIndex("application", "application_drafts"),
        migrations.AddIndex(
            "application",
            models.Index(
                condition=models.Q(("state__in", ["draft", "returned", "failed"])),
                fields=["maker_id", "id"],
                name="application_drafts",
            ),
        ),
    ]
