"""The same networks and layers in today's torch on an NVIDIA GPU, timed by the device's own events, over a line protocol, so that a harness can take turns.

  python3 torch_cuda.py [--type bf16|f16|f32] [--device cuda|cpu]     answers commands on standard input until `quit`
  python3 torch_cuda.py --check FOLDER                                 compares the networks with recordings in f32: FOLDER/models/sd15 and FOLDER/models/sd21
  python3 torch_cuda.py --compile-ahead "unet sd15 64 64 2" ...        compiles these networks, so that later processes find them in the compiler's cache, and ends

Eager mode, inference_mode, channels last, F.scaled_dot_product_attention where torch has it, cuDNN choosing by trial. Without a GPU everything runs on the
processor, which is good for trying the protocol alone. Commands, one a line, each answered by one line (`ok ...`, `seconds ...` or `error ...`):

  prepare unet MODEL HEIGHT WIDTH BATCH          sizes of the latents; MODEL is sd15 or sdxl (random weights) or a diffusers folder
  prepare vae MODEL HEIGHT WIDTH BATCH
  prepare unet-compiled|vae-compiled ...         the same by torch.compile, recorded as a CUDA graph if it can be; weights are shared with the network above
  prepare gemm ROWS OUT IN                       x W^T
  prepare attention BATCH HEADS QUERIES KEYS WIDTH
  prepare conv BATCH IN SIDE OUT                 3x3, padding 1, with bias
  prepare groupnorm BATCH CHANNELS SIDE          32 groups, and SiLU
  prepare layernorm ROWS CHANNELS
  prepare silu COUNT
  prepare copy BYTES                             device to device
  time KIND SECONDS      calls what was prepared for so long: `seconds MEDIAN LEAST CALLS` of one call
  drop KIND              frees it
  quit
"""
import argparse
import os
import sys
import time

# Before torch is there: compiled networks are kept, in TORCHINDUCTOR_CACHE_DIR if it is set.
os.environ.setdefault("TORCHINDUCTOR_FX_GRAPH_CACHE", "1")
os.environ.setdefault("TORCHINDUCTOR_AUTOGRAD_CACHE", "1")
import torch
import torch.nn.functional as F
import torch_networks as networks
from torch_check import check
from torch_weights import load

COMPILED = "-compiled"
TYPES = {"bf16": torch.bfloat16, "f16": torch.float16, "f32": torch.float32}


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--type", choices=TYPES, default="bf16")
    p.add_argument("--device", choices=("cuda", "cpu"), default="cuda" if torch.cuda.is_available() else "cpu")
    p.add_argument("--check", metavar="FOLDER", help="compare with recordings and end")
    p.add_argument("--compile-ahead", metavar="NETWORK", nargs="+", help="compile and end")
    return p.parse_args()


class Peer:
    """What was prepared, on one device and of one element type."""

    def __init__(self, device, dtype):
        self.device, self.dtype, self.prepared, self.loaded = torch.device(device), dtype, {}, {}
        self.noise = torch.Generator(device).manual_seed(1)

    def randn(self, *shape, scale=1.0):
        return torch.randn(shape, generator=self.noise, device=self.device).mul_(scale).to(self.dtype)

    def image(self, batch, channels, side):
        return self.randn(batch, channels, side, side).contiguous(memory_format=torch.channels_last)

    def prepare(self, kind, words):
        network = kind.removesuffix(COMPILED)
        if network in ("unet", "vae"):
            run = self.network(network, words[0], *map(int, words[1:]))
            return self.compiled(run) if kind.endswith(COMPILED) else run
        layer = getattr(self, "prepare_" + kind, None)
        if layer is None:
            raise ValueError(f"there is no {kind}")
        return layer(*map(int, words))

    def network(self, kind, model, height, width, batch):
        key = (kind, model, height, width, batch)
        if key not in self.loaded:
            tensors, config = load(kind, model, 0, self.device, self.dtype, share=False)
            tensors = {name: t.contiguous(memory_format=torch.channels_last) if t.dim() == 4 else t for name, t in tensors.items()}
            latent = self.randn(batch, 4, height, width).contiguous(memory_format=torch.channels_last)
            if kind == "vae":
                self.loaded[key] = lambda: networks.vae_decoder(tensors, config, latent)
            else:
                context = self.randn(batch, 77, config["cross_attention_dim"])
                self.loaded[key] = lambda: networks.unet(tensors, config, latent, 500, context)
        return self.loaded[key]

    def compiled(self, run):
        """By torch's compiler in its default mode; on a GPU recorded, since ours is recorded too."""
        if not hasattr(torch, "compile"):
            raise ValueError(f"torch {torch.__version__} has no compiler")
        run = torch.compile(run, dynamic=False)
        for _ in range(3):
            run()
        if self.device.type != "cuda":
            return run
        torch.cuda.synchronize()
        try:
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                result = run()
        except RuntimeError as e:
            torch.cuda.synchronize()
            print(f"torch.compile: not recorded ({e})", file=sys.stderr)
            return run

        def replay():
            graph.replay()
            return result
        return replay

    def prepare_gemm(self, rows, outputs, inputs):
        x, weight = self.randn(rows, inputs), self.randn(outputs, inputs, scale=inputs ** -0.5)
        return lambda: F.linear(x, weight)

    def prepare_attention(self, batch, heads, queries, keys, width):
        q, k, v = self.randn(batch, queries, heads * width), self.randn(batch, keys, heads * width), self.randn(batch, keys, heads * width)
        return lambda: networks.attention(q, k, v, heads)

    def prepare_conv(self, batch, channels, side, outputs):
        x, bias = self.image(batch, channels, side), self.randn(outputs)
        weight = self.randn(outputs, channels, 3, 3, scale=(9 * channels) ** -0.5).contiguous(memory_format=torch.channels_last)
        return lambda: F.conv2d(x, weight, bias, 1, 1)

    def prepare_groupnorm(self, batch, channels, side):
        x, scale, shift = self.image(batch, channels, side), self.randn(channels), self.randn(channels)
        return lambda: F.silu(F.group_norm(x, 32, scale, shift, 1e-5))

    def prepare_layernorm(self, rows, channels):
        x, scale, shift = self.randn(rows, channels), self.randn(channels), self.randn(channels)
        return lambda: F.layer_norm(x, (channels,), scale, shift)

    def prepare_silu(self, count):
        x = self.randn(count)
        return lambda: F.silu(x)

    def prepare_copy(self, count):
        x = torch.randint(0, 255, (count,), dtype=torch.uint8, device=self.device)
        y = torch.empty_like(x)
        return lambda: y.copy_(x)

    def batch(self, run, calls):
        """Seconds of so many calls, as the device measured them."""
        if self.device.type != "cuda":
            start = time.perf_counter()
            for _ in range(calls):
                run()
            return time.perf_counter() - start
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        for _ in range(calls):
            run()
        end.record()
        end.synchronize()
        return start.elapsed_time(end) / 1e3

    def time(self, run, seconds):
        if not bool(run().isfinite().all()):
            raise ValueError("the result holds values that are not finite")
        calls = max(1, min(1000, int(0.02 / max(self.batch(run, 1), 1e-7))))
        begin, times = time.perf_counter(), []
        while len(times) < 3 or time.perf_counter() - begin < seconds:
            times.append(self.batch(run, calls) / calls)
        # The first third warms up.
        times = sorted(times[len(times) // 3:])
        return f"{times[len(times) // 2]:.9f} {times[0]:.9f} {len(times) * calls}"

    def answer(self, words):
        if words[0] == "prepare":
            self.prepared.pop(words[1], None)
            self.prepared[words[1]] = self.prepare(words[1], words[2:])
            return f"ok {words[1]}"
        if words[0] == "time":
            return "seconds " + self.time(self.prepared[words[1]], float(words[2]))
        if words[0] == "drop":
            self.prepared.pop(words[1], None)
            network = words[1].removesuffix(COMPILED)
            if network not in self.prepared and network + COMPILED not in self.prepared:
                self.loaded = {key: run for key, run in self.loaded.items() if key[0] != network}
            if self.device.type == "cuda":
                torch.cuda.empty_cache()
            return f"ok {words[1]}"
        raise ValueError(f"unknown command {words[0]}")


def serve(peer, name):
    where = torch.cuda.get_device_name() if peer.device.type == "cuda" else f"the processor, {torch.get_num_threads()} threads"
    versions = f"; CUDA {torch.version.cuda}, cuDNN {torch.backends.cudnn.version()}" if peer.device.type == "cuda" else ""
    print(f"ok torch {torch.__version__}{versions}; {where}; {name}; eager, channels last, attention {'scaled_dot_product_attention' if networks.FUSED else 'of two products: this torch has no other'}", flush=True)
    for line in sys.stdin:
        words = line.split()
        if not words:
            continue
        if words[0] == "quit":
            break
        try:
            print(peer.answer(words), flush=True)
        except Exception as e:  # the harness shows it and goes on
            print("error " + " ".join(f"{type(e).__name__}: {e}".split()), flush=True)


def main():
    options = arguments()
    networks.FUSED = hasattr(F, "scaled_dot_product_attention")
    torch.backends.cudnn.benchmark = True
    with torch.inference_mode():
        if options.check:
            # What differs in the last digits of f32 is not what is looked for.
            torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
            return check(options.check, options.device)
        if options.compile_ahead:
            peer = Peer(options.device, TYPES[options.type])
            for words in map(str.split, options.compile_ahead):
                peer.compiled(peer.network(words[0], words[1], *map(int, words[2:])))
                peer.loaded.clear()
            return 0
        serve(Peer(options.device, TYPES[options.type]), options.type)
    return 0


if __name__ == "__main__":
    sys.exit(main())
