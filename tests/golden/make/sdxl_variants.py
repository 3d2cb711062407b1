"""Recordings of Stable Diffusion XL's ControlNet and refiner, tiny and random, beside the model of models/sdxl.

diffusers 0.21.4 (its source on PYTHONPATH) on PyTorch 1.13, without transformers: prompts are the encodings that sdxl.golden.safetensors has of them.
python3 sdxl_variants.py <folder of the recordings>
"""
import json, os, struct, sys
import numpy as np
import torch
import stand_ins
from diffusers import (AutoencoderKL, ControlNetModel, EulerDiscreteScheduler, StableDiffusionXLControlNetPipeline, StableDiffusionXLImg2ImgPipeline,
                       StableDiffusionXLPipeline, UNet2DConditionModel)
from diffusers.models.vae import DiagonalGaussianDistribution

torch.set_grad_enabled(False)
torch.set_num_threads(1)
ROOT, SEED = sys.argv[1], 2026
MODEL = f"{ROOT}/models/sdxl"


def load(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    meta = header.pop("__metadata__", {})
    types = {"F32": np.float32, "I64": np.int64}
    return {k: torch.from_numpy(np.frombuffer(data[slice(*v["data_offsets"])], types[v["dtype"]]).reshape(v["shape"]).copy()) for k, v in header.items()}, meta


def save(path, tensors, meta):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    header, parts, at = {"__metadata__": meta}, [], 0
    for name, tensor in sorted(tensors.items()):
        parts.append(tensor.detach().float().contiguous().numpy().tobytes())
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [at, at + len(parts[-1])]}
        at += len(parts[-1])
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(parts))


def randn(shape, seed):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def randomise(module, seed, scale=1.0):
    g = torch.Generator().manual_seed(seed)
    for name, p in sorted(module.named_parameters()):
        fresh = torch.randn(p.shape, generator=g)
        p.copy_(fresh * scale / p[0].numel() ** 0.5 if p.ndim >= 2 else (1 + 0.2 * fresh if name.endswith("weight") else 0.2 * fresh))
    return module.eval()


def picture(height, width, seed):
    coarse = torch.nn.functional.interpolate(randn((1, 3, 5, 6), seed), size=(height, width), mode="bicubic", align_corners=False)
    return torch.sigmoid(1.5 * coarse + 0.15 * randn((1, 3, height, width), seed + 1))


def part(cls, name):
    config = json.load(open(f"{MODEL}/{name}/config.json"))
    net = cls.from_config(config)
    tensors, _ = load(f"{MODEL}/{name}/diffusion_pytorch_model.safetensors")
    own = net.state_dict()
    assert set(tensors) == set(own), set(tensors) ^ set(own)
    net.load_state_dict({k: v.reshape(own[k].shape) for k, v in tensors.items()})
    return net.eval()


def write_part(folder, net):
    config = {k: v for k, v in net.config.items() if not k.startswith("_")} | {"_class_name": type(net).__name__}
    os.makedirs(folder, exist_ok=True)
    json.dump(config, open(f"{folder}/config.json", "w"), indent=2)
    save(f"{folder}/diffusion_pytorch_model.safetensors", net.state_dict(), {"format": "pt"})


class Projected(torch.nn.Module):
    """In the second text encoder's place: what pipelines ask of it beside encodings."""
    dtype, device, config = torch.float32, torch.device("cpu"), type("Config", (), {"projection_dim": 20})


def record(log, calls, name, pipe, noise, scheduler, **arguments):
    """A call with its steps; fresh noise is `noise`, and the autoencoder's encoding its mean."""
    module, steps = sys.modules[type(pipe).__module__], []
    pipe.scheduler = EulerDiscreteScheduler.from_config(scheduler)
    pipe.set_progress_bar_config(disable=True)
    saved, sample = module.randn_tensor, DiagonalGaussianDistribution.sample
    module.randn_tensor = lambda shape, **_: noise.clone()
    DiagonalGaussianDistribution.sample = lambda self, generator=None: self.mode()
    try:
        latent = pipe(**arguments, output_type="latent", callback=lambda i, t, latents: steps.append(latents.clone())).images
    finally:
        module.randn_tensor, DiagonalGaussianDistribution.sample = saved, sample
    assert torch.equal(steps[-1], latent)
    log[f"{name}.noise"], log[f"{name}.timesteps"], log[f"{name}.sigmas"] = noise, pipe.scheduler.timesteps.float(), pipe.scheduler.sigmas.float()
    log[f"{name}.steps"], log[f"{name}.latent"] = torch.stack(steps), latent
    said = {k: v for k, v in arguments.items() if isinstance(v, (str, int, float, tuple))}
    calls[name] = said | dict(prompt=PROMPT, negative_prompt=NEGATIVE, pipeline=type(pipe).__name__, scheduler="EulerDiscreteScheduler")
    return latent


embeds, meta = load(f"{ROOT}/models/sdxl.golden.safetensors")
first = json.loads(meta["calls"])["txt2img"]
PROMPT, NEGATIVE = first["prompt"], first["negative_prompt"]
unet, vae = part(UNet2DConditionModel, "unet"), part(AutoencoderKL, "vae")
EULER = {k: v for k, v in json.load(open(f"{MODEL}/scheduler/scheduler_config.json")).items() if not k.startswith("_")}
texts = dict(prompt_embeds=embeds["embeds.prompt"], negative_prompt_embeds=embeds["embeds.negative"], pooled_prompt_embeds=embeds["embeds.pooled"], negative_pooled_prompt_embeds=embeds["embeds.negative_pooled"])
parts = dict(vae=vae, text_encoder=None, text_encoder_2=Projected(), tokenizer=None, tokenizer_2=None, scheduler=EulerDiscreteScheduler.from_config(EULER), force_zeros_for_empty_prompt=True, add_watermarker=False)

# This version, with encodings in place of texts, gives what the newer one recorded.
same = record({}, {}, "same", StableDiffusionXLPipeline(unet=unet, **parts), embeds["txt2img.noise"], EULER, latents=embeds["txt2img.noise"].clone(), height=128, width=192, num_inference_steps=4, guidance_scale=5.0, **texts)
assert (same - embeds["txt2img.latent"]).abs().max() < 1e-4, (same - embeds["txt2img.latent"]).abs().max()

# ControlNet.
c = unet.config
net = randomise(ControlNetModel(
    in_channels=4, block_out_channels=c.block_out_channels, layers_per_block=c.layers_per_block, norm_num_groups=c.norm_num_groups, cross_attention_dim=c.cross_attention_dim, attention_head_dim=c.attention_head_dim,
    down_block_types=c.down_block_types, transformer_layers_per_block=c.transformer_layers_per_block, use_linear_projection=True, addition_embed_type="text_time", addition_time_embed_dim=c.addition_time_embed_dim,
    projection_class_embeddings_input_dim=c.projection_class_embeddings_input_dim, conditioning_embedding_out_channels=(4, 8, 12, 16)), SEED, scale=0.6)
log, calls = {}, {}
x, context, hint = randn((1, 4, 8, 16), SEED + 1), randn((1, 77, c.cross_attention_dim), SEED + 2), picture(64, 128, SEED + 3)
told = dict(text_embeds=randn((1, 20), SEED + 4), time_ids=torch.tensor([[512.0, 768, 16, 32, 1024, 896]]))
down, mid = net(x, 500, context, hint, conditioning_scale=0.8, added_cond_kwargs=told, return_dict=False)
log |= {"latent": x, "context": context, "image": hint, "mid": mid, "text_embeds": told["text_embeds"], "time_ids": told["time_ids"]} | {f"down.{i}": d for i, d in enumerate(down)}
log["unet.out"] = unet(x, 500, context, added_cond_kwargs=told, down_block_additional_residuals=down, mid_block_additional_residual=mid).sample
pipe = StableDiffusionXLControlNetPipeline(unet=unet, controlnet=net, **parts)
noise = randn((1, 4, 8, 16), SEED + 5)
record(log, calls, "txt2img", pipe, noise, EULER, latents=noise.clone(), image=hint, height=64, width=128, num_inference_steps=4, guidance_scale=6.0, controlnet_conditioning_scale=0.8,
       control_guidance_start=0.0, control_guidance_end=0.7, **texts)
write_part(f"{ROOT}/models/sdxl-controlnet", net)
save(f"{ROOT}/models/sdxl-controlnet.golden.safetensors", log, {"calls": json.dumps(calls)})

# Refiner: the second encoder alone.
log, calls = {}, {}
refining = randomise(UNet2DConditionModel.from_config({**c, "cross_attention_dim": 32, "projection_class_embeddings_input_dim": 5 * c.addition_time_embed_dim + 20}), SEED + 10)
second = dict(texts, prompt_embeds=texts["prompt_embeds"][..., 24:], negative_prompt_embeds=texts["negative_prompt_embeds"][..., 24:])
refiner = StableDiffusionXLImg2ImgPipeline(unet=refining, requires_aesthetics_score=True, **parts)
told = dict(text_embeds=randn((2, 20), SEED + 11), time_ids=torch.tensor([[512.0, 768, 16, 32, 6], [512, 768, 0, 0, 2.5]]))
x, context = randn((2, 4, 8, 16), SEED + 12), randn((2, 77, 32), SEED + 13)
log |= {"unet.latent": x, "unet.context": context, "unet.text_embeds": told["text_embeds"], "unet.time_ids": told["time_ids"]}
for t in (981, 1):
    log[f"unet.out.{t}"] = refining(x, t, context, added_cond_kwargs=told).sample
image = picture(64, 128, SEED + 14)
log["image"] = image
record(log, calls, "img2img", refiner, randn((1, 4, 8, 16), SEED + 15), EULER, image=image, strength=0.6, num_inference_steps=5, guidance_scale=5.0, **second)
record(log, calls, "img2img-told", refiner, randn((1, 4, 8, 16), SEED + 16), EULER, image=image, strength=0.6, num_inference_steps=5, guidance_scale=5.0, aesthetic_score=4.5, negative_aesthetic_score=3.5,
       original_size=(512, 768), crops_coords_top_left=(16, 32), negative_original_size=(256, 384), negative_crops_coords_top_left=(8, 0), **second)
base = StableDiffusionXLPipeline(unet=unet, **parts)
noise = randn((1, 4, 8, 16), SEED + 17)
half, rest = {}, {}
middle = record(half, calls, "handover", base, noise, EULER, latents=noise.clone(), height=64, width=128, num_inference_steps=6, guidance_scale=5.0, denoising_end=0.6, **texts)
record(rest, calls, "rest", refiner, noise, EULER, image=middle, num_inference_steps=6, guidance_scale=5.0, denoising_start=0.6, **second)
whole = EulerDiscreteScheduler.from_config(EULER)
whole.set_timesteps(6)
log |= {"handover.noise": noise, "handover.timesteps": whole.timesteps.float(), "handover.sigmas": whole.sigmas.float(), "handover.steps": torch.cat([half["handover.steps"], rest["rest.steps"]]), "handover.latent": rest["rest.latent"]}
assert len(log["handover.steps"]) == 6, len(log["handover.steps"])
del calls["rest"]
write_part(f"{ROOT}/models/sdxl-refiner/unet", refining)
save(f"{ROOT}/models/sdxl-refiner.golden.safetensors", log, {"calls": json.dumps(calls)})
