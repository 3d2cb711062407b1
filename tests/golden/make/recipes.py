"""Writes single-file/<name>.recipe.json.gz: how each tensor of a single-file checkpoint is made of those of the diffusers folder.

usage: recipes.py <folder of recordings> <output folder>

A recipe is {name: {"from": [[component, tensor, first row, rows], ...], "transposed": bool, "shape": [...]}}: rows of the tensors one after the other
(a stacked matrix), or whole tensors where no rows are said, transposed where said, in that shape. "from" is empty for tensors that no part of the folder holds; a test fills those as it likes.
Tensors are matched by their numbers alone, so that no table of names is trusted; equal candidates are told apart by the nearest name.
"""
import difflib
import gzip
import json
import struct
import sys
from pathlib import Path

import numpy as np

TYPES = {"F32": np.float32, "I64": np.int64, "F64": np.float64}
COMPONENTS = ["unet", "transformer", "vae", "text_encoder", "text_encoder_2", "text_encoder_3"]


def read(path):
    data = path.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    return {
        name: np.frombuffer(data[8 + length + entry["data_offsets"][0]:8 + length + entry["data_offsets"][1]], TYPES[entry["dtype"]]).reshape(entry["shape"])
        for name, entry in header.items() if name != "__metadata__"}


def pieces(tensor, parts):
    """Tensors, or halves of tensors, whose rows one after the other are the tensor's; longest first."""
    candidates = [((*key, start, rows), part[start:start + rows]) for key, part in parts.items() if part.ndim == tensor.ndim and part.shape[1:] == tensor.shape[1:]
                  for start, rows in ((0, len(part)), (0, len(part) // 2), (len(part) // 2, len(part) // 2)) if rows]
    found, row = [], 0
    while row < len(tensor):
        fits = [(key, part) for key, part in candidates if row + len(part) <= len(tensor) and np.array_equal(tensor[row:row + len(part)], part)]
        if not fits:
            return []
        key, part = max(fits, key=lambda fit: len(fit[1]))
        found.append(key)
        row += len(part)
    return found


def recipe(single, folder):
    parts = {(c, name): tensor for c in COMPONENTS for file in (folder / c).glob("*.safetensors") for name, tensor in read(file).items()}
    known = {}
    for key, tensor in parts.items():
        known.setdefault(tensor.tobytes(), []).append(key)

    def find(tensor, name, taken=()):
        found = [key for key in known.get(tensor.tobytes(), []) if key not in taken]
        return max(found, key=lambda key: difflib.SequenceMatcher(None, key[1], name).ratio()) if found else None

    result = {}
    for name, tensor in single.items():
        entry = {"from": [], "transposed": False, "shape": list(tensor.shape), "type": {np.dtype(t): n for n, t in TYPES.items()}[tensor.dtype]}
        result[name] = entry
        if (key := find(tensor, name)) is not None:
            entry["from"] = [key]
        elif tensor.ndim == 2 and (key := find(np.ascontiguousarray(tensor.T), name)) is not None:
            entry.update({"from": [key], "transposed": True})
        elif tensor.ndim > 0 and tensor.shape[0] % 3 == 0 and None not in (keys := [find(np.ascontiguousarray(third), name) for third in np.split(tensor, 3)]):
            entry["from"] = keys
        elif tensor.ndim > 0:
            entry["from"] = pieces(tensor, parts)
    return result


def main(root, out):
    out.mkdir(parents=True, exist_ok=True)
    for name in ("sd15", "sd21", "sdxl", "sd3", "sd35", "flux-dev", "flux-schnell", "flux-ae"):
        made = recipe(read(root / "single-file" / f"{name}.safetensors"), root / "models" / name.replace("-ae", "-dev"))
        (out / f"{name}.recipe.json.gz").write_bytes(gzip.compress(json.dumps(made, separators=(",", ":")).encode(), mtime=0))
        print(name, len(made), "without source:", [n for n, e in made.items() if not e["from"]][:40])


main(Path(sys.argv[1]), Path(sys.argv[2]))
