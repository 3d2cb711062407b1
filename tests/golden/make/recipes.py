"""Writes single-file/<name>.recipe.json.gz: how each tensor of a single-file checkpoint is made of those of the diffusers folder.

usage: recipes.py <folder of recordings> <output folder>

A recipe is {name: {"from": [[component, tensor], ...], "transposed": bool, "shape": [...]}}: the tensors one after the other (rows of a stacked
matrix), transposed where said, in that shape. "from" is empty for tensors that no part of the folder holds; a test fills those as it likes.
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
COMPONENTS = ["unet", "vae", "text_encoder", "text_encoder_2"]


def read(path):
    data = path.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    return {
        name: np.frombuffer(data[8 + length + entry["data_offsets"][0]:8 + length + entry["data_offsets"][1]], TYPES[entry["dtype"]]).reshape(entry["shape"])
        for name, entry in header.items() if name != "__metadata__"}


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
        elif tensor.ndim > 0 and tensor.shape[0] % 3 == 0:
            keys = [find(np.ascontiguousarray(third), name) for third in np.split(tensor, 3)]
            entry["from"] = keys if None not in keys else []
    return result


def main(root, out):
    out.mkdir(parents=True, exist_ok=True)
    for name in ("sd15", "sd21", "sdxl"):
        made = recipe(read(root / "single-file" / f"{name}.safetensors"), root / "models" / name)
        (out / f"{name}.recipe.json.gz").write_bytes(gzip.compress(json.dumps(made, separators=(",", ":")).encode(), mtime=0))
        print(name, len(made), "without source:", [n for n, e in made.items() if not e["from"]][:40])


main(Path(sys.argv[1]), Path(sys.argv[2]))
