"""A ``face_landmarker.task`` made from what is at hand, of the same shape as the real one.

Its detector and mesh are the small models that come with photomotion. The mesh model's 468 points are made 478 by a
layer that puts each iris into the middle of its eye; the blendshapes come from random weights; the canonical face of
the geometry is the drawn portrait's.
"""

from __future__ import annotations

import struct
from importlib.resources import files
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
import numpy.typing as npt
from mediapipe.tasks.metadata import schema_py_generated as schema
from mediapipe.tasks.python.metadata.metadata_writers import metadata_writer, model_asset_bundle_utils

from photomotion.testing.fakes import fake_face

EYES = {468: (33, 133, 159, 145), 473: (263, 362, 386, 374)}
BASIS = (1, 152, 33, 263, 133, 362, 61, 291, 10, 168, 234, 454)
UNIT = 8.8918
"""cm between the outer eye corners of MediaPipe's canonical face."""


def write_bundle(path: Path) -> Path:
    """Write it and return the path."""
    models = {
        "face_detector.tflite": described(shipped("face_detection_short_range.tflite"), 127.5, 127.5),
        "face_landmarks_detector.tflite": described(with_irises(shipped("face_landmark.tflite")), 0.0, 255.0),
        "face_blendshapes.tflite": blendshapes(),
        "geometry_pipeline_metadata_landmarks.binarypb": geometry(),
    }
    model_asset_bundle_utils.create_model_asset_bundle(models, str(path))
    return path


def shipped(name: str) -> bytes:
    return files("photomotion.builtin").joinpath("models", name).read_bytes()


def described(model: bytes, mean: float, deviation: float) -> bytes:
    """The model with the metadata that Tasks reads how to scale pixels from."""
    writer = metadata_writer.MetadataWriter.create(bytearray(model))
    writer.add_general_info("face", "for a test")
    writer.add_image_input([mean] * 3, [deviation] * 3)
    return bytes(writer.populate()[0])


def with_irises(model: bytes) -> bytes:
    """The mesh model with a last layer 1404 -> 1434."""
    tree = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model, 0))
    graph = tree.subgraphs[0]
    matrix = np.zeros((478, 468), np.float32)
    matrix[:468] = np.eye(468)
    for iris, eye in EYES.items():
        matrix[iris : iris + 5, list(eye)] = 0.25
    width = int(np.prod(graph.tensors[graph.outputs[0]].shape))
    assert width == 3 * 468
    weight = add_tensor(tree, (1434, 1404), np.kron(matrix, np.eye(3, dtype=np.float32)))
    bias = add_tensor(tree, (1434,), np.zeros(1434, np.float32))
    output = add_tensor(tree, (1, 1434))
    add_dense(tree, [graph.outputs[0], weight, bias], output)
    graph.outputs = [output, graph.outputs[1]]
    for signature in tree.signatureDefs or []:
        signature.outputs[0].tensorIndex, signature.outputs[1].tensorIndex = graph.outputs
    return packed(tree)


def blendshapes() -> bytes:
    """146 points, x and y, to 52 numbers in 0..1, by random weights."""
    tree = schema.ModelT()
    tree.version = 3
    tree.description = b"blendshapes"
    tree.operatorCodes, tree.buffers = [], [schema.BufferT()]
    graph = schema.SubGraphT()
    graph.tensors, graph.operators = [], []
    tree.subgraphs = [graph]
    random = np.random.default_rng(0)
    points = add_tensor(tree, (1, 146, 2))
    weight = add_tensor(tree, (52, 292), random.normal(0, 0.0005, (52, 292)).astype(np.float32))
    bias = add_tensor(tree, (52,), np.zeros(52, np.float32))
    raw, output = add_tensor(tree, (1, 52)), add_tensor(tree, (1, 52))
    add_dense(tree, [points, weight, bias], raw)
    add_operator(tree, schema.BuiltinOperator.LOGISTIC, [raw], output)
    graph.inputs, graph.outputs = [points], [output]
    return packed(tree)


def add_tensor(tree: Any, shape: tuple[int, ...], values: npt.NDArray[np.float32] | None = None) -> int:
    graph, tensor = tree.subgraphs[0], schema.TensorT()
    tensor.shape, tensor.type = list(shape), schema.TensorType.FLOAT32
    tensor.name = f"added-{len(graph.tensors)}".encode()
    buffer = schema.BufferT()
    if values is not None:
        buffer.data = np.frombuffer(np.ascontiguousarray(values, np.float32).tobytes(), np.uint8)
    tree.buffers.append(buffer)
    tensor.buffer = len(tree.buffers) - 1
    graph.tensors.append(tensor)
    return len(graph.tensors) - 1


def add_dense(tree: Any, inputs: list[int], output: int) -> None:
    operator = add_operator(tree, schema.BuiltinOperator.FULLY_CONNECTED, inputs, output)
    operator.builtinOptionsType = schema.BuiltinOptions.FullyConnectedOptions
    operator.builtinOptions = schema.FullyConnectedOptionsT()


def add_operator(tree: Any, kind: int, inputs: list[int], output: int) -> Any:
    code, operator = schema.OperatorCodeT(), schema.OperatorT()
    code.builtinCode, code.deprecatedBuiltinCode, code.version = kind, kind, 1
    tree.operatorCodes.append(code)
    operator.opcodeIndex = len(tree.operatorCodes) - 1
    operator.inputs, operator.outputs = inputs, [output]
    tree.subgraphs[0].operators.append(operator)
    return operator


def packed(tree: Any) -> bytes:
    builder = flatbuffers.Builder(1024)
    builder.Finish(tree.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def geometry() -> bytes:
    """MediaPipe's GeometryPipelineMetadata in the wire format of protocol buffers."""
    face = fake_face().landmarks[:468]
    unit = UNIT / float(np.linalg.norm(face[33, :2] - face[263, :2]))
    mesh = (face - (face[33] + face[263]) / 2) * unit * np.array([1, -1, -1], np.float32)
    vertices = np.concatenate([mesh, np.zeros((468, 2), np.float32)], axis=1).ravel()
    buffer = b"".join(b"\x1d" + struct.pack("<f", v) for v in vertices)
    triangles = b"".join(b"\x20" + bytes([i]) for i in (0, 1, 2))
    inner = b"\x08\x00\x10\x00" + buffer + triangles
    basis = b"".join(field(2, b"\x08" + varint(i) + b"\x15" + struct.pack("<f", 1.0)) for i in BASIS)
    return field(1, inner) + basis + b"\x18\x01"


def field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + varint(len(content)) + content


def varint(value: int) -> bytes:
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + varint(rest) if rest else bytes([low])
