#!/usr/bin/env python3
"""Makes fp-song.otf, the typeface that Kaipiao embeds in its PDF files.

    apt-get install fonts-noto-cjk unicode-data
    pip install fonttools==4.68.0
    python3 make_font.py

The source is Noto Serif CJK SC Regular from Debian's fonts-noto-cjk. Kept are:

* GB 2312, from Python's codec of that name;
* the 8105 characters of the 通用规范汉字表 (2013), from the field kTGH of the Unihan database in
  Debian's unicode-data: the whole table, none missing;
* ASCII, Latin-1, Latin Extended-A, basic Greek and Cyrillic, general punctuation, currency signs,
  CJK symbols and punctuation, full-width forms;
* signs that invoices use beyond GB 2312: № ℃ ㎡ ㎏ and their blocks, and the ⊗ before an amount.

Format and control characters stay out: a name that holds one is refused, not printed invisibly.

Each character gets a glyph of its own, also where the source draws two characters with one glyph
(～ and 〜, the space and the no-break space): only then can a PDF tell a reader which of the two
was written, for its map leads from glyphs to characters.

Digits and the signs of the cipher field have the source's half-width shapes, all of one width: figures
below each other align, and the cipher is a grid.

Same packages, same bytes: README.md has the sums.
"""

import bz2
import copy
import glob
import hashlib
import pathlib
import unicodedata

from fontTools import subset
from fontTools.ttLib import TTFont

SOURCE = "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc"
SOURCE_SHA256 = "a04178ec485dffdff7cc0c0c20e1fce9202d7e2160d805e8e44a4c8841c58481"
SOURCE_FACE_INDEX = 2
SOURCE_POSTSCRIPT_NAME = "NotoSerifCJKsc-Regular"
UNIHAN = "/usr/share/unicode/Unihan_*.txt.bz2"
RESULT = pathlib.Path(__file__).with_name("fp-song.otf")

FAMILY = "FP Song"
POSTSCRIPT_NAME = "FPSong-Regular"
VERSION = "Version 1.000"

BLOCKS = [
    (0x0020, 0x007E),  # ASCII
    (0x00A0, 0x00FF),  # Latin-1 supplement
    (0x0100, 0x017F),  # Latin Extended-A
    (0x0370, 0x03FF),  # Greek
    (0x0400, 0x045F),  # Cyrillic
    (0x2000, 0x206F),  # general punctuation
    (0x20A0, 0x20CF),  # currency signs
    (0x2100, 0x218F),  # letter-like signs, number forms
    (0x2200, 0x22FF),  # mathematical operators, ⊗ among them
    (0x2460, 0x24FF),  # numbers in circles and brackets
    (0x25A0, 0x25FF),  # geometric shapes
    (0x3000, 0x303F),  # CJK symbols and punctuation
    (0x3300, 0x33FF),  # units in one square: ㎡ ㎏
    (0xFF00, 0xFFEF),  # full-width forms
]
HALF_WIDTH = "0123456789*+-/<>"
HALF_WIDTH_FEATURE = "hwid"
MUST_HAVE = "⊗¥￥€·—×№℃㎡㎏～〜䶮㛃㴋𬱖𫖯"


def gb2312():
    """The code points of GB 2312."""
    cells = (bytes([row, cell]) for row in range(0xA1, 0xF8) for cell in range(0xA1, 0xFF))
    return {ord(c) for c in "".join(pair.decode("gb2312", "ignore") for pair in cells)}


def standard_table():
    """The code points of the 通用规范汉字表."""
    found = set()
    for path in glob.glob(UNIHAN):
        with bz2.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                fields = line.split("\t")
                if len(fields) == 3 and fields[1] == "kTGH":
                    found.add(int(fields[0].removeprefix("U+"), 16))
    assert len(found) == 8105, f"kTGH lists {len(found)} characters, not 8105"
    return found


def wanted(source_cmap):
    """The code points to keep, of those that the source has."""
    chosen = gb2312() | standard_table() | {ord(c) for c in MUST_HAVE}
    for first, last in BLOCKS:
        chosen.update(range(first, last + 1))
    invisible = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
    return {
        point
        for point in chosen
        if point in source_cmap and unicodedata.category(chr(point)) not in invisible
    }


def substitutions(font, feature):
    """The glyphs that a feature puts in place of others."""
    table = font["GSUB"].table
    found = {}
    for record in table.FeatureList.FeatureRecord:
        if record.FeatureTag == feature:
            for index in record.Feature.LookupListIndex:
                for lookup in table.LookupList.Lookup[index].SubTable:
                    found |= getattr(lookup, "ExtSubTable", lookup).mapping
    return found


def set_half_width(font, characters):
    """Maps these characters to their half-width shapes."""
    shapes = substitutions(font, HALF_WIDTH_FEATURE)
    for table in font["cmap"].tables:
        for point in table.cmap.keys() & {ord(c) for c in characters}:
            table.cmap[point] = shapes[table.cmap[point]]


def reduce(font, points, dropped_tables=()):
    """Leaves only the outlines, widths and mapping of these code points."""
    options = subset.Options()
    options.hinting = False
    options.layout_features = []
    options.drop_tables += ["BASE", "GDEF", "GPOS", "GSUB", "vhea", "vmtx", *dropped_tables]
    options.name_IDs = ["*"]
    options.name_languages = ["*"]
    options.notdef_outline = True
    options.recalc_timestamp = False
    # Outlines without shared parts: 7 % more bytes, but a PDF is made in four fifths of the time.
    options.desubroutinize = True
    worker = subset.Subsetter(options)
    worker.populate(unicodes=points)
    worker.subset(font)


def duplicate_glyph(font, glyph, new_glyph):
    """Adds a copy of a glyph under a name of its own."""
    top = font["CFF "].cff.topDictIndex[0]
    strings = top.CharStrings
    index = strings.charStrings[glyph]
    strings.charStringsIndex.append(copy.copy(strings.charStringsIndex[index]))
    strings.charStrings[new_glyph] = len(strings.charStringsIndex) - 1
    top.FDSelect.gidArray.append(top.FDSelect.gidArray[index])
    top.charset.append(new_glyph)
    font["hmtx"].metrics[new_glyph] = font["hmtx"].metrics[glyph]
    font.setGlyphOrder(top.charset)


def drop_twin_mappings(font):
    """Leaves one mapping for 16-bit and one for all code points, without their Unicode twins."""
    font["cmap"].tables = [table for table in font["cmap"].tables if table.platformID == 3]


def give_each_character_its_glyph(font):
    """Duplicates the glyphs that serve more than one code point."""
    taken = {}
    next_cid = 60000
    copies = {}
    for point, glyph in sorted(font.getBestCmap().items()):
        if glyph not in taken:
            taken[glyph] = point
            continue
        copies[point] = f"cid{next_cid:05}"
        duplicate_glyph(font, glyph, copies[point])
        next_cid += 1
    for table in font["cmap"].tables:
        for point in copies.keys() & table.cmap.keys():
            table.cmap[point] = copies[point]


def rename(font):
    """Gives the font its own name, as its licence asks of a modified version."""
    new = {1: FAMILY, 3: f"{VERSION};{POSTSCRIPT_NAME}", 4: FAMILY, 5: VERSION}
    new |= {6: POSTSCRIPT_NAME, 16: FAMILY}
    records = font["name"].names
    records[:] = [record for record in records if record.langID == 0x409]
    for record in records:
        record.string = new.get(record.nameID, record.toUnicode())
    cff = font["CFF "].cff
    cff.fontNames = [POSTSCRIPT_NAME]
    cff.topDictIndex[0].rawDict |= {"FullName": FAMILY, "FamilyName": FAMILY}
    for index, font_dict in enumerate(cff.topDictIndex[0].FDArray):
        font_dict.rawDict["FontName"] = f"{POSTSCRIPT_NAME}-{index}"


def save(font, result, characters):
    """Writes the font and prints what the README records. Each of its characters has a glyph of its
    own, and none of these is missing."""
    font["head"].modified = font["head"].created
    font.save(result, reorderTables=True)
    cmap = TTFont(result).getBestCmap()
    missing = [c for c in characters if ord(c) not in cmap]
    assert not missing and len(set(cmap.values())) == len(cmap), missing
    data = result.read_bytes()
    print(f"{len(cmap)} characters, {len(data)} bytes, sha256 {hashlib.sha256(data).hexdigest()}")


def main():
    """Makes the font and prints what the README records."""
    assert hashlib.sha256(pathlib.Path(SOURCE).read_bytes()).hexdigest() == SOURCE_SHA256
    font = TTFont(SOURCE, fontNumber=SOURCE_FACE_INDEX, recalcTimestamp=False)
    assert font["name"].getDebugName(6) == SOURCE_POSTSCRIPT_NAME
    drop_twin_mappings(font)
    set_half_width(font, HALF_WIDTH)
    reduce(font, wanted(font.getBestCmap()), dropped_tables=["VORG"])
    give_each_character_its_glyph(font)
    rename(font)
    save(font, RESULT, MUST_HAVE)


if __name__ == "__main__":
    main()
