"""What the public site's role may tell the journal, and do with download credentials.

Triggers as in 0002, for the same reason: the role inserts entries, so a column grant cannot say
whose. What applicants do is written in their own name; nobody at the public site speaks for a
person or for the auditors. A credential is used or locked once, and wrong tries are not uncounted.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION ra_public_speaks_for_applicants() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.actor_id IS NOT NULL OR NEW.actor_name <> 'applicant' OR NEW.actor_roles <> ''
     OR NEW.action NOT IN (
       'ra.wrong_access_code', 'ra.wrong_authorisation_code', 'ra.downloadcredential.use',
       'ra.downloadcredential.lock', 'ra.application.accept') THEN
    RAISE EXCEPTION 'the public site tells of applicants and their codes, and of nothing else'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  PERFORM NEW.details::json;  -- auditors' pages read it
  RETURN NEW;
END $$;
CREATE FUNCTION ra_public_only_uses() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.tries < OLD.tries OR NEW.state <> OLD.state
     AND NOT (OLD.state = 'open' AND NEW.state IN ('used', 'locked')) THEN
    RAISE EXCEPTION 'the public site uses or locks a credential and does nothing else'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
"""
TRIGGERS = """
CREATE TRIGGER audit_entry_public BEFORE INSERT ON audit_entry
  FOR EACH ROW WHEN (current_user = 'anxin_public')
  EXECUTE FUNCTION ra_public_speaks_for_applicants();
CREATE TRIGGER ra_downloadcredential_public BEFORE UPDATE ON ra_downloadcredential
  FOR EACH ROW WHEN (current_user = 'anxin_public')
  EXECUTE FUNCTION ra_public_only_uses();
ALTER TABLE audit_entry ENABLE ALWAYS TRIGGER audit_entry_public;
ALTER TABLE ra_downloadcredential ENABLE ALWAYS TRIGGER ra_downloadcredential_public
"""
BACK = """
DROP TRIGGER audit_entry_public ON audit_entry;
DROP TRIGGER ra_downloadcredential_public ON ra_downloadcredential;
DROP FUNCTION ra_public_speaks_for_applicants();
DROP FUNCTION ra_public_only_uses()
"""


class Migration(migrations.Migration):
    dependencies = [("ra", "0002_public_site"), ("audit", "0002_append_only")]
    operations = [migrations.RunSQL(FUNCTIONS + TRIGGERS, BACK)]
