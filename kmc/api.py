"""Front door of the key management centre: data keys for what must not lie in the clear."""

from kmc.envelopes.queries import Wrapping, wrapping
from kmc.envelopes.services import (
    blind_index,
    destroy_data_key,
    new_data_key,
    renew_wrapping,
    seal,
    seal_file,
    seal_notice,
    unseal,
    unseal_file,
    unseal_many,
    unseal_notice,
)
from kmc.inbox.services import open_inwards, publish_inbox_key, seal_inwards

__all__ = [
    "Wrapping",
    "blind_index",
    "destroy_data_key",
    "new_data_key",
    "open_inwards",
    "publish_inbox_key",
    "renew_wrapping",
    "seal",
    "seal_file",
    "seal_inwards",
    "seal_notice",
    "unseal",
    "unseal_file",
    "unseal_many",
    "unseal_notice",
    "wrapping",
]
