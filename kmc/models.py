from kmc.envelopes.models import DataKey as DataKey
from kmc.inbox.models import InboxKey as InboxKey
