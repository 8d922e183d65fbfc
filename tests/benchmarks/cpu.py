"""How much processor time processes have used: what other load on the machine cannot distort."""

import os
from collections import defaultdict
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def used_by(pid: int) -> float:
    """Seconds in user and kernel mode of a process and its descendants, buried ones included."""
    parents, used = _processes()
    children = defaultdict(list)
    for child, parent in parents.items():
        children[parent].append(child)
    total, waiting = 0.0, [pid]
    while waiting:
        one = waiting.pop()
        total += used.get(one, 0.0)
        waiting += children[one]
    return total


def _processes() -> tuple[dict[int, int], dict[int, float]]:
    parents, used = {}, {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        parents[int(entry.name)] = int(fields[1])
        used[int(entry.name)] = sum(map(int, fields[11:15])) / TICKS
    return parents, used
