"""Drawn specimen documents for the demo: our own artwork, marked 样例, of invented people."""

import io
from datetime import date
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from anxin.demo.cast import Person

INK, LABEL, RED = "#1b1b1b", "#3a7ca0", "#b5352a"


class Artist:
    """Draws with one font; the same person gives the same picture, byte for byte."""

    def __init__(self, font: Path) -> None:
        self._text = cache(lambda size: ImageFont.truetype(str(font), size))
        self._veil = cache(self._draw_veil)

    def _card(self) -> tuple[Image.Image, ImageDraw.ImageDraw]:
        card = Image.new("RGB", (1200, 757), "#eef3f4")
        pen = ImageDraw.Draw(card)
        for y in range(0, 757, 6):
            shade = 236 + y % 13
            pen.line([(0, y), (1200, y + 40)], fill=(shade - 6, shade, shade - 2), width=2)
        return card, pen

    def identity_front(self, person: Person) -> bytes:
        """The portrait side of an identity card."""
        card, pen = self._card()
        born = person.born
        rows = [
            (70, "姓　名", person.name, 44),
            (150, "性　别", f"{person.gender}　　民　族　汉", 32),
            (230, "出　生", f"{born.year} 年 {born.month} 月 {born.day} 日", 32),
            (310, "住　址", person.address[:13], 32),
            (360, "", person.address[13:], 32),
        ]
        for y, label, value, size in rows:
            pen.text((70, y), label, font=self._text(30), fill=LABEL)
            pen.text((200, y), value, font=self._text(size), fill=INK)
        pen.text((70, 640), "公民身份号码", font=self._text(32), fill=LABEL)
        pen.text((320, 636), person.document_number, font=self._text(40), fill=INK)
        self._portrait(pen)
        return self._photograph(card, angle=-0.7)

    @staticmethod
    def _portrait(pen: ImageDraw.ImageDraw) -> None:
        pen.rectangle([810, 110, 1120, 500], fill="#dfe7ec")
        pen.pieslice([850, 360, 1080, 640], 180, 360, fill="#37495c")
        pen.rectangle([938, 340, 992, 410], fill="#e2b998")
        pen.ellipse([899, 190, 1031, 354], fill="#ecc7a8")
        pen.pieslice([893, 172, 1037, 330], 180, 360, fill="#22262b")

    def identity_back(self, person: Person) -> bytes:
        """The emblem side, with issuer and validity."""
        card, pen = self._card()
        pen.ellipse([90, 90, 280, 280], outline=RED, width=10)
        pen.text((125, 165), "样例徽", font=self._text(40), fill=RED)
        pen.text((360, 90), "中华人民共和国", font=self._text(72), fill=INK)
        pen.text((380, 210), "居 民 身 份 证", font=self._text(84), fill=INK)
        since = date(2018 + person.born.day % 5, 1 + person.born.month % 12, 5)
        until = since.replace(year=since.year + 20)
        pen.text((220, 540), "签发机关", font=self._text(32), fill=LABEL)
        pen.text((400, 540), "栖原市公安局（样例）", font=self._text(32), fill=INK)
        pen.text((220, 620), "有效期限", font=self._text(32), fill=LABEL)
        pen.text((400, 620), f"{since:%Y.%m.%d}-{until:%Y.%m.%d}", font=self._text(32), fill=INK)
        return self._photograph(card, angle=0.4)

    def sealed_sheet(self, title: str, rows: list[tuple[str, str]], *, seal: str) -> bytes:
        """A sheet of an organisation with its seal: form, licence, letter of authority."""
        page, pen = self._sheet(title, rows)
        pen.ellipse([760, 1180, 1080, 1500], outline=RED, width=8)
        pen.text((800, 1310), seal[:8], font=self._text(30), fill=RED)
        pen.text((860, 1370), "样例章", font=self._text(34), fill=RED)
        return self._photograph(page, angle=0.3)

    def application_form(self, person: Person, *, algorithm: str, on: date) -> bytes:
        """The signed paper form for a personal certificate."""
        rows = [
            ("申请人姓名", person.name),
            ("证件类型", "居民身份证"),
            ("证件号码", person.document_number),
            ("联系手机", person.phone),
            ("电子邮箱", person.email),
            ("联系地址", person.address),
            ("业务类型", "新办"),
            ("证书类型", "个人证书（签名）"),
            ("密码算法", algorithm),
            ("有效期", "1 年"),
        ]
        page, pen = self._sheet("数字证书业务申请表（个人）", rows)
        promise = (
            "本人已阅读并同意《电子认证服务协议》与《电子认证业务规则（CPS）》，",
            "承诺所提交材料真实、完整、有效。",
        )
        for number, line in enumerate(promise):
            pen.text((110, 1120 + number * 50), line, font=self._text(28), fill=INK)
        pen.text((620, 1340), "申请人签字：", font=self._text(32), fill=INK)
        pen.text((820, 1325), person.name, font=self._text(52), fill="#1c2f7a")
        pen.text(
            (620, 1420), f"{on.year} 年 {on.month} 月 {on.day} 日", font=self._text(32), fill=INK
        )
        return self._photograph(page, angle=0.35)

    def _sheet(
        self, title: str, rows: list[tuple[str, str]]
    ) -> tuple[Image.Image, ImageDraw.ImageDraw]:
        page = Image.new("RGB", (1240, 1754), "#fdfcf7")
        pen = ImageDraw.Draw(page)
        pen.text((330, 110), title, font=self._text(46), fill=INK)
        for number, (label, value) in enumerate(rows):
            top = 230 + number * 84
            pen.rectangle([100, top, 400, top + 84], outline="#333333", width=2, fill="#f3f1ea")
            pen.rectangle([400, top, 1140, top + 84], outline="#333333", width=2)
            pen.text((124, top + 24), label, font=self._text(30), fill=INK)
            pen.text((424, top + 24), value, font=self._text(30), fill=INK)
        return page, pen

    def _photograph(self, picture: Image.Image, *, angle: float) -> bytes:
        """Lay the paper a little askew on a desk, print 样例 over it, and take a JPEG."""
        picture = picture.resize((picture.width * 3 // 4, picture.height * 3 // 4))
        picture.paste("black", mask=self._veil(picture.size))
        desk = Image.new("RGB", (picture.width + 60, picture.height + 60), "#cfd3d0")
        desk.paste(picture, (30, 30))
        photo = desk.rotate(angle, resample=Image.Resampling.BILINEAR, fillcolor="#cfd3d0")
        out = io.BytesIO()
        photo.save(out, "JPEG", quality=82)
        return out.getvalue()

    def _draw_veil(self, size: tuple[int, int]) -> Image.Image:
        """样例 across the whole sheet, so thin that everything can be read through it."""
        veil = Image.new("L", size)
        middle = (size[0] // 2, size[1] // 2)
        ImageDraw.Draw(veil).text(middle, "样例", font=self._text(150), fill=22, anchor="mm")
        return veil.rotate(24)
