"""Uploads stay in memory: Django's usual handler would spool evidence to a plain file.

The check against forged requests reads the body before a view is asked who is there. So no file is
taken unless the view has said `request.takes_files`, which it does when it knows the sender.
"""

from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopFutureHandlers, StopUpload

from ra.evidence.rules import LIMIT


class InMemoryUpload(FileUploadHandler):
    """Keeps one byte over the limit, so that the rule can say "too big"."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if not getattr(self.request, "takes_files", False):
            raise StopUpload(connection_reset=True)
        self.buffer = BytesIO()
        raise StopFutureHandlers

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        room = LIMIT + 1 - self.buffer.tell()
        if room > 0:
            self.buffer.write(raw_data[:room])

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        self.buffer.seek(0)
        return InMemoryUploadedFile(
            file=self.buffer,
            field_name=self.field_name,
            name=self.file_name,
            content_type=self.content_type or "",
            size=len(self.buffer.getbuffer()),
            charset=self.charset,
        )
