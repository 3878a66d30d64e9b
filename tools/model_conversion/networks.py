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

"""The networks of MediaPipe Pose: their sources and the models made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from model_conversion.sources import Package, PublishedFile

_WHEEL = Package('PyPI', 'mediapipe', '0.10.21')
_NPM = Package('npm', '@mediapipe/pose', '0.5.1675469404')
_NPM_UPPER_BODY = Package('npm', '@mediapipe/pose', '0.2.1617147663')
_PACKED = 'package/pose_solution_packed_assets.data/third_party/mediapipe/modules'


@dataclass(frozen=True)
class Output:
    """
    An output that is kept.

    :param name: its name in ONNX
    :param meaning: what it holds, with units, for models.yaml
    """

    name: str
    meaning: str


@dataclass(frozen=True)
class Model:
    """
    A model made of a network: some of its outputs and their operators.

    :param name: name of the graph file, without extension
    :param description: what it is for
    :param outputs: the outputs that are kept, by their names in the TFLite file
    """

    name: str
    description: str
    outputs: Mapping[str, Output]


@dataclass(frozen=True)
class Network:
    """
    A published network and the models that share its weights.

    :param source: the TFLite file
    :param value_range: what the network expects for the image values 0 and 255
    :param image: what the image shows
    :param models: what is made of it; the file of the weights is named after the first
    """

    source: PublishedFile
    value_range: tuple[float, float]
    image: str
    models: tuple[Model, ...]


_LETTERBOX = 'RGB, the whole image centred in its proportions, border black'
_CROP = 'RGB, the rotated square region around the body, upright'

_POSE_FLAG = Output('pose_flag', 'probability in [0, 1] that a body is in the region')


def _landmarks(count: int) -> Output:
    return Output(
        'landmarks',
        f'{count} x (x, y, z, visibility, presence): x, y and z in pixels of the input, '
        f'visibility and presence as logits',
    )


def _detector(
    name: str, generation: str, source: PublishedFile, boxes: str, scores: str
) -> Network:
    description = f'Person detector of {generation}'
    meaning = (
        'for each anchor: centre x, centre y, width, height, 4 keypoints (x, y), all in pixels of '
        'the input, positions relative to the centre of the anchor'
    )
    outputs = {
        boxes: Output('boxes', meaning),
        scores: Output('scores', 'for each anchor: logit that it is a person'),
    }
    return Network(source, (-1.0, 1.0), _LETTERBOX, (Model(name, description, outputs),))


def _landmark_network(complexity: str, sha256: str) -> Network:
    name = f'pose_landmark_{complexity}'
    description = f'Landmarks of the full body, {complexity} network'
    outputs = {
        'Identity': _landmarks(39),
        'Identity_1': _POSE_FLAG,
        'Identity_3': Output('heatmap', 'for each of 39 landmarks: map (y, x) of logits'),
        'Identity_4': Output(
            'world_landmarks', '39 x (x, y, z) in metres, origin mid-hips, axes of the region'
        ),
    }
    mask = {
        'Identity_2': Output('segmentation', 'map (y, x) of logits that the pixel is of the body')
    }
    models = (
        Model(name, description, outputs),
        Model(f'{name}_segmentation', f'{description}, with a mask of the body', outputs | mask),
    )
    source = PublishedFile(_NPM, f'package/{name}.tflite', sha256)
    return Network(source, (0.0, 1.0), _CROP, models)


NETWORKS = (
    _detector(
        'pose_detection',
        'MediaPipe 0.8.4 to 0.10',
        PublishedFile(
            _WHEEL,
            'mediapipe/modules/pose_detection/pose_detection.tflite',
            '9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c',
        ),
        'Identity',
        'Identity_1',
    ),
    _landmark_network('lite', 'f17bfbecadb61c3be1baa8b8d851cc6619c870a87167b32848ad20db306b9d61'),
    _landmark_network('full', 'e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f'),
    _landmark_network('heavy', '59e42d71bcd44cbdbabc419f0ff76686595fd265419566bd4009ef703ea8e1fe'),
    _detector(
        'upper_body_pose_detection',
        'MediaPipe 0.8.0 to 0.8.3, used with the upper-body landmarks',
        PublishedFile(
            _NPM_UPPER_BODY,
            f'{_PACKED}/pose_detection/pose_detection.tflite',
            '82b0aec8511eaca13d1ff174aaddf8f5764f117bbb4060995c0d8bf01bbfca91',
        ),
        'regressors',
        'classificators',
    ),
    Network(
        PublishedFile(
            _NPM_UPPER_BODY,
            f'{_PACKED}/pose_landmark/pose_landmark_upper_body.tflite',
            '2a0a0af870324f35b1f1bd57594d584321520680f7c8ed19cd1e9cb978476cef',
        ),
        (0.0, 1.0),
        _CROP,
        (
            Model(
                'upper_body_pose_landmark',
                'Landmarks of the upper body',
                {'ld_3d': _landmarks(31), 'output_poseflag': _POSE_FLAG},
            ),
        ),
    ),
)
"""All networks, in the order of models.yaml."""
