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

"""Run a model with ONNX Runtime, and report its actual execution provider."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
import contextlib
import ctypes
from dataclasses import dataclass, replace
from functools import cache, partial
import json
import os
from pathlib import Path
import tempfile

import numpy as np
import onnxruntime

from pose_tracking_ros.blazepose.loading import load_interruptibly
from pose_tracking_ros.blazepose.models import ModelError, ModelFile
from pose_tracking_ros.blazepose.option import check_options, documented, option
from pose_tracking_ros.blazepose.session import check_tensors, make_session
from pose_tracking_ros.blazepose.trial import try_model

PROVIDERS = {
    'cpu': 'CPUExecutionProvider',
    'cuda': 'CUDAExecutionProvider',
    'tensorrt': 'TensorrtExecutionProvider',
    'openvino': 'OpenVINOExecutionProvider',
}

EXECUTION_PROVIDERS = ('auto', *PROVIDERS)

# More threads do not make networks of this size faster.
_MAX_DEFAULT_THREADS = 4

# Minimum bytes of a model whose operations are long enough for several threads that sleep between
# runs: shorter ones end before a thread wakes up. Only the heavy network is as large.
_LARGE_MODEL = 16 * 2**20

# Time for which a thread of a large model spins while it waits for the next operation of a run.
_WAIT_AWAKE_US = 50


@documented
@dataclass(frozen=True)
class InferenceOptions:
    """Where and how the models run."""

    execution_provider: str = option(
        'auto',
        'Where ONNX Runtime runs the models. auto takes CUDA if an NVIDIA driver is present, else '
        'the CPU.',
        choices=EXECUTION_PROVIDERS,
        selects_models=True,
    )
    num_threads: int = option(
        0,
        'Threads of a model on the CPU; 0 = automatic: the usable cores, at most 4, for the heavy '
        'network, one for the others; with allow_spinning, the usable cores for all.',
        bounds=(0, 1024),
        selects_models=True,
    )
    allow_spinning: bool = option(
        False,
        'Let the worker threads of the models spin between runs: the fastest, but it keeps their '
        'cores busy.',
        selects_models=True,
    )

    def __post_init__(self) -> None:
        """Check every option."""
        check_options(self)


class Model:
    """
    An ONNX model that is called with an image.

    Calls are thread-safe.

    :param file: the model, whose only input is an image
    :param options: where and how it runs
    :raises ModelError: if ONNX Runtime cannot load it, its inputs or outputs do not fit, or
        a custom model takes too much memory or time
    """

    def __init__(self, file: ModelFile, options: InferenceOptions) -> None:
        self.file = replace(file, content={})  # Release the bytes.
        if file.is_custom:
            try_model(file)
        session_options = onnxruntime.SessionOptions()
        # In the memory of the other models: one of its own would keep its largest size.
        _make_shared_arena()
        session_options.add_session_config_entry('session.use_env_allocators', '1')
        _set_threads(session_options, options, large=file.size >= _LARGE_MODEL)
        session_options.log_severity_level = 3
        (self._input_name,) = file.inputs
        self._output_names = list(file.outputs)

        providers = _providers(options.execution_provider)

        def load() -> None:
            with _profile(session_options, wanted=len(providers) > 1) as profile:
                try:
                    self._session = make_session(
                        file.path, file.content, session_options, providers
                    )
                except Exception as error:  # ONNX Runtime raises a dozen unrelated types
                    raise ModelError(f'ONNX Runtime cannot load {file.path}: {error}') from error
                check_tensors(self._session, file.path, file.inputs, file.outputs)
                self._registered = self._session.get_providers()
                self._running = self._profiled() if profile else self._registered[0]

        # The package's models load so fast on the CPU that they need no interruption.
        if file.is_custom or len(providers) > 1:
            cancel = partial(session_options.set_load_cancellation_flag, True)
            load_interruptibly(load, cancel)
        else:
            load()

    @property
    def side(self) -> int:
        """Return the side of the square input image in pixels."""
        return self.file.inputs[self._input_name].shape[1]

    @property
    def execution_provider(self) -> str:
        """
        Return the name of the execution provider that actually runs the model.

        If several run nodes of it, all are named with the numbers of their nodes.
        """
        registered = self._session.get_providers()
        # ONNX Runtime continues with others if one fails in a run.
        return self._running if registered == self._registered else registered[0]

    def __call__(self, image: np.ndarray) -> dict[str, np.ndarray]:
        """
        Run the model.

        :param image: uint8 (side, side, 3) RGB
        :return: every output by its name, without the batch axis
        :raises ModelError: if ONNX Runtime cannot run it
        """
        try:
            outputs = self._session.run(self._output_names, {self._input_name: image[np.newaxis]})
        except Exception as error:  # ONNX Runtime raises a dozen unrelated types
            raise ModelError(f'ONNX Runtime cannot run {self.file.path}: {error}') from error
        return {name: output[0] for name, output in zip(self._output_names, outputs)}

    def _profiled(self) -> str:
        """Run the model once, and return which providers run its nodes."""
        self(np.zeros((self.side, self.side, 3), np.uint8))
        nodes = nodes_by_provider(Path(self._session.end_profiling()).read_text())
        return describe_providers(nodes, self._registered) or self._registered[0]


@contextlib.contextmanager
def _profile(options: onnxruntime.SessionOptions, wanted: bool) -> Iterator[bool]:
    """Let a session write a profile into a temporary folder, if wanted; yield whether it does."""
    if not wanted:
        yield False
        return
    with tempfile.TemporaryDirectory(prefix='pose_tracking_ros.') as folder:
        options.enable_profiling = True
        options.profile_file_prefix = str(Path(folder, 'profile'))
        yield True


@cache
def _make_shared_arena() -> None:
    """Create the memory arena that the models of this process share."""
    memory = onnxruntime.OrtMemoryInfo(
        'Cpu', onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    onnxruntime.create_and_register_allocator(memory, onnxruntime.OrtArenaCfg({}))


def usable_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, 'sched_getaffinity'):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _set_threads(
    session_options: onnxruntime.SessionOptions, options: InferenceOptions, large: bool
) -> None:
    """Set the number of threads of a run, and whether they spin or sleep between runs."""
    usable = min(usable_cores(), _MAX_DEFAULT_THREADS)
    default = usable if large or options.allow_spinning else 1
    session_options.intra_op_num_threads = options.num_threads or default
    if options.allow_spinning:
        return
    # Threads that spin between runs take cores from the rest of a robot, and double the time of a
    # run when a core is busy.
    configure = session_options.add_session_config_entry
    if large:
        configure('session.intra_op.spin_duration_us', str(_WAIT_AWAKE_US))
        configure('session.force_spinning_stop', '1')
    else:
        configure('session.intra_op.allow_spinning', '0')


def _providers(execution_provider: str) -> list[tuple[str, dict[str, str]]]:
    """Return the providers to request, with their options; ONNX Runtime uses the first usable."""
    if execution_provider == 'auto':
        execution_provider = 'cuda' if _has_gpu_driver() else 'cpu'
    # CUDA runs the nodes that TensorRT cannot run.
    wanted = {'tensorrt': ['tensorrt', 'cuda', 'cpu']}.get(
        execution_provider, [execution_provider, 'cpu']
    )
    available = onnxruntime.get_available_providers()
    usable = [name for name in wanted if PROVIDERS[name] in available]
    if 'cuda' in usable and _has_gpu_driver():
        _load_gpu_libraries()
    return [(PROVIDERS[name], _provider_options(name)) for name in dict.fromkeys(usable)]


def _provider_options(name: str) -> dict[str, str]:
    """Return the options of a provider, see its page in the documentation of ONNX Runtime."""
    if name == 'cuda':
        # TF32 rounds to 10 bits, which moves landmarks. An exhaustive search for algorithms makes
        # the first run slower by seconds, and the others no faster.
        return {'use_tf32': '0', 'cudnn_conv_algo_search': 'HEURISTIC'}
    if name == 'tensorrt':
        # Building an engine takes minutes: it is cached for each model, GPU and TensorRT version.
        cache = os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache'
        folder = Path(cache) / 'pose_tracking_ros' / 'tensorrt'
        with contextlib.suppress(OSError):  # TensorRT works without a cache, and warns.
            folder.mkdir(parents=True, exist_ok=True)
        return {
            'trt_engine_cache_enable': '1',
            'trt_engine_cache_path': str(folder),
            'trt_timing_cache_enable': '1',
            'trt_timing_cache_path': str(folder),
        }
    return {}


@cache
def _load_gpu_libraries() -> None:
    """Load CUDA and cuDNN from NVIDIA's Python packages; the dynamic linker searches elsewhere."""
    # It prints each library that is missing; ONNX Runtime logs the one that it needs.
    with contextlib.redirect_stdout(None), contextlib.suppress(AttributeError):  # since 1.21
        onnxruntime.preload_dlls(directory='')


def _has_gpu_driver() -> bool:
    """Return whether there is an NVIDIA driver; without it ONNX Runtime logs errors."""
    try:
        ctypes.CDLL('libcuda.so.1')
    except OSError:
        return False
    return True


def nodes_by_provider(profile: str) -> Counter[str]:
    """
    Return the number of nodes of a graph that each execution provider ran.

    :param profile: content of the profile file
    """
    providers: dict[str, str] = {}
    for event in json.loads(profile):
        provider = event.get('args', {}).get('provider')
        if event.get('cat') == 'Node' and provider:
            # Each node counts once, however often it ran.
            providers[event['args'].get('node_index', '') + event['name']] = provider
    return Counter(providers.values())


def describe_providers(nodes: Counter[str], order: Sequence[str]) -> str:
    """
    Describe the execution providers and their numbers of nodes.

    One that runs all nodes has its plain name.

    :param nodes: number of nodes of each
    :param order: the providers in the order of their precedence
    """
    running = sorted(
        (name for name in nodes if nodes[name]),
        key=lambda name: order.index(name) if name in order else len(order),
    )
    if len(running) < 2:
        return ''.join(running)
    first, *others = running
    rest = ', '.join(f'{name} for {nodes[name]}' for name in others)
    return f'{first} for {nodes[first]} of {nodes.total()} nodes, {rest}'
