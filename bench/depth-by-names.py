"""Names and shapes of the 4-D tensors of timm's architectures, in the order of definition, as JSON for bench/depth-by-names.ts:

    python3 bench/depth-by-names.py EVERY [PART-OF-NAME] > names.json && node dist/bench/depth-by-names.js names.json

EVERY: 1 for all of them, 6 for every sixth in the alphabet's order. Needs torch and timm; no weight is made (the "meta" device). timm asks
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

every = int(sys.argv[1]) if len(sys.argv) > 1 else 1
part = sys.argv[2] if len(sys.argv) > 2 else ''
networks = []
for name in [name for name in timm.list_models() if part in name][::every]:
    try:
        with torch.device('meta'):
            network = timm.create_model(name)
    except Exception as error:  # an architecture that must make numbers
        print(f'{name}: {error}', file=sys.stderr)
        continue
    tensors = [[key, list(value.shape)] for key, value in network.state_dict().items() if value.ndim == 4]
    if len(tensors) > 1:
        networks.append({'name': name, 'tensors': tensors})
print(json.dumps({'timm': timm.__version__, 'networks': networks}))
