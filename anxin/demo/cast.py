"""The people of the demo: invented, with well-formed numbers of a region that does not exist."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

REGION = "330199"  # no such administrative region
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643


@dataclass(frozen=True, slots=True)
class Staff:
    """One trusted person of the demo CA."""

    login: str
    name: str
    number: str
    roles: tuple[str, ...]
    office: str  # empty: headquarters


STAFF = (
    Staff("chenyue", "陈越", "0309", ("operator",), "NMG-01"),
    Staff("linan", "林安", "0310", ("operator",), "NMG-01"),
    Staff("shenjia", "沈佳", "0312", ("reviewer",), "NMG-01"),
    Staff("heming", "何鸣", "0315", ("reviewer",), "NMG-01"),
    Staff("gaoyuan", "高远", "0101", ("ca_admin",), ""),
    Staff("tangshu", "唐书", "0102", ("security_admin",), ""),
    Staff("weilan", "魏澜", "0103", ("ca_operator",), ""),
    Staff("fangke", "方可", "0104", ("support",), ""),
    Staff("luchen", "陆辰", "0105", ("custodian",), ""),
    Staff("jiangwan", "江晚", "0106", ("auditor",), ""),
    Staff("shaoting", "邵霆", "0107", ("policy_member",), ""),
    Staff("yuanxi", "袁希", "0108", ("finance",), ""),
    Staff("baizhou", "白舟", "0109", ("custodian",), ""),
    Staff("xuning", "许宁", "0110", ("custodian",), ""),
    # nobody agrees to a key of their own
    Staff("luoyin", "罗茵", "0111", ("security_admin",), ""),
    Staff("hanzhou", "韩洲", "0112", ("ca_admin",), ""),
    # two members of the policy committee agree to what certificates say
    Staff("peilan", "裴岚", "0113", ("policy_member",), ""),
)

NAMES = (
    "方沐辰",
    "林知夏",
    "杜若衡",
    "苏砚秋",
    "江予白",
    "沈清和",
    "顾南星",
    "叶知秋",
    "程以安",
    "陆见深",
    "许栖迟",
    "温如言",
    "周叙白",
    "宋时雨",
    "谢长宁",
    "韩止水",
    "秦望舒",
    "白景行",
    "唐小满",
    "骆秋池",
    "纪云舟",
    "孟听澜",
    "裴照野",
    "祝余欢",
    "霍思齐",
    "黎青禾",
    "段清越",
    "邹问渠",
    "钟灵毓",
    "贺兰舟",
)
STREETS = ("澄江路", "栖原大道", "望湖街", "临溪巷", "云麓路", "松间里")


@dataclass(frozen=True, slots=True)
class Person:
    """One applicant."""

    name: str
    document_number: str
    born: date
    gender: str
    phone: str
    email: str
    address: str


# Invented organisations with well-formed unified social credit codes (GB 32100) of that region.
COMPANIES = (
    ("栖原云帆科技有限公司", "91330199MA2KQ3W02U"),
    ("栖原澄江电子商务有限公司", "91330199MA7F2C4B2A"),
    ("栖原望湖设计院有限公司", "91330199MA8H5D6E2J"),
)


def resident_number(born: date, sequence: int) -> str:
    """A resident identity number with its check character (GB 11643)."""
    body = f"{REGION}{born:%Y%m%d}{sequence:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True))
    return body + "10X98765432"[total % 11]


def applicants() -> Iterator[Person]:
    """Thirty people, the same every time."""
    for index, name in enumerate(NAMES):
        born = date(1968, 2, 11) + timedelta(days=431 * index + 17 * (index % 7))
        sequence = 21 + index * 2 + index % 2
        yield Person(
            name=name,
            document_number=resident_number(born, sequence),
            born=born,
            gender="男" if sequence % 2 else "女",
            phone=f"1990000{1000 + index * 37:04d}",
            email=f"applicant{index + 1:02d}@example.com",
            address=f"栖原市{STREETS[index % 6]} {10 + index * 7} 号"
            f" {1 + index % 9} 幢 {301 + index} 室",
        )
