"""Golden values of Pillow's bicubic filter on float pictures (mode "F").

python3 -m pip install pillow numpy
python3 src/features/testing/resize_golden.py > src/features/testing/resize_golden.json
"""

import json

import numpy as np
from PIL import Image


def picture(height, width):
    """Wrapped parabolas: smooth places and hard edges in whole numbers, so that every language draws the same."""
    y, x = np.mgrid[:height, :width]
    return ((x * x + 3 * x * y + 2 * y * y) // 8) % 256


def case(height, width, size):
    pixels = Image.fromarray(picture(height, width).astype(np.float32))
    resized = np.asarray(pixels.resize((size, size), Image.Resampling.BICUBIC))
    # Both ends and some places between.
    places = sorted({0, 1, *range(2, size - 2, max(size // 9, 1)), size - 2, size - 1})
    values = [[round(float(resized[row, column]), 4) for column in places] for row in places]
    return {"height": height, "width": width, "size": size, "places": places, "values": values}


cases = [case(28, 28, 64), case(100, 100, 64), case(500, 400, 64), case(32, 32, 299)]
print(json.dumps({"cases": cases}))
