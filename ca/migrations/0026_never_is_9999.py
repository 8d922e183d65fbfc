"""Raise the bound of moments where 0025 was applied when it ended at 9000: never is 9999."""

from django.db import migrations

NEVER = """
DO $$
DECLARE
  one record;
BEGIN
  FOR one IN SELECT conrelid::regclass AS place, conname AS name,
                    replace(pg_get_constraintdef(oid), '< ''9000-', '<= ''9999-') AS bound
             FROM pg_constraint
             WHERE contype = 'c' AND conname LIKE '%\\_of\\_ca\\_%'
               AND pg_get_constraintdef(oid) LIKE '%< ''9000-%' LOOP
    EXECUTE format('ALTER TABLE %1$s DROP CONSTRAINT %2$I, ADD CONSTRAINT %2$I %3$s',
                   one.place, one.name, one.bound);
  END LOOP;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("ca", "0025_rows_of_staff_answer_for_it")]
    operations = [migrations.RunSQL(NEVER, migrations.RunSQL.noop)]
