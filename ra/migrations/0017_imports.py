"""Many applications in one file (CPS 4.1)."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ra', '0016_fees_are_agreed_to'),
    ]

    operations = [
        migrations.CreateModel(
            name='Import',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(max_length=20)),
                ('number', models.CharField(max_length=20, unique=True)),
                ('profile', models.CharField(max_length=40)),
                ('maker_id', models.BigIntegerField()),
                ('data_key', models.UUIDField(unique=True)),
                ('file_sm3', models.CharField(max_length=64)),
                ('rows', models.PositiveIntegerField()),
                ('opened_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['maker_id', '-id'], name='import_of')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['checking', 'checked', 'taking', 'taken', 'closed'])), name='an_import_has_a_state')],
            },
        ),
        migrations.CreateModel(
            name='ImportChunk',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('rows', models.BinaryField()),
                ('size', models.PositiveSmallIntegerField()),
                ('report', models.BinaryField(null=True)),
                ('wrong', models.PositiveSmallIntegerField(default=0)),
                ('marks', django.contrib.postgres.fields.ArrayField(base_field=models.BinaryField(max_length=32), default=list, size=None)),
                ('checked_at', models.DateTimeField(null=True)),
                ('taken_at', models.DateTimeField(null=True)),
                ('applications', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='chunks', to='ra.import')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('batch', 'number'), name='one_chunk_of_a_number')],
            },
        ),
    ]
