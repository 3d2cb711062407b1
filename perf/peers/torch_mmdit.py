"""Stable Diffusion 3's transformer (Esser et al. 2024) as plain torch functions, as torch_networks.py has the others: no norms of queries and keys, no second attention."""
import torch
import torch.nn.functional as F
import torch_networks as networks
from torch_networks import Weights

EPS = 1e-6


def mmdit(tensors, config, latent, t, context, pooled):
    """SD3Transformer2DModel: latent (B, C, H, W), time t, context (B, tokens, width), pooled (B, width) to the prediction (B, C, H, W)."""
    w = Weights(tensors, config)
    patch, heads, (batch, _, height, width) = config["patch_size"], config["num_attention_heads"], latent.shape
    rows, columns = height // patch, width // patch
    x = w["pos_embed"]["proj"].conv(latent, stride=patch, padding=0).flatten(2).transpose(1, 2) + positions(w, rows, columns)
    conditioning = F.silu(networks.embedding(w["time_text_embed"]["timestep_embedder"], networks.waves(t, 256, batch, latent)) + networks.embedding(w["time_text_embed"]["text_embedder"], pooled))
    c = w["context_embedder"].linear(context)
    for i in range(config["num_layers"]):
        x, c = block(w["transformer_blocks"][str(i)], x, c, conditioning, heads)
    scale, shift = w["norm_out"]["linear"].linear(conditioning).unsqueeze(1).chunk(2, -1)
    x = w["proj_out"].linear(modulated(x, shift, scale))
    return x.reshape(batch, rows, columns, patch, patch, -1).permute(0, 5, 1, 3, 2, 4).reshape(batch, -1, height, width)


def positions(w, rows, columns):
    """The middle of the table that the weights hold."""
    table, side = w["pos_embed"].get("pos_embed"), w.config["pos_embed_max_size"]
    top, left = (side - rows) // 2, (side - columns) // 2
    return table.view(side, side, -1)[top:top + rows, left:left + columns].reshape(1, rows * columns, -1)


def block(w, x, c, conditioning, heads):
    """Both streams through a joint block; the last one's text ends in it."""
    last = "ff_context" not in w
    shift, scale, gate, ff_shift, ff_scale, ff_gate = w["norm1"]["linear"].linear(conditioning).unsqueeze(1).chunk(6, -1)
    vectors = w["norm1_context"]["linear"].linear(conditioning).unsqueeze(1).chunk(2 if last else 6, -1)
    n, m = modulated(x, shift, scale), modulated(c, *(vectors[::-1] if last else vectors[:2]))
    a, tokens = w["attn"], x.shape[1]
    q, k, v = (torch.cat((a[own].linear(n), a[added].linear(m)), 1) for own, added in (("to_q", "add_q_proj"), ("to_k", "add_k_proj"), ("to_v", "add_v_proj")))
    joint = networks.attention(q, k, v, heads)
    x = x + gate * a["to_out"]["0"].linear(joint[:, :tokens])
    x = x + ff_gate * feed_forward(w["ff"], modulated(x, ff_shift, ff_scale))
    if last:
        return x, None
    c = c + vectors[2] * a["to_add_out"].linear(joint[:, tokens:])
    return x, c + vectors[5] * feed_forward(w["ff_context"], modulated(c, vectors[3], vectors[4]))


def modulated(x, shift, scale):
    return networks.plain_norm(x, EPS) * (1 + scale) + shift


def feed_forward(w, x):
    return w["net"]["2"].linear(networks.gelu_tanh(w["net"]["0"]["proj"].linear(x)))
