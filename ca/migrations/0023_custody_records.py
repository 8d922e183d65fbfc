from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ca", "0022_versions_are_agreed_to"),
    ]

    operations = [
        migrations.AddField(
            model_name="broughtshare",
            name="digest",
            field=models.CharField(default="", max_length=64),
        ),
        migrations.AddField(
            model_name="custodyreport",
            name="book",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="custodyreport",
            name="book_at",
            field=models.DateTimeField(null=True),
        ),
    ]
