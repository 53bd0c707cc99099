"""
Runs a .tflite model in LiteRT with all tensors kept, for the test of what int8 costs in each layer. Reads from standard input
{"tflite": base64, "inputs": base64 of int8, "count": windows}; writes for each name of a tensor that operations compute
{"values": base64 of int8, windows x values, "scale", "zeroPoint"}.
"""
import base64
import json
import sys

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

case = json.load(sys.stdin)
interpreter = Interpreter(
    model_content=base64.b64decode(case["tflite"]),
    experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
    experimental_preserve_all_tensors=True,
    num_threads=1,
)
interpreter.allocate_tensors()
entry = interpreter.get_input_details()[0]
inputs = np.frombuffer(base64.b64decode(case["inputs"]), np.int8).reshape(case["count"], -1)
wanted = [tensor for tensor in interpreter.get_tensor_details() if tensor["name"] in case["names"]]
values = {tensor["name"]: [] for tensor in wanted}
for window in inputs:
    interpreter.set_tensor(entry["index"], window.reshape(entry["shape"]))
    interpreter.invoke()
    for tensor in wanted:
        values[tensor["name"]].append(interpreter.get_tensor(tensor["index"]).reshape(-1).copy())
answer = {
    tensor["name"]: {
        "values": base64.b64encode(np.stack(values[tensor["name"]]).astype(np.int8).tobytes()).decode(),
        "scale": float(tensor["quantization"][0]),
        "zeroPoint": int(tensor["quantization"][1]),
    }
    for tensor in wanted
}
json.dump(answer, sys.stdout)
