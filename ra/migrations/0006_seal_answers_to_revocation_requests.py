"""Why a revocation request was refused may name people: sealed with the request's own data key."""

from typing import Any

from django.db import migrations, models


def seal(apps: Any, _schema_editor: object) -> None:
    """What was written in plain so far; the application's own sealing, as of this migration."""
    from kmc import api as kmc  # noqa: PLC0415 -- a fresh database has nothing to seal, nor keys

    requests = apps.get_model("ra", "RevocationRequest").objects
    for row in requests.exclude(message=""):
        context = f"ra.revocation:{row.number}:answer"
        sealed = kmc.seal(row.data_key, context, row.message.encode())
        requests.filter(pk=row.pk).update(answer=sealed)


class Migration(migrations.Migration):
    dependencies = [("ra", "0005_key_the_digests_of_receipts")]

    operations = [
        migrations.AddField("revocationrequest", "answer", models.BinaryField(null=True)),
        migrations.RunPython(seal, migrations.RunPython.noop),
        migrations.RemoveField("revocationrequest", "message"),
    ]
