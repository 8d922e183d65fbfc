"""Who administers, operates or audits the CA is of headquarters from now on (CPS 5.2.1).

Where one office stands above all others, those of it who have such a role are of headquarters, and
keep it. Elsewhere the role rests until its person is moved.
"""

from django.db import migrations

MOVE = """
UPDATE people_staffmember AS person SET office = ''
WHERE office = (SELECT min(code) FROM ra_office WHERE parent_id IS NULL HAVING count(*) = 1)
AND EXISTS (
    SELECT FROM people_appointment WHERE person_id = person.id AND until IS NULL
    AND role IN ('ca_admin', 'security_admin', 'ca_operator', 'custodian', 'auditor')
)
"""


class Migration(migrations.Migration):
    dependencies = [("ra", "0025_certificates_find_their_successor"), ("people", "0006_factors_and_browsers")]

    operations = [migrations.RunSQL(MOVE, migrations.RunSQL.noop)]
