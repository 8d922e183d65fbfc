"""The public site adds to what is open, sixteen files of 8 MiB at most, and says once when it was
handed in (CPS 4.1): column grants cannot say it.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION ra_public_adds_little() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM ra_submission WHERE id = NEW.submission_id AND state = 'open' FOR UPDATE;
  IF NOT FOUND OR NEW.size > 8388608 OR octet_length(NEW.sealed) > 8388608 + 1024
     OR (SELECT count(*) FROM ra_submissionfile WHERE submission_id = NEW.submission_id) >= 16 THEN
    RAISE EXCEPTION 'the public site adds sixteen files to what is open'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION ra_public_says_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'when it was handed in is said once'
    USING ERRCODE = 'insufficient_privilege';
END $$;
"""
TRIGGERS = """
CREATE TRIGGER ra_submissionfile_public BEFORE INSERT ON ra_submissionfile
  FOR EACH ROW WHEN (current_user = 'anxin_public') EXECUTE FUNCTION ra_public_adds_little();
ALTER TABLE ra_submissionfile ENABLE ALWAYS TRIGGER ra_submissionfile_public;
CREATE TRIGGER ra_submission_public_once BEFORE UPDATE ON ra_submission
  FOR EACH ROW WHEN (
    current_user = 'anxin_public' AND NEW.handed_in_at IS DISTINCT FROM OLD.handed_in_at
    AND (OLD.state <> 'open' OR OLD.handed_in_at IS NOT NULL)
  )
  EXECUTE FUNCTION ra_public_says_once();
ALTER TABLE ra_submission ENABLE ALWAYS TRIGGER ra_submission_public_once
"""
BACK = """
DROP TRIGGER ra_submissionfile_public ON ra_submissionfile;
DROP TRIGGER ra_submission_public_once ON ra_submission;
DROP FUNCTION ra_public_adds_little();
DROP FUNCTION ra_public_says_once()
"""


class Migration(migrations.Migration):
    dependencies = [("ra", "0037_requests_wait")]
    operations = [migrations.RunSQL(FUNCTIONS + TRIGGERS, BACK)]
