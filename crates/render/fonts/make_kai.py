#!/usr/bin/env python3
"""Makes fp-kai.ttf, the brush-like typeface (楷体) of an invoice's labels and titles.

    apt-get install fonts-lxgw-wenkai
    pip install fonttools==4.68.0
    python3 make_kai.py

The source is LXGW WenKai Regular from Debian's fonts-lxgw-wenkai. Kept is what labels are made of:
CHARACTERS. A label's character that is not there is set in FP Song.

Same packages, same bytes: README.md has the sums.
"""

import hashlib
import pathlib
import sys

from fontTools.ttLib import TTFont

from make_font import reduce, save

SOURCE = "/usr/share/fonts/truetype/lxgw-wenkai/LXGWWenKai-Regular.ttf"
SOURCE_SHA256 = "bbf534b0ca093928f94d1782855e65a19a32cde82b075d495d072025521953c8"
RESULT = pathlib.Path(__file__).with_name("fp-kai.ttf")

FAMILY = "FP Kai"
POSTSCRIPT_NAME = "FPKai-Regular"
VERSION = "Version 1.000"

CHARACTERS = (
    "/:、一上东买云京人代价会位供信值共内写别务劳北区单南厦及发古号合吉名售器四地圳"
    "址型填增备复夏大天子宁安密小属山岛川州年广庆序应建开征徽总息或户所提收数新方日普"
    "月服期机林校核格款江河波注津浙海深清湖物率甘用电疆目码社票福称税章第纳统编者肃苏"
    "蒙藏行西见规计识话详负账货购贵辽连通重量金银销门陕青页项额验黑龙（）：；"
)


def rename(font):
    """Gives the font its own name: the licence reserves that of the source."""
    new = {1: FAMILY, 3: f"{VERSION};{POSTSCRIPT_NAME}", 4: FAMILY, 5: VERSION}
    new |= {6: POSTSCRIPT_NAME, 16: FAMILY}
    kept = {0, 2, 13, 14, *new}
    records = font["name"].names
    records[:] = [r for r in records if r.langID == 0x409 and r.nameID in kept]
    for record in records:
        record.string = new.get(record.nameID, record.toUnicode())


def main():
    """Makes the font and prints what the README records."""
    source = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else SOURCE)
    assert hashlib.sha256(source.read_bytes()).hexdigest() == SOURCE_SHA256
    font = TTFont(source, recalcTimestamp=False)
    reduce(font, [ord(c) for c in CHARACTERS], dropped_tables=["DSIG"])
    rename(font)
    save(font, RESULT, CHARACTERS)


if __name__ == "__main__":
    main()
