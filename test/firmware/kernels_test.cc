/*
 * firmware/kernels against TensorFlow Lite's reference kernels in the same program, on random shapes, factors and values: every output
 * byte must be the same. Built for this machine and for Cortex-M4F (there it runs in QEMU and speaks by semihosting).
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "../../firmware/kernels/kernels.h"
#include "tensorflow/lite/kernels/internal/reference/integer_ops/conv.h"
#include "tensorflow/lite/kernels/internal/reference/integer_ops/depthwise_conv.h"
#include "tensorflow/lite/kernels/internal/reference/integer_ops/fully_connected.h"
#include "tensorflow/lite/kernels/internal/reference/integer_ops/pooling.h"

namespace {

const int kValues = 24 * 1024;
const int kChannels = 96;

int8_t input[kValues];
int8_t filter[kValues + 4];
int8_t expected[kValues];
int8_t actual[kValues + 8];
int32_t bias[kChannels];
int32_t folded[kChannels];
int32_t multiplier[kChannels];
int32_t shift[kChannels];
uint32_t scratch[16 * 1024];

uint32_t state = 2463534242u;

uint32_t Random() {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

int Between(int low, int high) { return low + static_cast<int>(Random() % static_cast<uint32_t>(high - low + 1)); }

void FillBytes(int8_t *to, int count) {
  /* Now and then only the ends of the range. */
  const bool extreme = Random() % 8 == 0;
  for (int i = 0; i < count; i++) to[i] = static_cast<int8_t>(extreme ? (Random() % 2 ? 127 : -128) : Random());
}

/* Sets what both sides need for going from sums to int8. */
kernel_scaling MakeScaling(int channels, bool per_channel, int depth, bool has_bias) {
  kernel_scaling s = {};
  s.input_offset = Between(-127, 128);
  s.output_offset = Between(-128, 127);
  s.minimum = Random() % 2 ? -128 : Between(-128, 100);
  s.maximum = Random() % 2 ? 127 : Between(s.minimum, 127);
  s.multiplier = multiplier;
  s.shift = shift;
  const bool wild = Random() % 4 == 0;
  for (int i = 0; i < channels; i++) {
    multiplier[i] = static_cast<int32_t>((1u << 30) + Random() % (1u << 30));
    shift[i] = wild ? Between(-26, 2) : Between(-13, -1);
    bias[i] = Random() % 16 == 0 && wild ? static_cast<int32_t>(Random() % 0x7fffffffu) - 0x3fffffff : Between(-40000, 40000);
  }
  s.quick = kernel_is_quick(&s, per_channel ? channels : 1, depth, has_bias ? bias : nullptr, channels);
  return s;
}

struct Count {
  int cases, quick, wrong;
};

void Compare(const char *what, const kernel_window &w, const kernel_scaling *s, int count, Count *total) {
  total->cases++;
  if (s != nullptr && s->quick) total->quick++;
  bool beyond = false;
  for (int i = 0; i < 8; i++) beyond = beyond || actual[count + i] != 0x55;
  if (!beyond && memcmp(expected, actual, static_cast<size_t>(count)) == 0) return;
  total->wrong++;
  if (total->wrong > 3) return;
  int at = 0;
  while (at < count && expected[at] == actual[at]) at++;
  printf("%s: input %dx%dx%dx%d output %dx%dx%d filter %dx%d stride %dx%d dilation %dx%d pad %d,%d quick %d%s: at %d %d, not %d\n", what,
         (int)w.batches, (int)w.input_height, (int)w.input_width, (int)w.input_channels, (int)w.output_height, (int)w.output_width,
         (int)w.output_channels, (int)w.filter_height, (int)w.filter_width, (int)w.stride_height, (int)w.stride_width,
         (int)w.dilation_height, (int)w.dilation_width, (int)w.pad_top, (int)w.pad_left, s != nullptr && s->quick,
         beyond ? " wrote too far" : "", at, at < count ? actual[at] : 0, at < count ? expected[at] : 0);
}

/* A window that fits: sizes from the input's, padding as SAME and VALID make it. */
bool MakeWindow(kernel_window *w, bool dilates) {
  w->batches = Random() % 6 == 0 ? 2 : 1;
  const bool line = Random() % 3 == 0;
  w->input_height = Between(1, 20);
  w->input_width = line ? 1 : Between(1, 20);
  w->filter_height = Between(1, 7);
  w->filter_width = line ? 1 : Between(1, 8);
  if (Random() % 3 == 0) w->filter_height = w->filter_width = line ? 1 : 3;
  if (Random() % 5 == 0) w->filter_height = w->filter_width = 1;
  w->stride_height = Between(1, 3);
  w->stride_width = Between(1, 3);
  if (Random() % 2 == 0) w->stride_height = w->stride_width = 1;
  w->dilation_height = dilates && Random() % 5 == 0 ? 2 : 1;
  w->dilation_width = dilates && Random() % 5 == 0 ? 2 : 1;
  const int reach_y = (w->filter_height - 1) * w->dilation_height + 1;
  const int reach_x = (w->filter_width - 1) * w->dilation_width + 1;
  if (Random() % 2 == 0) {
    w->output_height = (w->input_height + w->stride_height - 1) / w->stride_height;
    w->output_width = (w->input_width + w->stride_width - 1) / w->stride_width;
    const int over_y = (w->output_height - 1) * w->stride_height + reach_y - w->input_height;
    const int over_x = (w->output_width - 1) * w->stride_width + reach_x - w->input_width;
    w->pad_top = over_y > 0 ? over_y / 2 : 0;
    w->pad_left = over_x > 0 ? over_x / 2 : 0;
  } else {
    if (reach_y > w->input_height || reach_x > w->input_width) return false;
    w->output_height = (w->input_height - reach_y) / w->stride_height + 1;
    w->output_width = (w->input_width - reach_x) / w->stride_width + 1;
    w->pad_top = w->pad_left = 0;
  }
  return true;
}

tflite::RuntimeShape Shape(int a, int b, int c, int d) {
  tflite::RuntimeShape shape(4);
  shape.SetDim(0, a);
  shape.SetDim(1, b);
  shape.SetDim(2, c);
  shape.SetDim(3, d);
  return shape;
}

bool FitsInput(const kernel_window &w) {
  return w.batches * w.input_height * w.input_width * w.input_channels <= kValues &&
         w.batches * w.output_height * w.output_width * w.output_channels <= kValues;
}

template <typename Params>
Params ParamsOf(const kernel_window &w, const kernel_scaling &s) {
  Params p = {};
  p.padding_values.height = static_cast<int16_t>(w.pad_top);
  p.padding_values.width = static_cast<int16_t>(w.pad_left);
  p.stride_height = static_cast<int16_t>(w.stride_height);
  p.stride_width = static_cast<int16_t>(w.stride_width);
  p.dilation_height_factor = static_cast<int16_t>(w.dilation_height);
  p.dilation_width_factor = static_cast<int16_t>(w.dilation_width);
  p.input_offset = s.input_offset;
  p.output_offset = s.output_offset;
  p.quantized_activation_min = s.minimum;
  p.quantized_activation_max = s.maximum;
  return p;
}

void TestConv(Count *total) {
  kernel_window w = {};
  if (!MakeWindow(&w, true)) return;
  w.input_channels = Random() % 3 == 0 ? 1 : Between(1, 20);
  w.output_channels = Between(1, 20);
  const int depth = w.filter_height * w.filter_width * w.input_channels;
  if (!FitsInput(w) || depth * w.output_channels > kValues || kernel_conv_scratch(&w) > sizeof scratch) return;
  const bool has_bias = Random() % 5 != 0;
  const kernel_scaling s = MakeScaling(w.output_channels, true, depth, has_bias);
  FillBytes(input, w.batches * w.input_height * w.input_width * w.input_channels);
  FillBytes(filter, depth * w.output_channels);
  const int count = w.batches * w.output_height * w.output_width * w.output_channels;
  tflite::reference_integer_ops::ConvPerChannel(
      ParamsOf<tflite::ConvParams>(w, s), multiplier, shift, Shape(w.batches, w.input_height, w.input_width, w.input_channels), input,
      Shape(w.output_channels, w.filter_height, w.filter_width, w.input_channels), filter, Shape(1, 1, 1, w.output_channels),
      has_bias ? bias : nullptr, Shape(w.batches, w.output_height, w.output_width, w.output_channels), expected);
  memset(actual, 0x55, static_cast<size_t>(count) + 8);
  kernel_conv(&w, &s, input, filter, has_bias ? bias : nullptr, actual, scratch);
  Compare("conv", w, &s, count, total);
}

void TestDepthwise(Count *total) {
  kernel_window w = {};
  if (!MakeWindow(&w, true)) return;
  w.input_channels = Random() % 4 == 0 ? 1 : Between(1, 14);
  const int times = Random() % 3 == 0 ? Between(1, 6) : 1;
  w.output_channels = w.input_channels * times;
  const int depth = w.filter_height * w.filter_width;
  if (!FitsInput(w) || depth * w.output_channels > kValues || kernel_depthwise_scratch(&w) > sizeof scratch) return;
  const bool has_bias = Random() % 5 != 0;
  const kernel_scaling s = MakeScaling(w.output_channels, true, depth, has_bias);
  FillBytes(input, w.batches * w.input_height * w.input_width * w.input_channels);
  FillBytes(filter, depth * w.output_channels);
  const int count = w.batches * w.output_height * w.output_width * w.output_channels;
  tflite::DepthwiseParams params = ParamsOf<tflite::DepthwiseParams>(w, s);
  params.depth_multiplier = static_cast<int16_t>(times);
  tflite::reference_integer_ops::DepthwiseConvPerChannel(
      params, multiplier, shift, Shape(w.batches, w.input_height, w.input_width, w.input_channels), input,
      Shape(1, w.filter_height, w.filter_width, w.output_channels), filter, Shape(1, 1, 1, w.output_channels), has_bias ? bias : nullptr,
      Shape(w.batches, w.output_height, w.output_width, w.output_channels), expected);
  memset(actual, 0x55, static_cast<size_t>(count) + 8);
  kernel_depthwise(&w, &s, input, filter, has_bias ? bias : nullptr, actual, scratch);
  Compare("depthwise", w, &s, count, total);
}

void TestFullyConnected(Count *total) {
  kernel_window w = {};
  w.batches = Random() % 4 == 0 ? 3 : 1;
  w.input_channels = Random() % 4 == 0 ? Between(1, 700) : Between(1, 70);
  w.output_channels = Between(1, 30);
  if (w.input_channels * w.output_channels > kValues) return;
  const bool has_bias = Random() % 5 != 0;
  const kernel_scaling s = MakeScaling(w.output_channels, false, w.input_channels, has_bias);
  FillBytes(input, w.batches * w.input_channels);
  FillBytes(filter, w.input_channels * w.output_channels);
  tflite::FullyConnectedParams params = {};
  params.input_offset = s.input_offset;
  params.weights_offset = 0;
  params.output_offset = s.output_offset;
  params.output_multiplier = multiplier[0];
  params.output_shift = shift[0];
  params.quantized_activation_min = s.minimum;
  params.quantized_activation_max = s.maximum;
  tflite::RuntimeShape in(2), weights(2), out(2), one(1);
  in.SetDim(0, w.batches);
  in.SetDim(1, w.input_channels);
  weights.SetDim(0, w.output_channels);
  weights.SetDim(1, w.input_channels);
  out.SetDim(0, w.batches);
  out.SetDim(1, w.output_channels);
  one.SetDim(0, w.output_channels);
  tflite::reference_integer_ops::FullyConnected(params, in, input, weights, filter, one, has_bias ? bias : nullptr, out, expected);
  const int count = w.batches * w.output_channels;
  memset(actual, 0x55, static_cast<size_t>(count) + 8);
  kernel_fold_bias(w.output_channels, w.input_channels, s.input_offset, filter, has_bias ? bias : nullptr, folded);
  kernel_fully_connected(w.batches, w.input_channels, w.output_channels, &s, input, filter, folded, actual);
  Compare("fully connected", w, &s, count, total);
}

void TestPooling(Count *total) {
  kernel_window w = {};
  if (!MakeWindow(&w, false)) return;
  w.input_channels = w.output_channels = Between(1, 20);
  if (Random() % 4 == 0) w.filter_height = w.input_height, w.filter_width = w.input_width, w.output_height = w.output_width = 1, w.pad_top = w.pad_left = 0;
  if (!FitsInput(w)) return;
  FillBytes(input, w.batches * w.input_height * w.input_width * w.input_channels);
  const int low = Random() % 2 ? -128 : Between(-128, 100);
  const int high = Random() % 2 ? 127 : Between(low, 127);
  tflite::PoolParams p = {};
  p.stride_height = w.stride_height;
  p.stride_width = w.stride_width;
  p.filter_height = w.filter_height;
  p.filter_width = w.filter_width;
  p.padding_values.height = static_cast<int16_t>(w.pad_top);
  p.padding_values.width = static_cast<int16_t>(w.pad_left);
  p.quantized_activation_min = low;
  p.quantized_activation_max = high;
  const tflite::RuntimeShape in = Shape(w.batches, w.input_height, w.input_width, w.input_channels);
  const tflite::RuntimeShape out = Shape(w.batches, w.output_height, w.output_width, w.output_channels);
  const int count = w.batches * w.output_height * w.output_width * w.output_channels;
  tflite::reference_integer_ops::MaxPool(p, in, input, out, expected);
  memset(actual, 0x55, static_cast<size_t>(count) + 8);
  kernel_max_pool(&w, low, high, input, actual);
  Compare("max pool", w, nullptr, count, total);
  tflite::reference_integer_ops::AveragePool(p, in, input, out, expected);
  memset(actual, 0x55, static_cast<size_t>(count) + 8);
  kernel_average_pool(&w, low, high, input, actual);
  Compare("average pool", w, nullptr, count, total);
}

}  // namespace

#ifdef __arm__
extern "C" void initialise_monitor_handles(void);
extern "C" void exit(int);
#endif

static int Run() {
  const struct {
    const char *name;
    void (*run)(Count *);
  } tests[] = {{"conv", TestConv}, {"depthwise", TestDepthwise}, {"fully connected", TestFullyConnected}, {"pooling", TestPooling}};
  int wrong = 0;
  for (const auto &test : tests) {
    Count total = {0, 0, 0};
    for (int i = 0; i < 1500; i++) test.run(&total);
    printf("%s: %d cases, %d by the quick way, %d wrong\n", test.name, total.cases, total.quick, total.wrong);
    wrong += total.wrong;
  }
  return wrong > 0;
}

int main() {
#ifdef __arm__
  initialise_monitor_handles();
  exit(Run());
#else
  return Run();
#endif
}
