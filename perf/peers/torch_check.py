"""The networks against recordings of diffusers."""
import os
import torch
import torch_networks as networks
from torch_mmdit import mmdit
from torch_weights import load, read_safetensors


def check(folder, device="cpu"):
    """Largest |a - b| / (1 + |b|) against recordings of diffusers; bound 5e-5."""
    worst = 0.0
    for model in ("sd15", "sd21"):
        golden_file, root = f"{folder}/models/{model}.golden.safetensors", f"{folder}/models/{model}"
        if not os.path.exists(golden_file):
            print(f"{model}: not there, left out")
            continue
        golden = on(device, read_safetensors(golden_file))
        tensors, config = loaded("unet", root, device)
        for channels_last in (False, True):
            if channels_last:
                tensors = {name: t.contiguous(memory_format=torch.channels_last) if t.dim() == 4 else t for name, t in tensors.items()}
            cases = [(name, float(name.rsplit(".", 1)[1]), "unet.odd.latent" if ".odd." in name else "unet.latent") for name in sorted(golden) if name.startswith(("unet.out.", "unet.odd.out."))]
            for name, t, latent in cases:
                worst = max(worst, report(f"{model} {name}{' channels last' if channels_last else ''}", networks.unet(tensors, config, golden[latent], t, golden["unet.context"]), golden[name]))
        if "vae.decoded" in golden:
            tensors, config = loaded("vae", root, device)
            worst = max(worst, report(f"{model} vae.decoded", networks.vae_decoder(tensors, config, golden["vae.latent"]), golden["vae.decoded"]))
        tensors, config = loaded("text", root, device)
        worst = max(worst, report(f"{model} text.last", networks.text_encoder(tensors, config, golden["text.ids"]), golden["text.last"]))
    golden = on(device, read_safetensors(f"{folder}/models/sd3.golden.safetensors"))
    tensors, config = loaded("mmdit", f"{folder}/models/sd3", device)
    for name in sorted(name for name in golden if name.startswith(("mmdit.out.", "mmdit.small.out."))):
        latent, time = golden[name.split("out.")[0] + "latent"], float(name.split("out.")[1])
        rows = latent.shape[0]
        worst = max(worst, report(f"sd3 {name}", mmdit(tensors, config, latent, time, golden["mmdit.context"][:rows], golden["mmdit.pooled"][:rows]), golden[name]))
    print(f"worst {worst:.2e}: {'agrees' if worst <= 5e-5 else 'DIFFERS'}")
    return 0 if worst <= 5e-5 else 1


def report(name, ours, theirs):
    error = float(((ours - theirs).abs() / (1 + theirs.abs())).max())
    print(f"{name}: {error:.2e}")
    return error


def loaded(kind, root, device):
    tensors, config = load(kind, root, 0)
    return on(device, tensors), config


def on(device, tensors):
    return {name: t.to(device) for name, t in tensors.items()}
