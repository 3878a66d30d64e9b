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

"""Create ONNX Runtime sessions from bytes, so that exactly the checked bytes are loaded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
import tempfile

import onnxruntime

from pose_tracking_ros.blazepose.external_data import external_files
from pose_tracking_ros.blazepose.models import ModelError, Tensor


def make_session(
    path: Path, content: dict[str, bytes], options: onnxruntime.SessionOptions, providers: Sequence
) -> onnxruntime.InferenceSession:
    """
    Return a session; no file of the model is opened.

    :param path: of the graph; only its name is used
    :param content: the graph and its weights by the names of their files
    :param options: of the session
    :param providers: as in ONNX Runtime
    :raises Exception: one of ONNX Runtime's dozen unrelated types
    """
    graph = content[path.name]
    weights = {name: content[name] for name in external_files(graph) if name in content}
    if not weights:
        return onnxruntime.InferenceSession(graph, options, providers=providers)
    if hasattr(options, 'add_external_initializers_from_files_in_memory'):
        options.add_external_initializers_from_files_in_memory(
            list(weights), list(weights.values()), [len(item) for item in weights.values()]
        )
        return onnxruntime.InferenceSession(graph, options, providers=providers)
    # Before ONNX Runtime 1.24 weights must be files: in a folder that other users cannot write to.
    with tempfile.TemporaryDirectory(prefix='pose_tracking_ros.') as folder:
        for name, data in {path.name: graph, **weights}.items():
            file = Path(folder, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        return onnxruntime.InferenceSession(
            str(Path(folder, path.name)), options, providers=providers
        )


def check_tensors(
    session: onnxruntime.InferenceSession,
    path: Path,
    inputs: dict[str, Tensor],
    outputs: dict[str, Tensor],
) -> None:
    """
    Check that a model has the expected inputs and outputs.

    An axis without a length in the model fits any; further outputs are ignored.

    :raises ModelError: if it does not
    """
    for kind, expected, found in (
        ('input', inputs, session.get_inputs()),
        ('output', outputs, session.get_outputs()),
    ):
        described = {arg.name: _describe(arg) for arg in found}
        fits = all(
            name in described and _fits(described[name], tensor)
            for name, tensor in expected.items()
        )
        if not fits or (kind == 'input' and len(found) > len(expected)):
            raise ModelError(
                f'{path} does not fit its use: it has the {kind}s '
                + ', '.join(f'{name}: {tensor}' for name, tensor in described.items())
                + '; accepted is '
                + ', '.join(f'{name}: {tensor}' for name, tensor in expected.items())
            )


def _describe(arg: onnxruntime.NodeArg) -> Tensor:
    element_type = arg.type.removeprefix('tensor(').removesuffix(')')
    names = {'float': 'float32', 'double': 'float64'}
    return Tensor(names.get(element_type, element_type), tuple(arg.shape))


def _fits(found: Tensor, expected: Tensor) -> bool:
    """Return whether a tensor can have the expected shape."""
    return (
        found.type == expected.type
        and len(found.shape) == len(expected.shape)
        and all(not isinstance(a, int) or a == b for a, b in zip(found.shape, expected.shape))
    )
