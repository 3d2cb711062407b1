"""Draws icon.png: a paper-cut landscape, 128 by 128 pixels. python icon.py"""
import math
import struct
import zlib

SIZE, SAMPLES = 128, 4
LAYERS = [  # height of the edge at x in [0, 1], colour
    (lambda x: 0.50 + 0.10 * math.sin(5.1 * x + 2.2) + 0.05 * math.sin(11 * x), (116, 122, 170)),
    (lambda x: 0.64 + 0.08 * math.sin(4.2 * x + 5.0), (78, 88, 144)),
    (lambda x: 0.78 + 0.06 * math.sin(6.0 * x + 1.0), (48, 56, 108)),
]


def colour(x, y):
    corner = 0.18
    dx, dy = max(corner - x, x - 1 + corner, 0), max(corner - y, y - 1 + corner, 0)
    if math.hypot(dx, dy) > corner:
        return (0, 0, 0, 0)
    rgb = (250, 214, 160) if y < 0.3 + 0.04 * math.sin(7 * x) else (246, 184, 134)
    if math.hypot(x - 0.66, y - 0.36) < 0.16:
        rgb = (236, 96, 74)
    for edge, layer in LAYERS:
        if y > edge(x):
            rgb = layer
        elif y > edge(x) - 0.015:
            rgb = tuple(int(0.8 * c) for c in rgb)  # the shadow that a sheet throws
    return (*rgb, 255)


rows = bytearray()
for row in range(SIZE):
    rows.append(0)
    for column in range(SIZE):
        seen = [colour((column + (i + 0.5) / SAMPLES) / SIZE, (row + (j + 0.5) / SAMPLES) / SIZE) for i in range(SAMPLES) for j in range(SAMPLES)]
        alpha = sum(s[3] for s in seen)
        rows += bytes([*(round(sum(s[c] * s[3] for s in seen) / max(alpha, 1)) for c in range(3)), round(alpha / len(seen))])


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


with open("icon.png", "wb") as file:
    file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", SIZE, SIZE, 8, 6, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(bytes(rows), 9)) + chunk(b"IEND", b""))
