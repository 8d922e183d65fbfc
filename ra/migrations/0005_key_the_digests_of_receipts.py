"""What is kept of a receipt is keyed from now on; what was kept without a key goes."""

from django.db import migrations

FORGET = "UPDATE ra_receipt SET digest = ''"


class Migration(migrations.Migration):
    dependencies = [("ra", "0004_applications_that_failed")]

    operations = [
        migrations.RenameField("receipt", "sm3", "digest"),
        migrations.RunSQL(FORGET, migrations.RunSQL.noop),
    ]
