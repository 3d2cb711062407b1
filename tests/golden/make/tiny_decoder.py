"""A tiny decoder (diffusers' AutoencoderTiny) and what it decodes, in plain PyTorch from the architecture's description: no library of models is needed.

python3 make/tiny_decoder.py --seed 2026 --out .   (PyTorch 1.13 or later; numpy)

TAESD (github.com/madebyollin/taesd): a soft bound of the latents, a convolution, and levels of residual blocks of three convolutions each, a doubling of the grid and a
convolution without bias behind every level but the last, which ends in the picture's three channels. The weights are random, and fewer channels than the published 64.
"""
import argparse, json, os, struct
import numpy as np
import torch
import torch.nn.functional as F

CHANNELS, BLOCKS, LATENTS = 16, (2, 1, 1, 1), 4


def write(path, tensors):
    """safetensors, without the library."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    header, data, at = {}, [], 0
    for name, tensor in tensors.items():
        raw = tensor.detach().numpy().astype(np.float32).tobytes()
        header[name] = dict(dtype="F32", shape=list(tensor.shape), data_offsets=[at, at + len(raw)])
        data.append(raw); at += len(raw)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + b"".join(data))


def weights(generator):
    """The decoder's layers in their order, named by their number as a list of modules counts them."""
    w, layer = {}, 0

    def conv(name, out, inputs, bias=True):
        w[name + ".weight"] = torch.randn((out, inputs, 3, 3), generator=generator) * (0.9 / (3 * inputs ** 0.5))
        if bias:
            w[name + ".bias"] = torch.randn((out,), generator=generator) * 0.1

    conv("decoder.layers.0", CHANNELS, LATENTS)
    layer = 2                                        # behind the activation
    for level, count in enumerate(BLOCKS):
        for _ in range(count):
            for i in (0, 2, 4):
                conv(f"decoder.layers.{layer}.conv.{i}", CHANNELS, CHANNELS)
            layer += 1
        last = level + 1 == len(BLOCKS)
        layer += 0 if last else 1                    # the doubling
        conv(f"decoder.layers.{layer}", 3 if last else CHANNELS, CHANNELS, bias=last)
        layer += 1
    w["decoder.layers.%d.bias" % (layer - 1)] += 0.5
    return w


def decode(w, latents):
    """The denoiser's latents to a picture, about [0, 1], not clamped."""
    def conv(name, x):
        return F.conv2d(x, w[name + ".weight"], w.get(name + ".bias"), padding=1)

    h = torch.relu(conv("decoder.layers.0", 3 * torch.tanh(latents / 3)))
    layer = 2
    for level, count in enumerate(BLOCKS):
        for _ in range(count):
            block = f"decoder.layers.{layer}.conv"
            inner = torch.relu(conv(f"{block}.0", h))
            inner = torch.relu(conv(f"{block}.2", inner))
            h = torch.relu(conv(f"{block}.4", inner) + h)
            layer += 1
        if level + 1 < len(BLOCKS):
            h = F.interpolate(h, scale_factor=2, mode="nearest")
            layer += 1
        h = conv(f"decoder.layers.{layer}", h)
        layer += 1
    return h


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--out", default=".")
    args = parser.parse_args()
    torch.set_num_threads(1)
    w = weights(torch.Generator().manual_seed(args.seed))
    config = dict(
        _class_name="AutoencoderTiny", act_fn="relu", in_channels=3, out_channels=3, latent_channels=LATENTS, encoder_block_out_channels=[CHANNELS] * 4, decoder_block_out_channels=[CHANNELS] * 4,
        num_encoder_blocks=[1, 3, 3, 3], num_decoder_blocks=list(BLOCKS), upsampling_scaling_factor=2, latent_magnitude=3, latent_shift=0.5, scaling_factor=1.0, force_upcast=False)
    write(f"{args.out}/models/taesd/diffusion_pytorch_model.safetensors", w)
    with open(f"{args.out}/models/taesd/config.json", "w") as f:
        f.write(json.dumps(config, indent=2) + "\n")
    latents = 2 * torch.randn((1, LATENTS, 9, 7), generator=torch.Generator().manual_seed(args.seed + 1))
    write(f"{args.out}/models/taesd.golden.safetensors", dict(latents=latents, decoded=decode(w, latents)))
    exact = decode({k: v.double() for k, v in w.items()}, latents.double())
    off = ((decode(w, latents) - exact).abs() / (1 + exact.abs())).max().item()
    print("decoded", decode(w, latents).min().item(), decode(w, latents).max().item(), "; f32 against f64", off)
