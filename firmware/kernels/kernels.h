/*
 * The int8 layers of a network: fully connected, convolution, depthwise convolution, pooling. The same bits as TensorFlow Lite's
 * reference kernels (tensorflow/lite/kernels/internal/reference/integer_ops), whatever the processor: on a Cortex-M4 two products at
 * once by its DSP instructions, elsewhere portable C. Tensors are [batch, height, width, channels]; filters as TensorFlow Lite has them:
 * [output channel, height, width, input channel], for depthwise [1, height, width, output channel], fully connected [output, input].
 *
 * Knows no TensorFlow and takes no memory but the caller's.
 */
#ifndef LIMPET_KERNELS_H
#define LIMPET_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How a window moves over an image, in elements. Output channels = input channels x multiplier for depthwise, = input for pooling. */
typedef struct {
  int32_t batches;
  int32_t input_height, input_width, input_channels;
  int32_t output_height, output_width, output_channels;
  int32_t filter_height, filter_width;
  int32_t stride_height, stride_width;
  int32_t dilation_height, dilation_width;
  int32_t pad_top, pad_left;
} kernel_window;

/* From sums back to int8: acc x multiplier / 2^31 x 2^shift + offset, rounded as the reference does, then clamped. */
typedef struct {
  /* Minus the input's zero point: what makes its zero 0. */
  int32_t input_offset;
  int32_t output_offset;
  int32_t minimum, maximum;
  /* One for each output channel; for fully connected one in all. The shift is to the left where it is positive. */
  const int32_t *multiplier;
  const int32_t *shift;
  /* Set by kernel_is_quick. */
  bool quick;
} kernel_scaling;

/*
 * Whether sums of `depth` products and these factors stay within the short way of rounding: no shift to the left, and no sum of 2^30 or
 * more. `bias` may be NULL, else it has a value for each of `channels`; `factors` says how many multipliers there are.
 */
bool kernel_is_quick(const kernel_scaling *s, int32_t factors, int32_t depth, const int32_t *bias, int32_t channels);

/* Bytes of scratch memory (aligned to 4) that a layer needs; the same on every processor. */
uint32_t kernel_conv_scratch(const kernel_window *w);
uint32_t kernel_depthwise_scratch(const kernel_window *w);

void kernel_conv(const kernel_window *w, const kernel_scaling *s, const int8_t *input, const int8_t *filter,
                 const int32_t *bias, int8_t *output, void *scratch);
void kernel_depthwise(const kernel_window *w, const kernel_scaling *s, const int8_t *input, const int8_t *filter,
                      const int32_t *bias, int8_t *output, void *scratch);

/*
 * `folded` holds for each output the bias (0 without one) plus input_offset x the sum of its weights; kernel_fold_bias fills it.
 * The filter's zero point must be 0.
 */
void kernel_fold_bias(int32_t outputs, int32_t inputs, int32_t input_offset, const int8_t *filter, const int32_t *bias, int32_t *folded);
void kernel_fully_connected(int32_t batches, int32_t inputs, int32_t outputs, const kernel_scaling *s, const int8_t *input,
                            const int8_t *filter, const int32_t *folded, int8_t *output);

/* Pooling takes the part of a window that lies within the image. */
void kernel_max_pool(const kernel_window *w, int32_t minimum, int32_t maximum, const int8_t *input, int8_t *output);
void kernel_average_pool(const kernel_window *w, int32_t minimum, int32_t maximum, const int8_t *input, int8_t *output);

#ifdef __cplusplus
}
#endif

#endif
