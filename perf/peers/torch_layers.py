"""Single layers in torch, as torch_networks.py composes them: memory format channels last, f32."""
import torch
import torch.nn.functional as F


def prepare(randn, kind, *sizes):
    """A function that computes the layer once. KIND and SIZES:

      conv C OUT SIDE BATCH          GroupNorm, SiLU, 3x3 convolution at SIDE x SIDE
      upsample C SIDE BATCH          nearest x2 from SIDE x SIDE, 3x3 convolution
      linear ROWS IN OUT             linear layer with bias
      feedforward ROWS C             LayerNorm, GEGLU to 4 C, linear back, residual
      groupnorm C SIDE BATCH         GroupNorm, SiLU
      layernorm ROWS C
    """
    return {"conv": conv, "upsample": upsample, "linear": linear, "feedforward": feedforward, "groupnorm": groupnorm, "layernorm": layernorm}[kind](randn, *sizes)


def image(randn, channels, side, batch):
    return randn(batch, channels, side, side).contiguous(memory_format=torch.channels_last)


def kernel(randn, outputs, channels):
    return randn(outputs, channels, 3, 3).mul_((9 * channels) ** -0.5).contiguous(memory_format=torch.channels_last)


def conv(randn, channels, outputs, side, batch):
    x, weight, bias, scale, shift = image(randn, channels, side, batch), kernel(randn, outputs, channels), randn(outputs), randn(channels), randn(channels)
    return lambda: F.conv2d(F.silu(F.group_norm(x, 32, scale, shift, 1e-5)), weight, bias, 1, 1)


def upsample(randn, channels, side, batch):
    x, weight, bias = image(randn, channels, side, batch), kernel(randn, channels, channels), randn(channels)
    return lambda: F.conv2d(F.interpolate(x, scale_factor=2.0, mode="nearest"), weight, bias, 1, 1)


def linear(randn, rows, inputs, outputs):
    x, weight, bias = randn(rows, inputs), randn(outputs, inputs), randn(outputs)
    return lambda: F.linear(x, weight, bias)


def feedforward(randn, rows, channels):
    x, scale, shift = randn(rows, channels), randn(channels), randn(channels)
    wide, wide_bias, back, back_bias = randn(8 * channels, channels), randn(8 * channels), randn(channels, 4 * channels), randn(channels)

    def run():
        value, gate = F.linear(F.layer_norm(x, (channels,), scale, shift), wide, wide_bias).chunk(2, -1)
        return F.linear(value * F.gelu(gate), back, back_bias) + x

    return run


def groupnorm(randn, channels, side, batch):
    x, scale, shift = image(randn, channels, side, batch), randn(channels), randn(channels)
    return lambda: F.silu(F.group_norm(x, 32, scale, shift, 1e-5))


def layernorm(randn, rows, channels):
    x, scale, shift = randn(rows, channels), randn(channels), randn(channels)
    return lambda: F.layer_norm(x, (channels,), scale, shift)
