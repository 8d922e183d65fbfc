from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("kmc", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="InboxKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public", models.BinaryField(max_length=32, unique=True)),
                ("published_at", models.DateTimeField()),
            ],
        ),
    ]
