"""The list of words that browsers have is the one of `pki/paperwords.py`."""

import re
from pathlib import Path

from pki import paperwords

SCRIPT = Path(__file__).resolve().parents[3] / "static/vendor/bip39.js"


def test_browsers_have_the_same_words_in_the_same_order():
    (words,) = re.findall(r'WORDS =\s+"(\w+)";', SCRIPT.read_text())
    assert len(words) == 2048

    for place in range(0, 2048, 8):  # all words: eleven eights and the checksum's four in a row
        numbers = [*range(place, place + 8), 0, 0, 0, 0]
        entropy = int("".join(f"{one:011b}" for one in numbers)[:128], 2).to_bytes(16)
        assert paperwords.of_octets(entropy)[: 8 * 2 - 1] == " ".join(words[place : place + 8])
