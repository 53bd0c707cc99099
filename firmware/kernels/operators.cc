/*
 * Between TensorFlow Lite Micro's interpreter and kernels.h: reads tensors and parameters, asks for memory in the arena, and hands both
 * to the kernels. int8 only; what else a model may hold is refused when it is made ready.
 */
#include "operators.h"

#include <limits>

#include "kernels.h"
#include "tensorflow/lite/c/builtin_op_data.h"
#include "tensorflow/lite/kernels/internal/quantization_util.h"
#include "tensorflow/lite/kernels/internal/tensor_ctypes.h"
#include "tensorflow/lite/kernels/kernel_util.h"
#include "tensorflow/lite/kernels/padding.h"

namespace limpet {
namespace {

using tflite::GetInput;
using tflite::GetOptionalInputTensor;
using tflite::GetOutput;
using tflite::GetTensorData;

constexpr int kInput = 0;
constexpr int kFilter = 1;
constexpr int kBias = 2;

/* What a convolution keeps from its preparation. */
struct ConvData {
  int32_t pad_top, pad_left;
  int32_t minimum, maximum;
  int32_t *multiplier, *shift;
  bool quick;
};

struct DenseData {
  int32_t minimum, maximum;
  int32_t multiplier, shift;
  int32_t *folded;
  bool quick;
};

template <typename Data>
void *Allocate(TfLiteContext *context, const char *, size_t) {
  void *data = nullptr;
  return context->AllocatePersistentBuffer(context, sizeof(Data), &data) == kTfLiteOk ? data : nullptr;
}

template <typename T>
TfLiteStatus AllocateArray(TfLiteContext *context, int count, T **out) {
  return context->AllocatePersistentBuffer(context, static_cast<size_t>(count) * sizeof(T), reinterpret_cast<void **>(out));
}

int32_t Extent(const TfLiteTensor *tensor, int axis) { return tensor->dims->data[axis]; }

/* Sizes of input and output; the window's own are filled in by the caller. */
kernel_window WindowOf(const TfLiteTensor *input, const TfLiteTensor *output) {
  kernel_window w = {};
  w.batches = Extent(output, 0);
  w.input_height = Extent(input, 1);
  w.input_width = Extent(input, 2);
  w.input_channels = Extent(input, 3);
  w.output_height = Extent(output, 1);
  w.output_width = Extent(output, 2);
  w.output_channels = Extent(output, 3);
  w.stride_height = w.stride_width = w.dilation_height = w.dilation_width = 1;
  return w;
}

template <typename Params>
void FillWindow(const Params *params, const TfLiteTensor *filter, int32_t pad_top, int32_t pad_left, kernel_window *w) {
  w->filter_height = Extent(filter, 1);
  w->filter_width = Extent(filter, 2);
  w->stride_height = params->stride_height;
  w->stride_width = params->stride_width;
  w->dilation_height = params->dilation_height_factor;
  w->dilation_width = params->dilation_width_factor;
  w->pad_top = pad_top;
  w->pad_left = pad_left;
}

kernel_scaling ScalingOf(const ConvData &data, const TfLiteTensor *input, const TfLiteTensor *output) {
  kernel_scaling s = {};
  s.input_offset = -input->params.zero_point;
  s.output_offset = output->params.zero_point;
  s.minimum = data.minimum;
  s.maximum = data.maximum;
  s.multiplier = data.multiplier;
  s.shift = data.shift;
  s.quick = data.quick;
  return s;
}

bool AreInt8(const TfLiteTensor *input, const TfLiteTensor *filter, const TfLiteTensor *output) {
  return input->type == kTfLiteInt8 && filter->type == kTfLiteInt8 && output->type == kTfLiteInt8;
}

const int32_t *BiasOf(const TfLiteTensor *bias) { return bias == nullptr ? nullptr : GetTensorData<int32_t>(bias); }

/* One value for each channel, or none at all. */
bool FitsBias(const TfLiteTensor *bias, int32_t channels) {
  return bias == nullptr || (bias->type == kTfLiteInt32 && tflite::NumElements(bias) == channels);
}

/* Images of four dimensions, as many in as out. */
bool AreImages(const TfLiteTensor *input, const TfLiteTensor *output) {
  return tflite::NumDimensions(input) == 4 && tflite::NumDimensions(output) == 4 && Extent(input, 0) == Extent(output, 0) &&
         Extent(input, 3) > 0;
}

bool HasChannelScales(const TfLiteTensor *filter, int32_t channels) {
  if (filter->quantization.type != kTfLiteAffineQuantization || filter->quantization.params == nullptr) return false;
  const auto *affine = static_cast<const TfLiteAffineQuantization *>(filter->quantization.params);
  return affine->scale != nullptr && affine->zero_point != nullptr && (affine->scale->size == 1 || affine->scale->size == channels);
}

/* What CONV_2D and DEPTHWISE_CONV_2D prepare alike. `dilation`: as the reference counts it for the padding. */
template <typename Params>
TfLiteStatus PrepareWindowed(TfLiteContext *context, TfLiteNode *node, int channel_axis, bool dilates, ConvData *data, kernel_window *w) {
  const auto *params = static_cast<const Params *>(node->builtin_data);
  const TfLiteTensor *input = GetInput(context, node, kInput);
  const TfLiteTensor *filter = GetInput(context, node, kFilter);
  const TfLiteTensor *bias = GetOptionalInputTensor(context, node, kBias);
  TfLiteTensor *output = GetOutput(context, node, 0);
  TF_LITE_ENSURE(context, data != nullptr && AreInt8(input, filter, output));
  TF_LITE_ENSURE(context, AreImages(input, output) && tflite::NumDimensions(filter) == 4);
  TF_LITE_ENSURE(context, params->stride_height > 0 && params->stride_width > 0);
  const int32_t channels = Extent(filter, channel_axis);
  TF_LITE_ENSURE(context, HasChannelScales(filter, channels) && FitsBias(bias, channels) && Extent(output, 3) == channels);
  int out_height = Extent(output, 1);
  int out_width = Extent(output, 2);
  const TfLitePaddingValues padding = tflite::ComputePaddingHeightWidth(
      params->stride_height, params->stride_width, dilates ? params->dilation_height_factor : 1, dilates ? params->dilation_width_factor : 1,
      Extent(input, 1), Extent(input, 2), Extent(filter, 1), Extent(filter, 2), params->padding, &out_height, &out_width);
  data->pad_top = padding.height;
  data->pad_left = padding.width;
  TF_LITE_ENSURE_STATUS(AllocateArray(context, channels, &data->multiplier));
  TF_LITE_ENSURE_STATUS(AllocateArray(context, channels, &data->shift));
  int32_t whole_multiplier;
  int whole_shift;
  TF_LITE_ENSURE_STATUS(tflite::PopulateConvolutionQuantizationParams(
      context, input, filter, bias, output, params->activation, &whole_multiplier, &whole_shift, &data->minimum, &data->maximum,
      data->multiplier, reinterpret_cast<int *>(data->shift), channels));
  *w = WindowOf(input, output);
  FillWindow(params, filter, data->pad_top, data->pad_left, w);
  const kernel_scaling s = ScalingOf(*data, input, output);
  const int32_t depth = w->filter_height * w->filter_width * (channel_axis == 0 ? w->input_channels : 1);
  data->quick = kernel_is_quick(&s, channels, depth, BiasOf(bias), channels);
  return kTfLiteOk;
}

/*
 * Scratch memory that all operators share, one after another. This tree cannot plan it: between two of its requests no operator may
 * allocate anything. So it is measured while a model is made ready, and given by the caller.
 */
struct {
  uint32_t needed;
  void *place;
} scratch;

void NeedScratch(uint32_t bytes) {
  if (bytes > scratch.needed) scratch.needed = bytes;
}

TfLiteStatus PrepareConv(TfLiteContext *context, TfLiteNode *node) {
  auto *data = static_cast<ConvData *>(node->user_data);
  kernel_window w;
  TF_LITE_ENSURE_STATUS(PrepareWindowed<TfLiteConvParams>(context, node, 0, true, data, &w));
  TF_LITE_ENSURE_EQ(context, Extent(GetInput(context, node, kFilter), 3), w.input_channels);
  NeedScratch(kernel_conv_scratch(&w));
  return kTfLiteOk;
}

TfLiteStatus PrepareDepthwise(TfLiteContext *context, TfLiteNode *node) {
  auto *data = static_cast<ConvData *>(node->user_data);
  kernel_window w;
  TF_LITE_ENSURE_STATUS(PrepareWindowed<TfLiteDepthwiseConvParams>(context, node, 3, false, data, &w));
  TF_LITE_ENSURE_EQ(context, w.output_channels % w.input_channels, 0);
  /* The reference of this tree clamps to all of int8, whatever the activation: its zero point does the rest. */
  data->minimum = std::numeric_limits<int8_t>::min();
  data->maximum = std::numeric_limits<int8_t>::max();
  NeedScratch(kernel_depthwise_scratch(&w));
  return kTfLiteOk;
}

template <typename Params, void (*kernel)(const kernel_window *, const kernel_scaling *, const int8_t *, const int8_t *, const int32_t *,
                                          int8_t *, void *)>
TfLiteStatus EvalWindowed(TfLiteContext *context, TfLiteNode *node) {
  const auto &data = *static_cast<const ConvData *>(node->user_data);
  const TfLiteTensor *input = GetInput(context, node, kInput);
  const TfLiteTensor *filter = GetInput(context, node, kFilter);
  TfLiteTensor *output = GetOutput(context, node, 0);
  kernel_window w = WindowOf(input, output);
  FillWindow(static_cast<const Params *>(node->builtin_data), filter, data.pad_top, data.pad_left, &w);
  const kernel_scaling s = ScalingOf(data, input, output);
  kernel(&w, &s, GetTensorData<int8_t>(input), GetTensorData<int8_t>(filter), BiasOf(GetOptionalInputTensor(context, node, kBias)),
         GetTensorData<int8_t>(output), scratch.place);
  return kTfLiteOk;
}

TfLiteStatus PrepareDense(TfLiteContext *context, TfLiteNode *node) {
  auto *data = static_cast<DenseData *>(node->user_data);
  const auto *params = static_cast<const TfLiteFullyConnectedParams *>(node->builtin_data);
  const TfLiteTensor *input = GetInput(context, node, kInput);
  const TfLiteTensor *filter = GetInput(context, node, kFilter);
  const TfLiteTensor *bias = GetOptionalInputTensor(context, node, kBias);
  TfLiteTensor *output = GetOutput(context, node, 0);
  TF_LITE_ENSURE(context, data != nullptr && AreInt8(input, filter, output));
  TF_LITE_ENSURE_EQ(context, filter->params.zero_point, 0);
  TF_LITE_ENSURE(context, tflite::NumDimensions(filter) == 2 && tflite::NumDimensions(output) == 2 && FitsBias(bias, Extent(filter, 0)));
  TF_LITE_ENSURE(context, Extent(output, 1) == Extent(filter, 0) &&
                              tflite::NumElements(input) == static_cast<int64_t>(Extent(output, 0)) * Extent(filter, 1));
  double scale = 0;
  TF_LITE_ENSURE_STATUS(tflite::GetQuantizedConvolutionMultipler(context, input, filter, bias, output, &scale));
  int exponent;
  tflite::QuantizeMultiplier(scale, &data->multiplier, &exponent);
  data->shift = exponent;
  TF_LITE_ENSURE_STATUS(
      tflite::CalculateActivationRangeQuantized(context, params->activation, output, &data->minimum, &data->maximum));
  const int32_t outputs = Extent(filter, 0);
  const int32_t inputs = Extent(filter, 1);
  kernel_scaling s = {};
  s.multiplier = &data->multiplier;
  s.shift = &data->shift;
  data->quick = kernel_is_quick(&s, 1, inputs, BiasOf(bias), outputs);
  TF_LITE_ENSURE_STATUS(AllocateArray(context, outputs, &data->folded));
  kernel_fold_bias(outputs, inputs, -input->params.zero_point, GetTensorData<int8_t>(filter), BiasOf(bias), data->folded);
  return kTfLiteOk;
}

TfLiteStatus EvalDense(TfLiteContext *context, TfLiteNode *node) {
  const auto &data = *static_cast<const DenseData *>(node->user_data);
  const TfLiteTensor *input = GetInput(context, node, kInput);
  const TfLiteTensor *filter = GetInput(context, node, kFilter);
  TfLiteTensor *output = GetOutput(context, node, 0);
  kernel_scaling s = {};
  s.input_offset = -input->params.zero_point;
  s.output_offset = output->params.zero_point;
  s.minimum = data.minimum;
  s.maximum = data.maximum;
  s.multiplier = &data.multiplier;
  s.shift = &data.shift;
  s.quick = data.quick;
  kernel_fully_connected(Extent(output, 0), Extent(filter, 1), Extent(output, 1), &s, GetTensorData<int8_t>(input),
                         GetTensorData<int8_t>(filter), data.folded, GetTensorData<int8_t>(output));
  return kTfLiteOk;
}

TfLiteStatus PreparePool(TfLiteContext *context, TfLiteNode *node) {
  const auto *params = static_cast<const TfLitePoolParams *>(node->builtin_data);
  const TfLiteTensor *input = GetInput(context, node, kInput);
  const TfLiteTensor *output = GetOutput(context, node, 0);
  TF_LITE_ENSURE(context, input->type == kTfLiteInt8 && output->type == kTfLiteInt8 && AreImages(input, output));
  TF_LITE_ENSURE(context, Extent(input, 3) == Extent(output, 3) && params->stride_height > 0 && params->stride_width > 0);
  return kTfLiteOk;
}

template <void (*kernel)(const kernel_window *, int32_t, int32_t, const int8_t *, int8_t *)>
TfLiteStatus EvalPool(TfLiteContext *context, TfLiteNode *node) {
  const auto *params = static_cast<const TfLitePoolParams *>(node->builtin_data);
  const TfLiteTensor *input = GetInput(context, node, kInput);
  TfLiteTensor *output = GetOutput(context, node, 0);
  kernel_window w = WindowOf(input, output);
  w.filter_height = params->filter_height;
  w.filter_width = params->filter_width;
  w.stride_height = params->stride_height;
  w.stride_width = params->stride_width;
  int out_height, out_width;
  const TfLitePaddingValues padding =
      tflite::ComputePaddingHeightWidth(w.stride_height, w.stride_width, 1, 1, w.input_height, w.input_width, w.filter_height,
                                        w.filter_width, params->padding, &out_height, &out_width);
  w.pad_top = padding.height;
  w.pad_left = padding.width;
  int32_t minimum, maximum;
  TF_LITE_ENSURE_STATUS(tflite::CalculateActivationRangeQuantized(context, params->activation, output, &minimum, &maximum));
  kernel(&w, minimum, maximum, GetTensorData<int8_t>(input), GetTensorData<int8_t>(output));
  return kTfLiteOk;
}

TfLiteRegistration Make(void *(*init)(TfLiteContext *, const char *, size_t), TfLiteStatus (*prepare)(TfLiteContext *, TfLiteNode *),
                        TfLiteStatus (*invoke)(TfLiteContext *, TfLiteNode *)) {
  TfLiteRegistration r = {};
  r.init = init;
  r.prepare = prepare;
  r.invoke = invoke;
  return r;
}

}  // namespace

void ForgetScratch() {
  scratch.needed = 0;
  scratch.place = nullptr;
}

uint32_t ScratchNeeded() { return scratch.needed; }

void GiveScratch(void *place) { scratch.place = place; }

TfLiteRegistration *RegisterConv2D() {
  static TfLiteRegistration r = Make(Allocate<ConvData>, PrepareConv, EvalWindowed<TfLiteConvParams, kernel_conv>);
  return &r;
}

TfLiteRegistration *RegisterDepthwiseConv2D() {
  static TfLiteRegistration r = Make(Allocate<ConvData>, PrepareDepthwise, EvalWindowed<TfLiteDepthwiseConvParams, kernel_depthwise>);
  return &r;
}

TfLiteRegistration *RegisterMaxPool2D() {
  static TfLiteRegistration r = Make(nullptr, PreparePool, EvalPool<kernel_max_pool>);
  return &r;
}

TfLiteRegistration *RegisterAveragePool2D() {
  static TfLiteRegistration r = Make(nullptr, PreparePool, EvalPool<kernel_average_pool>);
  return &r;
}

TfLiteRegistration *RegisterFullyConnected() {
  static TfLiteRegistration r = Make(Allocate<DenseData>, PrepareDense, EvalDense);
  return &r;
}

}  // namespace limpet
