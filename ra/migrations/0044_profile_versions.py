"""Under which version of its profile an application was handed in: what is reviewed is issued.

All there is was handed in under version 1, but for what is still being written.
"""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ra', '0043_published_is_agreed_to'),
        ('ca', '0019_profiles'),
    ]

    operations = [
        migrations.AddField(
            model_name='application',
            name='profile_version',
            field=models.SmallIntegerField(db_default=1, default=0),
        ),
        migrations.AlterField(
            model_name='application',
            name='profile_version',
            field=models.SmallIntegerField(db_default=0, default=0),
        ),
        migrations.RunSQL(
            "UPDATE ra_application SET profile_version = 0 WHERE state IN ('draft', 'returned')",
            migrations.RunSQL.noop,
        ),
    ]
