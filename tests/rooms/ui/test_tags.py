"""The words and drawings templates make."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.apps import apps

from anxin.actions import ACTIONS
from anxin.kernel.rows import Stateful
from anxin.templatetags import charts, ui

ROOT = Path(__file__).resolve().parents[3]
RECORDED = re.compile(r"record\(\s*\"([a-z_.]+)\"")


@dataclass
class Day:
    day: date
    issued: int
    revoked: int


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(minutes=12), "剩 12 分"),
        (timedelta(hours=1, minutes=5), "剩 1 时 05 分"),
        (timedelta(days=2, hours=3), "剩 2 天 3 时"),
        (timedelta(minutes=-6), "已超时 6 分"),
        (timedelta(), "剩 0 分"),
    ],
)
def test_time_left_is_told_in_words(left, words):
    assert ui.time_left(left) == words


def test_only_the_differing_characters_are_marked():
    assert ui.marked((("18", False), ("8", True), (" 号", False)), "ins") == "18<ins>8</ins> 号"


def test_a_difference_cannot_smuggle_markup():
    assert "<b>" not in ui.marked((("<b>甲", True), ("<b>", False)), "del")


@pytest.mark.parametrize(("value", "name"), [(-5, "p0"), (41.6, "p42"), (250, "p100")])
def test_a_share_becomes_a_class(value, name):
    assert ui.percent_class(value) == name


def test_a_digest_is_shown_by_its_two_ends():
    assert ui.short("9c41aaaabbbbe07b") == "9c41…e07b"
    assert ui.short("9c41") == "9c41"


def test_hex_is_grouped():
    assert ui.groups("4A1F88D009C2") == "4A1F 88D0 09C2"


def test_an_icon_with_a_label_speaks_and_one_without_is_decoration():
    assert 'aria-label="已锁定"' in ui.icon("lock", "ic", "已锁定")
    assert 'aria-hidden="true"' in ui.icon("lock")
    assert "<b>" not in ui.icon("lock", "ic", "<b>")


def test_bars_have_a_title_each_and_survive_empty_days():
    days = [Day(date(2026, 11, 20), 10, 1), Day(date(2026, 11, 21), 0, 0)]
    drawn = charts.bars(days)
    assert drawn.count("<title>") == 2
    assert "11-20 签发 10，吊销 1" in drawn
    assert charts.bars([]).count("<rect") == 0


def test_bars_up_and_down_have_one_scale_and_whole_numbers_beside_them():
    drawn = charts.bars([Day(date(2026, 11, 20), 1, 3), Day(date(2026, 11, 21), 0, 0)])
    assert re.findall(r'text-anchor="end">(\d+)<', drawn) == ["0", "1", "2", "3"]
    up, down = (
        re.findall(rf'height="([0-9.]+)"[^>]*class="{side}"', drawn) for side in ("up", "down")
    )
    assert (up, down) == (["27.0", "0.0"], ["81.0", "0.0"])


def test_every_step_of_every_state_table_has_a_name():
    steps = {
        f"{model._meta.label_lower}.{verb}"
        for model in apps.get_models()
        if issubclass(model, Stateful)
        for verb, _sources, _target in model.STEPS.rows
    }
    assert steps
    assert sorted(steps - set(ACTIONS)) == []


def test_every_act_a_service_writes_down_has_a_name():
    written = {
        name
        for file in ROOT.glob("[a-z]*/**/services.py")
        for name in RECORDED.findall(file.read_text("utf8"))
    }
    assert len(written) > 20
    assert sorted(written - set(ACTIONS)) == []
