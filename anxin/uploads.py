"""Uploads stay in memory: Django's usual handler would spool evidence to a plain file."""

from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopFutureHandlers

UPLOAD_LIMIT = 20 * 1024 * 1024  # bytes; one byte more is kept so that the rule can say "too big"


class InMemoryUpload(FileUploadHandler):
    """Keeps at most one byte over the limit; the evidence rule refuses what is longer."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.buffer = BytesIO()
        raise StopFutureHandlers

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        room = UPLOAD_LIMIT + 1 - self.buffer.tell()
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
