from audit.journal.models import Entry as Entry
from audit.journal.models import Link as Link
