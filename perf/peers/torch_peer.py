"""The yardstick: the same networks in torch, timed from outside over a line protocol, so that a harness can interleave both.

  /usr/bin/python3 torch_peer.py --threads 2          answers commands on standard input until `quit`
  /usr/bin/python3 torch_peer.py --check FOLDER       compares the networks with recordings: FOLDER/models/sd15, sd21 and sd3

Commands, one a line, each answered by one line (`ok …`, `seconds …` or `error …`):

  prepare unet MODEL HEIGHT WIDTH BATCH [channels_last=0|1] [seed=N]     sizes of the latents
  prepare vae  MODEL HEIGHT WIDTH BATCH [channels_last=0|1] [seed=N]     sizes of the latents
  prepare mmdit MODEL HEIGHT WIDTH BATCH [seed=N]                        sizes of the latents; 333 tokens of text
  prepare text MODEL BATCH [seed=N]
  prepare layer KIND SIZES                                              torch_layers.py lists the kinds
  prepare attention BATCH HEADS QUERIES KEYS WIDTH                      softmax(q·kᵀ/√width)·v by baddbmm and bmm; `ok attention slices=S`:
                                                                        S parts of the heads, where all scores at once are more than torch_attention.py allows
  run NAME          one evaluation, of what `prepare` named so (unet, mmdit, vae, text, layer, attention): `seconds 12.345`
  drop NAME         frees it
  quit

MODEL is sd15, sdxl or sd3-medium (random weights of these names and shapes; of the latter two tensors of one shape are one tensor, as 10 and 8 GB of f32
would not fit beside ours) or a diffusers folder, whose weights are read. Only what Debian's
python3-torch (and numpy, which it needs) brings is used.
"""
import argparse
import os
import sys
import time


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    p.add_argument("--stock", action="store_true", help="leave the allocator and OpenBLAS's choice of kernels as Debian ships them, which is slower")
    p.add_argument("--check", metavar="FOLDER", help="compare with recordings and end")
    return p.parse_args()


OPENMP_BLAS = f"/usr/lib/{os.uname().machine}-linux-gnu/openblas-openmp"


def settings():
    """What must stand in the environment before the process starts, or before OpenBLAS is loaded: it reads its settings once, and knows nothing of torch.set_num_threads."""
    wanted = {"OPENBLAS_NUM_THREADS": str(ARGUMENTS.threads), "OMP_NUM_THREADS": str(ARGUMENTS.threads)}
    if not ARGUMENTS.stock:
        # glibc gives every large tensor's pages back when it is freed; without that, torch spends much of its time in page faults.
        wanted |= {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(1 << 36), "MALLOC_TOP_PAD_": str(1 << 28)}
        # OpenBLAS's own threads (libopenblas0-pthread) and torch's spin against each other; the OpenMP build shares torch's.
        if os.path.isdir(OPENMP_BLAS):
            wanted["LD_LIBRARY_PATH"] = OPENMP_BLAS
        with open("/proc/cpuinfo") as f:
            if " avx512f " in f.read():
                # OpenBLAS 0.3.21 takes a processor that it does not know, such as Zen 4 and 5, for a Haswell.
                wanted["OPENBLAS_CORETYPE"] = "SkylakeX"
    return wanted


ARGUMENTS = arguments()
SETTINGS = settings()
if any(os.environ.get(name) != value for name, value in SETTINGS.items()):
    os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | SETTINGS)

import ctypes  # noqa: E402
import torch  # noqa: E402
import torch_attention as attention  # noqa: E402
import torch_layers as layers  # noqa: E402
import torch_networks as networks  # noqa: E402
from torch_check import check  # noqa: E402
from torch_mmdit import mmdit  # noqa: E402
from torch_weights import load  # noqa: E402


def prepare(kind, words):
    options = dict(word.split("=", 1) for word in words if "=" in word)
    words = [word for word in words if "=" not in word]
    seed = int(options.get("seed", 0))
    noise = torch.Generator().manual_seed(seed + 1)

    def randn(*shape):
        return torch.randn(shape, generator=noise)

    if kind == "layer":
        return layers.prepare(randn, words[0], *map(int, words[1:]))
    if kind == "attention":
        return attention.prepare(randn, *map(int, words))
    tensors, config = load(kind, words[0], seed)
    sizes = list(map(int, words[1:]))
    if kind == "text":
        ids = torch.randint(0, config["vocab_size"], (sizes[0], config["max_position_embeddings"]), generator=noise)
        return lambda: networks.text_encoder(tensors, config, ids)
    height, width, batch = sizes
    if kind == "mmdit":
        latent, context, pooled = randn(batch, config["in_channels"], height, width), randn(batch, 333, config["joint_attention_dim"]), randn(batch, config["pooled_projection_dim"])
        return lambda: mmdit(tensors, config, latent, 500, context, pooled)
    latent = randn(batch, 4, height, width)
    if options.get("channels_last", "1") == "1":
        last = {id(t): t.contiguous(memory_format=torch.channels_last) for t in tensors.values() if t.dim() == 4}
        tensors = {name: last.get(id(t), t) for name, t in tensors.items()}
        latent = latent.contiguous(memory_format=torch.channels_last)
    if kind == "vae":
        return lambda: networks.vae_decoder(tensors, config, latent)
    context = randn(batch, 77, config["cross_attention_dim"])
    return lambda: networks.unet(tensors, config, latent, 500, context)


def blas():
    """What OpenBLAS says of itself, if that is what is loaded."""
    try:
        library = ctypes.CDLL("libblas.so.3")
        library.openblas_get_config.restype = library.openblas_get_corename.restype = ctypes.c_char_p
        return f"{library.openblas_get_config().decode().strip()}, kernels {library.openblas_get_corename().decode()}, threads {library.openblas_get_num_threads()}"
    except (OSError, AttributeError):
        return "not OpenBLAS"


def serve():
    prepared = {}
    config = torch.__config__.show()
    facts = [line.strip(" -") for line in config.splitlines() if "MKL-DNN" in line or "CPU capability" in line]
    print(f"ok torch {torch.__version__}; threads {torch.get_num_threads()}; {'; '.join(facts)}; BLAS {blas()}; {'as Debian ships it' if ARGUMENTS.stock else 'freed memory kept'}", flush=True)
    for line in sys.stdin:
        words = line.split()
        try:
            if not words:
                continue
            if words[0] == "quit":
                break
            if words[0] == "prepare":
                prepared.pop(words[1], None)
                prepared[words[1]] = prepare(words[1], words[2:])
                print(f"ok {words[1]}" + (f" slices={attention.slices(*map(int, words[2:6]))}" if words[1] == "attention" else ""), flush=True)
            elif words[0] == "run":
                start = time.perf_counter()
                result = prepared[words[1]]()
                seconds = time.perf_counter() - start
                if not bool(result.isfinite().all()):
                    raise ValueError("the result holds values that are not finite")
                del result
                print(f"seconds {seconds:.6f}", flush=True)
            elif words[0] == "drop":
                prepared.pop(words[1], None)
                print(f"ok {words[1]}", flush=True)
            else:
                raise ValueError(f"unknown command {words[0]}")
        except Exception as e:  # the harness shows it and goes on
            print("error " + " ".join(f"{type(e).__name__}: {e}".split()), flush=True)


if __name__ == "__main__":
    torch.set_num_threads(ARGUMENTS.threads)
    with torch.inference_mode():
        if ARGUMENTS.check:
            sys.exit(check(ARGUMENTS.check))
        serve()
