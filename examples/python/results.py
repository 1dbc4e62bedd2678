"""Results of filterlens as pandas tables, and the command from Python.

    python3 examples/python/results.py data/*.onnx

measures the models, prints the flagged layers and the means of each model, and draws orthogonality by depth into by-depth.png.
Needs pandas and matplotlib. Arrow files are read by pyarrow where it is installed, by DuckDB where that is, and else as CSV.
"""

import json
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

# How the command is started: FILTERLENS="node dist/bundle/node/main.js" in a clone of the repository.
COMMAND = shlex.split(os.environ.get("FILTERLENS", "npx filterlens"))


def filterlens(*words: str) -> str:
    """Runs a command and returns what it prints. Exit code 1 (something was found) is no failure; 2 is."""
    done = subprocess.run([*COMMAND, *map(str, words)], capture_output=True, text=True)
    if done.returncode > 1:
        raise RuntimeError(done.stderr.strip())
    return done.stdout


def measured(*models: str, options: tuple = ()) -> pd.DataFrame:
    """A row for each layer of the models: the rows of `--json`."""
    return pd.DataFrame(json.loads(filterlens("analyze", *models, *options, "--json"))["layers"])


def table(results: str, name: str) -> pd.DataFrame:
    """A table of a results folder ("layers", "models", "skipped")."""
    try:
        import pyarrow.ipc

        with pyarrow.OSFile(str(Path(results) / f"{name}.arrow")) as file:
            return pyarrow.ipc.open_file(file).read_pandas()
    except ImportError:
        pass
    with tempfile.TemporaryDirectory() as folder:
        try:
            import duckdb

            filterlens("export", results, "--format", "parquet", "-o", folder)
            return duckdb.sql(f"select * from '{folder}/{name}.parquet'").df()
        except ImportError:
            filterlens("export", results, "--format", "csv", "-o", folder)
            return pd.read_csv(f"{folder}/{name}.csv")


def flagged(layers: pd.DataFrame) -> pd.DataFrame:
    """A row for each flag: model, layer, metric and the sentence. `layers` as `measured` or `table` gives them."""
    rows = []
    for layer in layers[layers["flags"].notna()].itertuples():
        flags = json.loads(layer.flags) if isinstance(layer.flags, str) else layer.flags
        rows += [(layer.model, layer.layer, metric, sentence) for metric, sentence in flags.items()]
    return pd.DataFrame(rows, columns=["model", "layer", "metric", "why"])


def draw_by_depth(layers: pd.DataFrame, path: str, metric: str = "orthogonality") -> None:
    """One line for each model over the relative depth of its layers."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 3.5), layout="constrained")
    for model, rows in layers.groupby("model"):
        axes.plot(rows["conv_depth_norm"], rows[metric], marker="o", markersize=3, linewidth=1, label=model)
    axes.set_xlabel("relative depth")
    axes.set_ylabel(metric.replace("_", " "))
    axes.legend(fontsize=6)
    figure.savefig(path, dpi=150)


def main(models: list) -> None:
    with tempfile.TemporaryDirectory() as folder:
        results = f"{folder}/results"
        filterlens("analyze", *models, "-o", results)
        layers = table(results, "layers")
    print(f"{len(layers)} layers, {len(flagged(layers))} flags")
    print(flagged(layers).to_string(index=False))
    print(layers.groupby("model")[["sparsity", "variance_entropy", "orthogonality"]].mean().round(3).to_string())
    draw_by_depth(layers, "by-depth.png")


if __name__ == "__main__":
    main(sys.argv[1:])
