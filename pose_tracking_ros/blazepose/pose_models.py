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

"""The two models that a tracker runs, chosen by its options."""

from __future__ import annotations

from dataclasses import dataclass

from pose_tracking_ros.blazepose.inference import InferenceOptions, Model
from pose_tracking_ros.blazepose.models import find_model, ModelFile, own_model
from pose_tracking_ros.blazepose.options import PoseTrackerOptions
from pose_tracking_ros.blazepose.pipelines import landmark_model_name, pipeline


@dataclass(frozen=True)
class PoseModels:
    """
    The loaded models of a tracker, which trackers with the same options can share.

    :param detector: finds a person in a whole image
    :param verifier: the person detector that is asked about a region where there is a doubt
    :param landmark_model: predicts the landmarks in a region
    """

    detector: Model
    verifier: Model
    landmark_model: Model

    @classmethod
    def load(cls, options: PoseTrackerOptions, inference: InferenceOptions) -> PoseModels:
        """
        Load the models that the options ask for.

        :raises ModelError: when a model file is missing, altered, cannot be loaded, or has other
            inputs and outputs than it is used with
        """
        names = pipeline(options)
        detector = Model(_file(options.detector_model, names.detector_model), inference)
        return cls(
            detector=detector,
            verifier=detector
            if names.verifying_model == names.detector_model
            else Model(find_model(names.verifying_model), inference),
            landmark_model=Model(
                _file(options.landmark_model, landmark_model_name(options)), inference
            ),
        )


def _file(own_path: str, name: str) -> ModelFile:
    return own_model(own_path, name) if own_path else find_model(name)
