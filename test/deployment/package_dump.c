/*
 * What the C reader finds in a model package: reads the package from standard input and prints every field, floats as their bits in
 * hex. Prints only `status N` where the reader refuses it. For the tests, which know what the fields should be.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../firmware/classifier/model_package.h"

static uint32_t bits_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  return bits;
}

static void print_hex(const char *name, const uint8_t *bytes, uint32_t count) {
  printf("%s ", name);
  for (uint32_t i = 0; i < count; i++) printf("%02x", bytes[i]);
  printf("\n");
}

static void print_inputs(const model_package *p) {
  for (uint8_t i = 0; i < p->input_count; i++) {
    const model_package_input *input = &p->inputs[i];
    printf("input %s %08x %u %u %u %u", input->sensor, bits_of(input->rate_hz), input->channels, input->window_samples,
           input->stride_samples, input->block);
    print_hex("", input->parameters.bytes, input->parameters.count);
  }
}

static void print_golden(const model_package *p) {
  uint32_t at = 0;
  model_package_golden golden;
  printf("golden %u\n", model_package_golden_count(p));
  for (uint16_t i = 0; i < model_package_golden_count(p); i++) {
    if (!model_package_next_golden(p, &at, &golden)) {
      printf("cut off\n");
      return;
    }
    printf("vector %u %u %08x %u %u\n", golden.kind, golden.seed, bits_of(golden.amplitude), golden.features_crc, golden.quantised_crc);
    print_hex("samples", golden.samples.bytes, golden.samples.count);
    print_hex("scores", (const uint8_t *)golden.scores, golden.score_count);
    if (p->anomaly.states > 0) printf("score of states %08x\n", bits_of(golden.anomaly));
  }
}

int main(void) {
  static uint8_t input[1 << 20];
  size_t count = fread(input, 1, sizeof input, stdin);
  /* A block of exactly its size, so that the sanitizer sees a byte read behind it. */
  uint8_t *exact = malloc(count > 0 ? count : 1);
  static model_package p;
  if (exact == NULL) return 2;
  memcpy(exact, input, count);
  int status = model_package_read(exact, (uint32_t)count, &p);
  printf("status %d\n", status);
  if (status == MODEL_PACKAGE_OK) {
    printf("head %u %u\n", p.count, p.frontend_version);
    print_hex("hash", p.hash, 32);
    print_inputs(&p);
    printf("window %u\n", p.window_values);
    print_hex("mean", p.mean, 4 * p.normalised_count);
    print_hex("factor", p.factor, 4 * p.normalised_count);
    print_hex("network", p.network.bytes, p.network.count);
    printf("parameters %d %u %u %08x %d %08x %d %u\n", p.regression, p.label_count, p.arena_bytes, bits_of(p.input_scale),
           p.input_zero_point, bits_of(p.output_scale), p.output_zero_point, p.stride_samples);
    for (uint8_t i = 0; i < p.label_count; i++) printf("threshold %08x\n", bits_of(p.thresholds[i]));
    print_hex("labels", p.labels.bytes, p.labels.count);
    print_hex("name", p.name.bytes, p.name.count);
    if (p.anomaly.states > 0) {
      printf("states %u %u %08x %08x\n", p.anomaly.states, p.anomaly.features, bits_of(p.anomaly.threshold), (unsigned)p.anomaly.labels);
      print_hex("centres", p.anomaly.mean, 4 * p.anomaly.states * p.anomaly.features);
      print_hex("weights", p.anomaly.weight, 4 * p.anomaly.states * p.anomaly.features);
    }
    printf("alone %u %u %08x %d %d\n", p.alone.period_ms, p.alone.grace_ms, (unsigned)p.alone.labels, p.alone.unknown, p.alone.confirm);
    print_golden(&p);
  }
  free(exact);
  return 0;
}
