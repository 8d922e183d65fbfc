"""The font that documents are printed in, and what rare ideographs are taken from."""

from pathlib import Path

FONT_FILE = Path(__file__).parent / "NotoSansSC-Regular.ttf"
# For rare ideographs, where the machine has them (Debian: fonts-hanazono, fonts-babelstone-han)
RARE = tuple(
    Path("/usr/share/fonts/truetype") / name
    for name in ("hanazono/HanaMinB.ttf", "hanazono/HanaMinA.ttf", "babelstone/BabelStoneHan.ttf")
)
