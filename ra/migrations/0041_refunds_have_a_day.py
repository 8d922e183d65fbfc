from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ra', '0040_words_of_corrections'),
    ]

    operations = [
        migrations.AddField(
            model_name='feeorder',
            name='refunded_at',
            field=models.DateTimeField(null=True),
        ),
    ]
