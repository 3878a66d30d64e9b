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

"""Write models.yaml, which says what each model file is."""

from __future__ import annotations

from collections.abc import Mapping
import hashlib
from typing import Any

from onnx import helper, ModelProto, ValueInfoProto
import yaml

from model_conversion.networks import Model, Network

LICENCE = 'Apache-2.0'

_HEADER = """\
# What each model is, where it comes from and what goes in and out of it.
# Written by tools/convert_models.py: change that, not this.
#
# source.file is the path within the package; two of the files lie in a packed-assets file there.
# A graph needs the weights listed with it in the same folder.

"""


class _Dumper(yaml.SafeDumper):
    """Lists in one line, mappings in many, nothing by reference."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


_Dumper.add_representer(
    list, lambda dumper, data: dumper.represent_sequence('tag:yaml.org,2002:seq', data, True)
)


def describe(
    network: Network, model: Model, graph: ModelProto, files: Mapping[str, bytes]
) -> dict[str, Any]:
    """
    Return the entry of a model.

    :param graph: the converted model
    :param files: name and content of each file that the model needs, the graph's first
    """
    package = network.source.package
    meanings = {output.name: output.meaning for output in model.outputs.values()}
    return {
        'description': model.description,
        'source': {
            'registry': package.registry,
            'package': package.name,
            'version': package.version,
            'page': package.page,
            'file': network.source.path,
            'sha256': network.source.sha256,
        },
        'licence': LICENCE,
        'graph': next(iter(files)),
        'files': {
            name: {'bytes': len(content), 'sha256': hashlib.sha256(content).hexdigest()}
            for name, content in files.items()
        },
        'inputs': {value.name: _tensor(value, network.image) for value in graph.graph.input},
        'outputs': {
            value.name: _tensor(value, meanings[value.name]) for value in graph.graph.output
        },
    }


def to_yaml(models: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the text of models.yaml for the entries of the models."""
    document = {'models': models}
    text = yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=95, allow_unicode=True)
    return _HEADER + text


def _tensor(value: ValueInfoProto, meaning: str) -> dict[str, Any]:
    tensor = value.type.tensor_type
    return {
        'type': helper.tensor_dtype_to_np_dtype(tensor.elem_type).name,
        'shape': [dimension.dim_value for dimension in tensor.shape.dim],
        'meaning': meaning,
    }
