"""The networks of Stable Diffusion 1.x and 2.x as plain torch functions over a dictionary of weights with the names of diffusers folders.

What is timed is torch: every layer is one torch.nn.functional call, as in the published implementations, in f32 and without gradients.
"""
import math
import torch
import torch.nn.functional as F

# Whether attention is torch's own function for it, in place of two products.
FUSED = False


class Weights:
    """A path in a dictionary of weights: w["conv_in"] goes deeper, the layer functions read what lies there."""

    def __init__(self, tensors, config, path=""):
        self.tensors, self.config, self.path = tensors, config, path

    def __getitem__(self, child):
        return Weights(self.tensors, self.config, f"{self.path}{child}.")

    def __contains__(self, child):
        return any(name.startswith(f"{self.path}{child}.") for name in self.tensors)

    def get(self, name):
        return self.tensors.get(self.path + name)

    def conv(self, x, stride=1, padding=None):
        weight = self.tensors[self.path + "weight"]
        return F.conv2d(x, weight, self.get("bias"), stride, int(weight.shape[-1]) // 2 if padding is None else padding)

    def linear(self, x):
        return F.linear(x, self.tensors[self.path + "weight"], self.get("bias"))

    def group_norm(self, x, eps):
        return F.group_norm(x, self.config["norm_num_groups"], self.get("weight"), self.get("bias"), eps)

    def layer_norm(self, x, eps=1e-5):
        return F.layer_norm(x, (int(x.shape[-1]),), self.get("weight"), self.get("bias"), eps)


def attention(q, k, v, heads, mask=None):
    """softmax(q kT / sqrt(d)) v over (B, tokens, heads * d)."""
    return (fused_attention if FUSED else batched_attention)(q, k, v, heads, mask)


def fused_attention(q, k, v, heads, mask):
    """By torch's fused kernels, which it has since 2.0."""
    batch, tokens, channels = q.shape
    q, k, v = (x.view(batch, -1, heads, channels // heads).transpose(1, 2) for x in (q, k, v))
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2).reshape(batch, tokens, channels)


def batched_attention(q, k, v, heads, mask):
    """With one batched product each, scale and mask folded into the first."""
    batch, tokens, channels = q.shape
    d = channels // heads

    def split(x):
        return x.view(batch, -1, heads, d).transpose(1, 2).reshape(batch * heads, -1, d)

    q, k, v = split(q), split(k), split(v)
    if mask is None:
        scores = torch.baddbmm(q.new_empty(q.shape[0], q.shape[1], k.shape[1]), q, k.transpose(1, 2), beta=0, alpha=1 / math.sqrt(d))
    else:
        scores = torch.baddbmm(mask, q, k.transpose(1, 2), alpha=1 / math.sqrt(d))
    out = torch.bmm(scores.softmax(-1), v)
    return out.view(batch, heads, tokens, d).transpose(1, 2).reshape(batch, tokens, channels)


def attend(w, x, context, heads):
    return w["to_out"]["0"].linear(attention(w["to_q"].linear(x), w["to_k"].linear(context), w["to_v"].linear(context), heads))


def resnet(w, x, time, eps):
    h = w["conv1"].conv(F.silu(w["norm1"].group_norm(x, eps)))
    if time is not None:
        h = h + w["time_emb_proj"].linear(F.silu(time))[:, :, None, None]
    h = w["conv2"].conv(F.silu(w["norm2"].group_norm(h, eps)))
    return (w["conv_shortcut"].conv(x) if "conv_shortcut" in w else x) + h


def transformer(w, x, context, heads):
    batch, channels, height, width = x.shape
    linear = w.config["use_linear_projection"]
    h = w["norm"].group_norm(x, 1e-6)
    if not linear:
        h = w["proj_in"].conv(h)
    h = h.permute(0, 2, 3, 1).reshape(batch, height * width, channels)
    if linear:
        h = w["proj_in"].linear(h)
    blocks = w["transformer_blocks"]
    index = 0
    while str(index) in blocks:
        b = blocks[str(index)]
        n = b["norm1"].layer_norm(h)
        h = attend(b["attn1"], n, n, heads) + h
        h = attend(b["attn2"], b["norm2"].layer_norm(h), context, heads) + h
        value, gate = b["ff"]["net"]["0"]["proj"].linear(b["norm3"].layer_norm(h)).chunk(2, -1)
        h = b["ff"]["net"]["2"].linear(value * F.gelu(gate)) + h
        index += 1
    if linear:
        h = w["proj_out"].linear(h)
    h = h.reshape(batch, height, width, channels).permute(0, 3, 1, 2)
    return (h if linear else w["proj_out"].conv(h)) + x


def waves(t, channels, batch, like, shift=0, cosines_first=True):
    """The sinusoidal embedding of a time (B, channels)."""
    half = channels // 2
    frequencies = torch.exp(-math.log(10000) * torch.arange(half, dtype=torch.float32, device=like.device) / (half - shift))
    angles = torch.full((batch, 1), float(t), device=like.device) * frequencies
    parts = (angles.cos(), angles.sin()) if cosines_first else (angles.sin(), angles.cos())
    return torch.cat(parts, -1).to(like.dtype)


def embedding(w, x):
    return w["linear_2"].linear(F.silu(w["linear_1"].linear(x)))


def plain_norm(x, eps):
    return F.layer_norm(x, (int(x.shape[-1]),), None, None, eps)


def gelu_tanh(x):
    return F.gelu(x, approximate="tanh")


def unet(tensors, config, latent, t, context):
    """UNet2DConditionModel: latent (B, C, H, W), time t, context (B, tokens, width) to the prediction (B, C, H, W)."""
    w = Weights(tensors, config)
    downs, ups, layers, eps = config["down_block_types"], config["up_block_types"], config["layers_per_block"], config["norm_eps"]
    heads = config["attention_head_dim"]  # diffusers' name for the number of heads of these models
    heads = heads if isinstance(heads, list) else [heads] * len(downs)
    time = embedding(w["time_embedding"], waves(t, config["block_out_channels"][0], latent.shape[0], latent, config["freq_shift"], config["flip_sin_to_cos"]))
    x = w["conv_in"].conv(latent)
    skips = [x]
    for i, kind in enumerate(downs):
        b = w["down_blocks"][str(i)]
        for j in range(layers):
            x = resnet(b["resnets"][str(j)], x, time, eps)
            if kind.startswith("CrossAttn"):
                x = transformer(b["attentions"][str(j)], x, context, heads[i])
            skips.append(x)
        if "downsamplers" in b:
            x = b["downsamplers"]["0"]["conv"].conv(x, stride=2, padding=config["downsample_padding"])
            skips.append(x)
    m = w["mid_block"]
    x = resnet(m["resnets"]["0"], x, time, eps)
    x = transformer(m["attentions"]["0"], x, context, heads[-1])
    x = resnet(m["resnets"]["1"], x, time, eps)
    for i, kind in enumerate(ups):
        b = w["up_blocks"][str(i)]
        for j in range(layers + 1):
            x = resnet(b["resnets"][str(j)], torch.cat((x, skips.pop()), 1), time, eps)
            if kind.startswith("CrossAttn"):
                x = transformer(b["attentions"][str(j)], x, context, heads[-1 - i])
        if "upsamplers" in b:
            x = b["upsamplers"]["0"]["conv"].conv(F.interpolate(x, size=[int(s) for s in skips[-1].shape[-2:]], mode="nearest"))
    return w["conv_out"].conv(F.silu(w["conv_norm_out"].group_norm(x, eps)))


def vae_decoder(tensors, config, latent):
    """AutoencoderKL.decode, without scaling: latent (B, 4, H, W) to picture (B, 3, 8 H, 8 W)."""
    w = Weights(tensors, config)
    x = w["post_quant_conv"].conv(latent) if config.get("use_post_quant_conv", True) else latent
    d = w["decoder"]
    x = d["conv_in"].conv(x)
    m = d["mid_block"]
    x = resnet(m["resnets"]["0"], x, None, 1e-6)
    a = m["attentions"]["0"]
    batch, channels, height, width = x.shape
    h = a["group_norm"].group_norm(x, 1e-6).permute(0, 2, 3, 1).reshape(batch, height * width, channels)
    x = attend(a, h, h, 1).reshape(batch, height, width, channels).permute(0, 3, 1, 2) + x
    x = resnet(m["resnets"]["1"], x, None, 1e-6)
    for i in range(len(config["up_block_types"])):
        b = d["up_blocks"][str(i)]
        for j in range(config["layers_per_block"] + 1):
            x = resnet(b["resnets"][str(j)], x, None, 1e-6)
        if "upsamplers" in b:
            x = b["upsamplers"]["0"]["conv"].conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))
    return d["conv_out"].conv(F.silu(d["conv_norm_out"].group_norm(x, 1e-6)))


def text_encoder(tensors, config, ids):
    """CLIPTextModel: ids (B, tokens) to the final hidden state (B, tokens, width), after the final layer norm."""
    w = Weights(tensors, config)["text_model"]
    eps, heads = config["layer_norm_eps"], config["num_attention_heads"]
    e = w["embeddings"]
    x = F.embedding(ids, e["token_embedding"].get("weight")) + e["position_embedding"].get("weight")[: ids.shape[1]]
    mask = torch.full((ids.shape[1], ids.shape[1]), float("-inf"), device=x.device, dtype=x.dtype).triu(1)
    for i in range(config["num_hidden_layers"]):
        layer = w["encoder"]["layers"][str(i)]
        n, a = layer["layer_norm1"].layer_norm(x, eps), layer["self_attn"]
        x = a["out_proj"].linear(attention(a["q_proj"].linear(n), a["k_proj"].linear(n), a["v_proj"].linear(n), heads, mask)) + x
        h = layer["mlp"]["fc1"].linear(layer["layer_norm2"].layer_norm(x, eps))
        h = h * torch.sigmoid(1.702 * h) if config["hidden_act"] == "quick_gelu" else F.gelu(h)
        x = layer["mlp"]["fc2"].linear(h) + x
    return w["final_layer_norm"].layer_norm(x, eps)
