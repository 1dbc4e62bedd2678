"""Names and shapes of the 4-D tensors of timm's architectures, in the order of definition, as JSON for bench/depth-by-names.ts:

    python3 bench/depth-by-names.py EVERY [PART-OF-NAME] > names.json && node dist/bench/depth-by-names.js names.json

EVERY: 1 for all of them, 6 for every sixth in the alphabet's order; `run` for one to three of each of timm's modules, whose convolutions
then stand in the order in which they are first called, instead of the order of definition. Needs torch and timm; no weight is made (the "meta" device). timm asks
torchvision for transforms of images, which nothing here needs: where it cannot be loaded it is stood in for.
"""

import json
import sys
import warnings
from unittest.mock import MagicMock

import torch

warnings.filterwarnings('ignore')
try:
    import torchvision  # noqa: F401
except (ImportError, RuntimeError):
    for name in ('', '.models', '.models.feature_extraction', '.ops', '.ops.misc', '.transforms', '.transforms.functional', '.datasets', '.datasets.folder'):
        sys.modules[f'torchvision{name}'] = MagicMock()
import timm



def of_each_module():
    for module in timm.list_modules():
        names = sorted(timm.list_models(module=module))
        count = len(names)
        for k in sorted({0, count // 3, 2 * count // 3} if count > 8 else {0, count // 2}):
            yield names[k]


def called(network):
    """The weights of convolutions in the order in which they are first called, with their shapes."""
    order = {}
    for name, module in network.named_modules():
        weight = getattr(module, 'weight', None)
        if isinstance(weight, torch.nn.Parameter) and weight.ndim == 4:
            shape = list(weight.shape)
            module.register_forward_pre_hook(lambda *_, key=f'{name}.weight', shape=shape: order.setdefault(key, shape) and None)
    with torch.no_grad():
        network.eval()(torch.zeros((1, *network.default_cfg['input_size']), device='meta'))
    return [[key, shape] for key, shape in order.items()]


runs = sys.argv[1:2] == ['run']
every = int(sys.argv[1]) if len(sys.argv) > 1 and not runs else 1
part = sys.argv[2] if len(sys.argv) > 2 else ''
networks = []
for name in [name for name in (of_each_module() if runs else timm.list_models()[::every]) if part in name]:
    try:
        with torch.device('meta'):
            network = timm.create_model(name)
        tensors = called(network) if runs else [[key, list(value.shape)] for key, value in network.state_dict().items() if value.ndim == 4]
    except Exception as error:  # an architecture that must make numbers
        print(f'{name}: {error}', file=sys.stderr)
        continue
    if len(tensors) > 1:
        networks.append({'name': name, 'tensors': tensors})
print(json.dumps({'timm': timm.__version__, 'networks': networks}))
