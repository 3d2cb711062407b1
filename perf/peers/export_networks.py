"""Writes the networks of torch_networks.py for other runtimes, as torch 1.13 traces them.

  /usr/bin/python3 export_networks.py PATH unet MODEL HEIGHT WIDTH BATCH     sizes of the latents
  /usr/bin/python3 export_networks.py PATH vae  MODEL HEIGHT WIDTH BATCH     sizes of the latents
  /usr/bin/python3 export_networks.py PATH mmdit MODEL HEIGHT WIDTH BATCH   sizes of the latents; 333 tokens of text
  /usr/bin/python3 export_networks.py PATH text MODEL BATCH

MODEL as in torch_peer.py. There appear, all of the same weights and constant sizes:

  PATH.onnx, PATH.bin         ONNX 17 with the weights beside it; attention is ONNX Runtime's fused operator com.microsoft.MultiHeadAttention,
                              GELU by tanh its FastGelu
  PATH.pt                     TorchScript, memory format channels last; attention is scaled_dot_product_attention, so it wants torch 2
  PATH.json, PATH.values      names, types and shapes of the inputs and of the result, and their numbers one after the other: what torch 1.13 computes

Only what Debian's python3-torch brings is used.
"""
import json
import os
import re
import sys
import unittest.mock
import zipfile
import torch
import torch.nn.functional as F
import torch_networks as networks
from torch_mmdit import mmdit
from torch_weights import load


class OnnxAttention(torch.autograd.Function):
    @staticmethod
    def forward(context, q, k, v, heads, causal):
        return torch.empty_like(q)  # the exporter would trace into anything else

    @staticmethod
    def symbolic(g, q, k, v, heads, causal):
        return g.op("com.microsoft::MultiHeadAttention", q, k, v, num_heads_i=heads, unidirectional_i=int(causal)).setType(q.type())


class OnnxGelu(torch.autograd.Function):
    @staticmethod
    def forward(context, x):
        return torch.empty_like(x)

    @staticmethod
    def symbolic(g, x):
        return g.op("com.microsoft::FastGelu", x).setType(x.type())


def onnx_attention(q, k, v, heads, mask=None):
    return OnnxAttention.apply(q, k, v, heads, mask is not None)


def onnx_norm(x, eps):
    """ONNX has no norm without weights."""
    channels = int(x.shape[-1])
    return F.layer_norm(x, (channels,), torch.ones(channels), torch.zeros(channels), eps)


def script_attention(q, k, v, heads, mask=None):
    """torch 1.13's forerunner of the fused function; `modernise` puts the latter in its place."""
    batch, tokens, channels = q.shape
    q, k, v = (x.view(batch, -1, heads, channels // heads).transpose(1, 2) for x in (q, k, v))
    out, _ = torch._C._nn._scaled_dot_product_attention(q, k, v, mask, 0.0, False, False)
    return out.transpose(1, 2).reshape(batch, tokens, channels)


def inputs(kind, config, sizes):
    noise = torch.Generator().manual_seed(1)
    if kind == "text":
        return {"ids": torch.randint(0, config["vocab_size"], (sizes[0], config["max_position_embeddings"]), generator=noise)}
    height, width, batch = sizes
    values = {"latent": torch.randn(batch, config["in_channels"] if kind == "mmdit" else 4, height, width, generator=noise)}
    if kind == "mmdit":
        values["context"] = torch.randn(batch, 333, config["joint_attention_dim"], generator=noise)
        values["pooled"] = torch.randn(batch, config["pooled_projection_dim"], generator=noise)
    if kind == "unet":
        values["context"] = torch.randn(batch, 77, config["cross_attention_dim"], generator=noise)
    return values


def network(kind, tensors, config, values):
    if kind == "unet":
        return networks.unet(tensors, config, values["latent"], 500, values["context"])
    if kind == "mmdit":
        return mmdit(tensors, config, values["latent"], 500, values["context"], values["pooled"])
    return networks.vae_decoder(tensors, config, values["latent"]) if kind == "vae" else networks.text_encoder(tensors, config, values["ids"])


def write_values(path, values, result):
    tensors = {**values, "result": result}
    with open(path + ".values", "wb") as f:
        for tensor in tensors.values():
            f.write(tensor.contiguous().numpy().tobytes())
    with open(path + ".json", "w") as f:
        json.dump([{"name": name, "type": str(tensor.dtype)[6:], "shape": list(tensor.shape)} for name, tensor in tensors.items()], f)


def firsts(tensors):
    """Name to the first name of the same tensor: full-size random weights share some."""
    known = {}
    return {name: known.setdefault(id(tensor), name) for name, tensor in tensors.items()}


class Script(torch.nn.Module):
    """The weights as buffers, whose names may hold no points."""

    def __init__(self, kind, tensors, config, names, keep):
        super().__init__()
        self.kind, self.config, self.firsts, self.names, self.keep = kind, config, firsts(tensors), names, keep
        for name in set(self.firsts.values()):
            tensor = tensors[name]
            self.register_buffer(name.replace(".", "_"), tensor.contiguous(memory_format=torch.channels_last) if tensor.dim() == 4 else tensor)

    def forward(self, *values):
        tensors = {name: getattr(self, first.replace(".", "_")) for name, first in self.firsts.items()}
        values = [v.contiguous(memory_format=torch.channels_last) if v.dim() == 4 else v for v in values]
        result = network(self.kind, tensors, self.config, dict(zip(self.names, values)))
        self.keep(result)
        return result


def write_script(path, kind, tensors, config, values):
    """Gives what the network computes while it is traced."""
    results = []
    with unittest.mock.patch.object(networks, "attention", script_attention):
        torch.jit.trace(Script(kind, tensors, config, list(values), results.append), tuple(values.values()), check_trace=False).save(path + ".old")
    modernise(path + ".old", path)
    os.remove(path + ".old")
    return results[0]


def modernise(old, new):
    """The same archive with torch 2's attention: its forerunner gave the weights too, which are not asked for."""
    call = re.compile(r"(\w+), \w+,? = torch\._scaled_dot_product_attention\(([^()]*)\)")
    with zipfile.ZipFile(old) as source, zipfile.ZipFile(new, "w", zipfile.ZIP_STORED) as target:
        for entry in source.infolist():
            data = source.read(entry)
            if entry.filename.endswith(".py"):
                text, count = call.subn(r"\1 = torch.scaled_dot_product_attention(\2)", data.decode())
                if count != text.count("scaled_dot_product_attention"):
                    raise ValueError(f"{entry.filename} holds attention in a form that is not known here")
                data = text.encode()
            if not entry.filename.endswith(".debug_pkl"):
                target.writestr(entry.filename, data)


class Onnx(torch.nn.Module):
    """The weights as inputs, so that they do not enter the protocol buffer, which may not exceed 2 GB."""

    def __init__(self, kind, config, names, firsts):
        super().__init__()
        self.kind, self.config, self.names, self.firsts = kind, config, names, firsts

    def forward(self, *values):
        weights = dict(zip(dict.fromkeys(self.firsts.values()), values[len(self.names):]))
        return network(self.kind, {name: weights[first] for name, first in self.firsts.items()}, self.config, dict(zip(self.names, values)))


def write_onnx(path, kind, tensors, config, values):
    names, same = list(values), firsts(tensors)
    tensors = {name: tensors[name] for name in same.values()}
    with unittest.mock.patch.multiple(networks, attention=onnx_attention, gelu_tanh=OnnxGelu.apply, plain_norm=onnx_norm):
        torch.onnx.export(
            Onnx(kind, config, names, same), (*values.values(), *tensors.values()), path, input_names=names + list(tensors), output_names=["result"],
            opset_version=17, do_constant_folding=False, custom_opsets={"com.microsoft": 1})
    place = {}
    with open(os.path.splitext(path)[0] + ".bin", "wb") as f:
        for name, tensor in tensors.items():
            f.seek(-f.tell() % 4096, os.SEEK_CUR)
            place[name] = f.tell()
            f.write(tensor.contiguous().numpy().tobytes())
    with open(path, "rb") as f:
        model = f.read()
    with open(path, "wb") as f:
        f.write(with_weights(model, tensors, place, os.path.splitext(os.path.basename(path))[0] + ".bin"))


def with_weights(model, tensors, place, file):
    """The model with those of its inputs that are weights turned into initialisers whose data lie in a file (onnx.proto: ModelProto.graph = 7, GraphProto.initializer = 5, .input = 11)."""
    out = b""
    for number, wire, value in fields(model):
        if number == 7:
            graph, used = b"", set()
            for n, w, v in fields(value):
                name = next(x for m, _, x in fields(v) if m == 1).decode() if n == 11 else None
                if name in tensors:
                    used.add(name)
                else:
                    graph += field(n, w, v)
            for name in tensors:
                if name in used:
                    graph += field(5, 2, initialiser(name, tensors[name], place[name], file))
            value = graph
        out += field(number, wire, value)
    return out


def initialiser(name, tensor, offset, file):
    """TensorProto: dims = 1, data_type = 2, name = 8, external_data = 13, data_location = 14."""
    kind = {torch.float32: 1, torch.int64: 7}[tensor.dtype]
    out = b"".join(field(1, 0, d) for d in tensor.shape) + field(2, 0, kind) + field(8, 2, name.encode())
    for key, value in (("location", file), ("offset", str(offset)), ("length", str(tensor.numel() * tensor.element_size()))):
        out += field(13, 2, field(1, 2, key.encode()) + field(2, 2, value.encode()))
    return out + field(14, 0, 1)


def fields(message):
    """Number, wire type and value of the fields of a protocol buffer."""
    at = 0
    while at < len(message):
        key, at = varint(message, at)
        if key & 7 == 0:
            value, at = varint(message, at)
        elif key & 7 == 2:
            length, at = varint(message, at)
            value, at = message[at:at + length], at + length
        else:
            length = {1: 8, 5: 4}[key & 7]
            value, at = message[at:at + length], at + length
        yield key >> 3, key & 7, value


def varint(message, at):
    value = shift = 0
    while True:
        byte = message[at]
        value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
        if byte < 128:
            return value, at


def field(number, wire, value):
    if wire == 0:
        return number_bytes(number << 3) + number_bytes(value)
    return number_bytes(number << 3 | wire) + (number_bytes(len(value)) if wire == 2 else b"") + bytes(value)


def number_bytes(value):
    out = b""
    while value > 127:
        out, value = out + bytes((value & 127 | 128,)), value >> 7
    return out + bytes((value,))


def main(path, kind, model, *sizes):
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    tensors, config = load(kind, model, 0)
    tensors = {name: t for name, t in tensors.items() if not name.startswith(("encoder.", "quant_conv."))} if kind == "vae" else tensors
    values = inputs(kind, config, list(map(int, sizes)))
    with torch.no_grad():
        write_onnx(path + ".onnx", kind, tensors, config, values)
        write_values(path, values, write_script(path + ".pt", kind, tensors, config, values))


if __name__ == "__main__":
    main(*sys.argv[1:])
