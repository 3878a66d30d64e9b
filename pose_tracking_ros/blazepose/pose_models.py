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

"""The models of a tracker, selected by its options."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import warnings

from pose_tracking_ros.blazepose.inference import InferenceOptions, Model, PROVIDERS
from pose_tracking_ros.blazepose.models import custom_model, find_model, ModelFile
from pose_tracking_ros.blazepose.options import PoseTrackerOptions
from pose_tracking_ros.blazepose.pipelines import landmark_model_name, pipeline


def _warn(problem: str) -> None:
    # The warning points at the code that creates the tracker.
    warnings.warn(problem, RuntimeWarning, stacklevel=4)


@dataclass(frozen=True)
class PoseModels:
    """
    The loaded models of a tracker, which trackers with the same options can share.

    :param detector: finds people in an image
    :param verifier: the person detector that verifies a region in doubt
    :param landmark_model: predicts the landmarks in a region
    """

    detector: Model
    verifier: Model
    landmark_model: Model

    @classmethod
    def load(
        cls,
        options: PoseTrackerOptions,
        inference: InferenceOptions,
        on_fallback: Callable[[str], None] = _warn,
    ) -> PoseModels:
        """
        Load the models that the options select.

        :param options: which models
        :param inference: where they run
        :param on_fallback: called with the remedy if another execution provider than the requested
            one runs a model or a part of it; a RuntimeWarning by default
        :raises TypeError: if an argument has another type
        :raises ModelError: if a model file is missing, altered, cannot be loaded, or does not have
            the expected inputs and outputs
        """
        if not isinstance(inference, InferenceOptions):
            raise TypeError(
                f'inference is {inference!r}, accepted is an InferenceOptions, such as '
                "InferenceOptions(execution_provider='cpu')"
            )
        names = pipeline(options)
        detector = Model(_file(options.detector_model, names.detector_model), inference)
        models = cls(
            detector=detector,
            verifier=detector
            if names.verifying_model == names.detector_model
            else Model(find_model(names.verifying_model), inference),
            landmark_model=Model(
                _file(options.landmark_model, landmark_model_name(options)), inference
            ),
        )
        problem = models.provider_problem(inference)
        if problem:
            on_fallback(problem)
        return models

    def provider_problem(self, inference: InferenceOptions) -> str:
        """Return the remedy if other providers than the requested one run nodes, else nothing."""
        wanted = inference.execution_provider
        running = (model.execution_provider for model in (self.detector, self.landmark_model))
        others = [name for name in running if name != PROVIDERS.get(wanted, name)]
        if not others:
            return ''
        return (
            f'execution_provider is {wanted}, but ONNX Runtime cannot use it here and runs the '
            f'models on {others[0]}: check that the onnxruntime package for it and its drivers '
            'are installed'
        )


def _file(custom_path: str, name: str) -> ModelFile:
    return custom_model(custom_path, name) if custom_path else find_model(name)
