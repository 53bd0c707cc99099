/*
 * TensorFlow Lite Micro behind classifier.h. The one place that knows it: the tree of July 2020 that the package tfmicro
 * carries, and trees since its interpreter lost the error reporter (2022).
 */
#include "classifier.h"

#include <new>

#if __has_include("tensorflow/lite/micro/micro_error_reporter.h")
#define LIMPET_TFLM_2020 1
#include "../kernels/operators.h"
#include "tensorflow/lite/core/api/error_reporter.h"
#include "tensorflow/lite/micro/kernels/micro_ops.h"
#endif
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"
#include "tensorflow/lite/schema/schema_generated.h"

namespace {

constexpr unsigned kOperators = 7;
using Resolver = tflite::MicroMutableOpResolver<kOperators>;

/* Operators as the laptop's converter writes them; a model that names another is refused before it is made ready. */
const tflite::BuiltinOperator kKnown[kOperators] = {
    tflite::BuiltinOperator_RESHAPE,         tflite::BuiltinOperator_CONV_2D,         tflite::BuiltinOperator_DEPTHWISE_CONV_2D,
    tflite::BuiltinOperator_MAX_POOL_2D,     tflite::BuiltinOperator_AVERAGE_POOL_2D, tflite::BuiltinOperator_FULLY_CONNECTED,
    tflite::BuiltinOperator_SOFTMAX,
};

#ifdef LIMPET_TFLM_2020
/* What that tree itself registers: FULLY_CONNECTED up to 4, the others up to 3. */
constexpr int kHighestVersion = 4;

/* The library's words go nowhere: the board says what failed with a number. */
class Silent : public tflite::ErrorReporter {
 public:
  int Report(const char *, va_list) override { return 0; }
};

Silent silent;

/* The kernels where time is spent are our own (firmware/kernels), with the same results. */
TfLiteRegistration *Registration(unsigned index) {
  switch (index) {
    case 0: return tflite::ops::micro::Register_RESHAPE();
    case 1: return limpet::RegisterConv2D();
    case 2: return limpet::RegisterDepthwiseConv2D();
    case 3: return limpet::RegisterMaxPool2D();
    case 4: return limpet::RegisterAveragePool2D();
    case 5: return limpet::RegisterFullyConnected();
    default: return tflite::ops::micro::Register_SOFTMAX();
  }
}

/* Any version of an operator that the kernels here can run; which it is was checked before. */
void Fill(Resolver *resolver) {
  for (unsigned i = 0; i < kOperators; i++) resolver->AddBuiltin(kKnown[i], Registration(i), tflite::MicroOpResolverAnyVersion());
}

tflite::MicroInterpreter *Make(void *place, const tflite::Model *model, const Resolver &resolver, uint8_t *arena, uint32_t bytes) {
  return new (place) tflite::MicroInterpreter(model, resolver, arena, bytes, &silent);
}
#else
constexpr int kHighestVersion = 127;

void Fill(Resolver *resolver) {
  resolver->AddReshape();
  resolver->AddConv2D();
  resolver->AddDepthwiseConv2D();
  resolver->AddMaxPool2D();
  resolver->AddAveragePool2D();
  resolver->AddFullyConnected();
  resolver->AddSoftmax();
}

tflite::MicroInterpreter *Make(void *place, const tflite::Model *model, const Resolver &resolver, uint8_t *arena, uint32_t bytes) {
  return new (place) tflite::MicroInterpreter(model, resolver, arena, bytes);
}
#endif

/* No heap: both live here, made anew by every load. */
alignas(Resolver) uint8_t resolver_place[sizeof(Resolver)];
alignas(tflite::MicroInterpreter) uint8_t interpreter_place[sizeof(tflite::MicroInterpreter)];
Resolver *resolver = nullptr;
tflite::MicroInterpreter *interpreter = nullptr;

/*
 * Without its destructor, which would look into the old model and the old arena: both may have been written over since. It owns
 * nothing else.
 */
void Unload() { interpreter = nullptr; }

/* Makes the model ready in the arena. `scratch` is set to the bytes of it that the interpreter did not get. */
bool Allocate(const tflite::Model *model, uint8_t *arena, uint32_t bytes, uint32_t *scratch) {
#ifdef LIMPET_TFLM_2020
  /* Once to learn how much the kernels need besides, and once in what is left of the arena then. */
  limpet::ForgetScratch();
  interpreter = Make(interpreter_place, model, *resolver, arena, bytes);
  if (interpreter->AllocateTensors() != kTfLiteOk) return false;
  *scratch = (limpet::ScratchNeeded() + 15u) & ~15u;
  if (*scratch == 0) return true;
  if (*scratch >= bytes) return false;
  limpet::GiveScratch(arena);
#endif
  interpreter = Make(interpreter_place, model, *resolver, arena + *scratch, bytes - *scratch);
  return interpreter->AllocateTensors() == kTfLiteOk;
}

bool IsKnown(const tflite::OperatorCode *code) {
  if (code == nullptr || code->version() > kHighestVersion) return false;
  for (unsigned i = 0; i < kOperators; i++) {
    if (static_cast<int>(code->builtin_code()) == static_cast<int>(kKnown[i])) return true;
  }
  return false;
}

int Check(const uint8_t *bytes, uint32_t count, const tflite::Model **out) {
  flatbuffers::Verifier verifier(bytes, count);
  if (!tflite::VerifyModelBuffer(verifier)) return CLASSIFIER_CORRUPT;
  const tflite::Model *model = tflite::GetModel(bytes);
  if (model->version() != 3 || model->subgraphs() == nullptr || model->buffers() == nullptr) return CLASSIFIER_CORRUPT;
  if (model->operator_codes() == nullptr || model->subgraphs()->size() != 1) return CLASSIFIER_UNSUPPORTED;
  for (const auto *code : *model->operator_codes()) {
    if (!IsKnown(code)) return CLASSIFIER_UNSUPPORTED;
  }
  const tflite::SubGraph *graph = (*model->subgraphs())[0];
  if (graph->tensors() == nullptr || graph->operators() == nullptr || graph->inputs() == nullptr || graph->outputs() == nullptr)
    return CLASSIFIER_CORRUPT;
  if (graph->inputs()->size() != 1 || graph->outputs()->size() != 1) return CLASSIFIER_UNSUPPORTED;
  const uint32_t tensors = graph->tensors()->size();
  for (const auto *tensor : *graph->tensors()) {
    if (tensor->shape() == nullptr || tensor->buffer() >= model->buffers()->size()) return CLASSIFIER_CORRUPT;
  }
  const auto outside = [tensors](const flatbuffers::Vector<int32_t> *list) {
    if (list == nullptr) return true;
    for (int32_t index : *list) {
      if (index < -1 || index >= static_cast<int32_t>(tensors)) return true;
    }
    return false;
  };
  if (outside(graph->inputs()) || outside(graph->outputs())) return CLASSIFIER_CORRUPT;
  for (const auto *op : *graph->operators()) {
    if (op->opcode_index() >= model->operator_codes()->size() || outside(op->inputs()) || outside(op->outputs()))
      return CLASSIFIER_CORRUPT;
  }
  *out = model;
  return 0;
}

}  // namespace

extern "C" int classifier_load(const uint8_t *bytes, uint32_t count, uint8_t *arena, uint32_t arena_bytes, classifier *out) {
  const tflite::Model *model = nullptr;
  Unload();
  const int status = Check(bytes, count, &model);
  if (status != 0) return status;
  if (resolver == nullptr) {
    resolver = new (resolver_place) Resolver();
    Fill(resolver);
  }
  uint32_t scratch = 0;
  if (!Allocate(model, arena, arena_bytes, &scratch)) {
    Unload();
    return CLASSIFIER_TOO_LARGE;
  }
  TfLiteTensor *input = interpreter->input(0);
  TfLiteTensor *output = interpreter->output(0);
  if (input->type != kTfLiteInt8 || output->type != kTfLiteInt8) {
    Unload();
    return CLASSIFIER_UNSUPPORTED;
  }
  out->input = input->data.int8;
  out->input_count = static_cast<uint32_t>(input->bytes);
  out->output = output->data.int8;
  out->output_count = static_cast<uint32_t>(output->bytes);
  out->arena_used = static_cast<uint32_t>(interpreter->arena_used_bytes()) + scratch;
  return 0;
}

extern "C" int classifier_invoke(void) {
  return interpreter != nullptr && interpreter->Invoke() == kTfLiteOk ? 0 : CLASSIFIER_CORRUPT;
}
