/* In place of Bosch's configuration: bytes that tell order and place, which is all that the model looks at. */
#include "../../../firmware/boards/sensors/bmi270.h"

#define ROW(n) (n) & 255, ((n) * 7 + 1) & 255, ((n) * 31 + 5) & 255, ((n) >> 3) & 255
#define ROWS4(n) ROW(n), ROW(n + 1), ROW(n + 2), ROW(n + 3)
#define ROWS16(n) ROWS4(n), ROWS4(n + 4), ROWS4(n + 8), ROWS4(n + 12)
#define ROWS64(n) ROWS16(n), ROWS16(n + 16), ROWS16(n + 32), ROWS16(n + 48)
#define ROWS256(n) ROWS64(n), ROWS64(n + 64), ROWS64(n + 128), ROWS64(n + 192)
#define ROWS1024(n) ROWS256(n), ROWS256(n + 256), ROWS256(n + 512), ROWS256(n + 768)

const uint8_t BMI270_CONFIGURATION[BMI270_CONFIGURATION_BYTES] = {ROWS1024(0), ROWS1024(1024)};
