"""Opens what a page exports with other software: pictures with Pillow, tables with Python's csv, runs with its json.

    python open_exports.py FOLDER

Prints {file: what is in it}: of a picture its size, its number of colours and, where it is small, its grey values; rows; an object.
"""
import csv
import json
import sys
from pathlib import Path

from PIL import Image


def picture(path):
    # `verify` reads all checksums, and leaves the file unusable.
    Image.open(path).verify()
    image = Image.open(path)
    grey = image.convert("L")
    colours = len(set(image.convert("RGB").getdata()))
    small = grey.width * grey.height <= 40_000
    return {"kind": image.format, "size": image.size, "colours": colours, "grey": list(grey.getdata()) if small else []}


readers = {
    ".png": picture,
    ".csv": lambda path: list(csv.reader(path.open(newline="", encoding="utf-8"))),
    ".json": lambda path: json.loads(path.read_text(encoding="utf-8")),
}
found = {path.name: readers[path.suffix](path) for path in sorted(Path(sys.argv[1]).iterdir())}
json.dump(found, sys.stdout)
