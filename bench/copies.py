"""How near a second copy of a network is to it, and how near other networks of its structure are: cosines between the weights of all
convolutions. For docs/decisions/depth-by-names.md, which says where the line is drawn. Needs torch; four minutes on one core:

    python3 bench/copies.py
"""

import copy

import torch
from torch import nn

torch.set_num_threads(1)
CLASSES, SIDE, IMAGES, STEPS = 10, 16, 2000, 1500


def images():
    source = torch.Generator().manual_seed(0)
    patterns = torch.randn(CLASSES, 1, SIDE, SIDE, generator=source)
    labels = torch.randint(0, CLASSES, (IMAGES,), generator=source)
    return patterns[labels] + torch.randn(IMAGES, 1, SIDE, SIDE, generator=source) * 1.5, labels


def network(seed):
    torch.manual_seed(seed)
    layers, channels = [], 1
    for out, stride in ((16, 1), (16, 1), (32, 2), (32, 1), (64, 2), (64, 1)):
        layers += [nn.Conv2d(channels, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out), nn.ReLU()]
        channels = out
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, CLASSES))


def cosine(one, other):
    weights = [torch.cat([w.detach().double().flatten() for w in net.parameters() if w.ndim == 4]) for net in (one, other)]
    return (weights[0] @ weights[1] / (weights[0].norm() * weights[1].norm())).item()


def train(net, data, kind, rate, steps=STEPS, seed=0, decays=(), every=100):
    """Averages of the weights by their decay, and states of the training by their step."""
    inputs, labels = data
    adam = torch.optim.Adam(net.parameters(), rate)
    optimiser = adam if kind == 'Adam' else torch.optim.SGD(net.parameters(), rate, momentum=0.9, weight_decay=5e-4)
    averages, states = {decay: copy.deepcopy(net) for decay in decays}, {}
    order = torch.Generator().manual_seed(seed)
    for step in range(1, steps + 1):
        batch = torch.randint(0, len(inputs), (64,), generator=order)
        optimiser.zero_grad()
        nn.functional.cross_entropy(net(inputs[batch]), labels[batch]).backward()
        optimiser.step()
        for decay, average in averages.items():
            for mean, now in zip(average.parameters(), net.parameters()):
                mean.data.mul_(decay).add_(now.data, alpha=1 - decay)
        if step % every == 0:
            states[step] = copy.deepcopy(net)
    return averages, states


def main():
    data = images()
    for kind, rate in (('SGD', 0.05), ('Adam', 1e-3)):
        net = network(0)
        averages, states = train(net, data, kind, rate, decays=(0.99, 0.996, 0.999))
        for decay, average in averages.items():
            print(f'{kind}: average with decay {decay}: {cosine(net, average):.3f}')
        for step in (1400, 1000, 500, 100):
            print(f'{kind}: {STEPS - step} of {STEPS} steps before: {cosine(net, states[step]):.3f}')
        twin, other = network(0), network(1)
        train(twin, data, kind, rate, seed=1)
        train(other, data, kind, rate)
        print(f'{kind}: same start, other order of images: {cosine(net, twin):.3f}')
        print(f'{kind}: start of its own: {cosine(net, other):.3f}')
        tuned, further = copy.deepcopy(net), copy.deepcopy(net)
        train(tuned, (data[0], (data[1] * 3 + 1) % CLASSES), kind, rate / 5, steps=500)
        train(further, (data[0].flip(-1).neg(), data[1]), kind, rate / 5, steps=500, seed=3)
        print(f'{kind}: fine-tuned on other labels, against where it began: {cosine(net, tuned):.3f}')
        print(f'{kind}: two fine-tuned from one: {cosine(tuned, further):.3f}')


main()
