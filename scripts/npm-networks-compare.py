"""Reads the networks of scripts/npm-networks.mjs a second time, by other programs, and says whether the weights are the same.

    python scripts/npm-networks-compare.py <folder>

<folder> is the one that scripts/npm-networks.mjs filled; written there is comparison.json. Needs numpy, onnx, onnxruntime,
tensorflow and h5py. Per network: the SHA-256 of every 3x3 convolution's float32 weights (output x input x 3 x 3) as
onnx and onnxruntime (ONNX; computed weights are run), TensorFlow's interpreter (TensorFlow Lite), numpy (TensorFlow.js, ncnn,
Caffe) or h5py (Keras) give them, against those of filterlens: as sets with counts, and in the graph's order.
"""

import base64
import collections
import hashlib
import json
import math
import os
import subprocess
import sys

import numpy

CONVOLUTIONS = {"Conv", "FusedConv", "ConvInteger"}


def digest(weights):
    return hashlib.sha256(numpy.ascontiguousarray(weights, dtype="<f4").tobytes()).hexdigest()


def graphs_of(graph, outer):
    """A graph of ONNX and the graphs inside its nodes, each with the tensors that it sees."""
    from onnx.numpy_helper import to_array

    stored = dict(outer)
    stored.update((tensor.name, to_array(tensor)) for tensor in graph.initializer)
    for node in graph.node:
        if node.op_type == "Constant" and node.attribute[0].name == "value":
            stored[node.output[0]] = to_array(node.attribute[0].t)
        if node.op_type == "Identity" and node.input[0] in stored:
            stored[node.output[0]] = stored[node.input[0]]
    yield graph, stored
    for node in graph.node:
        for attribute in node.attribute:
            for inner in [attribute.g] if attribute.HasField("g") else attribute.graphs:
                yield from graphs_of(inner, stored)


def onnx_weights(path):
    import onnx
    import onnxruntime

    model = onnx.load(path)
    found = {}
    for graph, stored in graphs_of(model.graph, {}):
        for node in graph.node:
            if node.op_type not in CONVOLUTIONS:
                continue
            name = node.input[1]
            if name not in stored:
                single = onnx.utils.Extractor(model).extract_model([], [name])
                session = onnxruntime.InferenceSession(single.SerializeToString())
                stored[name] = session.run([name], {})[0]
            if node.op_type == "ConvInteger":  # whole numbers around the zero point: the scale is multiplied in behind it
                zero = stored[node.input[3]] if len(node.input) > 3 else numpy.zeros(1, numpy.int32)
                zero = zero.astype(numpy.int32).reshape(-1, 1, 1, 1)
                stored[name] = stored[name].astype(numpy.int32) - zero
            if stored[name].ndim == 4 and stored[name].shape[2:] == (3, 3):
                found[name] = stored[name].astype(numpy.float32)
    return list(found.values())


def tflite_weights(path):
    import tensorflow

    interpreter = tensorflow.lite.Interpreter(
        model_path=path,
        experimental_op_resolver_type=tensorflow.lite.experimental.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        experimental_preserve_all_tensors=True,
    )
    details = {detail["index"]: detail for detail in interpreter.get_tensor_details()}
    operators = interpreter._get_ops_details()
    made_by = {int(operator["outputs"][0]): operator for operator in operators if len(operator["outputs"])}
    ran = False
    found = {}
    for operator in operators:
        if operator["op_name"] not in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            continue
        index = int(operator["inputs"][1])
        maker = made_by.get(index)
        if maker and maker["op_name"] == "DEQUANTIZE" and int(maker["inputs"][0]) not in made_by:
            index = int(maker["inputs"][0])
        elif maker and not ran:
            interpreter.allocate_tensors()
            interpreter.invoke()
            ran = True
        weights = interpreter.get_tensor(index)
        if weights.shape[1:3] != (3, 3):
            continue
        quantised = details[index]["quantization_parameters"]
        if len(quantised["scales"]):
            shape = [1] * 4
            if len(quantised["scales"]) > 1:
                shape[quantised["quantized_dimension"]] = -1
            scale = quantised["scales"].astype(numpy.float32).reshape(shape)
            zero = quantised["zero_points"].astype(numpy.int32).reshape(shape)
            weights = (weights.astype(numpy.int32) - zero).astype(numpy.float32) * scale
        weights = weights.astype(numpy.float32)
        axes = (3, 0, 1, 2) if operator["op_name"] == "DEPTHWISE_CONV_2D" else (0, 3, 1, 2)
        found[index] = weights.transpose(axes)
    return list(found.values())


def manifest_tensors(path, manifest):
    """Every tensor of a TensorFlow.js manifest, by name."""
    tensors = {}
    for group in manifest:
        data = b"".join(bytes_of(path, part) for part in group["paths"])
        at = 0
        for spec in group["weights"]:
            count = math.prod(spec["shape"])
            quantised = spec.get("quantization")
            stored = numpy.dtype(quantised["dtype"] if quantised else spec["dtype"]).newbyteorder("<")
            values = numpy.frombuffer(data, stored, count, at)
            at += count * stored.itemsize
            if quantised and "scale" in quantised:
                values = values.astype(numpy.float64) * quantised["scale"] + quantised["min"]
            tensors[spec["name"]] = values.astype(numpy.float32).reshape(spec["shape"])
    return tensors


def hwio(weights, depthwise):
    if depthwise:
        return weights.transpose(2, 3, 0, 1).reshape(-1, 1, *weights.shape[:2])
    return weights.transpose(3, 2, 0, 1)


def module_of(path):
    """What a script exports, as Node runs it."""
    program = "process.stdout.write(JSON.stringify(require(process.argv[1])))"
    return json.loads(subprocess.run(["node", "-e", program, path], check=True, capture_output=True).stdout)


def bytes_of(path, part):
    plain = os.path.join(os.path.dirname(path), part)
    if os.path.exists(plain):
        with open(plain, "rb") as file:
            return file.read()
    exported = module_of(plain.removesuffix(".bin") + ".min.js")
    return base64.b64decode(exported if isinstance(exported, str) else next(iter(exported.values())))


def tfjs_weights(path):
    whole = module_of(path) if path.endswith(".js") else json.load(open(path))
    manifest = whole if isinstance(whole, list) else whole["weightsManifest"]
    tensors = manifest_tensors(path, manifest)
    topology = {} if isinstance(whole, list) else whole["modelTopology"]
    found = []
    if "node" in topology:
        seen = set()
        nodes = {node["name"]: node for node in topology["node"]}
        for node in topology["node"]:
            if "Conv2d" not in node["op"].replace("Conv2D", "Conv2d") or "Backprop" in node["op"]:
                continue
            name = node["input"][1].split(":")[0]
            while name not in tensors and nodes[name]["op"] == "Identity":
                name = nodes[name]["input"][0].split(":")[0]
            if name in seen:
                continue
            seen.add(name)
            found.append(hwio(tensors[name], "Depthwise" in node["op"]))
    else:
        for name, weights in tensors.items():
            if weights.ndim == 4:
                found.append(hwio(weights, "depthwise" in name))
    return [weights for weights in found if weights.shape[2:] == (3, 3)]


def keras_weights(path):
    import h5py

    found = []

    def visit(name, item):
        if isinstance(item, h5py.Dataset) and item.ndim == 4 and item.shape[:2] == (3, 3):
            found.append(hwio(item[()], "depthwise" in name))

    with h5py.File(path) as file:
        file.visititems(visit)
    return found


def ncnn_weights(path):
    """The .bin beside a .param, layer after layer: a tag of four bytes (0: float32, 0x01306B47: float16), weights, bias."""
    with open(path.removesuffix(".param") + ".bin", "rb") as file:
        data = file.read()
    found = []
    at = 0
    with open(path) as file:
        lines = file.read().splitlines()[2:]
    for kind, *words in (line.split() for line in lines if line.strip()):
        options = dict(word.split("=") for word in words[3 + int(words[1]) + int(words[2]) :] if "=" in word)
        if kind == "PReLU":
            at += 4 * int(options["0"])
            continue
        if kind not in ("Convolution", "ConvolutionDepthWise", "Deconvolution", "InnerProduct"):
            continue
        count = int(options["2" if kind == "InnerProduct" else "6"])
        tag = int.from_bytes(data[at : at + 4], "little")
        stored = {0: "<f4", 0x01306B47: "<f2"}[tag]
        weights = numpy.frombuffer(data, stored, count, at + 4)
        at += 4 + -(-weights.nbytes // 4) * 4
        outputs = int(options["0"])
        if int(options.get("1" if kind == "InnerProduct" else "5", 0)):
            at += 4 * outputs
        size = (int(options.get("11", options["1"])), int(options["1"]))
        if kind.startswith("Convolution") and size == (3, 3):
            found.append(weights.astype(numpy.float32).reshape(outputs, -1, 3, 3))
    if at != len(data):
        raise ValueError(f"{len(data) - at} bytes of the .bin are left")
    return found


def fields(data):
    """The fields of a protobuf message: (number, bytes or whole number)."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        number, wire = divmod(varint(), 8)
        if wire == 0:
            yield number, varint()
            continue
        length = {1: 8, 5: 4}[wire] if wire != 2 else varint()
        yield number, data[at : at + length]
        at += length


def varints(data):
    value = shift = 0
    for byte in data:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            yield value
            value = shift = 0


def caffe_weights(path):
    """The blobs of NetParameter.layer (100) whose type (2) is Convolution: shape (7) and data (5), outputs first."""
    with open(path, "rb") as file:
        net = file.read()
    found = []
    for number, layer in fields(net):
        if number != 100:
            continue
        parts = list(fields(layer))
        if (2, b"Convolution") not in parts:
            continue
        blob = list(fields(next(part for at, part in parts if at == 7)))
        dims = next(part for at, part in fields(next(part for at, part in blob if at == 7)) if at == 1)
        weights = numpy.frombuffer(b"".join(part for at, part in blob if at == 5), "<f4")
        shape = list(varints(dims))
        if len(shape) == 4 and shape[2:] == [3, 3]:
            found.append(weights.reshape(shape))
    return found


def readers(path):
    """The reader for a path, or nothing where no other program reads it."""
    if os.path.isdir(path):
        return None
    with open(path, "rb") as file:
        if file.read(8)[4:] == b"TFL3":
            return tflite_weights
    for ending, read in ((".onnx", onnx_weights), (".json", tfjs_weights), (".js", tfjs_weights), (".param", ncnn_weights), (".caffemodel", caffe_weights), (".h5", keras_weights)):
        if path.endswith(ending):
            return read
    return None


def compared(network):
    read = readers(network["path"])
    if read is None or ("without a model" in network.get("problem", "")):
        return "not compared: no other program here reads it"
    theirs = [digest(weights) for weights in read(network["path"])]
    ours = [layer["sha256"] for layer in network["layers"]]
    if collections.Counter(ours) == collections.Counter(theirs):
        if not ours:
            return "equal: no 3×3 convolution in either"
        return f"equal, {len(ours)} layers" + ("" if ours == theirs else ", stored in another order")
    missing = sum((collections.Counter(theirs) - collections.Counter(ours)).values())
    more = sum((collections.Counter(ours) - collections.Counter(theirs)).values())
    return f"DIFFERENT: {missing} only there, {more} only here"


def main():
    folder = sys.argv[1]
    answers = {}
    for network in json.load(open(os.path.join(folder, "networks.json"))):
        key = f"{network['package']} {network['file']}"
        try:
            answers[key] = compared(network)
        except Exception as error:  # every failure of the other program is an answer of its own
            answers[key] = f"not comparable: {type(error).__name__}: {str(error).splitlines()[0][:120]}"
        print(key, answers[key], sep="\t", flush=True)
    with open(os.path.join(folder, "comparison.json"), "w") as file:
        json.dump(answers, file, indent=1, ensure_ascii=False)


if __name__ == "__main__":
    main()
