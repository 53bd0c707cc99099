/* The kernels of this folder as operators of TensorFlow Lite Micro (the tree of July 2020), in place of its reference kernels. */
#ifndef LIMPET_OPERATORS_H
#define LIMPET_OPERATORS_H

#include "tensorflow/lite/c/common.h"

namespace limpet {

TfLiteRegistration *RegisterConv2D();
TfLiteRegistration *RegisterDepthwiseConv2D();
TfLiteRegistration *RegisterMaxPool2D();
TfLiteRegistration *RegisterAveragePool2D();
TfLiteRegistration *RegisterFullyConnected();

/*
 * Scratch memory of the operators above. Before a model is made ready: ForgetScratch. After it ScratchNeeded says how many bytes its
 * operators need, and GiveScratch (aligned to 4) must come before it runs.
 */
void ForgetScratch();
uint32_t ScratchNeeded();
void GiveScratch(void *place);

}  // namespace limpet

#endif
