from kmc.envelopes.models import DataKey as DataKey
