"""Stands for packages that diffusers 0.21 imports and these recordings do not use: the hub, transformers, safetensors."""
import importlib.abc, importlib.machinery, importlib.metadata, re, sys, types

VERSIONS = {"huggingface_hub": "0.17.0", "transformers": "4.33.0", "safetensors": "0.3.3"}


class Stub(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        made = type(name, (Exception,) if name.endswith("Error") else (), {})
        setattr(self, name, made)
        return made


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if name.split(".")[0] in VERSIONS else None

    def create_module(self, spec):
        return Stub(spec.name)

    def exec_module(self, module):
        pass


sys.meta_path.insert(0, Finder())
import huggingface_hub.constants, huggingface_hub.file_download, huggingface_hub.utils
huggingface_hub.constants.HUGGINGFACE_HUB_CACHE = huggingface_hub.constants.hf_cache_home = "/nonexistent"
huggingface_hub.file_download.REGEX_COMMIT_HASH = re.compile("x")
huggingface_hub.utils.is_jinja_available = lambda: False
known = importlib.metadata.version
importlib.metadata.version = lambda name: VERSIONS.get(name.replace("-", "_")) or known(name)
