"""docs/benchmarks.md from build/benchmarks.jsonl: each benchmark's latest run, nothing typed."""

import json
from pathlib import Path

from tests.benchmarks.harness import RESULTS, Figure, written

REPORT = Path("docs/benchmarks.md")
HEAD = """# Benchmarks

Written by `script/bench --report` from what `script/bench` measured; run both to have your own.
Medians, with the smallest and the largest of the rounds. The load beside each heading is what else
the machine was doing when the run began: figures under load tell less than their neighbours'
ratios; *nice* says that it was preferred to the rest (below 0) or put behind it. A *short* run
proves that the benchmark works, not how fast the product is.
"""


def write() -> None:
    """Replace the sections of what was run here; the others stay as they are."""
    rows = [json.loads(line) for line in RESULTS.read_text().splitlines()]
    runs: dict[tuple[str, str], list[dict[str, object]]] = {}
    for row in rows:
        if row.get("benchmark"):
            runs.setdefault((row["benchmark"], row["run"]), []).append(row)
    latest = {name: run for (name, _), run in runs.items() if len(run) > 1}
    kept = {text.partition("\n")[0]: f"\n## {text}" for text in _kept()}
    sections = kept | {name: _section(name, latest[name]) for name in latest}
    REPORT.write_text(HEAD + "".join(sections.values()))


def _kept() -> list[str]:
    """What follows each heading so far."""
    return REPORT.read_text().split("\n## ")[1:] if REPORT.exists() else []


def _section(name: str, run: list[dict[str, object]]) -> str:
    head, figures = run[0], run[1:]
    told = f", nice {head['nice']}" if head.get("nice") else ""
    told += ", short run" if head["short"] else ""
    lines = [
        f"\n## {name}\n",
        f"{head['machine']}; load {head['load']:.1f}{told}; {head['of']}; {head['run']}\n",
        "| what | median | | range | aim | |",
        "|---|---:|---|---|---|---|",
        *(_line(row) for row in figures),
    ]
    return "\n".join(lines) + "\n"


def _line(row: dict[str, object]) -> str:
    kept = {key: row[key] for key in ("name", "unit", "aim", "note")}
    figure = Figure(runs=tuple(row["runs"]), **kept)  # type: ignore[arg-type]
    reached = {None: "", True: "reached", False: "**missed**"}[figure.reached]
    low, high = written(min(figure.runs)), written(max(figure.runs))
    note = f" ({figure.note})" if figure.note else ""
    return (
        f"| {figure.name}{note} | {written(figure.median)} | {figure.unit}"
        f" | {low} – {high} | {figure.aim} | {reached} |"
    )
