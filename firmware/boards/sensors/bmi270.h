/*
 * Bosch's configuration file for the BMI270, which its processor needs before it measures. It is Bosch's, so the repository has none:
 * the build takes it from a package and links it in (docs/boards.md). Without one both symbols are absent and the chip cannot be opened.
 */
#ifndef LIMPET_BMI270_H
#define LIMPET_BMI270_H

#include <stdint.h>

#define BMI270_CONFIGURATION_BYTES 8192u

extern const uint8_t BMI270_CONFIGURATION[BMI270_CONFIGURATION_BYTES] __attribute__((weak));

#endif
