"""reportlab draws the same operations as `cargo xtask bench pdf`: reads each invoice's pages as SVG,
draws them again and again on one thread, and prints a line for each: name, ms per PDF, bytes.

    python reportlab_pdf.py FOLDER FONT.otf SECONDS

FOLDER holds <name>-<page>.svg. reportlab embeds fonts with TrueType outlines only, so the embedded
typeface's outlines are turned into those once, before anything is timed. Three things differ: reportlab
sets labels in the typeface of values, which spares it a font, and draws the sample's mark and the
seal on every page, where the server's PDF names one drawing; and leaves out the attached data.
"""

import io
import pathlib
import re
import sys
import time
import xml.etree.ElementTree as ElementTree
from statistics import median

from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont as Font
from fontTools.ttLib import newTable
from reportlab.lib.colors import HexColor
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas


def with_truetype_outlines(path):
    """The font as a file with quadratic outlines."""
    font = Font(path)
    glyphs, shapes = font.getGlyphSet(), {}
    for name in font.getGlyphOrder():
        pen = TTGlyphPen(glyphs)
        glyphs[name].draw(Cu2QuPen(pen, max_err=1.0, reverse_direction=True))
        shapes[name] = pen.glyph()
    font["loca"] = newTable("loca")
    font["glyf"] = newTable("glyf")
    font["glyf"].glyphOrder = font.getGlyphOrder()
    font["glyf"].glyphs = shapes
    del font["CFF "]
    maxp = font["maxp"]
    maxp.tableVersion = 0x00010000
    for field in ("maxZones maxTwilightPoints maxStorage maxFunctionDefs maxInstructionDefs "
                  "maxStackElements maxSizeOfInstructions maxComponentElements maxPoints maxContours "
                  "maxCompositePoints maxCompositeContours maxComponentDepth").split():
        setattr(maxp, field, 1 if field == "maxZones" else 0)
    font["post"].formatType = 3.0
    font.sfntVersion = "\000\001\000\000"
    file = io.BytesIO()
    font.save(file)
    file.seek(0)
    return file


def path_steps(text):
    """M, L, C, h, v, Z with their numbers."""
    for letter, numbers in re.findall(r"([MLChvZz])([^MLChvZz]*)", text):
        yield letter, [float(number) for number in re.findall(r"-?[\d.]+", numbers)]


def operations(svg):
    """A page's height in mm and its drawing operations, far from XML: nothing is parsed while timed."""
    found, page = [], ElementTree.fromstring(svg)
    for element in page:
        kind = element.tag.rsplit("}", 1)[-1]
        of = lambda name, default="0": float(element.get(name, default))
        if kind == "text":
            found.append(("text", of("x"), of("y"), of("font-size"), of("textLength"),
                          HexColor(element.get("fill")), element.text))
        elif kind == "ellipse":
            found.append(("ellipse", of("cx"), of("cy"), of("rx"), of("ry"),
                          HexColor(element.get("stroke")), of("stroke-width")))
        elif kind == "path":
            left, top, scale = 0.0, 0.0, 1.0
            if element.get("transform"):
                left, top, scale = map(float, re.findall(r"-?[\d.]+", element.get("transform")))
            steps = list(path_steps(element.get("d")))
            stroke = element.get("stroke")
            colour = HexColor(stroke or element.get("fill", "#000000"))
            found.append(("path", steps, left, top, scale, colour, of("stroke-width") if stroke else 0))
    return float(page.get("height").removesuffix("mm")), found


def draw_path(canvas, height, steps, left, top, scale):
    x_of = lambda x: (left + x * scale) * mm
    y_of = lambda y: (height - top - y * scale) * mm
    path, x, y = canvas.beginPath(), 0.0, 0.0
    for letter, numbers in steps:
        if letter == "M":
            x, y = numbers
            path.moveTo(x_of(x), y_of(y))
        elif letter == "C":
            points = [x_of(n) if i % 2 == 0 else y_of(n) for i, n in enumerate(numbers)]
            path.curveTo(*points)
        elif letter in "Lhv":
            x, y = {"L": lambda: numbers, "h": lambda: (x + numbers[0], y),
                    "v": lambda: (x, y + numbers[0])}[letter]()
            path.lineTo(x_of(x), y_of(y))
        else:
            path.close()
    return path


def draw(pages):
    file = io.BytesIO()
    canvas = Canvas(file, pageCompression=1, invariant=1)
    for height, page in pages:
        canvas.setPageSize((210 * mm, height * mm))
        for kind, *values in page:
            if kind == "text":
                x, y, size, length, colour, text = values
                line = canvas.beginText(x * mm, (height - y) * mm)
                line.setFont("FP Song", size * mm)
                line.setFillColor(colour)
                own = pdfmetrics.stringWidth(text, "FP Song", size * mm)
                if length and len(text) > 1:
                    line.setCharSpace((length * mm - own) / (len(text) - 1))
                line.textOut(text)
                canvas.drawText(line)
            elif kind == "ellipse":
                x, y, across, up, colour, width = values
                canvas.setStrokeColor(colour)
                canvas.setLineWidth(width * mm)
                y = height - y
                canvas.ellipse((x - across) * mm, (y - up) * mm, (x + across) * mm, (y + up) * mm)
            else:
                steps, left, top, scale, colour, width = values
                path = draw_path(canvas, height, steps, left, top, scale)
                if width:
                    canvas.setStrokeColor(colour)
                    canvas.setLineWidth(width * mm)
                    canvas.drawPath(path)
                else:
                    canvas.setFillColor(colour)
                    canvas.drawPath(path, stroke=0, fill=1)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def main():
    folder, font, seconds = pathlib.Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    pdfmetrics.registerFont(TTFont("FP Song", with_truetype_outlines(font)))
    number = lambda path: int(path.stem.rsplit("-", 1)[1])
    names = sorted({path.stem.rsplit("-", 1)[0] for path in folder.glob("*.svg")})
    for name in names:
        files = sorted(folder.glob(f"{name}-*.svg"), key=number)
        files = [file for file in files if file.stem.rsplit("-", 1)[0] == name]
        pages = [operations(file.read_text("utf-8")) for file in files]
        took, end, pdf = [], time.perf_counter() + seconds, draw(pages)
        while time.perf_counter() < end or len(took) < 3:
            started = time.perf_counter()
            pdf = draw(pages)
            took.append((time.perf_counter() - started) * 1000)
        (folder / f"{name}.reportlab.pdf").write_bytes(pdf)
        print(name, f"{median(took):.3f}", len(pdf), flush=True)


if __name__ == "__main__":
    main()
