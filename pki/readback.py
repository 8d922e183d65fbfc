"""A digest to be read aloud: its first 32 bits as hex and as four words, one for each octet.

Two people who see the same four words see the same script; the tables may never change, because
printed scripts carry the words.
"""

from __future__ import annotations

OCTETS = 4

_CHINESE = (
    "天地山水风云雨雪雷电日月星光火土金木石沙江河湖海泉溪岛岸桥路松柏"
    "竹梅兰菊荷柳桃杏梨枣橘瓜豆麦稻米茶酒盐糖油醋肉蛋鱼虾龟蛇马牛羊猪"
    "狗猫鼠虎豹狼鹿象猴兔鸡鸭鹅燕鹰鹤虫蜂蝶蚕红黄蓝绿白黑紫灰青银铜铁"
    "钢玉珠瓷东南西北左右上下前后春夏秋冬早晚朝夜年时一二三四五六七八"
    "九十百千万双半第元分寸尺头眼耳鼻口手足心背肩父母兄弟姐妹儿孙友客"
    "门窗墙屋楼塔城村井田床桌椅灯锁钟镜伞刀剑弓箭车船帆轮鼓琴笛旗笔墨"
    "纸书画诗歌舞棋球衣帽鞋袜布丝棉麻线针碗盘杯瓶壶锅勺筷篮箱大小长短"
    "高低宽深轻重快慢新旧冷暖甜苦香圆坐立行走跑跳飞游听看说写读算问答"
)
_ENGLISH = """
acorn album alley amber anchor angle apple apron arrow atlas attic autumn bacon badge bagel
bamboo banjo barrel basil basket beacon beard beetle bench berry bicycle birch bishop blanket
bonnet border bottle branch breeze brick bridge bronze brush bucket buffalo bugle butter button
cabin cactus camel camera candle canoe canvas carpet carrot castle cedar cello chalk cherry
chimney circle citron clock clover cobalt coffee comet copper coral cotton cousin crane crayon
cricket crystal curtain cyclone daisy dancer danube denim desert diamond dolphin domino donkey
dragon drum eagle easel echo eclipse elbow elder elm ember emerald engine envelope estate fabric
falcon feather fender ferry fiddle figure flame flute forest fossil fountain fox galaxy garden
garlic gazelle ginger giraffe glacier globe goblet granite grape guitar gypsum hammer harbor
harvest hazel hedge helmet heron hickory honey horizon hornet hotel ice igloo indigo ink island
ivory jacket jaguar jasmine jelly jersey jigsaw journal judge jungle juniper kayak kettle
kitchen kiwi koala ladder lagoon lantern laurel lava lemon leopard lily linen lizard lobster
locket lotus magnet mango maple marble meadow melon mercury mirror mitten monsoon mosaic motor
muffin museum napkin nectar needle nickel north novel nutmeg oasis oboe ocean octagon olive
onion opal orbit orchid otter oxygen oyster paddle palace panda paper parrot pebble pelican
pepper piano pigeon pilot pirate planet plum pocket poplar prairie prism pumpkin pyramid quartz
quiver rabbit radish raven ribbon rocket saddle saffron scarf school scooter shadow shelter
silver sketch slipper spider spinach spruce squirrel stamp summer tablet thunder tiger tulip
turtle valley velvet violet walnut zebra
""".split()  # noqa: SIM905 -- half a page instead of five


def digits(digest: str) -> str:
    """Such as `7F3A 91C2`."""
    first = digest[: 2 * OCTETS].upper()
    return f"{first[:OCTETS]} {first[OCTETS:]}"


def chinese(digest: str) -> tuple[str, ...]:
    """Four characters for a digest in hex."""
    return tuple(_CHINESE[octet] for octet in bytes.fromhex(digest)[:OCTETS])


def english(digest: str) -> tuple[str, ...]:
    """Four words for a digest in hex."""
    return tuple(_ENGLISH[octet] for octet in bytes.fromhex(digest)[:OCTETS])
