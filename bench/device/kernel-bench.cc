/*
 * One image for mps2-an386 with TensorFlow Lite Micro's reference kernels and with those of firmware/kernels. Runs a model with both on the
 * same inputs, counts the instructions of every operation by the clock of QEMU's -icount shift=6 (64 ns each; the clock ticks every 40 ns), and
 * prints them and whether the outputs are the same. Reads `model.tflite` in its folder by semihosting.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <new>

#include "../../firmware/kernels/operators.h"
#include "tensorflow/lite/core/api/error_reporter.h"
#include "tensorflow/lite/micro/kernels/micro_ops.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"

extern "C" void initialise_monitor_handles(void);
extern "C" void exit(int);

namespace {

#define REGISTER(address) (*(volatile uint32_t *)(address))

constexpr int kOperators = 7;
constexpr int kMostLayers = 64;
using Resolver = tflite::MicroMutableOpResolver<kOperators>;

alignas(16) uint8_t model_bytes[512 * 1024];
alignas(16) uint8_t arena[256 * 1024];
alignas(16) uint8_t scratch[64 * 1024];
int8_t outputs[2][4096];

/* CMSDK timer 0 counts down. */
void StartClock() {
  REGISTER(0x40000008u) = 0xffffffffu;
  REGISTER(0x40000004u) = 0xffffffffu;
  REGISTER(0x40000000u) = 1;
}

uint32_t Ticks() { return ~REGISTER(0x40000004u); }

class Speaking : public tflite::ErrorReporter {
 public:
  int Report(const char *format, va_list arguments) override {
    vprintf(format, arguments);
    printf("\n");
    return 0;
  }
};

Speaking speaking;

/* Around every operation's invoke: which it was and what it took. */
struct Layer {
  int op;
  uint32_t ticks;
};
Layer layers[kMostLayers];
int layer_count;

typedef TfLiteStatus (*Invoke)(TfLiteContext *, TfLiteNode *);
Invoke real[kOperators];

template <int op>
TfLiteStatus Timed(TfLiteContext *context, TfLiteNode *node) {
  const uint32_t from = Ticks();
  const TfLiteStatus status = real[op](context, node);
  if (layer_count < kMostLayers) layers[layer_count++] = {op, Ticks() - from};
  return status;
}

const char *const kNames[kOperators] = {"RESHAPE", "CONV_2D", "DEPTHWISE_CONV_2D", "MAX_POOL_2D", "AVERAGE_POOL_2D", "FULLY_CONNECTED", "SOFTMAX"};
const tflite::BuiltinOperator kCodes[kOperators] = {
    tflite::BuiltinOperator_RESHAPE,         tflite::BuiltinOperator_CONV_2D,         tflite::BuiltinOperator_DEPTHWISE_CONV_2D,
    tflite::BuiltinOperator_MAX_POOL_2D,     tflite::BuiltinOperator_AVERAGE_POOL_2D, tflite::BuiltinOperator_FULLY_CONNECTED,
    tflite::BuiltinOperator_SOFTMAX};
const Invoke kTimed[kOperators] = {Timed<0>, Timed<1>, Timed<2>, Timed<3>, Timed<4>, Timed<5>, Timed<6>};

TfLiteRegistration *Registration(int op, bool ours) {
  using namespace tflite::ops::micro;
  switch (op) {
    case 0: return Register_RESHAPE();
    case 1: return ours ? limpet::RegisterConv2D() : Register_CONV_2D();
    case 2: return ours ? limpet::RegisterDepthwiseConv2D() : Register_DEPTHWISE_CONV_2D();
    case 3: return ours ? limpet::RegisterMaxPool2D() : Register_MAX_POOL_2D();
    case 4: return ours ? limpet::RegisterAveragePool2D() : Register_AVERAGE_POOL_2D();
    case 5: return ours ? limpet::RegisterFullyConnected() : Register_FULLY_CONNECTED();
    default: return Register_SOFTMAX();
  }
}

/* Runs with one set of kernels; returns false where it cannot. Timed twice: operation by operation, and as a whole. */
bool Run(const tflite::Model *model, bool ours, int8_t *out, int *out_count) {
  Resolver timed, plain;
  for (int op = 0; op < kOperators; op++) {
    TfLiteRegistration r = *Registration(op, ours);
    real[op] = r.invoke;
    plain.AddBuiltin(kCodes[op], &r, tflite::MicroOpResolverAnyVersion());
    r.invoke = kTimed[op];
    timed.AddBuiltin(kCodes[op], &r, tflite::MicroOpResolverAnyVersion());
  }
  uint32_t whole = 0;
  uint32_t used = 0;
  for (int pass = 0; pass < 2; pass++) {
    limpet::ForgetScratch();
    layer_count = 0;
    tflite::MicroInterpreter interpreter(model, pass == 0 ? plain : timed, arena, sizeof arena, &speaking);
    if (interpreter.AllocateTensors() != kTfLiteOk || limpet::ScratchNeeded() > sizeof scratch) return false;
    limpet::GiveScratch(scratch);
    TfLiteTensor *input = interpreter.input(0);
    uint32_t x = 2463534242u;
    for (size_t i = 0; i < input->bytes; i++) {
      x ^= x << 13;
      x ^= x >> 17;
      x ^= x << 5;
      input->data.int8[i] = static_cast<int8_t>(x >> 24);
    }
    const uint32_t from = Ticks();
    if (interpreter.Invoke() != kTfLiteOk) return false;
    if (pass == 0) whole = Ticks() - from;
    const TfLiteTensor *output = interpreter.output(0);
    *out_count = static_cast<int>(output->bytes);
    memcpy(out, output->data.int8, output->bytes);
    used = static_cast<uint32_t>(interpreter.arena_used_bytes()) + (ours ? limpet::ScratchNeeded() : 0);
  }
  printf("{\"kernels\":\"%s\",\"instructions\":%lu,\"arena\":%lu,\"layers\":[", ours ? "limpet" : "reference",
         (unsigned long)(whole * 5ull / 8), (unsigned long)used);
  for (int i = 0; i < layer_count; i++)
    printf("%s[\"%s\",%lu]", i == 0 ? "" : ",", kNames[layers[i].op], (unsigned long)(layers[i].ticks * 5ull / 8));
  printf("]}\n");
  return true;
}

int Main() {
  FILE *file = fopen("model.tflite", "rb");
  if (file == nullptr || fread(model_bytes, 1, sizeof model_bytes, file) == 0) {
    printf("no model.tflite\n");
    return 1;
  }
  StartClock();
  int counts[2] = {0, 0};
  for (int ours = 0; ours < 2; ours++) {
    if (!Run(tflite::GetModel(model_bytes), ours == 1, outputs[ours], &counts[ours])) return 1;
  }
  const bool same = counts[0] == counts[1] && memcmp(outputs[0], outputs[1], static_cast<size_t>(counts[0])) == 0;
  printf("{\"identical\":%s}\n", same ? "true" : "false");
  return same ? 0 : 1;
}

}  // namespace

int main() {
  initialise_monitor_handles();
  exit(Main());
}
