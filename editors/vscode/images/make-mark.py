"""Writes mark.woff, whose one glyph is the mark of the status bar. Needs fonttools."""

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

UNITS, MIDDLE = 1000, 500


def circle(pen, radius, clockwise):
    """Eight quadratic arcs; the direction decides whether it is filled or a hole."""
    near = radius * 0.41421
    far = radius * 0.70711
    points = [(radius, near), (far, far), (near, radius), (0, radius), (-near, radius), (-far, far), (-radius, near), (-radius, 0)]
    points += [(-x, -y) for x, y in points]
    start, rest = (radius, 0), points
    if clockwise:
        start, rest = (radius, 0), [(x, -y) for x, y in points]
    pen.moveTo((MIDDLE + start[0], MIDDLE + start[1]))
    for control, end in zip(rest[::2], rest[1::2]):
        pen.qCurveTo((MIDDLE + control[0], MIDDLE + control[1]), (MIDDLE + end[0], MIDDLE + end[1]))
    pen.closePath()


def bar(pen, left, right, half):
    pen.moveTo((left, MIDDLE - half))
    pen.lineTo((left, MIDDLE + half))
    pen.lineTo((right, MIDDLE + half))
    pen.lineTo((right, MIDDLE - half))
    pen.closePath()


pen = TTGlyphPen(None)
circle(pen, 320, clockwise=True)
circle(pen, 235, clockwise=False)
bar(pen, 40, 960, 44)
mark = pen.glyph()
empty = TTGlyphPen(None).glyph()

font = FontBuilder(UNITS, isTTF=True)
font.setupGlyphOrder([".notdef", "mark"])
font.setupCharacterMap({0xE001: "mark"})
font.setupGlyf({".notdef": empty, "mark": mark})
font.setupHorizontalMetrics({".notdef": (UNITS, 0), "mark": (UNITS, 0)})
font.setupHorizontalHeader(ascent=UNITS, descent=0)
font.setupNameTable({"familyName": "Plimsoll Mark", "styleName": "Regular"})
font.setupOS2(sTypoAscender=UNITS, sTypoDescender=0, usWinAscent=UNITS, usWinDescent=0)
font.setupPost()
# A fixed date: the same glyph is the same file.
font.updateHead(created=0, modified=0)
font.font.recalcTimestamp = False
font.font.flavor = "woff"
font.save("mark.woff")
