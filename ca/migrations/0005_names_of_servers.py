from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ca", "0004_holds")]

    operations = [
        migrations.AddField(
            "certificate", "names", models.JSONField(db_default=[], default=list)
        ),
    ]
