"""
Runs .tflite models in the official runtimes, for the tests of conversion. Reads from standard input
{"models": [{"tflite": base64, "inputs": base64 of int8, "count": windows}]}, writes one list of answers for each model:
{"litert": base64 of int8, "micro": base64 of int8, "input": [scale, zero point], "output": [scale, zero point]}.
LiteRT runs its reference kernels: they are what the specification says, bit for bit on every machine.
"""
import base64
import json
import sys

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from tflite_micro.python.tflite_micro import runtime


def run_litert(model, inputs):
    interpreter = Interpreter(
        model_content=model, experimental_op_resolver_type=OpResolverType.BUILTIN_REF, num_threads=1
    )
    interpreter.allocate_tensors()
    entry, exit_ = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    assert entry["dtype"] == np.int8 and exit_["dtype"] == np.int8
    outputs = []
    for window in inputs:
        interpreter.set_tensor(entry["index"], window.reshape(entry["shape"]))
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(exit_["index"]).reshape(-1))
    return np.stack(outputs), entry["quantization"], exit_["quantization"]


def run_micro(model, inputs):
    interpreter = runtime.Interpreter.from_bytes(model, arena_size=1 << 20)
    shape = interpreter.get_input_details(0)["shape"]
    outputs = []
    for window in inputs:
        interpreter.set_input(window.reshape(shape), 0)
        interpreter.invoke()
        outputs.append(interpreter.get_output(0).reshape(-1))
    return np.stack(outputs)


def answer(case):
    model = base64.b64decode(case["tflite"])
    inputs = np.frombuffer(base64.b64decode(case["inputs"]), np.int8).reshape(case["count"], -1)
    litert, entry, exit_ = run_litert(model, inputs)
    micro = run_micro(model, inputs)
    text = lambda values: base64.b64encode(values.astype(np.int8).tobytes()).decode()
    return {
        "litert": text(litert),
        "micro": text(micro),
        "input": [float(entry[0]), int(entry[1])],
        "output": [float(exit_[0]), int(exit_[1])],
    }


json.dump([answer(case) for case in json.load(sys.stdin)["models"]], sys.stdout)
