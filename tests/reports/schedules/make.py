"""Noise levels that other programs give to their schedules' names, for Stable Diffusion 1.5's training noise.

python make.py K_DIFFUSION_CLONE > schedules.json

k-diffusion's own functions are run (github.com/crowsonkb/k-diffusion 4601bf0: get_sigmas_* of sampling.py, DiscreteSchedule of external.py).
'normal', 'sgm_uniform', 'simple', 'ddim_uniform', 'kl_optimal' follow ComfyUI's comfy/samplers.py, 'beta' stable-diffusion-webui's modules/sd_schedulers.py.
"""
import ast, json, math, pathlib, sys
import torch

clone = pathlib.Path(sys.argv[1])


def load(file, names, scope):
    tree = ast.parse((clone / "k_diffusion" / file).read_text())
    tree.body = [node for node in tree.body if getattr(node, "name", None) in names]
    exec(compile(tree, file, "exec"), scope)


class Namespace(dict):
    __getattr__ = dict.__getitem__


sampling = Namespace(torch=torch, math=math)
load("sampling.py", {"append_zero", "get_sigmas_karras", "get_sigmas_exponential", "get_sigmas_polyexponential"}, sampling)
scope = dict(nn=torch.nn, torch=torch, sampling=sampling)
load("external.py", {"DiscreteSchedule"}, scope)

betas = torch.linspace(0.00085 ** 0.5, 0.012 ** 0.5, 1000, dtype=torch.float64) ** 2
bars = torch.cumprod(1 - betas, 0)
table = (((1 - bars) / bars) ** 0.5).float()
model = scope["DiscreteSchedule"](table, quantize=False)
low, high = table[0].item(), table[-1].item()


def at(steps):
    return [model.t_to_sigma(torch.tensor(float(t))).item() for t in steps] + [0.0]


def beta_quantile(p, a=0.6):
    """By bisection of the integral of the density, over z = t^a, which is smooth."""
    if p in (0, 1):
        return p
    if p > 0.5:
        return 1 - beta_quantile(1 - p, a)
    n = 20000

    def mass(x):
        z = (torch.arange(n, dtype=torch.float64) + 0.5) / n * x ** a
        return float(((1 - z ** (1 / a)) ** (a - 1)).sum() / n * x ** a)

    below, above, target = 0.0, 0.5, p * 2 * mass(0.5)
    for _ in range(50):
        middle = (below + above) / 2
        below, above = (middle, above) if mass(middle) < target else (below, middle)
    return (below + above) / 2


def schedules(n):
    yield "uniform", model.get_sigmas(n).tolist()
    yield "normal", at(torch.linspace(999, 0, n).tolist())
    yield "discrete", at([max(0.0, 999 - 999 / max(1, n - 1) * i) for i in range(n)])
    yield "karras", sampling.get_sigmas_karras(n, low, high).tolist()
    yield "exponential", sampling.get_sigmas_exponential(n, low, high).tolist()
    yield "polyexponential", sampling.get_sigmas_polyexponential(n, low, high).tolist()
    yield "sgm_uniform", at(torch.linspace(999, 0, n + 1)[:-1].tolist())
    yield "simple", [table[-(1 + int(x * (1000 / n)))].item() for x in range(n)] + [0.0]
    yield "ddim_uniform", [table[t].item() for t in range(1, 1000, max(1, 1000 // n))][::-1] + [0.0]
    if n > 1:
        yield "kl_optimal", [math.tan(i / (n - 1) * math.atan(low) + (1 - i / (n - 1)) * math.atan(high)) for i in range(n)] + [0.0]
    yield "beta", [low + beta_quantile(1 - i / max(1, n - 1)) * (high - low) for i in range(n)] + [0.0]


rows = []
for n in (1, 4, 10, 23, 30):
    for name, sigmas in schedules(n):
        times = [model.sigma_to_t(torch.tensor(s)).item() for s in sigmas[:-1]]
        rows.append({"name": name, "steps": n, "sigmas": [float(f"{s:.8g}") for s in sigmas], "timesteps": [float(f"{t:.7g}") for t in times]})
print("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]")
