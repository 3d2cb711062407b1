"""Weights and configurations of the networks, random ones of full size or those of a diffusers folder, with nothing but numpy and torch."""
import gzip
import json
import os
import numpy
import torch

HERE = os.path.dirname(os.path.abspath(__file__))
KEYS = {
    ("unet", "sd15"): "sd15.unet", ("vae", "sd15"): "sd.vae", ("text", "sd15"): "sd15.text_encoder",
    ("unet", "sdxl"): "sdxl.unet", ("vae", "sdxl"): "sd.vae", ("text", "sdxl"): "sdxl.text_encoder_2",
    ("mmdit", "sd3-medium"): "sd3-medium.transformer",
}
FOLDERS = (os.path.join(HERE, "..", "keys"), os.path.join(HERE, "..", "..", "tests", "golden", "keys"))
FILES = {"unet": "unet/diffusion_pytorch_model.safetensors", "vae": "vae/diffusion_pytorch_model.safetensors", "text": "text_encoder/model.safetensors", "mmdit": "transformer/diffusion_pytorch_model.safetensors"}
SHARED = ("sdxl", "sd3-medium")
TYPES = {"F64": numpy.float64, "F32": numpy.float32, "F16": numpy.float16, "I64": numpy.int64, "I32": numpy.int32}


def read_safetensors(path):
    """Name to tensor; floating point as f32."""
    data = numpy.memmap(path, numpy.uint8, "r")
    header = int(data[:8].view("<u8")[0])
    tensors = {}
    for name, entry in json.loads(bytes(data[8:8 + header])).items():
        if name != "__metadata__":
            start, end = entry["data_offsets"]
            values = numpy.frombuffer(data[8 + header + start:8 + header + end].tobytes(), TYPES[entry["dtype"]]).reshape(entry["shape"])
            tensors[name] = torch.from_numpy(values.astype(numpy.float32) if values.dtype.kind == "f" else values.copy())
    return tensors


def random_weights(shapes, seed, share, device="cpu", dtype=torch.float32):
    """Norm weights 1, biases 0, matrices of variance 1 / fan-in, so that no value leaves the normal range."""
    generator = torch.Generator(device).manual_seed(seed)
    tensors, known = {}, {}
    for name, shape in shapes.items():
        if len(shape) == 1:
            tensors[name] = (torch.zeros if name.endswith("bias") else torch.ones)(shape, device=device, dtype=dtype)
        elif share and tuple(shape) in known:
            tensors[name] = known[tuple(shape)]
        else:
            fan_in = torch.Size(shape[1:]).numel()
            tensors[name] = known[tuple(shape)] = torch.randn(shape, generator=generator, device=device).mul_(fan_in ** -0.5).to(dtype)
    return tensors


def load(kind, model, seed, device="cpu", dtype=torch.float32, share=None):
    """Weights and configuration. Of the random ones of SDXL and Stable Diffusion 3 those of one shape are one tensor, unless SHARE says otherwise: 10 and 8 GB of f32 would not fit beside ours."""
    if (kind, model) in KEYS:
        path = next(p for p in (os.path.join(folder, KEYS[kind, model] + ".json.gz") for folder in FOLDERS) if os.path.exists(p))
        with gzip.open(path) as f:
            keys = json.load(f)
        return random_weights(keys["tensors"], seed, model in SHARED if share is None else share, device, dtype), keys["config"]
    with open(os.path.join(model, os.path.dirname(FILES[kind]), "config.json")) as f:
        return {name: t.to(device, dtype) if t.is_floating_point() else t.to(device) for name, t in read_safetensors(os.path.join(model, FILES[kind])).items()}, json.load(f)
