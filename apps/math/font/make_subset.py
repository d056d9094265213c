"""Makes chalk-math.woff2 from STIXMath-Regular.otf (Debian's fonts-stix), with fonttools and brotli.

    python3 make_subset.py /usr/share/fonts/opentype/stix-word/STIXMath-Regular.otf chalk-math.woff2
"""

import os
import sys

from fontTools import subset

source, target = sys.argv[1:3]

characters = set(range(0x20, 0x7F))  # ASCII
characters |= set(range(0x1D434, 0x1D468)) | {0x210E}  # italic Latin letters, as a single <mi> shows them
characters |= set(range(0x1D6E2, 0x1D71C))  # italic Greek letters
characters |= set(range(0x391, 0x3AA)) | set(range(0x3B1, 0x3CA)) | {0x3D1, 0x3D5, 0x3F5}  # upright Greek letters
characters |= set(range(0x1D400, 0x1D434))  # bold letters
characters |= {0x1D4DB, 0x2112, 0x1D49C, 0x1D4A9, 0x1D4AA, 0x1D4B3, 0x1D4B4, 0x1D4AB, 0x1D4AF}  # some script letters
characters |= {0x302, 0x303, 0x304, 0x305, 0x307, 0x20D7, 0x2061, 0x2062, 0x2063, 0x2064}  # accents, invisible operators
characters |= {
    ord(c)
    for c in "×÷·±∓−∗∘√∛∑∏∫∂∇∞≤≥≠≈≡∼≪≫∈∉∋⊂⊆∪∩∧∨¬∀∃→←↔⇒⇐⇔↦↑↓⟨⟩⌊⌋⌈⌉‖∣′″…⋯⋮⋱ℓℝℤℕ∅∥⊙⊗⊕†°µ¯^~ˆ˜¨˙⏞⏟⎵⋅∝∖∆⋆∎"
}

options = subset.Options()
options.flavor = "woff2"
options.layout_features = ["ssty", "dtls", "flac", "ccmp"]
options.hinting = False
options.name_IDs = [0, 1, 2, 3, 4, 6, 13, 14]
options.notdef_outline = True
options.drop_tables += ["DSIG", "FFTM"]
options.glyph_names = False

font = subset.load_font(source, options)
subsetter = subset.Subsetter(options)
subsetter.populate(unicodes=characters)
subsetter.subset(font)

# The licence reserves the name.
for record in font["name"].names:
    if record.nameID in (1, 4):
        record.string = "Chalk Math"
    elif record.nameID == 6:
        record.string = "ChalkMath-Regular"
    elif record.nameID == 3:
        record.string = "Chalk Math, a subset of STIX Math 1.1.1"
compact = font["CFF "].cff
compact.fontNames = ["ChalkMath-Regular"]
for key in ("FullName", "FamilyName"):
    if hasattr(compact.topDictIndex[0], key):
        setattr(compact.topDictIndex[0], key, "Chalk Math")

subset.save_font(font, target, options)
print(target, os.path.getsize(target), "bytes")
