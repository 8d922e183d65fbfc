"""What memory processes have and had, as the kernel counts it."""

import re
from pathlib import Path

KIB = 1024


def status(pid: int, field: str) -> int:
    """Such as VmHWM, the most a process ever had; KiB."""
    return _read(Path(f"/proc/{pid}/status"), field)


def share(pid: int) -> int:
    """Its own memory, and its part of what it shares (PSS); KiB."""
    return _read(Path(f"/proc/{pid}/smaps_rollup"), "Pss")


def _read(file: Path, field: str) -> int:
    found = re.search(rf"^{field}:\s+(\d+) kB", file.read_text(), re.MULTILINE)
    assert found, f"no {field} in {file}"
    return int(found[1])
