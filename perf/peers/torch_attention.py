"""Attention in torch, as diffusers' processors compute it where torch has no fused kernel: softmax between two batched products."""
import torch

# Most bytes of scores at a time; there are two such tensors, before and after the softmax.
SCORE_BYTES = 5 << 30


def prepare(randn, batch, heads, queries, keys, width):
    """A function that computes softmax(q k^T / sqrt(width)) v of (batch, tokens, heads * width) once."""
    q, k, v = randn(batch, queries, heads * width), randn(batch, keys, heads * width), randn(batch, keys, heads * width)
    parts = slices(batch, heads, queries, keys)
    return lambda: attention(q, k, v, heads, parts)


def slices(batch, heads, queries, keys):
    """The least number of equal parts of all heads whose scores fit."""
    return next(s for s in range(1, batch * heads + 1) if batch * heads % s == 0 and (batch * heads // s * queries * keys * 4 <= SCORE_BYTES or s == batch * heads))


def attention(q, k, v, heads, parts):
    """The heads in parts as in diffusers' attention slicing."""
    (batch, queries, channels), keys, width = q.shape, k.shape[1], q.shape[2] // heads

    def split(x):
        return x.reshape(batch, x.shape[1], heads, width).permute(0, 2, 1, 3).reshape(batch * heads, x.shape[1], width)

    q, k, v = split(q), split(k), split(v)
    result = torch.empty(batch * heads, queries, width)
    part = batch * heads // parts
    for i in range(0, batch * heads, part):
        scores = torch.baddbmm(torch.empty(part, queries, keys), q[i:i + part], k[i:i + part].transpose(1, 2), beta=0, alpha=width ** -0.5)
        torch.bmm(scores.softmax(-1), v[i:i + part], out=result[i:i + part])
        del scores
    return result.reshape(batch, heads, queries, width).permute(0, 2, 1, 3).reshape(batch, queries, channels)
